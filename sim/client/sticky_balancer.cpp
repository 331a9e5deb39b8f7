// The sticky assignment of members that subscribe to different topics: what nobody has goes to the
// least loaded who may take it, then partitions are moved from one who has two more to one who may
// take them, until there is none. Follows Kafka's AbstractStickyAssignor.GeneralAssignmentBuilder
// (4.1).
#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/base/check.h"
#include "sim/client/sticky_assignor.h"

namespace eventarium::kafka {
namespace {

using Member = JoinGroupResponse::Member;

class Balancer {
 public:
  Balancer(const PartitionCounts& counts, const GroupMembers& members, const Ownership& before)
      : before_(before), current_(before.owned), owner_(before.owner) {
    for (const Member& member : members) {
      for (const auto& [topic, count] : counts) {
        if (!subscribes(member, topic)) continue;
        takers_[topic].insert(member.member_id);
        room_[member.member_id] += static_cast<std::size_t>(count);
      }
    }
    sort_partitions(counts);
  }

  Assignments run() {
    const bool afresh = owner_.empty();
    std::vector<TopicPartition> new_ones;
    for (const TopicPartition& tp : partitions_)
      if (!owner_.contains(tp)) new_ones.push_back(tp);
    for (const TopicPartition& tp : new_ones) give(tp, least_loaded_taker(tp));

    std::erase_if(partitions_, [&](const auto& tp) { return !may_move(tp); });
    std::erase_if(new_ones, [&](const auto& tp) { return !may_move(tp); });
    const Assignments before_moves = current_;
    rebalance(new_ones);
    const bool moved = rebalance(partitions_);
    if (!afresh && moved && unevenness(current_) >= unevenness(before_moves)) return before_moves;
    return std::move(current_);
  }

 private:
  /// Those that the fewest members may take come first.
  void sort_partitions(const PartitionCounts& counts) {
    std::vector<std::tuple<std::size_t, std::string>> topics;
    for (const auto& [topic, count] : counts) topics.emplace_back(takers_[topic].size(), topic);
    std::sort(topics.begin(), topics.end());
    for (const auto& [taker_count, topic] : topics)
      for (std::int32_t p = 0; p < counts.at(topic); ++p) partitions_.push_back({topic, p});
  }

  bool may_move(const TopicPartition& tp) const { return takers_.at(tp.topic).size() > 1; }

  std::size_t load(const std::string& member) const { return current_.at(member).size(); }

  std::string least_loaded_taker(const TopicPartition& tp) const {
    const auto& takers = takers_.at(tp.topic);
    return *std::min_element(takers.begin(), takers.end(), [&](const auto& a, const auto& b) {
      return std::tuple(load(a), a) < std::tuple(load(b), b);
    });
  }

  void give(const TopicPartition& tp, const std::string& member) {
    current_[member].push_back(tp);
    owner_[tp] = member;
  }

  void move(const TopicPartition& wanted, const std::string& to) {
    const std::string from = owner_.at(wanted);
    const TopicPartition tp = instead_of(wanted, to);
    std::erase(current_[from], tp);
    give(tp, to);
    note_move(tp, from, to);
  }

  /// A partition of the topic that has come the opposite way goes back instead: two would move
  /// where none has to.
  TopicPartition instead_of(const TopicPartition& wanted, const std::string& to) const {
    const std::string& holder = owner_.at(wanted);
    const auto earlier = moves_.find(wanted);
    const std::string& from = earlier != moves_.end() ? earlier->second.first : holder;
    for (const auto& [tp, way] : moves_)
      if (tp.topic == wanted.topic && way == std::pair(to, from) && owner_.at(tp) == holder)
        return tp;
    return wanted;
  }

  void note_move(const TopicPartition& tp, const std::string& from, const std::string& to) {
    const auto [entry, is_new] = moves_.try_emplace(tp, from, to);
    if (is_new) return;
    entry->second.second = to;
    if (entry->second.first == to) moves_.erase(entry);
  }

  /// Nobody could take one from somebody who has two more.
  bool is_balanced() const {
    std::size_t least = load(current_.begin()->first), most = least;
    for (const auto& [member, list] : current_) {
      least = std::min(least, list.size());
      most = std::max(most, list.size());
    }
    if (least + 1 >= most) return true;
    for (const auto& [tp, owner] : owner_)
      for (const std::string& taker : takers_.at(tp.topic))
        if (load(taker) < room_.at(taker) && load(taker) < load(owner)) return false;
    return true;
  }

  bool rebalance(const std::vector<TopicPartition>& movable) {
    bool moved_any = false;
    for (bool moved = true; moved;) {
      moved = false;
      for (const TopicPartition& tp : movable) {
        if (is_balanced()) break;
        moved = move_if_better(tp) || moved;
      }
      moved_any = moved_any || moved;
    }
    return moved_any;
  }

  bool move_if_better(const TopicPartition& tp) {
    const std::size_t owners_load = load(owner_.at(tp));
    const auto former = before_.former.find(tp);
    if (former != before_.former.end() && owners_load > load(former->second) + 1) {
      move(tp, former->second);
      return true;
    }
    const std::string taker = least_loaded_taker(tp);
    if (owners_load <= load(taker) + 1) return false;
    move(tp, taker);
    return true;
  }

  /// The sum of the differences between all pairs of members: 0 is perfect.
  static std::size_t unevenness(const Assignments& assignments) {
    std::size_t sum = 0;
    for (auto a = assignments.begin(); a != assignments.end(); ++a)
      for (auto b = std::next(a); b != assignments.end(); ++b)
        sum += std::max(a->second.size(), b->second.size()) -
               std::min(a->second.size(), b->second.size());
    return sum;
  }

  const Ownership& before_;
  Assignments current_;
  std::map<TopicPartition, std::string> owner_;
  std::map<std::string, std::set<std::string>> takers_;  // members that subscribe to a topic
  std::map<std::string, std::size_t> room_;              // partitions that a member may take
  std::vector<TopicPartition> partitions_;
  std::map<TopicPartition, std::pair<std::string, std::string>> moves_;  // from whom, to whom
};

}  // namespace

Assignments assign_unequal(const PartitionCounts& counts, const GroupMembers& members,
                           const Ownership& before) {
  return Balancer(counts, members, before).run();
}

}  // namespace eventarium::kafka
