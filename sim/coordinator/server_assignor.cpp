// See server_assignor.h.
#include "sim/coordinator/server_assignor.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

/// Static members first, by instance id; then the others by member id.
std::vector<std::string> range_order(const AssignorMembers& members) {
  std::vector<std::string> ids;
  for (const auto& [id, member] : members) ids.push_back(id);
  std::stable_sort(ids.begin(), ids.end(), [&](const std::string& a, const std::string& b) {
    const std::string &left = members.at(a).instance_id, &right = members.at(b).instance_id;
    if (left.empty() != right.empty()) return !left.empty();
    return left.empty() ? a < b : left < right;
  });
  return ids;
}

/// Each topic by itself: contiguous ranges, the first members get what is left over.
TargetAssignment range(const AssignorMembers& members, const TopicSizes& topics) {
  TargetAssignment target;
  for (const auto& [id, member] : members) target[id];
  const std::vector<std::string> order = range_order(members);
  for (const auto& [topic, partitions] : topics) {
    std::vector<std::string> readers;
    for (const std::string& id : order)
      if (members.at(id).topics.contains(topic)) readers.push_back(id);
    if (readers.empty()) continue;
    const auto count = static_cast<std::int32_t>(readers.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < count; ++i) {
      const std::int32_t share = partitions / count + (i < partitions % count ? 1 : 0);
      for (std::int32_t p = 0; p < share; ++p) target[readers[i]].insert({topic, next++});
    }
  }
  return target;
}

/// All members want the same topics: everybody gets as many partitions, and keeps what he has as
/// far as that goes.
TargetAssignment uniform_homogeneous(const AssignorMembers& members,
                                     const std::set<TopicPartition>& all) {
  TargetAssignment target;
  std::set<TopicPartition> unassigned = all;
  const std::size_t quota = all.size() / members.size();
  std::map<std::string, std::size_t> quotas;
  std::size_t extra = all.size() % members.size();
  for (const auto& [id, member] : members) {
    quotas[id] = quota + (extra > 0 ? 1 : 0);
    extra -= extra > 0 ? 1 : 0;
    std::set<TopicPartition>& kept = target[id];
    for (const TopicPartition& tp : member.current)
      if (kept.size() < quotas[id] && unassigned.erase(tp) > 0) kept.insert(tp);
  }
  auto next = unassigned.begin();
  for (auto& [id, partitions] : target)
    while (partitions.size() < quotas[id] && next != unassigned.end()) partitions.insert(*next++);
  return target;
}

/// Members want different topics: partitions that few can read come first, each goes to the reader
/// with the least, the one that has it already if it is among those.
TargetAssignment uniform_heterogeneous(const AssignorMembers& members, const TopicSizes& topics) {
  TargetAssignment target;
  std::vector<std::pair<std::size_t, std::string>> by_readers;
  for (const auto& [id, member] : members) target[id];
  for (const auto& [topic, partitions] : topics) {
    const auto readers = static_cast<std::size_t>(
        std::count_if(members.begin(), members.end(),
                      [&](const auto& entry) { return entry.second.topics.contains(topic); }));
    if (readers > 0) by_readers.emplace_back(readers, topic);
  }
  std::sort(by_readers.begin(), by_readers.end());
  for (const auto& [readers, topic] : by_readers) {
    for (std::int32_t p = 0; p < topics.at(topic); ++p) {
      const TopicPartition tp{topic, p};
      const std::string* best = nullptr;
      for (const auto& [id, member] : members) {
        if (!member.topics.contains(topic)) continue;
        const bool has = member.current.contains(tp);
        if (!best || target[id].size() < target[*best].size() ||
            (target[id].size() == target[*best].size() && has))
          best = &id;
      }
      target[*best].insert(tp);
    }
  }
  return target;
}

TargetAssignment uniform(const AssignorMembers& members, const TopicSizes& topics) {
  const std::set<std::string>& first = members.begin()->second.topics;
  const bool same = std::all_of(members.begin(), members.end(),
                                [&](const auto& entry) { return entry.second.topics == first; });
  if (!same) return uniform_heterogeneous(members, topics);
  std::set<TopicPartition> all;
  for (const std::string& topic : first) {
    const auto found = topics.find(topic);
    for (std::int32_t p = 0; found != topics.end() && p < found->second; ++p)
      all.insert({topic, p});
  }
  return uniform_homogeneous(members, all);
}

}  // namespace

const std::vector<std::string>& server_assignor_names() {
  static const std::vector<std::string> names = {"uniform", "range"};
  return names;
}

TargetAssignment assign_on_server(const std::string& name, const AssignorMembers& members,
                                  const TopicSizes& topics) {
  EVENTARIUM_CHECK(name == "uniform" || name == "range", "an assignor of this server");
  if (members.empty()) return {};
  return name == "range" ? range(members, topics) : uniform(members, topics);
}

}  // namespace eventarium::kafka
