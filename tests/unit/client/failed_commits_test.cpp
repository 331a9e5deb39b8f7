// What an application does when its commit fails, by when it commits.
#include <doctest/doctest.h>

#include "tests/unit/client/scripted_coordinator.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const Config one_at_a_time_cooperative{
    {"max.poll.records", "1"}, {"partition.assignment.strategy", "CooperativeStickyAssignor"}};

}  // namespace

TEST_CASE("commitSync() gives up after default.api.timeout.ms") {
  ScriptedGroup group({{"default.api.timeout.ms", "3000"}, {"request.timeout.ms", "1000"}},
                      CommitPolicy::after);
  group.append(0, 2);
  group.broker().answers_commits = false;
  group.run(20s);
  const auto failed = group.trace.all<trace::OffsetCommitFailed>();
  REQUIRE(!failed.empty());
  CHECK(failed[0].second.error.find("TimeoutException") == 0);
  CHECK(failed[0].first.t > sim_time(3s));
  CHECK(failed[0].first.t < sim_time(5s));
}

TEST_CASE("row 41: the commit of a member that was removed fails, and it joins again") {
  ScriptedGroup group({}, CommitPolicy::after);
  group.append(0, 2);
  group.broker().commit_errors = {Error::unknown_member_id};
  group.run(3s);
  const auto failed = group.trace.all<trace::OffsetCommitFailed>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].second.error.find("CommitFailedException") == 0);
  CHECK(group.consumer().member_id() == "member-2");
  // Nothing was kept, so it reads them once more.
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 0, 1});
  CHECK(group.committed(0) == 2);
}

TEST_CASE("a rebalance whose commit failed does not spare the next one its commit") {
  ScriptedGroup group;
  group.append(0, 3);
  group.run(2s);
  group.broker().commit_errors = {Error::unknown_member_id};
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.run(4s);
  CHECK(group.offsets_asked("revoke") == std::vector<std::int64_t>{3});
  CHECK(group.consumer().member_id() == "member-2");
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.run(4s);
  CHECK(group.offsets_asked("revoke") == std::vector<std::int64_t>{3, 3});
  CHECK(group.committed(0) == 3);
}

TEST_CASE("before: a commit that fails means that the records are not worked on") {
  ScriptedGroup group({}, CommitPolicy::before);
  group.append(0, 2);
  group.broker().commit_errors = {Error::unknown_member_id};
  group.run(3s);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1});
  CHECK(group.count<trace::RecordsDelivered>() == 2);  // poll() returned them twice
  CHECK(group.committed(0) == 2);
}

TEST_CASE("before: a commit that is refused at once, in a rebalance, stops the work as well") {
  ScriptedGroup group(one_at_a_time_cooperative, CommitPolicy::before);
  group.append(0, 6);  // all of them fetched with the first
  group.host().service_time = 1s;
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.run(12s);
  // The poll() that joins still has a record; kept partitions are read on.
  CHECK(group.broker().generation == 2);
  const auto failed = group.trace.all<trace::OffsetCommitFailed>();
  REQUIRE(failed.size() == 1);  // it does not ask again before the rebalance has ended
  CHECK(failed[0].second.error.find("RebalanceInProgressException") == 0);
  CHECK(group.count<trace::PartitionRevoked>() == 0);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
  CHECK(group.committed(0) == 6);
}

TEST_CASE("before: out of the group and without a coordinator it asks for no commit") {
  ScriptedGroup group(one_at_a_time_cooperative, CommitPolicy::before);
  group.broker().topics = {{"orders", 1}};  // no fetch is held that others have to wait for
  group.append(0, 6);
  group.host().service_time = 1s;
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.broker().join_errors = {Error::none, Error::none};
  for (int i = 0; i < 4; ++i)
    group.broker().join_errors.push_back(Error::coordinator_load_in_progress);
  group.run(14s);
  CHECK(group.count<trace::OffsetCommitFailed>() == 1);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE(
    "after and each: in a rebalance the commit fails, the work goes on, the next one counts") {
  for (const CommitPolicy policy : {CommitPolicy::after, CommitPolicy::each}) {
    CAPTURE(static_cast<int>(policy));
    ScriptedGroup group(
        {{"max.poll.records", "2"}, {"partition.assignment.strategy", "CooperativeStickyAssignor"}},
        policy);
    group.append(0, 8);
    group.host().service_time = 1s;
    group.broker().heartbeat_errors = {Error::rebalance_in_progress};
    group.run(14s);
    CHECK(group.broker().generation == 2);
    CHECK(group.count<trace::OffsetCommitFailed>() == (policy == CommitPolicy::after ? 1 : 2));
    CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(group.committed(0) == 8);
  }
}

TEST_CASE("before: what a failed commit takes back is not paused any more") {
  ScriptedGroup group({{"max.poll.records", "1"}}, CommitPolicy::before);
  group.append(0, 1);
  group.append(1, 1);
  group.host().service_time = 1s;
  group.run(1s);
  REQUIRE(group.host().deliveries.size() == 1);
  const bus::Delivery first = group.host().deliveries[0];
  group.broker().commit_errors = {Error::invalid_commit_offset_size};
  CHECK(group.consumer().hold(*group.host().lent_runtime, first.handle, "too early"));
  group.run(5s);
  CHECK(group.count<trace::OffsetCommitFailed>() == 1);
  CHECK(group.count<trace::FetchingResumed>() == 1);
  CHECK(group.host().deliveries.size() == 3);
}
