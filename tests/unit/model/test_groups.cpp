// What is seen of consumer groups, transactions and side effects: who stops in a rebalance and for
// how long, which partition nobody reads, what is said of it, what can be done to it.
#include <doctest/doctest.h>

#include "trace_builder.h"
#include "viz/model/deeds.h"
#include "viz/model/group_command.h"
#include "viz/model/inspector.h"
#include "viz/model/layout.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

/// A broker, two partitions, two consumers of group "billing" that share them, and a third.
struct Billing {
  TraceBuilder t;
  NodeId shop, broker, one, two, three;
  PartitionId first{"orders", 0}, second{"orders", 1};

  Billing() {
    shop = t.declare("producer", "shop");
    broker = t.declare("broker", "broker-1");
    for (const std::int64_t number : {0, 1}) t.partition("orders", number, broker, {broker});
    one = consumer("billing-1");
    two = consumer("billing-2");
  }
  NodeId consumer(const std::string& name) {
    const NodeId id = t.declare("consumer", name);
    t.add(id, trace::SubscriptionDeclared{"orders", -1, "kafka", "earliest", "billing", "classic"});
    return id;
  }
  void state(const std::string& state, std::int64_t generation, const std::string& reason = "",
             std::uint64_t members = 2) {
    t.add(broker, trace::GroupStateChanged{"billing", "classic", state, generation, "range",
                                           members, reason});
  }
  void join(NodeId who, const std::string& id, const std::string& protocol = "eager") {
    t.add(who, trace::RebalanceJoined{"billing", "", protocol, "starts"});
    t.add(broker, trace::GroupMemberJoined{"billing", id, who, ""});
  }
  void assign(NodeId who, const std::string& id, std::vector<std::int64_t> partitions,
              std::int64_t generation) {
    std::string text;
    for (const std::int64_t p : partitions)
      text += (text.empty() ? "orders-" : " orders-") + std::to_string(p);
    t.add(broker, trace::GroupAssignmentMade{"billing", generation, id, who, text});
    t.add(who, trace::RebalanceEnded{"billing", id, generation, partitions.size()});
    for (const std::int64_t p : partitions) take(who, p, generation);
  }
  void take(NodeId who, std::int64_t partition, std::int64_t generation) {
    t.add(who, trace::PartitionAssigned{"billing", "orders", partition, generation});
    t.add(who, trace::PositionReset{"orders", partition, "committed", 0});
  }
  void revoke(NodeId who, std::int64_t partition, const std::string& reason = "revoked") {
    t.add(who, trace::PartitionRevoked{"billing", "orders", partition, reason});
  }
  /// Stable in generation 1 from 3 s on, a partition each.
  void settle() {
    t.at(0s);
    join(one, "one");
    join(two, "two");
    state("PreparingRebalance", 0, "billing-1 joins");
    t.at(3s);
    state("CompletingRebalance", 1);
    state("Stable", 1);
    assign(one, "one", {0}, 1);
    assign(two, "two", {1}, 1);
  }
  GroupView group() const { return *t.world().group("billing"); }
};

/// A broker that gives records of jobs-0 to two workers of share group "work".
struct Work {
  TraceBuilder t;
  NodeId broker, other, one, two;
  PartitionId jobs{"jobs", 0};

  Work() {
    broker = t.declare("broker", "broker-1");
    other = t.declare("broker", "broker-2");
    t.partition("jobs", 0, broker, {broker, other});
    for (NodeId* worker : {&one, &two}) {
      *worker = t.declare("consumer", worker == &one ? "worker-1" : "worker-2");
      t.add(*worker, trace::SubscriptionDeclared{"jobs", -1, "kafka", "earliest", "work", "share"});
    }
  }
  void give(NodeId who, std::int64_t from, std::uint64_t count, std::uint64_t delivery = 1) {
    t.add(broker, trace::RecordsAcquired{"work", "jobs", 0, from, records(from, count), who,
                                         delivery, 10s, 5});
  }
  void settle(NodeId who, std::int64_t from, std::uint64_t count, const std::string& outcome) {
    t.add(broker, trace::RecordsSettled{"work", "jobs", 0, from, records(from, count), who, outcome,
                                        "acknowledged"});
  }
  static trace::RecordList records(std::int64_t from, std::uint64_t count) {
    trace::RecordList list;
    for (std::uint64_t i = 0; i < count; ++i)
      list.push_back(RecordId{static_cast<std::uint64_t>(from) + i + 1});
    return list;
  }
  GroupView group() const { return *t.world().group("work"); }
};

