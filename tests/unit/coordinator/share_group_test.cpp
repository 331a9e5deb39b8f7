// Share groups as their coordinator knows them: who reads what, epochs, what is kept.
#include "sim/coordinator/share_group.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

const TopicSizes one_partition = {{"jobs", 1}};

ShareGroup::Outcome beat(ShareGroup& group, const std::string& member, std::int32_t epoch,
                         const TopicSizes& topics = one_partition) {
  ShareGroupHeartbeatRequest request;
  request.group = group.id();
  request.member_id = member;
  request.member_epoch = epoch;
  if (epoch == join_group_epoch) request.subscribed = std::vector<std::string>{"jobs"};
  return group.heartbeat(request, NodeId{1}, member, topics, 3);
}

AssignorMembers members(std::size_t count) {
  AssignorMembers all;
  for (std::size_t i = 0; i < count; ++i)
    all[std::string(1, static_cast<char>('a' + i))] = {{}, {"jobs"}, {}};
  return all;
}

std::size_t readers_of(const TargetAssignment& target, std::int32_t partition) {
  std::size_t count = 0;
  for (const auto& [id, partitions] : target)
    count += partitions.contains({"jobs", partition}) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("share assignor: each partition goes to ceil(members / partitions) members") {
  const TargetAssignment many = assign_shares(members(5), {{"jobs", 2}});
  CHECK(readers_of(many, 0) == 3);
  CHECK(readers_of(many, 1) == 3);
  std::size_t slots = 0;
  for (const auto& [id, partitions] : many) {
    CHECK(partitions.size() >= 1);
    slots += partitions.size();
  }
  CHECK(slots == 6);
  const TargetAssignment few = assign_shares(members(2), {{"jobs", 5}});
  CHECK(few.at("a").size() + few.at("b").size() == 5);
  for (std::int32_t p = 0; p < 5; ++p) CHECK(readers_of(few, p) == 1);
}

TEST_CASE("share assignor: who has a partition keeps it as far as the balance goes") {
  AssignorMembers three = members(3);
  three["c"].current = {{"jobs", 0}};
  const TargetAssignment target = assign_shares(three, {{"jobs", 3}});
  CHECK(target.at("c") == std::set<TopicPartition>{{"jobs", 0}});
  for (std::int32_t p = 0; p < 3; ++p) CHECK(readers_of(target, p) == 1);
}

TEST_CASE("share group: more members than partitions read all of them") {
  ShareGroup group("work");
  const auto first = beat(group, "a", 0);
  CHECK(first.joined);
  CHECK(first.member_epoch == 1);
  CHECK(first.assignment == PartitionList{{"jobs", 0}});
  const auto second = beat(group, "b", 0);
  CHECK(second.member_epoch == 2);
  CHECK(second.assignment == PartitionList{{"jobs", 0}});
  CHECK(group.state() == "Stable");
  // The first one hears of the epoch at its next heartbeat, and gives nothing up.
  CHECK(beat(group, "a", 1).member_epoch == 2);
  CHECK(beat(group, "a", 1).error == Error::none);  // the answer was lost
  CHECK(beat(group, "a", 7).error == Error::fenced_member_epoch);
  CHECK(beat(group, "x", 2).error == Error::unknown_member_id);
  beat(group, "c", 0);
  CHECK(beat(group, "d", 0).error == Error::group_max_size_reached);
}

TEST_CASE("share group: partitions that a topic has more are shared out") {
  ShareGroup group("work");
  beat(group, "a", 0);
  CHECK(beat(group, "a", 1, {{"jobs", 1}, {"other", 4}}).member_epoch == 1);
  const auto more = beat(group, "a", 1, {{"jobs", 3}});
  CHECK(more.member_epoch == 2);
  REQUIRE(more.assignment);
  CHECK(more.assignment->size() == 3);
}

TEST_CASE("share group: what is kept makes the same group again") {
  ShareGroup group("work");
  beat(group, "a", 0);
  beat(group, "b", 0);
  ShareGroup again("work");
  for (const CoordinatorEntry& entry : group.take_changes())
    again.replay(*decode_group_key(entry.key), entry.value);
  CHECK(again.epoch() == group.epoch());
  CHECK(again.members() == group.members());
  CHECK(group.take_changes().empty());
  beat(group, "a", leave_group_epoch);
  for (const CoordinatorEntry& entry : group.take_changes())
    again.replay(*decode_group_key(entry.key), entry.value);
  CHECK(again.members() == group.members());
  CHECK(beat(again, "b", 2).member_epoch == 3);
}
