// See replica_log.h.
#include "sim/check/replica_log.h"

#include <algorithm>

namespace eventarium::check {

RecordId ReplicaLog::at(std::int64_t offset) const {
  if (offset < log_start_offset || offset >= end_) return RecordId{};
  if (!holes_.empty()) {
    const auto after = std::upper_bound(holes_.begin(), holes_.end(), std::pair{offset, nowhere});
    if (after != holes_.begin() && std::prev(after)->second > offset) return RecordId{};
  }
  if (offset >= differs_from()) return own_.at(offset);
  return shared_ ? shared_->at(offset) : RecordId{};
}

std::int64_t ReplicaLog::equal_until(const ReplicaLog& other, std::int64_t from) const {
  const std::int64_t low = std::max({from, log_start_offset, other.log_start_offset});
  const std::int64_t high = std::min(end_, other.end_);
  // What neither has of its own is shared.
  for (std::int64_t offset = std::max(low, std::min(differs_from(), other.differs_from()));
       offset < high; ++offset) {
    const RecordId a = at(offset), b = other.at(offset);
    if (a.valid() && b.valid() && a != b) return offset;
  }
  return high;
}

const ReplicaLog* ReplicaLogs::find(NodeId broker) const {
  for (const Entry& entry : entries_)
    if (entry.broker == broker) return &entry.log;
  return nullptr;
}

ReplicaLog& ReplicaLogs::of(NodeId broker) {
  for (Entry& entry : entries_)
    if (entry.broker == broker) return entry.log;
  Entry& added = entries_.emplace_back();
  added.broker = broker;
  added.log.shared_ = &shared_;
  return added.log;
}

void ReplicaLogs::append(NodeId broker, std::int64_t base_offset,
                         const std::vector<RecordId>& records, bool as_follower) {
  if (records.empty()) return;
  ReplicaLog& log = of(broker);
  if (base_offset < log.end_) cut(log, base_offset);
  if (log.empty()) {
    log.log_start_offset = log.end_ = base_offset;
    log.own_.records.clear();
    log.holes_.clear();
  } else if (base_offset > log.end_) {
    log.holes_.emplace_back(log.end_, base_offset);
  }
  write(log, base_offset, records, as_follower);
  log.end_ = base_offset + static_cast<std::int64_t>(records.size());
}

void ReplicaLogs::write(ReplicaLog& log, std::int64_t base_offset,
                        const std::vector<RecordId>& records, bool as_follower) {
  if (log.differs_from() != ReplicaLog::nowhere) return write_own(log, 0, base_offset, records);
  if (shared_.records.empty()) shared_.base_offset = base_offset;
  if (base_offset < shared_.base_offset) return write_own(log, base_offset, base_offset, records);
  if (base_offset > shared_.end_offset())
    shared_.records.resize(static_cast<std::size_t>(base_offset - shared_.base_offset));
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::int64_t offset = base_offset + static_cast<std::int64_t>(i);
    if (offset == shared_.end_offset()) {
      shared_.records.insert(shared_.records.end(),
                             records.begin() + static_cast<std::ptrdiff_t>(i), records.end());
      return;
    }
    RecordId& known = shared_.records[static_cast<std::size_t>(offset - shared_.base_offset)];
    if (known == records[i]) continue;
    if (!known.valid()) {
      known = records[i];
      continue;
    }
    if (as_follower) return write_own(log, offset, base_offset, records);
    part_others(log, offset);
    shared_.records.resize(static_cast<std::size_t>(offset - shared_.base_offset));
    shared_.records.insert(shared_.records.end(), records.begin() + static_cast<std::ptrdiff_t>(i),
                           records.end());
    return;
  }
}