bool says(const Inspection& inspection, const std::string& words) {
  for (const Section& section : inspection.sections)
    for (const Row& row : section.rows)
      if ((row.name + " " + row.value).find(words) != std::string::npos) return true;
  return false;
}

Inspection inspected(const TraceBuilder& t, const Selection& selection) {
  return inspect(t.history, t.scoreboard, t.world(), selection);
}

const Deed* find_deed(const std::vector<Deed>& deeds, const std::string& name) {
  for (const Deed& deed : deeds)
    if (deed.name == name) return &deed;
  return nullptr;
}

}  // namespace

TEST_CASE("group: state, generation, protocol, members and their partitions are what was told") {
  Billing b;
  b.settle();
  const GroupView group = b.group();
  CHECK(group.state == "Stable");
  CHECK(group.generation == 1);
  CHECK(group.protocol == "eager");
  CHECK(group.assignor == "range");
  CHECK(group.coordinator == b.broker);
  CHECK(group.joined() == 2);
  CHECK(group.number_of(b.two) == 2);
  CHECK(group.number_of(b.shop) == 0);
  CHECK(group.reader(b.first)->client == b.one);
  CHECK(group.member(b.two)->assigned == std::vector<PartitionId>{b.second});
  REQUIRE(group.rebalance);
  CHECK(group.rebalance->length(sim_time(9s)) == 3s);
  CHECK_FALSE(group.rebalancing());
}

TEST_CASE("group: with the eager protocol everybody stops, each for its own time") {
  Billing b;
  b.settle();
  b.t.at(20s);
  b.state("PreparingRebalance", 1, "billing-3 joins");
  b.t.at(21s);
  b.revoke(b.one, 0);
  b.t.at(22s);
  b.revoke(b.two, 1);
  GroupView group = b.group();
  CHECK(group.rebalancing());
  CHECK(group.reader(b.first) == nullptr);
  CHECK(group.member(b.one)->stopped(sim_time(22s)) == 1s);
  CHECK(group.member(b.two)->stopped(sim_time(22s)) == 0s);
  CHECK(group.member(b.two)->stopped_since == sim_time(22s));
  b.t.at(23s);
  b.state("Stable", 2);
  b.assign(b.one, "one", {1}, 2);
  b.assign(b.two, "two", {0}, 2);
  group = b.group();
  CHECK(group.member(b.one)->stopped_for == 2s);
  CHECK(group.member(b.two)->stopped_for == 1s);
  CHECK_FALSE(group.member(b.one)->stopped_since);
  REQUIRE(group.rebalance->unread.size() == 2);
  CHECK(group.rebalance->unread[0].partition == b.first);
  CHECK(group.rebalance->unread[0].after == b.two);
  CHECK(*group.rebalance->unread[0].to - group.rebalance->unread[0].from == 2s);
  CHECK(group.rebalances == 2);
  CHECK(group.partitions.at(b.first).reader_before == b.one);
}

