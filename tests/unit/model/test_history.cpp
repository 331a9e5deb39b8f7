#include <doctest/doctest.h>

#include "trace_builder.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

TEST_CASE("history: events are found by id and by time") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  t.at(5ms).produce(shop, "orders");
  t.at(5ms).produce(shop, "orders");
  t.at(9ms).produce(shop, "orders");
  CHECK(t.history.size() == 5);
  CHECK(t.history.at(sim_time(0ms)) == 2);  // declared and started
  CHECK(t.history.at(sim_time(5ms) - Duration{1}) == 2);
  CHECK(t.history.at(sim_time(5ms)) == 4);  // all events of that time
  CHECK(t.history.at(sim_time(1s)) == 5);
  CHECK(t.history.find(EventId{3}) == 2);
  CHECK(t.history.find(EventId{99}) == no_position);
  CHECK(t.history.find(EventId{}) == no_position);
}

TEST_CASE("history: ids that are not dense are found all the same") {
  History history;
  for (const std::uint64_t id : {3u, 7u, 20u}) {
    trace::Event event;
    event.id = EventId{id};
    event.body = trace::NodeStarted{1};
    history.append(event);
  }
  CHECK(history.find(EventId{7}) == 1);
  CHECK(history.find(EventId{20}) == 2);
  CHECK(history.find(EventId{2}) == no_position);
  CHECK(history.find(EventId{8}) == no_position);
}

TEST_CASE("history: nodes keep what was declared, and unknown ones are null") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId robot = t.declare("toaster", "robot");
  REQUIRE(t.history.node(shop) != nullptr);
  CHECK(t.history.node(shop)->name == "shop");
  CHECK(t.history.node(shop)->role == Role::producer);
  CHECK(t.history.node(robot)->role == Role::other);
  CHECK(t.history.node(NodeId{17}) == nullptr);
  CHECK(t.history.node(NodeId{}) == nullptr);
  CHECK(t.history.events_of(shop) == std::vector<Position>{1});
  CHECK(t.history.events_of(NodeId{17}).empty());
}

TEST_CASE("history: a node with a wild number costs no memory") {
  TraceBuilder t;
  trace::NodeDeclared declared;
  declared.index = NodeId{4'000'000'000u};
  declared.name = "far";
  trace::Event event;
  event.id = EventId{1};
  event.node = NodeId{3'900'000'000u};
  event.body = trace::NodeStarted{1};
  t.history.append(event);
  CHECK(t.history.nodes().empty());
  CHECK(t.history.events_of(event.node).empty());
}

TEST_CASE("history: the life of a record holds each event that names it, once") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.append(broker, "orders", 0, 0, {a, b, a});
  const RecordInfo* info = t.history.record(a);
  REQUIRE(info != nullptr);
  CHECK(info->events == std::vector<Position>{4, 6});
  CHECK(info->produced == 4);
  CHECK(t.history.record_name(a) == "order-1");
  CHECK(t.history.record_name(RecordId{77}) == "record 77");
  CHECK(t.history.find_record("order-2") == b);
  CHECK_FALSE(t.history.find_record("order-9").has_value());
  CHECK(t.history.records() == std::vector<RecordId>{a, b});
}

TEST_CASE("history: a message knows when it was sent and how it ended") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders");
  const MessageId first = t.at(1ms).send(shop, broker, "Produce", {a});
  const MessageId second = t.send(broker, shop, "ProduceResponse");
  t.at(2ms).arrive(first);
  t.at(3ms).lose(second, "shop is down");
  const MessageInfo* info = t.history.message(first);
  REQUIRE(info != nullptr);
  CHECK(info->from == shop);
  CHECK(info->to == broker);
  CHECK(info->sent == sim_time(1ms));
  CHECK(info->ended == sim_time(2ms));
  CHECK_FALSE(info->lost);
  CHECK(info->records == 1);
  CHECK(info->first_record == a);
  CHECK(t.history.message(second)->lost);
  CHECK(t.history.lost_messages() == std::vector<std::uint32_t>{1});
  CHECK(t.history.message(MessageId{9}) == nullptr);
  REQUIRE(t.history.links().size() == 1);  // both ways are one link
  CHECK(t.history.links()[0].a == shop);
  CHECK(t.history.links()[0].messages == 2);
}

