#include "sim/broker/partition.h"

#include <algorithm>

namespace eventarium::kafka {

Partition::Partition(NodeId self, PartitionImage image, TopicConfig config)
    : self_(self), image_(std::move(image)), config_(config) {}

Error Partition::check_append(const RecordBatch& batch, std::int16_t acks) const {
  if (!is_leader()) return Error::not_leader_or_follower;
  // A topic with fewer replicas than min.insync.replicas needs all of them (since 3.7).
  const std::size_t needed = std::min(config_.min_insync_replicas, image_.replicas.size());
  if (acks == -1 && image_.isr.size() < needed) return Error::not_enough_replicas;
  if (batch.size_bytes > config_.max_message_bytes) return Error::message_too_large;
  return Error::none;
}

const RecordBatch& Partition::append(RecordBatch batch, SimTime now) {
  if (config_.log_append_time) {
    batch.log_append_time = true;
    batch.max_timestamp = now;
  }
  return *log_.append_as_leader(std::move(batch), image_.leader_epoch, now).batch;
}

bool Partition::must_flush() const {
  return log_.log_end_offset() - log_.recovery_point() >= config_.flush_messages;
}

bool Partition::advance_high_watermark(std::int64_t up_to) {
  // The leader is the only in-sync replica that this version knows: no followers fetch yet.
  const std::int64_t candidate = std::min(up_to, log_.log_end_offset());
  if (candidate <= high_watermark_) return false;
  high_watermark_ = candidate;
  return true;
}

Error Partition::check_leader(std::int32_t current_leader_epoch) const {
  if (current_leader_epoch >= 0 && current_leader_epoch < image_.leader_epoch)
    return Error::fenced_leader_epoch;
  if (current_leader_epoch > image_.leader_epoch) return Error::unknown_leader_epoch;
  return is_leader() ? Error::none : Error::not_leader_or_follower;
}

Error Partition::check_fetch_offset(std::int64_t offset) const {
  if (offset < log_.log_start_offset() || offset > log_.log_end_offset())
    return Error::offset_out_of_range;
  return Error::none;
}

std::vector<RecordId> Partition::recover_after_power_loss(SimTime now) {
  log_.tear_unwritten(SimTime::min());
  std::vector<RecordId> lost = log_.recover(log_.recovery_point(), now).records;
  high_watermark_ = std::min(high_watermark_, log_.log_end_offset());
  return lost;
}

}  // namespace eventarium::kafka