TEST_CASE("group: with the cooperative protocol only what moves is not read") {
  Billing b;
  b.t.at(0s);
  b.join(b.one, "one", "cooperative");
  b.state("PreparingRebalance", 0);
  b.state("Stable", 1);
  b.assign(b.one, "one", {0, 1}, 1);
  b.t.at(10s);
  b.join(b.two, "two", "cooperative");
  b.state("PreparingRebalance", 1, "billing-2 joins");
  b.t.at(11s);
  b.state("Stable", 2);
  b.revoke(b.one, 1);
  b.state("PreparingRebalance", 2, "billing-1 joins again");
  b.t.at(14s);
  const GroupView during = b.group();
  CHECK_FALSE(during.member(b.one)->stopped_since);
  CHECK(during.reader(b.first)->client == b.one);
  CHECK(during.reader(b.second) == nullptr);
  b.state("Stable", 3);
  b.assign(b.two, "two", {1}, 3);
  const GroupView after = b.group();
  CHECK(after.member(b.one)->stopped_for == 0s);
  // It began before this rebalance did.
  REQUIRE(after.rebalance->unread.size() == 1);
  CHECK(after.rebalance->unread[0].from == sim_time(11s));
  CHECK(after.rebalance->unread[0].to == sim_time(14s));
}

TEST_CASE("group: a crash leaves partitions unread until somebody else has them") {
  Billing b;
  b.settle();
  b.t.at(10s);
  b.t.add(b.one, trace::NodeStopped{"crash"});
  GroupView group = b.group();
  CHECK(group.state == "Stable");
  CHECK(group.joined() == 2);  // its session has not expired
  CHECK(group.partitions.at(b.first).unread_since == sim_time(10s));
  CHECK_FALSE(group.member(b.one)->stopped_since);
  CHECK(b.t.world().node(b.one)->receiver.positions.empty());
  b.t.at(55s);
  b.t.add(b.broker, trace::GroupMemberLeft{"billing", "one", b.one, "session.timeout.ms passed"});
  b.state("PreparingRebalance", 1, "session of billing-1 expired", 1);
  b.t.at(56s);
  b.state("Stable", 2, "", 1);
  b.take(b.two, 0, 2);
  group = b.group();
  CHECK(group.joined() == 1);
  REQUIRE(group.rebalance->unread.size() == 1);
  CHECK(*group.rebalance->unread[0].to - group.rebalance->unread[0].from == 46s);
}

TEST_CASE("group: what was lost goes on where somebody else reads it already") {
  Billing b;
  b.settle();
  b.take(b.two, 0, 2);
  b.revoke(b.one, 0, "lost");
  const GroupView group = b.group();
  CHECK(group.reader(b.first)->client == b.two);
  CHECK_FALSE(group.partitions.at(b.first).unread_since);
}

TEST_CASE("group: a newcomer waits for its first share, one without any is idle") {
  Billing b;
  b.settle();
  b.three = b.consumer("billing-3");
  b.t.at(20s);
  b.join(b.three, "three");
  b.state("PreparingRebalance", 1, "billing-3 joins", 3);
  CHECK(b.group().member(b.three)->stopped(sim_time(21s)) == 1s);
  CHECK_FALSE(b.group().member(b.three)->has_read);
  b.t.at(22s);
  b.state("Stable", 2, "", 3);
  b.assign(b.three, "three", {}, 2);
  CHECK_FALSE(b.group().member(b.three)->stopped_since);
}

TEST_CASE("share group: all members read a partition, lag counts from where it is done") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const NodeId one = t.declare("consumer", "worker-1"), two = t.declare("consumer", "worker-2");
  t.partition("jobs", 0, broker, {broker});
  for (const NodeId worker : {one, two}) {
    t.add(worker, trace::SubscriptionDeclared{"jobs", -1, "kafka", "earliest", "work", "share"});
    t.add(broker, trace::GroupAssignmentMade{"work", 1, "id", worker, "jobs-0"});
  }
  std::vector<RecordId> records;
  for (int i = 0; i < 6; ++i) records.push_back(t.produce(shop, "jobs"));
  t.append(broker, "jobs", 0, 0, records);
  t.add(broker, trace::HighWatermarkAdvanced{"jobs", 0, 6});
  t.add(broker, trace::ShareStartAdvanced{"work", "jobs", 0, 4});
  const GroupView group = *t.world().group("work");
  CHECK(group.member(one)->holds({"jobs", 0}));
  CHECK(group.member(two)->holds({"jobs", 0}));
  CHECK(lag_of(t.world(), group) == 2);
  t.add(broker, trace::GroupMemberLeft{"work", "id", two, "leaves"});
  CHECK(t.world().group("work")->member(two)->held.empty());
  CHECK(t.world().group("work")->member(one)->holds({"jobs", 0}));
}

