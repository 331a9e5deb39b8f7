// One partition as its leader sees it: the log, the high watermark, the in-sync replicas. It
// decides and applies appends and reads; it knows nothing of requests, clients or time.
//
//   log start offset <= high watermark <= log end offset
//   consumers read below the high watermark only
//
// Follows Kafka's Partition and ReplicaManager (4.1).
#pragma once

#include <cstdint>
#include <optional>

#include "sim/broker/cluster_image.h"
#include "sim/broker/errors.h"
#include "sim/broker/topic_config.h"
#include "sim/log/partition_log.h"

namespace eventarium::kafka {

class Partition {
 public:
  Partition(NodeId self, PartitionImage image, TopicConfig config);

  const PartitionImage& image() const { return image_; }
  const PartitionLog& log() const { return log_; }
  bool is_leader() const { return image_.leader == self_; }
  std::int64_t high_watermark() const { return high_watermark_; }

  /// What speaks against appending the batch now, in Kafka's order: leadership, in-sync replicas
  /// (acks -1 only), size. `acks` is 0, 1 or -1.
  Error check_append(const RecordBatch& batch, std::int16_t acks) const;
  /// check_append() must have said none. `now` stamps the records under LogAppendTime.
  const RecordBatch& append(RecordBatch batch, SimTime now);

  /// flush.messages: the last append must be on the disk before it counts as done.
  bool must_flush() const;
  /// Everything below `offset` has reached the disk.
  void flushed(std::int64_t offset) { log_.mark_flushed(offset); }

  /// Raises the high watermark to what all in-sync replicas have, at most to `up_to`. True when
  /// it moved.
  bool advance_high_watermark(std::int64_t up_to);

  /// NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or none. A client that
  /// doesn't know an epoch passes -1.
  Error check_leader(std::int32_t current_leader_epoch) const;
  /// None when the offset can be fetched, be there something to read or not.
  Error check_fetch_offset(std::int64_t offset) const;

  /// The machine had lost its power: drops what was never fsynced and lowers the high watermark
  /// with it. Returns the records that are gone.
  std::vector<RecordId> recover_after_power_loss(SimTime now);

 private:
  NodeId self_;
  PartitionImage image_;
  TopicConfig config_;
  PartitionLog log_;
  std::int64_t high_watermark_ = 0;
};

}  // namespace eventarium::kafka
