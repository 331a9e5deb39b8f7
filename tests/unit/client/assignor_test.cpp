// Who gets which partition: range, roundrobin, and the two sticky assignors.
#include "sim/client/assignor.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "sim/base/random.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

JoinGroupResponse::Member member(std::string id, std::vector<std::string> topics,
                                 PartitionList owned = {}, std::int32_t generation = 1) {
  return {std::move(id), "", {std::move(topics), std::move(owned), generation}};
}

GroupMembers members(std::vector<std::string> ids, const std::vector<std::string>& topics) {
  GroupMembers list;
  for (std::string& id : ids) list.push_back(member(std::move(id), topics));
  return list;
}

/// "C0 t0-0 t0-1; C1 t0-2"
std::string text_of(const Assignments& assignments) {
  std::string text;
  for (const auto& [id, list] : assignments) {
    text += (text.empty() ? "" : "; ") + id;
    for (const TopicPartition& tp : list) text += " " + to_text(tp);
  }
  return text;
}

std::string range(const PartitionCounts& counts, const GroupMembers& list) {
  return text_of(assign(AssignorKind::range, counts, list));
}
std::string roundrobin(const PartitionCounts& counts, const GroupMembers& list) {
  return text_of(assign(AssignorKind::roundrobin, counts, list));
}
std::string sticky(const PartitionCounts& counts, const GroupMembers& list) {
  return text_of(assign(AssignorKind::sticky, counts, list));
}
std::string cooperative(const PartitionCounts& counts, const GroupMembers& list) {
  return text_of(assign(AssignorKind::cooperative_sticky, counts, list));
}

}  // namespace

TEST_CASE("E1, row 40: two topics of three partitions: range is uneven, the others are not") {
  const GroupMembers group = members({"C0", "C1"}, {"t0", "t1"});
  const PartitionCounts counts{{"t0", 3}, {"t1", 3}};
  CHECK(range(counts, group) == "C0 t0-0 t0-1 t1-0 t1-1; C1 t0-2 t1-2");
  const std::string even = "C0 t0-0 t0-2 t1-1; C1 t0-1 t1-0 t1-2";
  CHECK(roundrobin(counts, group) == even);
  CHECK(sticky(counts, group) == even);
  CHECK(cooperative(counts, group) == even);
}

TEST_CASE("E2: members with different topics get partitions of their own topics only") {
  const GroupMembers group{member("C1", {"t1"}), member("C2", {"t1", "t2"}), member("C3", {"t1"})};
  const PartitionCounts counts{{"t1", 3}, {"t2", 2}};
  CHECK(range(counts, group) == "C1 t1-0; C2 t1-1 t2-0 t2-1; C3 t1-2");
  CHECK(roundrobin(counts, group) == "C1 t1-0; C2 t1-1 t2-0 t2-1; C3 t1-2");
  CHECK(sticky(counts, group) == "C1 t1-0 t1-2; C2 t2-0 t2-1; C3 t1-1");
}

TEST_CASE("E3: six partitions, four members") {
  const GroupMembers group = members({"C0", "C1", "C2", "C3"}, {"t"});
  CHECK(range({{"t", 6}}, group) == "C0 t-0 t-1; C1 t-2 t-3; C2 t-4; C3 t-5");
  CHECK(roundrobin({{"t", 6}}, group) == "C0 t-0 t-4; C1 t-1 t-5; C2 t-2; C3 t-3");
  CHECK(sticky({{"t", 6}}, group) == "C0 t-0 t-4; C1 t-1 t-5; C2 t-2; C3 t-3");
}

TEST_CASE("E4, row 39: more members than partitions: one is idle") {
  const GroupMembers group = members({"C0", "C1", "C2"}, {"t"});
  for (const auto kind : {AssignorKind::range, AssignorKind::roundrobin, AssignorKind::sticky,
                          AssignorKind::cooperative_sticky})
    CHECK(text_of(assign(kind, {{"t", 2}}, group)) == "C0 t-0; C1 t-1; C2");
}

TEST_CASE("E5: topics with a remainder: range gives the first member half as much again") {
  const GroupMembers group = members({"C0", "C1", "C2"}, {"a", "b", "c"});
  const PartitionCounts counts{{"a", 4}, {"b", 4}, {"c", 4}};
  CHECK(range(counts, group) == "C0 a-0 a-1 b-0 b-1 c-0 c-1; C1 a-2 b-2 c-2; C2 a-3 b-3 c-3");
  const std::string even = "C0 a-0 a-3 b-2 c-1; C1 a-1 b-0 b-3 c-2; C2 a-2 b-1 c-0 c-3";
  CHECK(roundrobin(counts, group) == even);
  CHECK(sticky(counts, group) == even);
}