TEST_CASE("group: lag counts from the kept position, or from the beginning") {
  Billing b;
  b.settle();
  std::vector<RecordId> records;
  for (int i = 0; i < 6; ++i) records.push_back(b.t.produce(b.shop, "orders"));
  b.t.append(b.broker, "orders", 0, 0, records);
  b.t.add(b.broker, trace::HighWatermarkAdvanced{"orders", 0, 5});
  CHECK(lag_of(b.t.world(), b.group()) == 5);
  b.t.deliver(b.one, "orders", 0, 0, {records[0], records[1], records[2]});
  b.t.add(b.broker, trace::OffsetCommitted{"billing", "orders", 0, 2, "one", 1});
  const auto lags = lags_of(b.t.world(), b.group());
  REQUIRE(lags.size() == 2);
  CHECK(lags[0].committed == 2);
  CHECK(lags[0].position == 3);
  CHECK(lags[0].lag() == 3);
  CHECK_FALSE(lags[1].committed);
  b.t.add(b.broker, trace::OffsetExpired{"billing", "orders", 0});
  CHECK_FALSE(lags_of(b.t.world(), b.group())[0].committed);
}

TEST_CASE("group: names of partitions are read as written, what is none is left out") {
  using List = std::vector<PartitionId>;
  CHECK(partitions_in("a-b-1 a-b-0") == List{{"a-b", 0}, {"a-b", 1}});
  CHECK(partitions_in("").empty());
  CHECK(partitions_in("nothing x- 7").empty());
}

TEST_CASE("group: Kafka's tables are printed in Kafka's columns") {
  Billing b;
  b.settle();
  b.t.add(b.broker, trace::OffsetCommitted{"billing", "orders", 0, 2, "one", 1});
  const auto commands = commands_for_group(b.t.history, b.t.world(), b.group());
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].command ==
        "kafka-consumer-groups.sh --bootstrap-server broker-1:9092 --describe --group billing");
  CHECK(commands[0].output ==
        std::vector<std::string>{
            "GROUP    TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  CONSUMER-ID  HOST    "
            "    CLIENT-ID",
            "billing  orders  0          2               0               0    one          "
            "/billing-1  billing-1",
            "billing  orders  1          -               0               -    two          "
            "/billing-2  billing-2"});
  CHECK(commands[1].command.ends_with("--members --verbose"));
  CHECK(commands[1].output[1].ends_with("1            orders-0"));
  CHECK(commands[2].output[1].find("broker-1:9092 (1)  range") != std::string::npos);
  CHECK(commands[2].output[1].ends_with("Stable  2"));
}

TEST_CASE("group: the inspector says who stopped, for how long and why") {
  Billing b;
  b.settle();
  b.t.at(20s);
  b.state("PreparingRebalance", 1, "billing-3 joins");
  b.revoke(b.one, 0);
  b.t.at(21500ms);
  b.state("Stable", 2);
  b.assign(b.one, "one", {0}, 2);
  const Inspection found = inspected(b.t, GroupSelection{"billing"});
  CHECK(found.title == "billing");
  CHECK(says(found, "because billing-3 joins"));
  CHECK(says(found, "took 1.50 s"));
  CHECK(says(found, "billing-1 stopped 1.50 s"));
  CHECK(says(found, "billing-2 went on"));
  CHECK(says(found, "orders-0 1.50 s, billing-1 → billing-1"));
  CHECK(found.why_title == "Why did it rebalance?");
  CHECK(says(inspected(b.t, b.one), "group billing"));
  CHECK(inspected(b.t, GroupSelection{"nobody"}).empty());
}

