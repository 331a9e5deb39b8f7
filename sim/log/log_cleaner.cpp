#include "sim/log/log_cleaner.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace eventarium::kafka {
namespace {

/// Latest offset of each key in the dirty part; only looked up.
using OffsetMap = std::unordered_map<std::string_view, std::int64_t>;

/// What is known of the log's producers: which batches were aborted, which is each one's last
/// (Kafka's CleanedTransactionMetadata and Cleaner.LastRecord).
class Transactions {
 public:
  explicit Transactions(const PartitionLog& log) : producers_(log.producers()) {
    if (!producers_) return;
    for (const ProducerState::Aborted& aborted : producers_->all_aborted())
      aborted_[aborted.producer_id].push_back(aborted);
  }

  bool is_aborted(const RecordBatch& batch) const {
    if (!batch.producer.transactional || batch.producer.is_marker()) return false;
    const auto found = aborted_.find(batch.producer.producer_id);
    if (found == aborted_.end()) return false;
    const auto ends_after = std::partition_point(
        found->second.begin(), found->second.end(),
        [&](const auto& aborted) { return aborted.last_offset < batch.base_offset; });
    return ends_after != found->second.end() && ends_after->first_offset <= batch.base_offset;
  }

  /// It stays, if need be without records.
  bool is_last_of_producer(const RecordBatch& batch) const {
    const ProducerState::Entry* entry = producers_ && batch.producer.known()
                                            ? producers_->find(batch.producer.producer_id)
                                            : nullptr;
    if (!entry) return false;
    if (!entry->batches.empty()) return entry->batches.back().last_offset == batch.last_offset();
    return batch.producer.is_marker() && batch.producer.producer_epoch == entry->epoch;
  }

  /// Batches are met in their order. True: a marker whose transaction has no batch left.
  bool meet(const RecordBatch& batch) {
    if (!batch.producer.transactional) return false;
    const std::int64_t producer_id = batch.producer.producer_id;
    if (batch.producer.is_marker()) return with_data_.erase(producer_id) == 0;
    if (!batch.records->empty()) with_data_.insert(producer_id);
    return false;
  }

 private:
  const ProducerState* producers_;
  std::map<std::int64_t, std::vector<ProducerState::Aborted>> aborted_;  // by producer id
  std::set<std::int64_t> with_data_;  // producers whose transaction has had a batch
};

OffsetMap build_offset_map(const PartitionLog& log, const LogToClean& range,
                           const Transactions& transactions) {
  OffsetMap latest;
  for (const LogSegment& segment : log.segments()) {
    if (segment.base_offset() >= range.first_uncleanable_offset) break;
    const auto& batches = segment.batches();
    for (std::size_t b = segment.index_of(range.first_dirty_offset); b < batches.size(); ++b) {
      const RecordBatch& batch = batches[b].batch;
      if (batch.producer.is_marker() || transactions.is_aborted(batch)) continue;
      for (std::size_t i = batch.index_of(range.first_dirty_offset); i < batch.records->size(); ++i)
        if (const auto& key = (*batch.records)[i].event->partitionkey)
          latest[*key] = batch.offset_of(i);
    }
  }
  return latest;
}

std::uint64_t size_of(const std::vector<Record>& records, const RecordBatch& batch) {
  std::uint64_t size_bytes = batch_header_size_bytes;
  if (records.empty()) return size_bytes;
  const SimTime first = records.front().event->time;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto delta = batch.cleaned->offset_deltas[i];
    const auto delta_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(records[i].event->time - first)
            .count();
    size_bytes += record_size_bytes(records[i], delta, delta_ms);
  }
  return size_bytes;
}

/// One pass over the log.
class Filter {
 public:
  Filter(const PartitionLog& log, const LogToClean& range, SimTime now)
      : transactions_(log),
        latest_(build_offset_map(log, range, transactions_)),
        delete_retention_(log.config().delete_retention_ms),
        now_(now) {}

  /// The batch without what goes, whose numbers are added to `removed`; none when nothing is left.
  std::optional<RecordBatch> apply(const RecordBatch& batch, std::vector<RecordId>& removed) {
    const bool spent_marker = transactions_.meet(batch);
    const bool aborted = transactions_.is_aborted(batch);
    auto left = std::make_shared<std::vector<Record>>();
    auto cleaned = std::make_shared<CleanedBatch>();
    bool may_expire = false;  // from a time on that is set now, if it has not been
    for (std::size_t i = 0; i < batch.records->size(); ++i) {
      const Record& record = (*batch.records)[i];
      const bool stays = batch.producer.is_marker() ? !spent_marker || !is_over(batch)
                                                    : !aborted && is_retained(batch, i);
      if (!stays) {
        removed.push_back(record.id);
        continue;
      }
      left->push_back(record);
      cleaned->offset_deltas.push_back(
          static_cast<std::int32_t>(batch.offset_of(i) - batch.base_offset));
      may_expire = may_expire || record.tombstone || spent_marker;
    }
    if (left->empty() && !transactions_.is_last_of_producer(batch)) return std::nullopt;
    if (batch.cleaned) cleaned->delete_horizon = batch.cleaned->delete_horizon;
    // The first cleaning that sees a tombstone sets the time of its end.
    if (may_expire && cleaned->delete_horizon == SimTime::max() &&
        delete_retention_ < SimTime::max() - now_)
      cleaned->delete_horizon = now_ + delete_retention_;
    return with(batch, std::move(left), std::move(cleaned));
  }

