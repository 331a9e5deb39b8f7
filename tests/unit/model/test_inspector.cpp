#include <doctest/doctest.h>

#include <algorithm>

#include "trace_builder.h"
#include "viz/model/inspector.h"
#include "viz/model/real_command.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

/// One order from shop through broker-1 to crm.
struct Order {
  TraceBuilder t;
  NodeId shop, broker, crm;
  RecordId record;
  EventId appended;

  Order() {
    shop = t.declare("producer", "shop");
    broker = t.declare("broker", "broker-1");
    crm = t.declare("service", "crm");
    t.partition("orders", 0, broker, {broker});
    t.add(crm, trace::PositionReset{"orders", 0, "earliest", 0});
    record = t.at(1s).produce(shop, "orders", "ada");
    const EventId batched =
        t.add(shop, trace::RecordBatched{record, "orders", 0, "key", 1}, EventId{t.events.size()});
    const MessageId sent = t.at(1005ms).send(shop, broker, "Produce", {record}, batched);
    const EventId arrived = t.at(1006ms).arrive(sent);
    appended = t.add(broker, trace::BatchAppended{"orders", 0, 0, {record}, 0, 100}, arrived);
    t.add(broker, trace::HighWatermarkAdvanced{"orders", 0, 1}, appended);
    t.at(1010ms).deliver(crm, "orders", 0, 0, {record});
    t.add(crm, trace::ProcessingStarted{record, 100ms});
    t.at(1110ms).add(crm, trace::SideEffectDone{record, "invoice", "i:1", "invoice for ada", 1});
    t.add(crm, trace::ProcessingFinished{record, "ok"});
  }
  Inspection inspect_now(const Selection& selection) const {
    return inspect(t.history, t.scoreboard, t.world(), selection);
  }
  Inspection inspect_at(Duration time, const Selection& selection) const {
    return inspect(t.history, t.scoreboard, t.world_at(t.history.at(sim_time(time))), selection);
  }
};

std::string value_of(const Inspection& inspection, const std::string& name) {
  for (const Section& section : inspection.sections)
    for (const Row& row : section.rows)
      if (row.name == name) return row.value;
  return "(none)";
}

}  // namespace

TEST_CASE("inspector: the life of a record, up to the moment and not beyond") {
  const Order order;
  const auto words = [](const std::vector<LifeLine>& lines) {
    std::string out;
    for (const LifeLine& line : lines) out += line.word + " ";
    return out;
  };
  CHECK(words(order.inspect_now(order.record).life) ==
        "published batched sent stored readable delivered effect ");
  CHECK(words(order.inspect_at(1006ms, order.record).life) ==
        "published batched sent stored readable ");
  CHECK(order.inspect_at(500ms, order.record).empty());
  const auto lines = order.inspect_now(order.record).life;
  CHECK(lines[3].text == "orders-0 @ 0 on broker-1");
  CHECK(lines[3].t == sim_time(1006ms));
  CHECK(lines[3].after == 6ms);
  CHECK(lines[5].text == "to crm, works on it for 100 ms");
  CHECK(std::none_of(lines.begin(), lines.end(), [](const LifeLine& l) { return l.trouble; }));
}

TEST_CASE("inspector: acks=0 is told as what it is, a queue's receipt as knowledge") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const RecordId unasked = t.produce(shop, "orders"), queued = t.produce(shop, "letters");
  t.add(shop, trace::RecordsAcknowledged{{unasked}, "orders", 0, -1});
  t.add(shop, trace::RecordsAcknowledged{{queued}, "letters", -1, -1});
  const auto last = [&](RecordId record) {
    return life_of(t.history, record, t.history.size()).back();
  };
  CHECK(last(unasked).word == "acks=0");
  CHECK(last(unasked).text == "nobody will tell shop whether it is in");
  CHECK(last(queued).text == "shop knows that it is in");
}

