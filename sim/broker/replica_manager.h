// All partitions of one broker, and what requests do to them: append, read, look up offsets.
// Answers in the protocol's terms; sends nothing, waits for nothing. What changed is put into
// the trace. Follows Kafka's ReplicaManager (4.1).
#pragma once

#include <map>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/broker/cluster_image.h"
#include "sim/broker/partition.h"
#include "sim/broker/protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// A batch has been appended to `tp`, which ends at `end_offset` now.
struct AppendedTo {
  TopicPartition tp;
  std::int64_t end_offset = 0;
  EventId event;  // its BatchAppended
};

struct AppendOutcome {
  std::vector<ProduceResponse::Partition> partitions;
  std::vector<AppendedTo> appended;
  bool failed = false;      // any partition was refused
  bool must_flush = false;  // fsync before complete_append()
  EventId last_event;       // what the answer is due to
};

struct FetchOutcome {
  std::vector<FetchResponse::Partition> partitions;
  std::uint64_t size_bytes = 0;  // of the batches
  bool failed = false;           // any partition has an error
};

class ReplicaManager {
 public:
  /// Creates an empty log for every partition that the image assigns to `self`.
  void load(NodeId self, const ClusterImage& image, const Config& broker_config);
  const std::map<TopicPartition, Partition>& partitions() const { return partitions_; }
  /// Null when this broker has no replica of it.
  const Partition* find(const TopicPartition& tp) const;

  /// Writes to the page cache. complete_append() is the next step, at once or after an fsync.
  AppendOutcome append(engine::Runtime& runtime, const ProduceRequest& request);
  /// The appended batches are as safe as configured: advances the high watermarks. Returns the
  /// partitions whose moved.
  std::vector<TopicPartition> complete_append(engine::Runtime& runtime, AppendOutcome& outcome);
  /// What a fetch gets now, within its own limits and the broker's `max_bytes`.
  FetchOutcome read(const FetchRequest& request, std::uint64_t max_bytes) const;
  /// True when the fetch would have to be answered now whatever the time: enough bytes below the
  /// high watermark, an error, or a fetch offset above the high watermark.
  bool is_satisfied(const FetchRequest& request) const;
  ListOffsetsResponse::Partition list_offset(const ListOffsetsRequest::Partition& asked) const;

  /// After a restart: with no other replica in sync, all that the logs hold is committed.
  void advance_high_watermarks(engine::Runtime& runtime);
  /// A clean shutdown writes everything to the disk.
  void flush_all();
  /// The machine lost its power: cuts all logs and says so in the trace.
  void recover_after_power_loss(engine::Runtime& runtime);

 private:
  Error append_one(engine::Runtime& runtime, const ProduceRequest::Partition& asked,
                   std::int16_t acks, AppendOutcome& outcome);

  bool advance(engine::Runtime& runtime, Partition& partition, const TopicPartition& tp,
               std::int64_t up_to);
  bool known_topic(const TopicPartition& tp) const;

  std::map<TopicPartition, Partition> partitions_;
  ClusterImage image_;
};

}  // namespace eventarium::kafka