 private:
  bool is_over(const RecordBatch& batch) const {
    return batch.cleaned && now_ >= batch.cleaned->delete_horizon;
  }

  bool is_retained(const RecordBatch& batch, std::size_t index) const {
    const Record& record = (*batch.records)[index];
    if (!record.event->partitionkey) return false;  // none should be here
    const auto found = latest_.find(*record.event->partitionkey);
    if (found != latest_.end() && batch.offset_of(index) < found->second) return false;
    return !record.tombstone || !is_over(batch);
  }

  static RecordBatch with(const RecordBatch& batch, std::shared_ptr<std::vector<Record>> left,
                          std::shared_ptr<CleanedBatch> cleaned) {
    const bool complete = left->size() == batch.records->size();
    if (complete && (batch.cleaned ? batch.cleaned->delete_horizon == cleaned->delete_horizon
                                   : cleaned->delete_horizon == SimTime::max()))
      return batch;
    cleaned->last_offset_delta = static_cast<std::int32_t>(batch.last_offset() - batch.base_offset);
    RecordBatch result = batch;
    result.cleaned = std::move(cleaned);
    if (complete) return result;
    if (!batch.log_append_time && !left->empty()) {
      result.max_timestamp = left->front().event->time;
      for (const Record& record : *left)
        result.max_timestamp = std::max(result.max_timestamp, record.event->time);
    }
    // Never more than before: what it was written with may have been measured another way.
    result.size_bytes = std::min(batch.size_bytes, size_of(*left, result));
    result.records = std::move(left);
    return result;
  }

  Transactions transactions_;
  OffsetMap latest_;
  Duration delete_retention_;
  SimTime now_;
};

}  // namespace

double LogToClean::dirty_ratio() const {
  const std::uint64_t total = clean_bytes + dirty_bytes;
  return total == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(total);
}

bool LogToClean::eligible(const LogConfig& config) const {
  if (dirty_bytes == 0) return false;
  return overdue || dirty_ratio() > config.min_cleanable_dirty_ratio;
}

LogToClean assess(const PartitionLog& log, std::optional<std::int64_t> clean_offset, SimTime now) {
  const LogConfig& config = log.config();
  LogToClean range;
  range.first_dirty_offset = clean_offset.value_or(log.log_start_offset());
  // A checkpoint outside of the log counts for nothing.
  if (range.first_dirty_offset < log.log_start_offset() ||
      range.first_dirty_offset > log.log_end_offset())
    range.first_dirty_offset = log.log_start_offset();
  SimTime oldest_dirty = SimTime::max();
  range.first_uncleanable_offset = log.segments().front().base_offset();
  for (std::size_t s = 0; s + 1 < log.segments().size(); ++s) {
    const LogSegment& segment = log.segments()[s];
    const std::int64_t end = log.segments()[s + 1].base_offset();
    const bool dirty = end > range.first_dirty_offset;
    if (dirty && end > log.last_stable_offset()) break;
    if (dirty && config.min_compaction_lag_ms > Duration::zero() &&
        segment.largest_timestamp() > now - config.min_compaction_lag_ms)
      break;
    range.first_uncleanable_offset = end;
    (dirty ? range.dirty_bytes : range.clean_bytes) += segment.size_bytes();
    if (const auto first = segment.first_timestamp(); dirty && first)
      oldest_dirty = std::min(oldest_dirty, *first);
  }
  range.overdue =
      oldest_dirty != SimTime::max() && config.max_compaction_lag_ms < now - oldest_dirty;
  return range;
}

Cleaning clean(const PartitionLog& log, const LogToClean& range, SimTime now) {
  Filter filter(log, range, now);
  const LogConfig& config = log.config();
  Cleaning result;
  result.clean_offset = range.first_uncleanable_offset;
  result.read_bytes = range.dirty_bytes;  // for the offset map
  std::uint64_t group_bytes = 0;          // of the segments that the present one stands for
  for (const LogSegment& segment : log.segments()) {
    if (segment.base_offset() >= range.first_uncleanable_offset) break;
    ++result.last_segment;
    result.read_bytes += segment.size_bytes();
    const bool joins =
        !result.segments.empty() && group_bytes + segment.size_bytes() <= config.segment_bytes;
    group_bytes = joins ? group_bytes + segment.size_bytes() : segment.size_bytes();
    if (!joins) result.segments.emplace_back(segment.base_offset(), segment.last_modified());
    LogSegment& cleaned = result.segments.back();
    for (const LogSegment::Stored& stored : segment.batches())
      if (auto batch = filter.apply(stored.batch, result.removed))
        cleaned.append(std::move(*batch), stored.appended_at);
    cleaned.set_last_modified(segment.last_modified());
  }
  for (const LogSegment& segment : result.segments) result.written_bytes += segment.size_bytes();
  return result;
}

}  // namespace eventarium::kafka
