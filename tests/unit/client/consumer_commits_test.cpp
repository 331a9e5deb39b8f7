// When a member of a group commits, and where it begins. Commits that fail are in
// failed_commits_test.cpp.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/client/scripted_coordinator.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const Config ten_at_a_time{{"max.poll.records", "10"}};

}  // namespace

TEST_CASE("it begins at the committed offset, and by auto.offset.reset where there is none") {
  ScriptedGroup group;
  group.append(0, 5);
  group.append(1, 2);
  group.broker().committed[{"orders", 0}] = {3, 0};
  group.run(2s);
  const auto resets = group.trace.all<trace::PositionReset>();
  REQUIRE(resets.size() == 2);
  CHECK(resets[0].second.policy == "committed");
  CHECK(resets[0].second.offset == 3);
  CHECK(resets[1].second.policy == "earliest");
  CHECK(group.host().deliveries.size() == 4);
}

TEST_CASE("a consumer of assigned partitions with a group.id commits without being a member") {
  ScriptedGroup group({}, CommitPolicy::automatic, nullptr, {{{"orders", 0}}, {}});
  group.append(0, 5);
  group.broker().committed[{"orders", 0}] = {3, 0};
  group.run(7s);
  CHECK(group.host().deliveries.size() == 2);
  CHECK(group.committed(0) == 5);
  CHECK(group.broker().all<JoinGroupRequest>().empty());
  CHECK(group.broker().all<OffsetCommitRequest>()[0].second->generation == -1);
}

TEST_CASE("while a transaction is about to commit a position, the consumer waits for it") {
  ScriptedGroup group;
  group.append(0, 5);
  group.broker().committed[{"orders", 0}] = {4, 0};
  group.broker().fetch_offsets_errors = {Error::unstable_offset_commit, Error::none,
                                         Error::unstable_offset_commit, Error::none};
  group.run(2s);
  CHECK(group.broker().all<OffsetFetchRequest>().size() >= 2);
  CHECK(group.delivered() == std::vector<std::int64_t>{4});
}

TEST_CASE("auto-commit: positions every auto.commit.interval.ms, but only inside poll()") {
  ScriptedGroup group;
  group.append(0, 3);
  group.host().service_time = 4s;  // poll() again at 12 s
  group.run(11s);
  CHECK(group.offsets_asked("auto").empty());
  group.run(3s);
  CHECK(group.offsets_asked("auto") == std::vector<std::int64_t>{3});
  CHECK(group.committed(0) == 3);
  group.run(10s);
  CHECK(group.offsets_asked("auto").size() == 3);
}

TEST_CASE("auto-commit that fails is tried again soon; the application hears nothing") {
  ScriptedGroup group;
  group.append(0, 3);
  group.broker().commit_errors = {Error::coordinator_load_in_progress};
  group.run(8s);
  CHECK(group.offsets_asked("auto").size() == 2);
  CHECK(group.committed(0) == 3);
  CHECK(group.count<trace::OffsetCommitFailed>() == 0);
}

TEST_CASE("after: one commit when all records of a poll() are finished") {
  ScriptedGroup group(ten_at_a_time, CommitPolicy::after);
  group.append(0, 15);
  group.host().service_time = 100ms;
  group.run(1s);
  CHECK(group.committed(0) == -1);
  group.run(4s);
  CHECK(group.offsets_asked("sync") == std::vector<std::int64_t>{10, 15});
  CHECK(group.committed(0) == 15);
}

TEST_CASE("row 47: before: the positions are committed before the first record is worked on") {
  ScriptedGroup group(ten_at_a_time, CommitPolicy::before);
  group.append(0, 15);
  group.host().service_time = 100ms;
  group.run(600ms);
  CHECK(group.committed(0) == 10);
  CHECK(group.host().deliveries.size() < 6);
  group.run(4s);
  CHECK(group.offsets_asked("sync") == std::vector<std::int64_t>{10, 15});
  CHECK(group.host().deliveries.size() == 15);
}