TEST_CASE("history: a message whose way had stalled left when TCP tried again") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId broker = t.declare("broker", "broker-1");
  const MessageId message = t.at(1ms).send(shop, broker, "Produce");
  t.add(shop, trace::ConnectionStalled{broker, "cut", 1, 200ms});
  t.at(202ms).arrive(message);
  CHECK(t.history.message(message)->launched == sim_time(201ms));
  const MessageId later = t.at(300ms).send(shop, broker, "Produce");
  t.at(301ms).arrive(later);
  CHECK(t.history.message(later)->launched == sim_time(300ms));
}

TEST_CASE("history: a cell is what stood at the offset at that moment") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId broker = t.declare("broker", "broker-1");
  std::vector<RecordId> r;
  for (int i = 0; i < 6; ++i) r.push_back(t.produce(shop, "orders"));
  const ReplicaId replica{{"orders", 0}, broker};
  t.append(broker, "orders", 0, 0, {r[0], r[1]});
  t.append(broker, "orders", 0, 2, {r[2]});
  const Position before_cut = t.history.size();
  t.add(broker, trace::LogTruncated{"orders", 0, 1, {r[1], r[2]}, "power loss"});
  const Position after_cut = t.history.size();
  t.append(broker, "orders", 0, 1, {r[4], r[5]});

  const auto record = [&](std::int64_t offset, Position moment) {
    const auto cell = t.history.cell(replica, offset, moment);
    return cell ? cell->record : RecordId{};
  };
  CHECK(record(1, before_cut) == r[1]);
  CHECK(record(2, before_cut) == r[2]);
  CHECK(record(3, before_cut) == RecordId{});
  CHECK(record(0, after_cut) == r[0]);
  CHECK(record(1, after_cut) == RecordId{});
  CHECK(record(1, t.history.size()) == r[4]);
  CHECK(record(2, t.history.size()) == r[5]);
  CHECK(record(0, 0) == RecordId{});
  CHECK_FALSE(t.history.cell({{"orders", 1}, broker}, 0, t.history.size()).has_value());
}

TEST_CASE("history: cells of a long log are found from both ends") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId broker = t.declare("broker", "broker-1");
  for (int batch = 0; batch < 200; ++batch) {
    const RecordId a = t.produce(shop, "logs"), b = t.produce(shop, "logs");
    t.append(broker, "logs", 0, batch * 2, {a, b});
  }
  for (std::int64_t offset = 0; offset < 400; ++offset)
    CHECK(t.history.cell({{"logs", 0}, broker}, offset, t.history.size())->record ==
          RecordId{static_cast<std::uint64_t>(offset) + 1});
  CHECK_FALSE(t.history.cell({{"logs", 0}, broker}, 400, t.history.size()).has_value());
  CHECK_FALSE(t.history.cell({{"logs", 0}, broker}, -1, t.history.size()).has_value());
}

TEST_CASE("history: sentences stay with their events, the story can be walked") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders");
  t.send(shop, broker, "Produce", {a});
  t.add(broker, trace::NodeStopped{"crash"});
  CHECK(t.history.sentence(6) == "broker-1 crashed");
  CHECK(t.history.sentence(5).find("sent Produce to broker-1") != std::string::npos);
  CHECK(t.history.is_story(4));
  CHECK_FALSE(t.history.is_story(5));
  CHECK(t.history.next_story(0) == 4);
  CHECK(t.history.next_story(5) == 6);
  CHECK(t.history.next_story(7) == no_position);
  CHECK(t.history.previous_story(6) == 4);
  CHECK(t.history.previous_story(4) == no_position);
}

TEST_CASE("history: the records of an event, whatever its kind") {
  trace::Event event;
  event.body = trace::RecordsDelivered{{RecordId{4}, RecordId{2}}, "orders", 0, 0, 1};
  CHECK(records_of(event) == std::vector<RecordId>{RecordId{4}, RecordId{2}});
  event.body = trace::ProcessingStarted{RecordId{9}, 1ms};
  CHECK(records_of(event) == std::vector<RecordId>{RecordId{9}});
  event.body = trace::NodeStarted{1};
  CHECK(records_of(event).empty());
}
