// Groups, transactions: each invariant silent about a lawful story, and heard when the story
// breaks it; and what the ledger counts of groups.
#include <doctest/doctest.h>

#include "sim/check/invariants.h"
#include "tests/unit/check/story.h"

namespace eventarium::check {
namespace {

using Names = std::vector<std::string>;
const Names nothing;

/// mailer and crm are members of group mail; broker-1 leads signups-0 alone and coordinates.
struct Grouped : Story {
  std::vector<std::string> found;
  Invariants invariants{ledger, [this](const trace::InvariantViolated& violation, EventId) {
                          found.push_back(violation.invariant);
                        }};

  explicit Grouped(const std::string& isolation = "read_uncommitted") {
    before_ledger = &invariants;
    replicas = {broker};
    tell(broker, trace::PartitionCreated{"signups", 0, broker, 0, replicas, replicas, 1});
    for (const NodeId node : {mailer, crm})
      tell(node,
           trace::SubscriptionDeclared{"signups", -1, "kafka", "earliest", "mail", "classic"});
    if (isolation == "read_committed") invariants.set_read_committed({"mailer", "crm"});
    for (std::uint64_t n = 1; n <= 9; ++n) produce(n, "key");
  }
  Grouped(const Grouped&) = delete;

  Names heard() { return std::exchange(found, {}); }
  void write(std::int64_t offset, std::initializer_list<std::uint64_t> list,
             std::int64_t producer_id = 0, std::int64_t producer_epoch = 0,
             bool transactional = false) {
    trace::BatchAppended batch{"signups", 0, offset, ids(list), epoch, 100, false};
    batch.producer_id = producer_id;
    batch.producer_epoch = producer_epoch;
    batch.transactional = transactional;
    tell(broker, batch);
    high_watermark(broker, offset + static_cast<std::int64_t>(list.size()));
  }
  void mark(std::int64_t offset, const std::string& control, std::int64_t producer_id,
            std::int64_t producer_epoch) {
    trace::BatchAppended batch{
        "signups", 0, offset, ids({900u + static_cast<std::uint64_t>(offset)}), epoch, 100, false};
    batch.producer_id = producer_id;
    batch.producer_epoch = producer_epoch;
    batch.control = control;
    tell(broker, batch);
    high_watermark(broker, offset + 1);
  }
  void read(NodeId node, std::int64_t offset, std::initializer_list<std::uint64_t> list) {
    tell(node, trace::RecordsDelivered{ids(list), "signups", 0, offset, 1});
  }
  void begin(NodeId node, std::int64_t offset, const std::string& policy = "committed") {
    tell(node, trace::PositionReset{"signups", 0, policy, offset});
  }
  void generation(std::int64_t number, const std::string& kind = "classic") {
    tell(broker, trace::GroupStateChanged{"mail", kind, "Stable", number, "range", 2, ""});
  }
  void assign(const std::string& member, NodeId client, std::int64_t number,
              const std::string& partitions) {
    tell(broker, trace::GroupAssignmentMade{"mail", number, member, client, partitions});
  }
  void commit(std::int64_t offset, const std::string& member = "m1", std::int64_t number = 1) {
    tell(broker, trace::OffsetCommitted{"mail", "signups", 0, offset, member, number});
  }
  void pending(std::int64_t offset, const std::string& member, std::int64_t number) {
    tell(broker, trace::OffsetCommitPending{"mail", "signups", 0, offset, member, number});
  }
  void transaction(const std::string& state, const std::string& partitions) {
    tell(broker, trace::TransactionStateChanged{"shop", 7, 1, state, partitions, ""});
  }
};

}  // namespace

// ---- the ledger

TEST_CASE("ledger: a group is one reader, whichever member gets a record") {
  Grouped story;
  story.write(0, {1, 2, 3});
  CHECK(story.ledger.verdict().undelivered.count == 9);  // once each, though there are two members
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2});
  story.begin(crm, 2);
  story.read(crm, 2, {3});
  const Verdict verdict = story.ledger.verdict();
  CHECK(verdict.delivered.count == 3);
  CHECK(verdict.undelivered.count == 6);
  CHECK(verdict.duplicated.count == 0);
  Filter member;
  member.to = crm;
  CHECK(story.ledger.verdict(member).delivered.count == 1);
  Filter group;
  group.group = "mail";
  CHECK(story.ledger.verdict(group).delivered.count == 3);
  group.group = "nobody";
  CHECK(story.ledger.verdict(group).delivered.count == 0);
  CHECK(story.heard() == nothing);
}