TEST_CASE("inspector: trouble in a life is marked and explained") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const RecordId record = t.produce(shop, "orders");
  const EventId crash = t.at(1s).add(broker, trace::NodeStopped{"crash"});
  const MessageId sent = t.at(2s).send(shop, broker, "Produce", {record}, crash);
  t.at(3s).lose(sent, "broker-1 is down");
  t.at(4s).add(shop, trace::SendRetried{{record}, "NETWORK_EXCEPTION", 1, 100ms}, crash);
  const Inspection found = inspect(t.history, t.scoreboard, t.world(), record);
  REQUIRE(found.life.size() == 4);
  CHECK(found.life[2].word == "lost");
  CHECK(found.life[2].trouble);
  CHECK(found.life[3].word == "retry");
  CHECK(found.why_title == "Why did that happen?");
  REQUIRE(found.why.size() == 2);
  CHECK(found.why[0].text == "broker-1 crashed");
  CHECK(found.why[1].setting.find("retry.backoff.ms") != std::string::npos);
  // Before the loss is known, it isn't told.
  const World before = t.world_at(t.history.at(sim_time(2s)));
  CHECK(inspect(t.history, t.scoreboard, before, record).life.size() == 2);
}

TEST_CASE("inspector: causes, first cause first, departures folded into arrivals") {
  const Order order;
  const auto why = causes_of(order.t.history, order.t.history.find(order.appended));
  REQUIRE(why.size() == 4);
  CHECK(why[0].text.find("shop published OrderPlaced order-1") == 0);
  CHECK(why[1].text.find("shop put OrderPlaced order-1 into batch 1") == 0);
  CHECK(why[2].text == "Produce from shop arrived at broker-1");
  CHECK(why[2].setting == "linger.ms, batch.size");
  CHECK(why[3].position == order.t.history.find(order.appended));
}

TEST_CASE("inspector: a long chain keeps its ends, a circular one ends") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  EventId cause;
  for (int i = 0; i < 40; ++i) cause = t.add(shop, trace::ClientWarning{"again"}, cause);
  const auto why = causes_of(t.history, t.history.size() - 1, 10);
  CHECK(why.size() == 10);
  CHECK(why.front().position == 2);
  CHECK(why.back().position == t.history.size() - 1);
  CHECK(std::count_if(why.begin(), why.end(),
                      [](const Reason& reason) { return reason.text == "… 31 steps …"; }) == 1);
  t.add(shop, trace::ClientWarning{"me"}, EventId{t.events.size() + 1});  // its own cause
  CHECK(causes_of(t.history, t.history.size() - 1).size() == 1);
}

TEST_CASE("inspector: nodes say what they do") {
  const Order order;
  const Inspection shop = order.inspect_at(1s, order.shop);
  CHECK(shop.title == "shop");
  CHECK(value_of(shop, "state") == "running");
  CHECK(value_of(shop, "pending") == "1");
  CHECK(value_of(shop, "batch 1") == "1 record for orders-0, filling");
  const Inspection crm = order.inspect_at(1050ms, order.crm);
  CHECK(value_of(crm, "works on") == "order-1 until 00:01.110");
  CHECK(value_of(crm, "orders-0") == "position 1, lag 0");
  CHECK(value_of(order.inspect_now(order.crm), "invoice") == "1");
  CHECK(value_of(order.inspect_now(order.broker), "orders-0 ★") == "log end 1, high watermark 1");
  CHECK(order.inspect_now(NodeId{99}).empty());
  CHECK(order.inspect_now(Selection{}).empty());
}

TEST_CASE("inspector: a node that is down says since when and why") {
  Order order;
  const EventId fault =
      order.t.at(2s).add(order.broker, trace::FaultInjected{"crash", NodeId{}, ""});
  order.t.add(order.broker, trace::NodeStopped{"crash"}, fault);
  const Inspection broker = order.inspect_now(order.broker);
  CHECK(value_of(broker, "state") == "crashed since 00:02.000");
  CHECK(broker.why_title == "Why is broker-1 down?");
  REQUIRE(broker.why.size() == 2);
  CHECK(broker.why[0].position == order.t.history.find(fault));
}

