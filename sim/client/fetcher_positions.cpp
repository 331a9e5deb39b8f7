// What its owner does with a fetcher's partitions: assign, take away, seek, pause, hand out.
#include <utility>

#include "sim/base/check.h"
#include "sim/client/fetcher.h"

namespace eventarium::kafka {

void Fetcher::assign(const TopicPartition& tp, bool committed) {
  const auto [entry, is_new] = positions_.try_emplace(tp);
  if (!is_new) return;
  entry->second.begin = committed ? Begin::committed : Begin::reset;
  entry->second.turn = ++last_turn_;
  set_idle(entry);
}

void Fetcher::unassign(const TopicPartition& tp) {
  const auto found = positions_.find(tp);
  if (found == positions_.end()) return;
  idle_.erase(found->second.turn);
  positions_.erase(found);
  buffer_.drop(tp);
}

std::vector<TopicPartition> Fetcher::assigned() const {
  std::vector<TopicPartition> list;
  for (const auto& [tp, position] : positions_) list.push_back(tp);
  return list;
}

std::vector<TopicPartition> Fetcher::awaiting_committed() const {
  std::vector<TopicPartition> list;
  for (const auto& [turn, entry] : idle_)
    if (!entry->second.offset && entry->second.begin == Begin::committed)
      list.push_back(entry->first);
  return list;
}

void Fetcher::start_at(engine::Runtime& runtime, const TopicPartition& tp, std::int64_t offset,
                       std::int32_t leader_epoch) {
  const auto found = positions_.find(tp);
  if (found == positions_.end() || found->second.offset) return;
  found->second.offset = offset;
  found->second.epoch = leader_epoch;
  runtime.emit(trace::PositionReset{tp.topic, tp.partition, "committed", offset});
}

void Fetcher::start_by_reset(const TopicPartition& tp) {
  const auto found = positions_.find(tp);
  if (found == positions_.end() || found->second.offset) return;
  found->second.begin = Begin::reset;
}

void Fetcher::seek(engine::Runtime& runtime, const TopicPartition& tp, std::int64_t offset) {
  const auto found = positions_.find(tp);
  EVENTARIUM_CHECK(found != positions_.end(), "IllegalStateException: seek() in what it reads");
  buffer_.drop(tp);
  set_idle(found);
  found->second.offset = offset;
  found->second.epoch = found->second.validated_epoch = -1;
  found->second.retry_at = {};
  runtime.emit(trace::PositionReset{tp.topic, tp.partition, "seek", offset});
}

void Fetcher::seek_to_time(const TopicPartition& tp, SimTime time) {
  const auto found = positions_.find(tp);
  EVENTARIUM_CHECK(found != positions_.end(), "IllegalStateException: seek in what it reads");
  buffer_.drop(tp);
  set_idle(found);
  Position& position = found->second;
  position.offset.reset();
  position.epoch = position.validated_epoch = -1;
  position.begin = Begin::target;
  position.target = Target::timestamp;
  position.time = time;
}

void Fetcher::pause(engine::Runtime& runtime, const TopicPartition& tp, const std::string& reason) {
  const auto found = positions_.find(tp);
  if (found == positions_.end() || std::exchange(found->second.paused, true)) return;
  runtime.emit(trace::FetchingPaused{tp.topic, tp.partition, reason});
}

void Fetcher::resume(engine::Runtime& runtime, const TopicPartition& tp) {
  const auto found = positions_.find(tp);
  if (found == positions_.end() || !std::exchange(found->second.paused, false)) return;
  runtime.emit(trace::FetchingResumed{tp.topic, tp.partition});
}

std::optional<std::int64_t> Fetcher::position(const TopicPartition& tp) const {
  const auto found = positions_.find(tp);
  return found == positions_.end() ? std::nullopt : found->second.offset;
}

std::map<TopicPartition, std::pair<std::int64_t, std::int32_t>> Fetcher::consumed() const {
  std::map<TopicPartition, std::pair<std::int64_t, std::int32_t>> map;
  for (const auto& [tp, position] : positions_)
    if (position.offset) map[tp] = {*position.offset, position.epoch};
  return map;
}

std::vector<RecordSlice> Fetcher::take(std::size_t max_records) {
  std::vector<RecordSlice> slices = buffer_.take(
      max_records, [this](const TopicPartition& tp) { return positions_.at(tp).paused; });
  for (const RecordSlice& slice : slices) {
    Position& position = positions_.at(slice.tp);
    position.offset = slice.next_position;
    position.epoch = slice.leader_epoch;
  }
  return slices;
}

void Fetcher::forget_all() {
  positions_.clear();
  idle_.clear();
  requests_.clear();
  buffer_.clear();
  failure_.clear();
}

}  // namespace eventarium::kafka