TEST_CASE("ledger: what two members of a group got is one duplicate, and in order for the group") {
  Grouped story;
  story.write(0, {1, 2, 3});
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2, 3});
  story.finish(mailer, 1);
  story.begin(crm, 1);
  story.read(crm, 1, {2, 3});
  const Verdict verdict = story.ledger.verdict();
  CHECK(numbers(verdict.duplicated) == std::vector<std::uint64_t>{2, 3});
  CHECK(verdict.delivered.count == 3);
  CHECK(verdict.out_of_order.count == 0);
  CHECK(verdict.processed.count == 1);
  CHECK(verdict.unprocessed.count == 0);  // both still work on them
}

TEST_CASE("ledger: handed over and never processed, because its process has ended") {
  Grouped story;
  story.write(0, {1, 2});
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2});
  story.finish(mailer, 1);
  story.tell(mailer, trace::NodeStopped{"crash"});
  CHECK(numbers(story.ledger.verdict().unprocessed) == std::vector<std::uint64_t>{2});
  story.begin(crm, 1);
  story.read(crm, 1, {2});
  CHECK(story.ledger.verdict().unprocessed.count == 0);
  story.finish(crm, 2, "failed");
  CHECK(numbers(story.ledger.verdict().unprocessed) == std::vector<std::uint64_t>{2});
}

TEST_CASE("ledger: what an aborted transaction wrote is passed over, and waits for nobody") {
  Grouped story("read_committed");
  story.write(0, {1, 2}, 7, 0, true);
  story.begin(mailer, 0, "earliest");
  CHECK(story.ledger.verdict().undelivered.count == 9);
  story.mark(2, "abort", 7, 1);
  story.tell(mailer, trace::RecordsFiltered{ids({1, 2}), "signups", 0, 0});
  const Verdict verdict = story.ledger.verdict();
  CHECK(numbers(verdict.aborted) == std::vector<std::uint64_t>{1, 2});
  CHECK(verdict.undelivered.count == 7);
  CHECK(verdict.delivered.count == 0);
  CHECK(verdict.lost_acknowledged.count == 0);
  CHECK(story.heard() == nothing);
}

// ---- groups

TEST_CASE("generations only grow, but for what another coordinator could not know") {
  Grouped story;
  story.generation(3);
  story.generation(4);
  CHECK(story.heard() == nothing);
  story.generation(3);
  CHECK(story.heard() == Names{"generations only grow"});
  story.tell(broker, trace::CoordinatorLoaded{"__consumer_offsets", 3, 5, 1});
  story.generation(2);
  CHECK(story.heard() == nothing);
}

TEST_CASE("a partition has one reader in a generation") {
  Grouped story;
  story.generation(1);
  story.assign("m1", mailer, 1, "signups-0 signups-1");
  story.assign("m2", crm, 1, "signups-2");
  story.assign("m1", mailer, 2, "signups-1");
  story.assign("m2", crm, 2, "signups-0");
  CHECK(story.heard() == nothing);
  story.assign("m2", crm, 2, "signups-0 signups-1");
  CHECK(story.heard() == Names{"a partition has one reader in a group"});
}

TEST_CASE("with the consumer protocol a partition is never two members', whatever their epochs") {
  Grouped story;
  story.generation(1, "consumer");
  story.assign("m1", mailer, 1, "signups-0");
  story.assign("m2", crm, 2, "signups-0");
  CHECK(story.heard() == Names{"a partition has one reader in a group"});
  story.tell(broker, trace::GroupMemberLeft{"mail", "m1", mailer, "left"});
  story.assign("m2", crm, 3, "signups-0");
  CHECK(story.heard() == nothing);
}