/// What of `records` stands at or above `from` becomes the log's own; `from` only counts where it
/// had nothing of its own.
void ReplicaLogs::write_own(ReplicaLog& log, std::int64_t from, std::int64_t base_offset,
                            const std::vector<RecordId>& records) {
  if (log.own_.records.empty()) log.own_.base_offset = from;
  std::int64_t offset = base_offset;
  for (const RecordId record : records) {
    if (offset >= log.own_.base_offset) {
      const auto place = static_cast<std::size_t>(offset - log.own_.base_offset);
      if (place >= log.own_.records.size()) log.own_.records.resize(place + 1);
      log.own_.records[place] = record;
    }
    ++offset;
  }
}

/// The shared records change from `from` on: everybody else who has them keeps a copy.
void ReplicaLogs::part_others(const ReplicaLog& writer, std::int64_t from) {
  for (Entry& entry : entries_) {
    ReplicaLog& log = entry.log;
    if (&log == &writer || log.end_ <= from || log.differs_from() <= from) continue;
    OffsetRecords own{std::max(from, log.log_start_offset), {}};
    for (std::int64_t offset = own.base_offset; offset < log.end_; ++offset)
      own.records.push_back(log.at(offset));
    log.own_ = std::move(own);
  }
}

void ReplicaLogs::cut(NodeId broker, std::int64_t log_end_offset) {
  cut(of(broker), log_end_offset);
}

void ReplicaLogs::cut(ReplicaLog& log, std::int64_t log_end_offset) {
  if (log_end_offset >= log.end_) return;
  log.end_ = log_end_offset;
  log.log_start_offset = std::min(log.log_start_offset, log_end_offset);
  if (log.differs_from() != ReplicaLog::nowhere) {
    const std::int64_t kept = std::max<std::int64_t>(0, log.end_ - log.own_.base_offset);
    if (kept < static_cast<std::int64_t>(log.own_.records.size()))
      log.own_.records.resize(static_cast<std::size_t>(kept));
  }
  while (!log.holes_.empty() && log.holes_.back().first >= log.end_) log.holes_.pop_back();
  if (!log.holes_.empty()) log.holes_.back().second = std::min(log.holes_.back().second, log.end_);
}

void ReplicaLogs::advance_start(NodeId broker, std::int64_t log_start_offset) {
  ReplicaLog& log = of(broker);
  if (log_start_offset <= log.log_start_offset) return;
  log.log_start_offset = log_start_offset;
  if (log.end_ < log_start_offset) {
    log.end_ = log_start_offset;
    log.own_.records.clear();
    log.holes_.clear();
  }
  std::erase_if(log.holes_, [&](const auto& hole) { return hole.second <= log_start_offset; });
  drop_unused();
}

void ReplicaLogs::compact(NodeId broker, const std::vector<RecordId>& records) {
  ReplicaLog& log = of(broker);
  std::vector<std::pair<std::int64_t, std::int64_t>> holes;
  std::size_t next = 0;
  for (std::int64_t offset = log.log_start_offset; offset < log.end_; ++offset) {
    const RecordId record = log.at(offset);
    const bool removed = next < records.size() && record == records[next];
    if (removed) ++next;
    if (record.valid() && !removed) continue;
    if (!holes.empty() && holes.back().second == offset)
      ++holes.back().second;
    else
      holes.emplace_back(offset, offset + 1);
  }
  log.holes_ = std::move(holes);
}

void ReplicaLogs::forget(NodeId broker) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.broker == broker; });
}

/// Lets go of shared records that every log has deleted; now and then, so that it costs little.
void ReplicaLogs::drop_unused() {
  std::int64_t first = ReplicaLog::nowhere;
  for (const Entry& entry : entries_) first = std::min(first, entry.log.log_start_offset);
  const std::int64_t unused = std::min(first, shared_.end_offset()) - shared_.base_offset;
  if (unused < 4096 || unused * 2 < static_cast<std::int64_t>(shared_.records.size())) return;
  shared_.records.erase(shared_.records.begin(), shared_.records.begin() + unused);
  shared_.base_offset += unused;
}

}  // namespace eventarium::check