TEST_CASE("group: members come and go; positions move only while nobody is in it") {
  Billing b;
  b.settle();
  auto deeds = deeds_for(b.t.history, b.t.world(), GroupSelection{"billing"});
  const Deed* more = find_deed(deeds, "One more");
  REQUIRE(more != nullptr);
  CHECK(live_command(more->request) ==
        R"({"command":"operate","do":"add_consumer","client":"billing-1"})");
  REQUIRE(find_deed(deeds, "One less") != nullptr);
  CHECK(live_command(find_deed(deeds, "One less")->request) ==
        R"({"command":"operate","do":"remove_consumer","client":"billing-2"})");
  REQUIRE(find_deed(deeds, "To earliest") != nullptr);
  CHECK_FALSE(find_deed(deeds, "To earliest")->why_not.empty());
  b.state("Empty", 2, "", 0);
  deeds = deeds_for(b.t.history, b.t.world(), GroupSelection{"billing"});
  CHECK(find_deed(deeds, "To earliest")->why_not.empty());
  CHECK(live_command(find_deed(deeds, "To earliest")->request) ==
        R"({"command":"operate","do":"reset_offsets","topic":"orders","group":"billing",)"
        R"("to":"earliest"})");
}

TEST_CASE("group: a rebalance is a bar as long as it took; what follows says how long") {
  Billing b;
  b.settle();
  const auto& rows = b.t.timeline.lane(LaneKind::groups).rows;
  REQUIRE(rows.size() == 1);
  REQUIRE(rows[0].size() == 2);
  CHECK(rows[0][0].text == "billing: joining");
  CHECK(rows[0][0].tone == Tone::wait);
  CHECK(*rows[0][0].to - rows[0][0].from == 3s);
  CHECK(rows[0][1].text == "billing: generation 1, after 3.0 s");
  b.state("Stable", 1);  // told again by who takes over
  CHECK(rows[0].size() == 2);
}

TEST_CASE("group: its members stand in a frame that nothing else overlaps") {
  for (const int more : {0, 6, 48}) {
    Billing b;
    for (int i = 0; i < more; ++i) b.consumer("billing-" + std::to_string(i + 3));
    const NodeId other = b.t.declare("service", "other");
    const Layout layout = make_layout(b.t.history);
    REQUIRE(layout.groups.size() == 1);
    const Box& frame = layout.groups[0].box;
    for (const NodeBox& node : layout.nodes) {
      const bool member = b.t.history.groups()[0].members.end() !=
                          std::find(b.t.history.groups()[0].members.begin(),
                                    b.t.history.groups()[0].members.end(), node.node);
      CHECK(frame.overlaps(node.box) == member);
      for (const NodeBox& second : layout.nodes)
        if (node.node != second.node) CHECK_FALSE(node.box.overlaps(second.box));
      if (!member) continue;
      CHECK(node.box.y >= layout.groups[0].header.y + layout.groups[0].header.height);
      CHECK(node.compact == (more > 2));
    }
    CHECK_FALSE(frame.overlaps(layout.nodes[other.value].box));
    CHECK(layout.group_at(layout.groups[0].header.centre()) == &layout.groups[0]);
  }
}

TEST_CASE("transaction: open until it ends, aborted without its producer, fenced") {
  Billing b;
  b.t.add(b.shop, trace::ProducerIdAssigned{7, 0, "tx", "start"});
  b.t.add(b.shop, trace::TransactionBegun{"tx", 7, 0});
  CHECK(b.t.world().transactions.at("tx").begun);
  b.t.add(b.broker, trace::TransactionStateChanged{"tx", 7, 0, "Ongoing", "orders-0", ""});
  CHECK(b.t.world().transactions.at("tx").partitions == std::vector<PartitionId>{b.first});
  b.t.add(b.broker, trace::TransactionStateChanged{"tx", 7, 1, "PrepareAbort", "orders-0",
                                                   "transaction.timeout.ms passed"});
  CHECK_FALSE(b.t.world().transactions.at("tx").begun);
  b.t.add(b.shop, trace::ProducerFenced{"tx", "PRODUCER_FENCED"});
  CHECK(says(inspected(b.t, b.shop), "fenced PRODUCER_FENCED"));
  // The next one may begin before the coordinator has said that the last one is complete.
  b.t.add(b.shop, trace::TransactionBegun{"tx", 7, 1});
  b.t.add(b.broker, trace::TransactionStateChanged{"tx", 7, 1, "CompleteCommit", "", ""});
  CHECK(b.t.world().transactions.at("tx").begun);
}

