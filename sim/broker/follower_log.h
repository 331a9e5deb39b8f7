// What a follower does to its log with what its leader answers: append, cut where the logs part,
// begin anew, and take over the leader's high watermark; and it says so in the trace. Knows
// nothing of requests' timing. Follows Kafka's ReplicaFetcherThread.processPartitionData and
// AbstractFetcherThread.getOffsetTruncationState (4.1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/broker/log_manager.h"
#include "sim/broker/partition.h"
#include "sim/broker/protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// Numbers of the records, in offset order.
std::vector<RecordId> record_ids(const RecordBatch& batch);

/// What the trace is told of a batch at the end of a log.
trace::BatchAppended batch_appended(const TopicPartition& tp, const RecordBatch& batch,
                                    bool as_follower);

/// Appends the batches, with the offsets and epochs that the leader gave them, and follows its
/// high watermark and log start. False: the disk refused; nothing was written from there on.
bool append_fetched(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                    const FetchResponse::Partition& fetched);

/// The leader's log parts from this one at `end`, the end of the leader's largest epoch that is
/// not above the follower's latest. Cuts this log there, or at the end of its own largest epoch
/// below, if it doesn't know the leader's; the next fetch tells whether they agree.
void truncate_to_epoch_end(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                           EpochEnd end);

/// Cuts the log. When it does not reach `offset`, only an epoch that began there is forgotten.
void truncate_log(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                  std::int64_t offset, const std::string& reason);

/// The leader has nothing below `offset` any more, and this log ends before it: drops all and
/// begins anew there.
void restart_log_at(engine::Runtime& runtime, LogManager& logs, Partition& partition,
                    std::int64_t offset);

/// Emits HighWatermarkAdvanced or HighWatermarkLowered if it differs from `before`.
void tell_high_watermark(engine::Runtime& runtime, const Partition& partition, std::int64_t before,
                         const std::string& reason);

}  // namespace eventarium::kafka