TEST_CASE("a position is kept from current members, with time for what was accepted before") {
  Grouped story;
  story.write(0, {1, 2, 3});
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2, 3});
  story.generation(1);
  story.commit(2, "m1", 1);
  story.generation(2);
  story.now += 3s;
  story.commit(3, "m1", 1);
  CHECK(story.heard() == nothing);
  story.now += 3s;
  story.commit(3, "m1", 1);
  CHECK(story.heard() == Names{"only current members commit"});
  story.commit(1, "", -1);  // an administrator
  CHECK(story.heard() == nothing);
}

TEST_CASE("storm 194:4: what a transaction keeps was accepted in its member's generation") {
  Grouped story;
  story.write(0, {1, 2, 3});
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2, 3});
  story.generation(1);
  story.pending(2, "m1", 1);
  story.generation(2);
  story.now += 12s;
  story.commit(2, "m1", 1);  // its transaction is committed
  CHECK(story.heard() == nothing);
  story.commit(3, "m1", 1);
  CHECK(story.heard() == Names{"only current members commit"});
  story.pending(3, "m1", 1);
  CHECK(story.heard() == Names{"only current members commit"});
}

TEST_CASE("no more is committed than was read") {
  Grouped story;
  story.write(0, {1, 2, 3});
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2});
  story.commit(2);
  CHECK(story.heard() == nothing);
  story.commit(3);
  CHECK(story.heard() == Names{"no more is committed than was read"});
}

TEST_CASE("markers and aborted records are passed without being read") {
  Grouped story;
  story.write(0, {1}, 7, 0, true);
  story.mark(1, "commit", 7, 1);
  story.write(2, {2}, 7, 1, true);
  story.mark(3, "abort", 7, 2);
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1});
  story.commit(4);
  story.write(4, {3}, 7, 2);
  story.read(mailer, 4, {3});
  CHECK(story.heard() == nothing);
}

TEST_CASE("a committed position is found again") {
  Grouped story;
  story.write(0, {1, 2, 3});
  story.begin(mailer, 0, "earliest");
  story.read(mailer, 0, {1, 2, 3});
  story.commit(3);
  story.now += 10s;
  story.begin(crm, 3);
  CHECK(story.heard() == nothing);
  story.begin(crm, 1);
  CHECK(story.heard() == Names{"a committed position is found again"});
}

TEST_CASE("a share group's record is with one consumer at a time, and its deliveries are counted") {
  Grouped story;
  const auto acquire = [&](NodeId client, std::int64_t offset, std::uint64_t delivery) {
    story.tell(broker, trace::RecordsAcquired{"work", "signups", 0, offset, ids({1}), client,
                                              delivery, 30s, 2});
  };
  const auto settle = [&](NodeId client, std::int64_t offset, const char* outcome) {
    story.tell(broker, trace::RecordsSettled{"work", "signups", 0, offset, ids({1}), client,
                                             outcome, "acknowledged"});
  };
  acquire(mailer, 0, 1);
  acquire(crm, 1, 1);
  CHECK(story.heard() == nothing);
  acquire(crm, 0, 2);
  CHECK(story.heard() == Names{"a share group's record is with one consumer at a time"});
  settle(mailer, 1, "accepted");
  CHECK(story.heard() == Names{"a share group's record is acknowledged by who has it"});
  acquire(crm, 1, 2);
  CHECK(story.heard() == Names{"what a share group has finished stays finished"});
  settle(crm, 0, "released");
  acquire(mailer, 0, 3);
  CHECK(story.heard() == Names{"a share group counts deliveries"});
  story.now += 31s;
  acquire(crm, 1, 1);  // it has been given out twice
  CHECK(story.heard() ==
        Names{"what a share group has finished stays finished", "a share group counts deliveries"});
  const auto begins_at = [&](std::int64_t offset) {
    story.tell(broker, trace::ShareStartAdvanced{"work", "signups", 0, offset});
  };
  begins_at(2);
  CHECK(story.heard() == nothing);
  begins_at(1);
  CHECK(story.heard() == Names{"the start of a share partition never falls"});
}