TEST_CASE("E6: the topic that the fewest may take is given away first") {
  const GroupMembers group{member("C0", {"t0"}), member("C1", {"t0", "t1"}),
                           member("C2", {"t0", "t1", "t2"})};
  const PartitionCounts counts{{"t0", 1}, {"t1", 2}, {"t2", 3}};
  CHECK(range(counts, group) == "C0 t0-0; C1 t1-0; C2 t1-1 t2-0 t2-1 t2-2");
  CHECK(roundrobin(counts, group) == "C0 t0-0; C1 t1-0; C2 t1-1 t2-0 t2-1 t2-2");
  CHECK(sticky(counts, group) == "C0 t0-0; C1 t1-0 t1-1; C2 t2-0 t2-1 t2-2");
}

TEST_CASE("E7: ten partitions, three members") {
  const GroupMembers group = members({"C0", "C1", "C2"}, {"t"});
  CHECK(range({{"t", 10}}, group) == "C0 t-0 t-1 t-2 t-3; C1 t-4 t-5 t-6; C2 t-7 t-8 t-9");
  CHECK(roundrobin({{"t", 10}}, group) == "C0 t-0 t-3 t-6 t-9; C1 t-1 t-4 t-7; C2 t-2 t-5 t-8");
  CHECK(sticky({{"t", 10}}, group) == "C0 t-0 t-3 t-6 t-9; C1 t-1 t-4 t-7; C2 t-2 t-5 t-8");
}

TEST_CASE("E8: range and roundrobin take static members first, sticky goes by member id") {
  GroupMembers group = members({"consumer-a", "consumer-b"}, {"t1", "t2"});
  group[1].instance_id = "inst1";
  const PartitionCounts counts{{"t1", 3}, {"t2", 3}};
  CHECK(range(counts, group) == "consumer-a t1-2 t2-2; consumer-b t1-0 t1-1 t2-0 t2-1");
  CHECK(roundrobin(counts, group) == "consumer-a t1-1 t2-0 t2-2; consumer-b t1-0 t1-2 t2-1");
  CHECK(sticky(counts, group) == "consumer-a t1-0 t1-2 t2-1; consumer-b t1-1 t2-0 t2-2");
}

TEST_CASE("S1: cooperative: a second member gets its partition in the second round") {
  const PartitionList all{{"t", 0}, {"t", 1}, {"t", 2}};
  CHECK(cooperative({{"t", 3}}, {member("C1", {"t"}, all), member("C2", {"t"}, {}, -1)}) ==
        "C1 t-0 t-1; C2");
  CHECK(cooperative({{"t", 3}}, {member("C1", {"t"}, {{"t", 0}, {"t", 1}}, 2),
                                 member("C2", {"t"}, {}, 2)}) == "C1 t-0 t-1; C2 t-2");
}

TEST_CASE("S2: cooperative: a third member gets one partition of each of the two others") {
  const GroupMembers first{member("C0", {"t"}, {{"t", 0}, {"t", 2}, {"t", 4}}),
                           member("C1", {"t"}, {{"t", 1}, {"t", 3}, {"t", 5}}),
                           member("C2", {"t"}, {}, -1)};
  CHECK(cooperative({{"t", 6}}, first) == "C0 t-0 t-2; C1 t-1 t-3; C2");
  CHECK(sticky({{"t", 6}}, first) == "C0 t-0 t-2; C1 t-1 t-3; C2 t-4 t-5");
  const GroupMembers second{member("C0", {"t"}, {{"t", 0}, {"t", 2}}, 2),
                            member("C1", {"t"}, {{"t", 1}, {"t", 3}}, 2),
                            member("C2", {"t"}, {}, 2)};
  CHECK(cooperative({{"t", 6}}, second) == "C0 t-0 t-2; C1 t-1 t-3; C2 t-4 t-5");
}

TEST_CASE("S3: cooperative: what a member leaves behind is given away in one round") {
  CHECK(cooperative({{"t", 6}}, {member("C0", {"t"}, {{"t", 0}, {"t", 1}}),
                                 member("C2", {"t"}, {{"t", 4}, {"t", 5}})}) ==
        "C0 t-0 t-1 t-2; C2 t-3 t-4 t-5");
}