TEST_CASE("inspector: messages, partitions, replicas, events and numbers") {
  const Order order;
  const Inspection message = order.inspect_now(MessageId{1});
  CHECK(message.title == "Produce");
  CHECK(message.subtitle == "shop → broker-1");
  CHECK(value_of(message, "arrived") == "00:01.006, after 1 ms");
  CHECK(value_of(order.inspect_at(1005ms, MessageId{1}), "state") == "on its way");
  CHECK(order.inspect_at(1s, MessageId{1}).empty());

  const Inspection partition = order.inspect_now(PartitionId{"orders", 0});
  CHECK(value_of(partition, "leader") == "broker-1");
  CHECK(value_of(partition, "crm") == "position 1, lag 0");
  CHECK(order.inspect_now(PartitionId{"orders", 7}).empty());
  const Inspection replica = order.inspect_now(ReplicaId{{"orders", 0}, order.broker});
  CHECK(replica.subtitle == "leader on broker-1");
  CHECK(order.inspect_now(ReplicaId{{"orders", 0}, order.shop}).empty());

  const Inspection event = order.inspect_now(EventSelection{order.appended});
  CHECK(event.title == "batch appended");
  CHECK(value_of(event, "base offset") == "0");
  CHECK(value_of(event, "records") == "order-1");
  CHECK(order.inspect_at(1s, EventSelection{order.appended}).empty());

  const Inspection number = order.inspect_now(Score::produced);
  CHECK(number.title == "1 produced");
  CHECK(value_of(number, "order-1") == "OrderPlaced");
}

TEST_CASE("inspector: queues and stations") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), queue = t.declare("queue", "queue");
  const NodeId reader = t.declare("service", "reader"), station = t.declare("station", "station");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.add(queue, trace::QueueStored{a, 1});
  t.add(queue, trace::QueueStored{b, 2});
  t.add(queue, trace::QueueLeased{a, reader, 2, 30s});
  t.add(station, trace::SubscriberJoined{reader, 1});
  const Inspection found = inspect(t.history, t.scoreboard, t.world(), queue);
  CHECK(value_of(found, "waiting") == "1");
  CHECK(value_of(found, "order-1") == "reader until 00:30.000, delivery 2");
  CHECK(value_of(found, "order-2") == "OrderPlaced");
  CHECK(found.commands.empty());  // Kafka's tools know nothing of it
  CHECK(value_of(inspect(t.history, t.scoreboard, t.world(), station), "listener") == "reader");
}

TEST_CASE("inspector: nothing that a random trace names makes it stumble") {
  TraceBuilder t;
  testing::append_random_events(t, 11, 800);
  for (Position moment = 0; moment <= t.history.size(); moment += 200) {
    const World world = t.world_at(moment);
    std::vector<Selection> all;
    for (std::uint32_t i = 0; i < 9; ++i) all.push_back(NodeId{i});
    for (std::uint64_t i = 0; i < 62; ++i) all.push_back(MessageId{i});
    for (std::uint64_t i = 0; i < 45; ++i) all.push_back(RecordId{i});
    for (std::uint64_t i = 0; i < t.history.size(); ++i) all.push_back(EventSelection{EventId{i}});
    for (const auto& [id, view] : world.partitions) {
      all.push_back(id);
      for (const ReplicaView& replica : view.replicas) all.push_back(ReplicaId{id, replica.broker});
    }
    std::size_t something = 0;
    for (const Selection& selection : all)
      if (!inspect(t.history, t.scoreboard, world, selection).empty()) ++something;
    if (moment > 0) CHECK(something > moment / 2);
  }
}

TEST_CASE("real commands: Kafka's own tools, columns and numbers") {
  const Order order;
  const Inspection partition = order.inspect_now(PartitionId{"orders", 0});
  REQUIRE(partition.commands.size() == 2);
  CHECK(partition.commands[0].command ==
        "kafka-topics.sh --bootstrap-server broker-1:9092 --describe --topic orders");
  REQUIRE(partition.commands[0].output.size() == 2);
  CHECK(partition.commands[0].output[0] ==
        "Topic: orders\tPartitionCount: 1\tReplicationFactor: 1\tConfigs:");
  CHECK(partition.commands[0].output[1] ==
        "\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1");
  CHECK(partition.commands[1].output == std::vector<std::string>{"orders:0:1"});
  const Inspection record = order.inspect_now(order.record);
  REQUIRE(record.commands.size() == 1);
  CHECK(record.commands[0].command.find("--partition 0 --offset 0") != std::string::npos);
  CHECK(record.commands[0].output[0] == "ada\t{\"amount\":12}");
  CHECK(order.inspect_at(1s, order.record).commands.empty());
}

TEST_CASE("real commands: a broker's number is the one in its name") {
  TraceBuilder t;
  const NodeId a = t.declare("broker", "broker-12"), b = t.declare("broker", "kafka");
  CHECK(broker_number(t.history, a) == 12);
  CHECK(broker_number(t.history, b) == 1);
}