// ---- transactions

TEST_CASE("an idempotent producer's record is written once") {
  Grouped story;
  story.write(0, {1, 2}, 7);
  story.write(2, {3}, 7);
  CHECK(story.heard() == nothing);
  story.write(3, {2}, 7);
  CHECK(story.heard() == Names{"an idempotent producer's record is written once"});
  story.write(4, {4});
  story.write(5, {4});  // without an id nobody can know
  CHECK(story.heard() == nothing);
}

TEST_CASE("an older epoch of a producer is refused") {
  Grouped story;
  story.write(0, {1}, 7, 0);
  story.mark(1, "abort", 7, 1);
  story.write(2, {2}, 7, 1);
  CHECK(story.heard() == nothing);
  story.write(3, {3}, 7, 0);
  CHECK(story.heard() == Names{"an older epoch of a producer is refused"});
}

TEST_CASE("the last stable offset stops at open transactions") {
  Grouped story;
  story.write(0, {1});
  story.write(1, {2}, 7, 0, true);
  story.tell(broker, trace::LastStableOffsetAdvanced{"signups", 0, 1});
  CHECK(story.heard() == nothing);
  story.tell(broker, trace::LastStableOffsetAdvanced{"signups", 0, 2});
  CHECK(story.heard() == Names{"the last stable offset stops at open transactions"});
  story.mark(2, "commit", 7, 1);
  story.tell(broker, trace::LastStableOffsetAdvanced{"signups", 0, 3});
  CHECK(story.heard() == nothing);
}

TEST_CASE("storm 177:7: what a replaced leader still writes is no transaction of the partition") {
  Grouped story;
  story.replicas = {broker, second};
  story.write(0, {1});
  story.append_at(second, 0, {1});
  story.elect(broker, 0, {broker, second});
  story.elect(second, 1, {second});
  story.take(second, 1);
  trace::BatchAppended late{"signups", 0, 1, ids({2}), 0, 100, false};
  late.producer_id = 7;
  late.transactional = true;
  story.tell(broker, late);  // broker-1 does not know yet
  story.append_at(second, 1, {3}, false);
  story.heard();  // about logs, which are not told in full here
  story.tell(second, trace::LastStableOffsetAdvanced{"signups", 0, 2});
  CHECK(story.heard() == nothing);
}

TEST_CASE("read_committed consumers read committed records only") {
  for (const bool open : {true, false}) {
    Grouped story("read_committed");
    story.begin(mailer, 0, "earliest");
    story.write(0, {1}, 7, 0, true);
    if (!open) story.mark(1, "abort", 7, 1);
    story.read(mailer, 0, {1});
    CHECK(story.heard() == Names{"read_committed consumers read committed records only"});
  }
  Grouped story;
  story.begin(mailer, 0, "earliest");
  story.write(0, {1}, 7, 0, true);
  story.read(mailer, 0, {1});
  CHECK(story.heard() == nothing);
}

TEST_CASE("a transaction counts everywhere or nowhere, and every partition gets its marker") {
  Grouped story;
  story.tell(broker, trace::PartitionCreated{"signups", 1, broker, 0, {broker}, {broker}, 1});
  story.write(0, {1}, 7, 0, true);
  story.transaction("PrepareCommit", "signups-0 signups-1");
  story.mark(1, "commit", 7, 1);
  trace::BatchAppended other{"signups", 1, 0, ids({990}), 0, 100, false};
  other.producer_id = 7;
  other.producer_epoch = 1;
  other.control = "abort";
  SUBCASE("another marker elsewhere") {
    story.tell(broker, other);
    CHECK(story.heard() == Names{"a transaction counts everywhere or nowhere"});
  }
  SUBCASE("no marker elsewhere") {
    story.transaction("CompleteCommit", "");
    CHECK(story.heard() == Names{"every partition of a transaction gets its marker"});
  }
  SUBCASE("all is well") {
    other.control = "commit";
    story.tell(broker, other);
    story.transaction("CompleteCommit", "");
    CHECK(story.heard() == nothing);
  }
}

}  // namespace eventarium::check
