#include "sim/coordinator/share_assignor.h"

#include <algorithm>
#include <vector>

namespace eventarium::kafka {
namespace {

/// One pass over some partitions and the members who read all of them.
class Sharing {
 public:
  Sharing(const AssignorMembers& members, const std::vector<std::string>& readers,
          const std::vector<TopicPartition>& partitions)
      : members_(members), readers_(readers) {
    sharing_ = (readers.size() + partitions.size() - 1) / partitions.size();
    const std::size_t slots = sharing_ * partitions.size();
    std::size_t extra = slots % readers.size();
    for (const TopicPartition& tp : partitions) count_[tp] = 0;
    for (const std::string& id : readers) {
      quota_[id] = slots / readers.size() + (extra > 0 ? 1 : 0);
      extra -= extra > 0 ? 1 : 0;
    }
  }

  void add_to(TargetAssignment& target) {
    TargetAssignment given;
    for (const std::string& id : readers_)
      for (const TopicPartition& tp : members_.at(id).current)
        if (count_.contains(tp) && given[id].size() < quota_.at(id) && count_.at(tp) < sharing_)
          give(given[id], tp);
    for (const std::string& id : readers_)
      while (given[id].size() < quota_.at(id) && give_one(given[id])) continue;
    for (const auto& [id, partitions] : given)
      target[id].insert(partitions.begin(), partitions.end());
  }

 private:
  void give(std::set<TopicPartition>& partitions, const TopicPartition& tp) {
    if (partitions.insert(tp).second) ++count_.at(tp);
  }
  /// The partition with the fewest readers that it hasn't got. False: it has all.
  bool give_one(std::set<TopicPartition>& partitions) {
    const TopicPartition* best = nullptr;
    for (const auto& [tp, count] : count_)
      if (!partitions.contains(tp) && (!best || count < count_.at(*best))) best = &tp;
    if (best) give(partitions, *best);
    return best != nullptr;
  }

  const AssignorMembers& members_;
  const std::vector<std::string>& readers_;
  std::size_t sharing_ = 1;
  std::map<TopicPartition, std::size_t> count_;
  std::map<std::string, std::size_t> quota_;
};

}  // namespace

TargetAssignment assign_shares(const AssignorMembers& members, const TopicSizes& topics) {
  TargetAssignment target;
  std::map<std::vector<std::string>, std::vector<TopicPartition>> by_readers;
  for (const auto& [id, member] : members) target[id];
  for (const auto& [topic, partitions] : topics) {
    std::vector<std::string> readers;
    for (const auto& [id, member] : members)
      if (member.topics.contains(topic)) readers.push_back(id);
    if (readers.empty()) continue;
    for (std::int32_t p = 0; p < partitions; ++p) by_readers[readers].push_back({topic, p});
  }
  for (const auto& [readers, partitions] : by_readers)
    Sharing(members, readers, partitions).add_to(target);
  return target;
}

}  // namespace eventarium::kafka
