// Range and roundrobin, and the choice among all four.
#include "sim/client/assignor.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "sim/base/check.h"
#include "sim/client/sticky_assignor.h"

namespace eventarium::kafka {
namespace {

struct Names {
  AssignorKind kind;
  std::string_view name, class_name;
};

constexpr std::array<Names, 4> all_names{{
    {AssignorKind::range, "range", "RangeAssignor"},
    {AssignorKind::roundrobin, "roundrobin", "RoundRobinAssignor"},
    {AssignorKind::sticky, "sticky", "StickyAssignor"},
    {AssignorKind::cooperative_sticky, "cooperative-sticky", "CooperativeStickyAssignor"},
}};

constexpr std::string_view package = "org.apache.kafka.clients.consumer.";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Assignments nobody_has_any(const GroupMembers& members) {
  Assignments assignments;
  for (const auto& member : members) assignments[member.member_id];
  return assignments;
}

}  // namespace

std::string_view name_of(AssignorKind kind) {
  for (const Names& names : all_names)
    if (names.kind == kind) return names.name;
  return "?";
}

std::optional<AssignorKind> find_assignor(std::string_view name) {
  if (name.starts_with(package)) name.remove_prefix(package.size());
  for (const Names& names : all_names)
    if (names.name == name || names.class_name == name) return names.kind;
  return std::nullopt;
}

std::vector<AssignorKind> parse_assignors(std::string_view list, std::string& wrong) {
  std::vector<AssignorKind> kinds;
  while (true) {
    const auto comma = list.find(',');
    const std::string_view name = trimmed(list.substr(0, comma));
    const auto kind = find_assignor(name);
    if (!kind) {
      wrong = std::string(name);
      return {};
    }
    kinds.push_back(*kind);
    if (comma == std::string_view::npos) return kinds;
    list.remove_prefix(comma + 1);
  }
}

bool is_cooperative(const std::vector<AssignorKind>& assignors) {
  return std::all_of(assignors.begin(), assignors.end(),
                     [](AssignorKind kind) { return kind == AssignorKind::cooperative_sticky; });
}

GroupMembers in_member_order(GroupMembers members) {
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.instance_id.empty(), a.instance_id, a.member_id) <
           std::tuple(b.instance_id.empty(), b.instance_id, b.member_id);
  });
  return members;
}

bool subscribes(const JoinGroupResponse::Member& member, const std::string& topic) {
  const auto& topics = member.subscription.topics;
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

/// Topic by topic: as many neighbours for each subscriber, one more for the first ones when it
/// does not come out even.
Assignments assign_range(const PartitionCounts& counts, const GroupMembers& members) {
  Assignments assignments = nobody_has_any(members);
  const GroupMembers ordered = in_member_order(members);
  for (const auto& [topic, count] : counts) {
    std::vector<std::string> subscribers;
    for (const auto& member : ordered)
      if (subscribes(member, topic)) subscribers.push_back(member.member_id);
    const auto share_count = static_cast<std::int32_t>(subscribers.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < share_count; ++i) {
      const std::int32_t share = count / share_count + (i < count % share_count ? 1 : 0);
      PartitionList& list = assignments[subscribers[static_cast<std::size_t>(i)]];
      for (std::int32_t p = next; p < next + share; ++p) list.push_back({topic, p});
      next += share;
    }
  }
  return assignments;
}

/// Partition by partition, to the next member round the circle that subscribes to its topic.
Assignments assign_round_robin(const PartitionCounts& counts, const GroupMembers& members) {
  Assignments assignments = nobody_has_any(members);
  const GroupMembers circle = in_member_order(members);
  std::size_t next = 0;
  for (const auto& [topic, count] : counts) {
    const bool wanted = std::any_of(circle.begin(), circle.end(),
                                    [&](const auto& member) { return subscribes(member, topic); });
    for (std::int32_t p = 0; wanted && p < count; ++p) {
      while (!subscribes(circle[next], topic)) next = (next + 1) % circle.size();
      assignments[circle[next].member_id].push_back({topic, p});
      next = (next + 1) % circle.size();
    }
  }
  return assignments;
}

Assignments assign(AssignorKind kind, const PartitionCounts& counts, const GroupMembers& members) {
  switch (kind) {
    case AssignorKind::range:
      return assign_range(counts, members);
    case AssignorKind::roundrobin:
      return assign_round_robin(counts, members);
    case AssignorKind::sticky:
      return assign_sticky(counts, members).assignments;
    case AssignorKind::cooperative_sticky:
      return without_moving(assign_sticky(counts, members));
  }
  EVENTARIUM_CHECK(false, "an assignor of the four");
  return {};
}

}  // namespace eventarium::kafka
