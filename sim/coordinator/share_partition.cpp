// See share_partition.h.
#include "sim/coordinator/share_partition.h"

#include <algorithm>

#include "sim/coordinator/record_text.h"

namespace eventarium::kafka {

bool SharePartition::has_nothing(std::int64_t readable_end) const {
  const bool room = in_flight_.size() < options_.record_locks_max;
  if (room && end_offset_ < readable_end) return false;
  return std::none_of(in_flight_.begin(), in_flight_.end(), [&](const auto& entry) {
    return entry.second.state == State::available && !entry.second.becoming &&
           entry.first < readable_end;
  });
}

std::int64_t SharePartition::next_offset() const {
  for (const auto& [offset, record] : in_flight_)
    if (record.state == State::available && !record.becoming) return offset;
  return end_offset_;
}

std::vector<ShareFetchResponse::Acquired> SharePartition::acquire(
    const std::vector<std::int64_t>& offsets, std::size_t records_max, const std::string& member,
    NodeId client, SimTime now) {
  std::vector<ShareFetchResponse::Acquired> ranges;
  std::size_t acquired = 0;
  for (const std::int64_t offset : offsets) {
    if (acquired == records_max) break;
    if (offset < start_offset_) continue;
    if (offset >= end_offset_) {
      if (in_flight_.size() >= options_.record_locks_max) break;
      in_flight_[offset];
      end_offset_ = offset + 1;
    }
    const auto found = in_flight_.find(offset);
    if (found == in_flight_.end() || found->second.becoming) continue;
    const bool free = found->second.state == State::available ||
                      (found->second.state == State::acquired && options_.ignores_locks);
    if (!free) continue;
    InFlight& record = found->second;
    record = {State::acquired, record.delivery_count + 1,    member,
              client,          now + options_.lock_duration, std::nullopt};
    ++acquired;
    const bool goes_on = !ranges.empty() && ranges.back().last_offset + 1 == offset &&
                         ranges.back().delivery_count == record.delivery_count;
    if (goes_on)
      ranges.back().last_offset = offset;
    else
      ranges.push_back({offset, offset, record.delivery_count});
  }
  return ranges;
}

/// After its lock, or on its release: available, unless that was the last delivery.
SharePartition::State SharePartition::when_free(const InFlight& record) const {
  const bool last = record.delivery_count >= options_.delivery_count_limit;
  return last ? State::archived : State::available;
}

SharePartition::State SharePartition::free_again(InFlight& record) const {
  record.state = when_free(record);
  record.member.clear();
  record.client = NodeId{};
  record.locked_until = SimTime{};
  return record.state;
}

void SharePartition::settle(std::int64_t offset, State state, NodeId client, bool too_often,
                            std::vector<Settled>& settled) const {
  if (!settled.empty()) {
    Settled& last = settled.back();
    if (last.last_offset + 1 == offset && last.state == state && last.client == client &&
        last.too_often == too_often) {
      last.last_offset = offset;
      return;
    }
  }
  settled.push_back({offset, offset, state, client, too_often});
}

Error SharePartition::begin_acknowledge(const ShareAcknowledgement& asked,
                                        const std::string& member, std::vector<Settled>& settled) {
  const auto first = in_flight_.lower_bound(asked.first_offset);
  const auto last = in_flight_.upper_bound(asked.last_offset);
  const bool has_all = std::all_of(first, last, [&](const auto& entry) {
    return entry.second.state == State::acquired && !entry.second.becoming &&
           (entry.second.member == member || options_.anybody_acknowledges);
  });
  if (first == last || !has_all) return Error::invalid_record_state;
  for (auto entry = first; entry != last; ++entry) {
    InFlight& record = entry->second;
    record.becoming = asked.type == Acknowledge::accept   ? State::acknowledged
                      : asked.type == Acknowledge::reject ? State::archived
                                                          : when_free(record);
    const bool too_often = asked.type == Acknowledge::release && record.becoming == State::archived;
    settle(entry->first, *record.becoming, record.client, too_often, settled);
  }
  return Error::none;
}

void SharePartition::complete(const std::vector<Settled>& settled, bool kept) {
  for (const Settled& range : settled) {
    const auto end = in_flight_.upper_bound(range.last_offset);
    for (auto entry = in_flight_.lower_bound(range.first_offset); entry != end; ++entry) {
      InFlight& record = entry->second;
      if (record.becoming && kept) {
        record.state = *record.becoming;
        record.member.clear();
        record.client = NodeId{};
        record.locked_until = SimTime{};
      }
      record.becoming.reset();
    }
  }
  advance();
}

Error SharePartition::acknowledge(const ShareAcknowledgement& asked, const std::string& member,
                                  std::vector<Settled>& settled) {
  std::vector<Settled> begun;
  const Error error = begin_acknowledge(asked, member, begun);
  if (error != Error::none) return error;
  complete(begun, true);
  for (const Settled& range : begun)
    for (std::int64_t offset = range.first_offset; offset <= range.last_offset; ++offset)
      settle(offset, range.state, range.client, range.too_often, settled);
  return Error::none;
}

std::vector<SharePartition::Settled> SharePartition::expire(SimTime now) {
  std::vector<Settled> settled;
  if (options_.locks_never_end) return settled;
  for (auto& [offset, record] : in_flight_) {
    if (record.state != State::acquired || record.becoming || record.locked_until > now) continue;
    const NodeId client = record.client;
    const State state = free_again(record);
    settle(offset, state, client, state == State::archived, settled);
  }
  advance();
  return settled;
}

std::vector<SharePartition::Settled> SharePartition::release(const std::string& member) {
  std::vector<Settled> settled;
  for (auto& [offset, record] : in_flight_) {
    if (record.state != State::acquired || record.becoming || record.member != member) continue;
    const NodeId client = record.client;
    const State state = free_again(record);
    settle(offset, state, client, state == State::archived, settled);
  }
  advance();
  return settled;
}

SimTime SharePartition::next_expiry() const {
  SimTime next = SimTime::max();
  for (const auto& [offset, record] : in_flight_)
    if (record.state == State::acquired && !record.becoming)
      next = std::min(next, record.locked_until);
  return next;
}

/// Everything at the beginning that is finished is forgotten, and the gaps between it.
void SharePartition::advance() {
  while (!in_flight_.empty()) {
    const auto first = in_flight_.begin();
    const State state = first->second.state;
    if (state != State::acknowledged && state != State::archived) {
      start_offset_ = first->first;
      return;
    }
    in_flight_.erase(first);
  }
  start_offset_ = end_offset_;
}

void SharePartition::pass_over(std::int64_t offset) {
  end_offset_ = std::max(end_offset_, offset);
  advance();
}

void SharePartition::advance_log_start(std::int64_t offset) {
  if (offset <= start_offset_) return;
  in_flight_.erase(in_flight_.begin(), in_flight_.lower_bound(offset));
  start_offset_ = offset;
  end_offset_ = std::max(end_offset_, offset);
  advance();
}

/// Locks are not kept: whoever leads the partition next gives everybody's records out again.
std::string SharePartition::encode() const {
  RecordTextWriter writer;
  writer.integer("start_offset", start_offset_);
  writer.integer("end_offset", end_offset_);
  std::vector<std::string> records;
  for (const auto& [offset, record] : in_flight_) {
    const State becomes = record.becoming.value_or(record.state);
    const char state = becomes == State::acknowledged ? 'A'
                       : becomes == State::archived   ? 'R'
                                                      : '-';
    // A delivery counts when it has ended: as long as somebody has the record it may not be kept.
    const bool is_out = record.state == State::acquired && !record.becoming;
    const std::uint32_t count =
        options_.forgets_counts ? 0 : record.delivery_count - (is_out ? 1 : 0);
    records.push_back(std::to_string(offset) + state + std::to_string(count));
  }
  writer.texts("records", records);
  return writer.take();
}

SharePartition SharePartition::decode(const SharePartitionOptions& options,
                                      const std::string& value) {
  const RecordText text(value);
  SharePartition partition(options, text.integer("start_offset"));
  partition.end_offset_ = text.integer("end_offset");
  for (const std::string& record : text.texts("records")) {
    const std::size_t mark = record.find_first_of("AR-");
    InFlight& kept = partition.in_flight_[std::stoll(record.substr(0, mark))];
    kept.state = record[mark] == 'A'   ? State::acknowledged
                 : record[mark] == 'R' ? State::archived
                                       : State::available;
    kept.delivery_count = static_cast<std::uint32_t>(std::stoul(record.substr(mark + 1)));
  }
  partition.advance();
  return partition;
}

}  // namespace eventarium::kafka