TEST_CASE("transaction: what its records count for is known when its marker is there") {
  Billing b;
  const auto write = [&](std::int64_t base, std::int64_t producer, const std::string& control) {
    trace::BatchAppended batch;
    batch.topic = "orders";
    batch.base_offset = base;
    batch.records = {b.t.produce(b.shop, "orders")};
    batch.producer_id = producer;
    batch.transactional = true;
    batch.control = control;
    b.t.add(b.broker, batch);
    return static_cast<Position>(b.t.history.size());
  };
  const ReplicaId log{b.first, b.broker};
  const auto fate = [&](std::int64_t offset, Position moment) {
    return b.t.history.fate(*b.t.history.cell(log, offset, moment), offset, moment);
  };
  write(0, 7, "");
  const Position open = write(1, 8, "");
  REQUIRE(b.t.world().partition(b.first)->open_transactions.size() == 2);
  const Position ended = write(2, 7, "abort");
  write(3, 8, "commit");
  write(4, 7, "");
  const Position last = write(5, 7, "commit");
  CHECK(fate(0, open) == CellFate::open);
  CHECK(fate(0, ended) == CellFate::aborted);
  CHECK(fate(0, last) == CellFate::aborted);
  CHECK(fate(1, ended) == CellFate::open);
  CHECK(fate(1, last) == CellFate::committed);
  CHECK(fate(2, last) == CellFate::abort_marker);
  CHECK(fate(4, last) == CellFate::committed);
  CHECK(b.t.world().partition(b.first)->open_transactions.empty());
  b.t.add(b.broker, trace::LastStableOffsetAdvanced{"orders", 0, 4});
  CHECK(b.t.world().partition(b.first)->last_stable_offset() == 4);
  CHECK(b.t.world().partition(b.second)->last_stable_offset() == -1);
}

TEST_CASE("side effects: what was done twice comes first, and only once it was") {
  Billing b;
  const RecordId order = b.t.produce(b.shop, "orders");
  const auto issue = [&](const std::string& key, std::uint64_t times) {
    b.t.add(b.one, trace::SideEffectDone{order, "invoice", key, "invoice for " + key, times});
  };
  issue("order-1", 1);
  issue("order-2", 1);
  issue("order-1", 2);
  const Position before = b.t.history.size() - 1;
  issue("order-3", 1);
  const EffectLedger& ledger = b.t.history.effects();
  CHECK(ledger.counts(before).repeated == 0);
  CHECK(ledger.counts(b.t.history.size()).repeated == 1);
  CHECK(ledger.counts(b.t.history.size()).keys == 3);
  CHECK(ledger.counts(b.t.history.size()).times == 4);
  const auto entries = ledger.entries(b.t.history.size(), 10);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].key == "order-1");
  CHECK(entries[0].times.size() == 2);
  CHECK(entries[1].key == "order-3");
  CHECK(ledger.entries(before, 10)[0].key == "order-2");
  const Inspection found = inspected(b.t, ClusterPart::side_effects);
  CHECK(says(found, "invoice: invoice for order-1 ✕ 2×"));
  CHECK(found.sections[0].title == "done more than once");
  CHECK_FALSE(found.why.empty());
}

