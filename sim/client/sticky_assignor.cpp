// Who had what, and the assignment when all members subscribe to the same topics.
#include "sim/client/sticky_assignor.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

using Member = JoinGroupResponse::Member;

std::map<std::string, const Member*> by_id(const GroupMembers& members) {
  std::map<std::string, const Member*> map;
  for (const Member& member : members) map[member.member_id] = &member;
  return map;
}

/// Partitions with quotas: everybody gets the smaller one, some one more.
class EqualShares {
 public:
  EqualShares(const PartitionCounts& counts, const GroupMembers& members, const Ownership& before) {
    for (const auto& [topic, count] : counts)
      for (std::int32_t p = 0; p < count; ++p) partitions_.push_back({topic, p});
    smaller_ = partitions_.size() / members.size();
    larger_left_ = partitions_.size() % members.size();
    larger_ = smaller_ + (larger_left_ > 0 ? 1 : 0);
    for (const Member& member : members) result_[member.member_id];
    for (const auto& [member, owned] : before.owned) keep(member, owned);
    if (larger_left_ == 0) at_smaller_.clear();
    spread();
  }

  Assignments take_result() { return std::move(result_); }

 private:
  void keep(const std::string& member, PartitionList owned) {
    std::sort(owned.begin(), owned.end(), [](const auto& a, const auto& b) {
      return std::tie(a.partition, a.topic) < std::tie(b.partition, b.topic);
    });
    std::size_t kept = owned.size();
    if (owned.size() < smaller_) {
      below_.push_back(member);
    } else if (owned.size() >= larger_ && larger_left_ > 0) {
      --larger_left_;
      kept = larger_;
    } else {
      kept = smaller_;
      at_smaller_.push_back(member);
    }
    owned.resize(kept);
    taken_.insert(owned.begin(), owned.end());
    result_[member] = std::move(owned);
  }

  /// In the order of topic and number: round the members below the smaller quota, then one each
  /// to those that have exactly that.
  void spread() {
    std::size_t next = 0;
    for (const TopicPartition& tp : partitions_) {
      if (taken_.contains(tp)) continue;
      const bool filling = !below_.empty();
      std::vector<std::string>& list = filling ? below_ : at_smaller_;
      EVENTARIUM_CHECK(!list.empty(), "the quotas sum up to the partitions");
      if (!filling || next >= list.size()) next = 0;
      const std::string member = list[next];
      result_[member].push_back(tp);
      if (filling && result_[member].size() < smaller_) {
        ++next;
        continue;
      }
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(next));
      if (filling) at_smaller_.push_back(member);
    }
  }

  std::vector<TopicPartition> partitions_;
  std::size_t smaller_ = 0, larger_ = 0;
  std::size_t larger_left_ = 0;                  // members that may still have the larger quota
  std::vector<std::string> below_, at_smaller_;  // by member id
  std::set<TopicPartition> taken_;
  Assignments result_;
};

bool equal_subscriptions(const PartitionCounts& counts, const GroupMembers& members) {
  for (const auto& [topic, count] : counts)
    for (const Member& member : members)
      if (!subscribes(member, topic)) return false;
  return true;
}

}  // namespace

Ownership ownership_of(const PartitionCounts& counts, const GroupMembers& members) {
  Ownership result;
  std::map<TopicPartition, std::int32_t> generations;
  for (const auto& [id, member] : by_id(members)) {
    result.owned[id];
    const GroupSubscription& subscription = member->subscription;
    for (const TopicPartition& tp : subscription.owned) {
      const auto count = counts.find(tp.topic);
      if (count == counts.end() || tp.partition >= count->second) continue;
      if (!subscribes(*member, tp.topic)) continue;
      const auto [known, is_first] = generations.try_emplace(tp, subscription.generation);
      if (!is_first && subscription.generation < known->second) {
        result.former.try_emplace(tp, id);
        continue;
      }
      const auto owner = result.owner.find(tp);
      if (owner != result.owner.end()) std::erase(result.owned[owner->second], tp);
      if (!is_first && subscription.generation == known->second) {
        result.owner.erase(tp);
        result.disputed.insert(tp);
        continue;
      }
      if (owner != result.owner.end()) result.former.insert_or_assign(tp, owner->second);
      result.disputed.erase(tp);
      known->second = subscription.generation;
      result.owner[tp] = id;
      result.owned[id].push_back(tp);
    }
  }
  return result;
}

StickyAssignment assign_sticky(const PartitionCounts& counts, const GroupMembers& members) {
  StickyAssignment result;
  if (members.empty()) return result;
  PartitionCounts wanted;
  for (const auto& [topic, count] : counts)
    for (const Member& member : members)
      if (subscribes(member, topic)) wanted[topic] = count;
  result.before = ownership_of(wanted, members);
  result.assignments = equal_subscriptions(wanted, members)
                           ? EqualShares(wanted, members, result.before).take_result()
                           : assign_unequal(wanted, members, result.before);
  for (auto& [member, list] : result.assignments) std::sort(list.begin(), list.end());
  return result;
}

Assignments without_moving(StickyAssignment assignment) {
  const Ownership& before = assignment.before;
  for (auto& [member, list] : assignment.assignments) {
    std::erase_if(list, [&, &id = member](const TopicPartition& tp) {
      const auto owner = before.owner.find(tp);
      const bool others = owner != before.owner.end() && owner->second != id;
      return others || before.disputed.contains(tp);
    });
  }
  return std::move(assignment.assignments);
}

}  // namespace eventarium::kafka
