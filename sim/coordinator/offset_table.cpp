#include "sim/coordinator/offset_table.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace eventarium::kafka {
namespace {

using Json = nlohmann::ordered_json;

std::string offset_key(const std::string& group, const TopicPartition& tp) {
  return encode({offset_entry_type, group, "", tp.topic, tp.partition});
}

const Position* find(const std::map<std::string, OffsetTable::Positions>& positions,
                     const std::string& group, const TopicPartition& tp) {
  const auto of_group = positions.find(group);
  if (of_group == positions.end()) return nullptr;
  const auto found = of_group->second.find(tp);
  return found == of_group->second.end() ? nullptr : &found->second;
}

void erase(std::map<std::string, OffsetTable::Positions>& positions, const std::string& group,
           const TopicPartition& tp) {
  const auto of_group = positions.find(group);
  if (of_group == positions.end()) return;
  of_group->second.erase(tp);
  if (of_group->second.empty()) positions.erase(of_group);
}

}  // namespace

// ---- in the log ---------------------------------------------------------------------------------

CoordinatorEntry offset_entry(const GroupPosition& position) {
  const Position& p = position.position;
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(p.at.time_since_epoch()).count();
  Json json = {{"offset", p.committed.offset},
               {"leaderEpoch", p.committed.leader_epoch},
               {"commitTimestamp", ms}};
  if (!p.member.empty()) {
    json["member"] = p.member;
    json["generation"] = p.generation;
  }
  return {offset_key(position.group, position.tp), json.dump(), "OffsetCommit"};
}

CoordinatorEntry offset_tombstone(const std::string& group, const TopicPartition& tp) {
  return {offset_key(group, tp), std::nullopt, "OffsetCommit"};
}

std::optional<Position> decode_position(const std::string& value) {
  const Json json = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("offset")) return std::nullopt;
  Position position;
  position.committed = {json.value("offset", std::int64_t{-1}), json.value("leaderEpoch", -1)};
  position.at = sim_time(std::chrono::milliseconds(json.value("commitTimestamp", std::int64_t{0})));
  position.member = json.value("member", "");
  position.generation = json.value("generation", -1);
  return position;
}

// ---- positions ----------------------------------------------------------------------------------

GroupPosition OffsetTable::put(GroupPosition position) {
  if (position.position.order == 0) position.position.order = ++last_order_;
  Position& latest = latest_[position.group][position.tp];
  if (latest.order < position.position.order) latest = position.position;
  return position;
}

void OffsetTable::replicated(const GroupPosition& position) {
  if (!latest(position.group, position.tp)) return;  // forgotten meanwhile
  Position& known = replicated_[position.group][position.tp];
  if (known.order < position.position.order) known = position.position;
}

void OffsetTable::forget(const std::string& group, const TopicPartition& tp) {
  erase(latest_, group, tp);
  erase(replicated_, group, tp);
}

const Position* OffsetTable::latest(const std::string& group, const TopicPartition& tp) const {
  return find(latest_, group, tp);
}

const Position* OffsetTable::latest_replicated(const std::string& group,
                                               const TopicPartition& tp) const {
  return find(replicated_, group, tp);
}

const OffsetTable::Positions* OffsetTable::of_group(const std::string& group) const {
  const auto found = latest_.find(group);
  return found == latest_.end() ? nullptr : &found->second;
}

std::vector<std::string> OffsetTable::groups() const {
  std::vector<std::string> ids;
  for (const auto& [id, positions] : latest_) ids.push_back(id);
  return ids;
}

// ---- transactions -------------------------------------------------------------------------------

void OffsetTable::put_pending(std::int32_t partition, std::int64_t producer_id,
                              GroupPosition position) {
  position.position.order = ++last_order_;
  pending_[{partition, producer_id}].push_back(std::move(position));
}

bool OffsetTable::has_pending(const std::string& group, const TopicPartition& tp) const {
  for (const auto& [transaction, positions] : pending_)
    for (const GroupPosition& position : positions)
      if (position.group == group && position.tp == tp) return true;
  return false;
}

bool OffsetTable::has_pending(const std::string& group) const {
  for (const auto& [transaction, positions] : pending_)
    for (const GroupPosition& position : positions)
      if (position.group == group) return true;
  return false;
}

std::vector<GroupPosition> OffsetTable::end(std::int32_t partition, std::int64_t producer_id,
                                            bool commit) {
  const auto found = pending_.find({partition, producer_id});
  if (found == pending_.end()) return {};
  std::vector<GroupPosition> ended = std::move(found->second);
  pending_.erase(found);
  if (!commit) return {};
  for (const GroupPosition& position : ended) put(position);
  return ended;
}

// ---- elsewhere ----------------------------------------------------------------------------------

void OffsetTable::forget_group(const std::string& group) {
  latest_.erase(group);
  replicated_.erase(group);
}

void OffsetTable::forget_pending(std::int32_t partition) {
  std::erase_if(pending_, [&](const auto& entry) { return entry.first.first == partition; });
}

void OffsetTable::clear() {
  latest_.clear();
  replicated_.clear();
  pending_.clear();
}

}  // namespace eventarium::kafka