TEST_CASE("each: a commit after each record, and the next one waits for it") {
  ScriptedGroup group(ten_at_a_time, CommitPolicy::each);
  group.append(0, 4);
  group.host().service_time = 100ms;
  group.run(3s);
  CHECK(group.offsets_asked("sync") == std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(group.committed(0) == 4);
}

TEST_CASE("never: nothing is committed") {
  ScriptedGroup group({}, CommitPolicy::never);
  group.append(0, 4);
  group.run(20s);
  CHECK(group.host().deliveries.size() == 4);
  CHECK(group.broker().all<OffsetCommitRequest>().empty());
}

TEST_CASE(
    "commitSync() tries again until the coordinator takes it; nothing is handed out meanwhile") {
  ScriptedGroup group({}, CommitPolicy::each);
  group.append(0, 2);
  group.broker().commit_errors = {Error::not_coordinator, Error::coordinator_load_in_progress};
  group.run(3s);
  CHECK(group.committed(0) == 2);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1});
  CHECK(group.broker().all<FindCoordinatorRequest>().size() == 2);
  CHECK(group.offsets_asked("sync") == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("read_committed: what was aborted is passed over and told of") {
  ScriptedGroup group(Config{{"isolation.level", "read_committed"}});
  const ProducerStamp seven{7, 0, 0, true, Control::none};
  group.append(0, 2, seven);
  group.append(0, 1, {7, -1, 0, true, Control::abort});
  group.append(0, 1);
  group.broker().aborted[{"orders", 0}] = {{7, 0}};
  group.run(2s);
  CHECK(group.delivered() == std::vector<std::int64_t>{3});
  const auto filtered = group.trace.all<trace::RecordsFiltered>();
  REQUIRE(filtered.size() == 1);
  CHECK(filtered[0].second.records.size() == 2);
  CHECK(filtered[0].second.base_offset == 0);
  CHECK(group.consumer().position({"orders", 0}) == 4);
}

TEST_CASE("pause keeps the partitions but brings no records; resume goes on where it was") {
  ScriptedGroup group;
  group.append(0, 1);
  group.run(2s);
  group.consumer().pause(*group.host().lent_runtime, "enough");
  group.append(0, 2);
  group.run(3s);
  CHECK(group.host().deliveries.size() == 1);
  CHECK(group.count<trace::FetchingPaused>() == 2);
  CHECK(group.consumer().assigned().size() == 2);
  group.consumer().resume(*group.host().lent_runtime);
  group.run(2s);
  CHECK(group.count<trace::FetchingResumed>() == 2);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("seek: to an offset, and to a time, which is the end when nothing is that young") {
  ScriptedGroup group;
  group.append(0, 3);
  group.run(2s);
  engine::Runtime& runtime = *group.host().lent_runtime;
  CHECK(group.consumer().seek(runtime, {"orders", 0}, 1));
  group.run(2s);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 2, 1, 2});
  CHECK(group.consumer().seek_to_time(runtime, {"orders", 0}, sim_time(1h)));
  group.run(1s);
  CHECK(group.consumer().position({"orders", 0}) == 3);
  CHECK_FALSE(group.consumer().seek(runtime, {"orders", 9}, 1));
}

TEST_CASE("by_duration: to the time that long ago, or the end") {
  ScriptedGroup group(Config{{"auto.offset.reset", "by_duration:PT1H"}});
  group.append(0, 3);
  group.run(2s);
  const auto resets = group.trace.all<trace::PositionReset>();
  REQUIRE(resets.size() == 2);
  CHECK(resets[0].second.policy == "by_duration");
  CHECK(resets[0].second.offset == 3);
}

namespace {

/// Says yes to everything; the test ends its transactions.
class FakeTransactions : public TransactionalProducer {
 public:
  void set_transaction_listener(TransactionListener& listener) override { listener_ = &listener; }
  bool can_begin() const override { return ready && !open; }
  bool in_transaction() const override { return open; }
  bool must_abort() const override { return broken; }
  void begin_transaction(engine::Runtime&) override { open = true; }
  void send_offsets_to_transaction(engine::Runtime&, GroupPositions positions) override {
    sent.push_back(std::move(positions));
  }
  void commit_transaction(engine::Runtime&) override { calls += "commit "; }
  void abort_transaction(engine::Runtime&, const std::string&) override { calls += "abort "; }
  void end(engine::Runtime& runtime, bool committed) {
    open = broken = false;
    listener_->on_transaction_ended(runtime, committed);
  }
  void become_ready(engine::Runtime& runtime) {
    ready = true;
    listener_->on_transactions_ready(runtime);
  }
  void fail(engine::Runtime& runtime) {
    listener_->on_transactions_failed(runtime, Error::producer_fenced);
  }

  bool ready = false, open = false, broken = false;
  std::string calls;
  std::vector<GroupPositions> sent;

 private:
  TransactionListener* listener_ = nullptr;
};

}  // namespace