TEST_CASE(
    "a member's settings are changed by asking, there and back, and refused where they mean "
    "nothing") {
  Billing b;
  b.settle();
  const auto deed = [&](NodeId who, const std::string& name) {
    for (const Deed& found : deeds_for(b.t.history, b.t.world(), Selection(who)))
      if (found.group == "config" && found.name.starts_with(name)) return found;
    return Deed{};
  };
  const Deed shorter = deed(b.one, "session.timeout.ms");
  CHECK(shorter.name == "session.timeout.ms=6000");
  CHECK(shorter.why_not.empty());
  CHECK_FALSE(shorter.on);
  const auto& asked = std::get<OperationRequest>(shorter.request);
  CHECK(asked.kind == "set_client_config");
  CHECK(asked.client == "billing-1");
  CHECK(asked.value == "6000");

  b.t.add(b.broker,
          trace::OperationAsked{"set_client_config", "session.timeout.ms=6000 of billing-1"});
  CHECK(deed(b.one, "session.timeout.ms").name == "session.timeout.ms=45000");
  CHECK(deed(b.one, "session.timeout.ms").on);
  CHECK(deed(b.two, "session.timeout.ms").name == "session.timeout.ms=6000");
  b.t.add(b.broker,
          trace::OperationAsked{"set_client_config", "session.timeout.ms=45000 of billing-1"});
  CHECK_FALSE(deed(b.one, "session.timeout.ms").on);

  CHECK(deed(b.shop, "acks").name == "acks=1");
  CHECK(deed(b.shop, "session").name.empty());
  CHECK(deed(b.broker, "acks").name.empty());
  const Work work;
  for (const Deed& found : deeds_for(work.t.history, work.t.world(), Selection(work.one))) {
    if (found.name.starts_with("session.timeout.ms"))
      CHECK(found.why_not.find("group.share.session.timeout.ms") != std::string::npos);
    if (found.name.starts_with("max.poll.records")) CHECK(found.why_not.empty());
  }
}

TEST_CASE("a share group's records are free, in somebody's hands, done or archived") {
  Work work;
  work.t.at(2s);
  work.give(work.one, 0, 3);
  work.give(work.two, 3, 2);
  GroupView group = work.group();
  REQUIRE(group.locked() == 5);
  CHECK(group.shares.at(work.jobs).locked.at(4) == LockedRecord{work.two, 1, 5, sim_time(12s)});
  CHECK(group.locked_for(work.one).size() == 3);
  CHECK_FALSE(group.finished(work.jobs, 0));

  work.settle(work.one, 1, 2, "accepted");
  work.settle(work.two, 3, 1, "released");
  work.settle(work.two, 4, 1, "archived");
  group = work.group();
  CHECK(group.locked_for(work.one) == std::vector{std::pair{work.jobs, std::int64_t{0}}});
  CHECK(group.finished(work.jobs, 1));
  CHECK_FALSE(group.finished(work.jobs, 3));  // free once more
  CHECK(group.finished(work.jobs, 4));
  CHECK(group.done() == 2);
  CHECK(group.archived() == 1);

  work.give(work.one, 3, 1, 2);
  work.settle(work.one, 0, 1, "accepted");
  work.t.add(work.broker, trace::ShareStartAdvanced{"work", "jobs", 0, 3});
  group = work.group();
  CHECK(group.shares.at(work.jobs).accepted.empty());  // all of them lie below the start
  CHECK(group.finished(work.jobs, 2));
  CHECK(group.shares.at(work.jobs).locked.at(3).delivery == 2);
  CHECK(group.shares.at(work.jobs).given_out == 6);
  CHECK(group.done() == 3);
}

TEST_CASE("who takes a share partition over knows what is done, not who was working on what") {
  Work work;
  work.give(work.one, 0, 2);
  work.settle(work.one, 0, 1, "accepted");
  work.t.add(work.other, trace::LeadershipTaken{"jobs", 0, 1, 2});
  CHECK(work.group().locked() == 0);
  CHECK(work.group().finished(work.jobs, 0));
  CHECK_FALSE(work.group().finished(work.jobs, 1));
}

TEST_CASE("the panel says what became of a share group's records, and what a member has") {
  Work work;
  work.t.at(2s);
  work.give(work.one, 0, 2);
  work.settle(work.one, 0, 1, "accepted");
  const World world = work.t.world();
  const Inspection group =
      inspect(work.t.history, work.t.scoreboard, world, GroupSelection{"work"});
  CHECK(says(group, "given out 2"));
  CHECK(says(group, "in work 1"));
  CHECK(says(group, "done 1"));
  CHECK(says(inspect(work.t.history, work.t.scoreboard, world, work.one),
             "jobs-0 @ 1 until 00:12.000"));
}