TEST_CASE("S4, S5: sticky: a new partition goes to who has less, and nothing moves") {
  CHECK(cooperative({{"t", 4}}, {member("C0", {"t"}, {{"t", 0}, {"t", 1}}),
                                 member("C1", {"t"}, {{"t", 2}})}) == "C0 t-0 t-1; C1 t-2 t-3");
  CHECK(cooperative({{"t1", 2}, {"t2", 3}}, {member("c1", {"t1", "t2"}, {{"t1", 0}, {"t2", 1}}),
                                             member("c2", {"t1", "t2"}, {{"t1", 1}, {"t2", 2}})}) ==
        "c1 t1-0 t2-0 t2-1; c2 t1-1 t2-2");
}

TEST_CASE("a partition that two claim belongs to the later generation, of the same one to nobody") {
  const PartitionList mine{{"t", 0}};
  const PartitionCounts counts{{"t", 2}};
  CHECK(cooperative(counts, {member("C0", {"t"}, mine, 3), member("C1", {"t"}, mine, 4)}) ==
        "C0 t-1; C1 t-0");
  // Both will give it up; who gets it hears of it in the next round.
  CHECK(cooperative(counts, {member("C0", {"t"}, mine, 4), member("C1", {"t"}, mine, 4)}) ==
        "C0; C1 t-1");
}

TEST_CASE("sticky with different topics: a member that has two more gives one away") {
  const GroupMembers group{member("C0", {"t"}, {{"t", 0}, {"t", 1}, {"t", 2}, {"t", 3}}),
                           member("C1", {"t", "u"}, {}, -1)};
  CHECK(sticky({{"t", 4}, {"u", 1}}, group) == "C0 t-1 t-2 t-3; C1 t-0 u-0");
  CHECK(cooperative({{"t", 4}, {"u", 1}}, group) == "C0 t-1 t-2 t-3; C1 u-0");
}

TEST_CASE("random groups: everything is given once, to subscribers, and as evenly as it can be") {
  RandomStream random(7, "assignor_test");
  for (int round = 0; round < 300; ++round) {
    PartitionCounts counts;
    std::vector<std::string> topics;
    for (std::uint64_t t = 0; t < 1 + random.below(3); ++t) {
      topics.push_back("t" + std::to_string(t));
      counts[topics.back()] = 1 + static_cast<std::int32_t>(random.below(6));
    }
    GroupMembers group;
    const std::uint64_t size = 1 + random.below(5);
    const bool equal = random.below(2) == 0;
    for (std::uint64_t m = 0; m < size; ++m) {
      std::vector<std::string> subscribed;
      for (const std::string& topic : topics)
        if (equal || m == 0 || random.below(2) == 0) subscribed.push_back(topic);
      group.push_back(member("m" + std::to_string(m), subscribed, {}, -1));
    }
    for (const auto kind : {AssignorKind::range, AssignorKind::roundrobin, AssignorKind::sticky,
                            AssignorKind::cooperative_sticky}) {
      const Assignments fresh = assign(kind, counts, group);
      std::set<TopicPartition> given;
      std::size_t total = 0, least = SIZE_MAX, most = 0;
      for (const auto& m : group) {
        const PartitionList& list = fresh.at(m.member_id);
        for (const TopicPartition& tp : list) CHECK(subscribes(m, tp.topic));
        given.insert(list.begin(), list.end());
        total += list.size();
        least = std::min(least, list.size());
        most = std::max(most, list.size());
      }
      std::size_t expected = 0;
      for (const auto& [topic, count] : counts) expected += static_cast<std::size_t>(count);
      CHECK(given.size() == expected);
      CHECK(total == expected);
      if (equal && kind != AssignorKind::range) CHECK(most - least <= 1);
    }
    // Who rejoins with what it has keeps it.
    Assignments before = assign(AssignorKind::sticky, counts, group);
    for (auto& m : group) m.subscription.owned = before.at(m.member_id);
    for (auto& m : group) m.subscription.generation = 1;
    CHECK(assign(AssignorKind::cooperative_sticky, counts, group) == before);
  }
}

TEST_CASE("partition.assignment.strategy: class names with or without their package, or names") {
  std::string wrong;
  CHECK(parse_assignors("org.apache.kafka.clients.consumer.RangeAssignor, cooperative-sticky",
                        wrong) ==
        std::vector{AssignorKind::range, AssignorKind::cooperative_sticky});
  CHECK(wrong.empty());
  CHECK(parse_assignors("RangeAssignor,Best", wrong).empty());
  CHECK(wrong == "Best");
  CHECK_FALSE(is_cooperative({AssignorKind::range, AssignorKind::cooperative_sticky}));
  CHECK(is_cooperative({AssignorKind::cooperative_sticky}));
}
