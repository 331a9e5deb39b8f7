#include "sim/broker/follower_log.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

std::vector<RecordId> record_ids(const RecordBatch& batch) {
  std::vector<RecordId> ids;
  ids.reserve(batch.records->size());
  for (const Record& record : *batch.records) ids.push_back(record.id);
  return ids;
}

trace::BatchAppended batch_appended(const TopicPartition& tp, const RecordBatch& batch,
                                    bool as_follower) {
  trace::BatchAppended told{tp.topic,          tp.partition,       batch.base_offset,
                            record_ids(batch), batch.leader_epoch, batch.size_bytes,
                            as_follower};
  const ProducerStamp& producer = batch.producer;
  if (!producer.known()) return told;
  told.producer_id = producer.producer_id;
  told.producer_epoch = producer.producer_epoch;
  told.transactional = producer.transactional;
  if (producer.is_marker()) {
    told.control = producer.control == Control::commit ? "commit" : "abort";
  } else {
    told.base_sequence = producer.base_sequence;
  }
  return told;
}

void tell_high_watermark(engine::Runtime& runtime, const Partition& partition, std::int64_t before,
                         const std::string& reason) {
  const std::int64_t now = partition.high_watermark();
  const TopicPartition& tp = partition.tp();
  if (now > before) {
    runtime.emit(trace::HighWatermarkAdvanced{tp.topic, tp.partition, now});
  } else if (now < before) {
    runtime.emit(trace::HighWatermarkLowered{tp.topic, tp.partition, now, reason});
  }
}

bool append_fetched(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                    const FetchResponse::Partition& fetched) {
  const TopicPartition& tp = partition.tp();
  const EventId before = runtime.current_cause();
  bool written = true;
  for (const RecordBatch& batch : fetched.batches) {
    // A whole batch may come again after a fetch from its middle.
    if (batch.base_offset < partition.log().log_end_offset()) continue;
    written = logs.append_as_follower(runtime, partition.stored(), batch) != nullptr;
    if (!written) break;
    runtime.set_cause(runtime.emit_because(before, batch_appended(tp, batch, true)));
  }
  const std::int64_t high_watermark = partition.high_watermark();
  partition.follow_high_watermark(fetched.high_watermark);
  tell_high_watermark(runtime, partition, high_watermark, "follows the leader");
  runtime.set_cause(before);
  if (fetched.log_start_offset > partition.log().log_start_offset())
    logs.advance_log_start(runtime, partition.stored(), fetched.log_start_offset,
                           "follows the leader");
  return written;
}

void truncate_log(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                  std::int64_t offset, const std::string& reason) {
  const std::int64_t high_watermark = partition.high_watermark();
  logs.truncate(runtime, partition.stored(), offset, reason);
  tell_high_watermark(runtime, partition, high_watermark, "committed records were cut off");
}

void truncate_to_epoch_end(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                           EpochEnd end) {
  const PartitionLog& log = partition.log();
  const EpochEnd own = log.end_offset_for_epoch(end.epoch);
  std::int64_t offset = std::min(end.end_offset, log.log_end_offset());
  if (own.epoch >= 0) {
    // An epoch that this log doesn't know: back to its own largest one below, and ask again.
    offset = own.epoch == end.epoch ? std::min(offset, own.end_offset)
                                    : std::min(own.end_offset, log.log_end_offset());
  }
  truncate_log(runtime, logs, partition, offset,
               "the leader's log parts here: never committed, or lost by an unclean election");
}

void restart_log_at(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                    std::int64_t offset) {
  const std::int64_t high_watermark = partition.high_watermark();
  logs.restart_at(runtime, partition.stored(), offset,
                  "the leader has deleted what comes next: begins anew there");
  tell_high_watermark(runtime, partition, high_watermark, "begins anew");
}

}  // namespace eventarium::kafka