TEST_CASE("transaction: begins with a poll()'s records, ends with their positions") {
  FakeTransactions transactions;
  ScriptedGroup group(ten_at_a_time, CommitPolicy::transaction, &transactions);
  group.append(0, 15);
  group.run(1s);
  CHECK(group.broker().all<JoinGroupRequest>().empty());  // initTransactions() first
  transactions.become_ready(*group.host().lent_runtime);
  group.run(1s);
  CHECK(group.host().deliveries.size() == 10);
  CHECK(transactions.calls == "commit ");
  REQUIRE(transactions.sent.size() == 1);
  CHECK(transactions.sent[0].group == "billing");
  CHECK(transactions.sent[0].generation == 1);
  CHECK(transactions.sent[0].member_id == "member-1");
  CHECK(transactions.sent[0].offsets.at({"orders", 0}).offset == 10);
  transactions.end(*group.host().lent_runtime, true);
  group.run(1s);
  CHECK(group.host().deliveries.size() == 15);
  CHECK(group.offsets_asked("transaction") == std::vector<std::int64_t>{10, 15});
  CHECK(group.broker().all<OffsetCommitRequest>().empty());
}

TEST_CASE("transaction: an aborted one's records are read again") {
  FakeTransactions transactions;
  transactions.ready = true;
  ScriptedGroup group(ten_at_a_time, CommitPolicy::transaction, &transactions);
  group.append(0, 2);
  group.run(1s);
  transactions.end(*group.host().lent_runtime, false);  // the commit could not be
  group.run(1s);
  CHECK(group.delivered() == std::vector<std::int64_t>{0, 1, 0, 1});
  transactions.broken = true;
  group.host().service_time = 10ms;
  transactions.end(*group.host().lent_runtime, false);
  transactions.broken = true;  // a send fails
  group.run(1s);
  CHECK(transactions.calls == "commit commit abort ");
  transactions.end(*group.host().lent_runtime, false);
  group.run(1s);
  CHECK(transactions.calls == "commit commit abort commit ");
  CHECK(group.consumer().position({"orders", 0}) == 2);
}

TEST_CASE("transaction: a fenced producer ends the application's loop, and it leaves the group") {
  FakeTransactions transactions;
  transactions.ready = true;
  ScriptedGroup group(ten_at_a_time, CommitPolicy::transaction, &transactions);
  group.run(1s);
  transactions.fail(*group.host().lent_runtime);
  group.run(1s);
  CHECK(group.consumer().has_failed());
  CHECK(group.broker().all<LeaveGroupRequest>().size() == 1);
}

TEST_CASE("transaction: alone with its partitions it commits without being a member") {
  FakeTransactions transactions;
  transactions.ready = true;
  ScriptedGroup group({}, CommitPolicy::transaction, &transactions, {{{"orders", 0}}, {}});
  group.append(0, 3);
  group.run(1s);
  CHECK(transactions.calls == "commit ");
  REQUIRE(transactions.sent.size() == 1);
  CHECK(transactions.sent[0].member_id.empty());
  CHECK(transactions.sent[0].generation == -1);
  CHECK(transactions.sent[0].offsets.at({"orders", 0}).offset == 3);
}

TEST_CASE("storm 45:5: who has left its group hands out nothing before it is in it again") {
  for (const bool cooperative : {false, true}) {
    CAPTURE(cooperative);
    FakeTransactions transactions;
    transactions.ready = true;
    Config config{{"max.poll.interval.ms", "10000"}, {"max.poll.records", "1"}};
    if (cooperative) config["partition.assignment.strategy"] = "CooperativeStickyAssignor";
    ScriptedGroup group(config, CommitPolicy::transaction, &transactions);
    group.append(0, 3);  // all of them fetched with the first
    group.host().service_time = 15s;
    group.run(12s);
    REQUIRE(group.broker().all<LeaveGroupRequest>().size() == 1);
    group.engine.stop(NodeId{0}, engine::StopReason::crash);  // no coordinator can be found
    group.run(4s);
    REQUIRE(transactions.calls == "commit ");  // of the first record, as the member that polled it
    CHECK(transactions.sent[0].member_id == "member-1");
    transactions.end(*group.host().lent_runtime, true);
    group.run(4s);
    CHECK(group.delivered() == std::vector<std::int64_t>{0});
    CHECK_FALSE(transactions.open);
    CHECK(group.count<trace::PartitionRevoked>() == 2);
    group.engine.start(NodeId{0});
    group.run(4s);
    CHECK(group.consumer().member_id() == "member-2");
    CHECK(group.delivered() == std::vector<std::int64_t>{0, 0});
    group.run(16s);
    REQUIRE(transactions.sent.size() == 2);
    CHECK(transactions.sent[1].member_id == "member-2");
  }
}
