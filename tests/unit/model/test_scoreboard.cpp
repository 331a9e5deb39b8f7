#include <doctest/doctest.h>

#include <set>

#include "trace_builder.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

TEST_CASE("scoreboard: a record on Kafka waits until all who read its partition have it") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const NodeId crm = t.declare("service", "crm"), mailer = t.declare("service", "mailer");
  t.subscribe(crm, "orders", "kafka");
  t.partition("orders", 0, broker, {broker});
  t.add(crm, trace::PositionReset{"orders", 0, "earliest", 0});
  t.add(mailer, trace::PositionReset{"orders", 0, "earliest", 0});
  const RecordId a = t.produce(shop, "orders");
  CHECK(t.score(Score::waiting) == 1);
  t.arrive(t.send(shop, broker, "Produce", {a}));
  t.append(broker, "orders", 0, 0, {a});
  t.acknowledge(shop, "orders", 0, 0, {a});
  CHECK(t.score(Score::acknowledged) == 1);
  CHECK(t.score(Score::waiting) == 1);
  t.deliver(crm, "orders", 0, 0, {a});
  CHECK(t.score(Score::waiting) == 1);
  CHECK(t.score(Score::delivered) == 1);
  t.deliver(mailer, "orders", 0, 0, {a});
  CHECK(t.score(Score::waiting) == 0);
  CHECK(t.score(Score::delivered) == 2);  // pairs
  CHECK(t.scored(Score::delivered) == std::vector<RecordId>{a});
  CHECK(t.score(Score::lost) == 0);
}

TEST_CASE("scoreboard: who begins to read later wants what was there before, or not") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const NodeId early = t.declare("service", "early"), late = t.declare("service", "late");
  t.partition("orders", 0, broker, {broker});
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.append(broker, "orders", 0, 0, {a, b});
  t.acknowledge(shop, "orders", 0, 0, {a, b});
  CHECK(t.score(Score::waiting) == 0);  // nobody reads
  t.add(late, trace::PositionReset{"orders", 0, "latest", 2});
  CHECK(t.score(Score::waiting) == 0);
  t.add(early, trace::PositionReset{"orders", 0, "earliest", 0});
  CHECK(t.scored(Score::waiting) == std::vector<RecordId>{a, b});
  t.deliver(early, "orders", 0, 0, {a, b});
  CHECK(t.score(Score::waiting) == 0);
}

TEST_CASE("scoreboard: who has no position waits for what it would begin with") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const NodeId late = t.declare("service", "late", false);
  t.partition("orders", 0, broker, {broker});
  t.add(late, trace::SubscriptionDeclared{"orders", 0, "kafka", "latest"});
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  const RecordId c = t.produce(shop, "orders");
  t.append(broker, "orders", 0, 0, {a});
  t.add(late, trace::NodeStarted{1});
  t.append(broker, "orders", 0, 1, {b, c});
  CHECK(t.scored(Score::waiting) == std::vector<RecordId>{b, c});
  t.add(late, trace::PositionReset{"orders", 0, "latest", 2});  // skips b
  CHECK(t.scored(Score::waiting) == std::vector<RecordId>{c});
  const NodeId early = t.declare("service", "early", false);
  t.add(early, trace::SubscriptionDeclared{"orders", 0, "kafka", "none"});
  CHECK(t.score(Score::waiting) == 3);
  CHECK(t.score(Score::delivered) == 0);
}

TEST_CASE("scoreboard: acknowledged and then gone from every log is lost") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  t.partition("orders", 0, broker, {broker});
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.append(broker, "orders", 0, 0, {a, b});
  t.acknowledge(shop, "orders", 0, 0, {a, b});
  const Position before = t.history.size();
  t.add(broker, trace::LogTruncated{"orders", 0, 1, {b}, "power loss"});
  CHECK(t.scored(Score::lost) == std::vector<RecordId>{b});
  CHECK(t.scoreboard.count(Score::lost, before) == 0);
  t.append(broker, "orders", 0, 1, {b});  // a retry brings it back
  CHECK(t.score(Score::lost) == 0);
  CHECK(t.scored(Score::lost).empty());
}

TEST_CASE("scoreboard: with acks=0 what is acknowledged and never arrives is lost") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  t.partition("orders", 0, broker, {broker});
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  const MessageId first = t.send(shop, broker, "Produce", {a});
  t.acknowledge(shop, "orders", 0, -1, {a});
  CHECK(t.score(Score::lost) == 0);  // still on its way
  CHECK(t.score(Score::waiting) == 2);
  t.lose(first, "broker-1 is down");
  CHECK(t.scored(Score::lost) == std::vector<RecordId>{a});
  // What arrives at a broker that dies before writing it down is lost, too.
  const MessageId second = t.send(shop, broker, "Produce", {b});
  t.acknowledge(shop, "orders", 0, -1, {b});
  t.arrive(second);
  CHECK(t.score(Score::lost) == 1);
  t.add(broker, trace::NodeStopped{"crash"});
  CHECK(t.scored(Score::lost) == std::vector<RecordId>{a, b});
  CHECK(t.score(Score::waiting) == 0);
}

TEST_CASE("scoreboard: what a dead producer remembered alone doesn't wait any more") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  t.declare("broker", "broker-1");
  t.partition("orders", 0, NodeId{1}, {NodeId{1}});
  t.produce(shop, "orders");
  CHECK(t.score(Score::waiting) == 1);
  t.add(shop, trace::NodeStopped{"crash"});
  CHECK(t.score(Score::waiting) == 0);
  CHECK(t.score(Score::lost) == 0);  // it was never acknowledged
  CHECK(t.score(Score::failed) == 1);
}

TEST_CASE("scoreboard: duplicates are pairs, on a queue records") {
  TraceBuilder kafka;
  const NodeId shop = kafka.declare("producer", "shop"), crm = kafka.declare("service", "crm");
  kafka.subscribe(crm, "orders", "kafka");
  const RecordId a = kafka.produce(shop, "orders");
  for (int i = 0; i < 3; ++i) kafka.deliver(crm, "orders", 0, 0, {a});
  CHECK(kafka.score(Score::duplicated) == 1);

  TraceBuilder queue;
  const NodeId from = queue.declare("producer", "from"), q = queue.declare("queue", "queue");
  const NodeId one = queue.declare("service", "one"), two = queue.declare("service", "two");
  queue.subscribe(one, "letters", "queue");
  const RecordId b = queue.produce(from, "letters");
  queue.add(q, trace::QueueStored{b, 1});
  CHECK(queue.score(Score::waiting) == 1);
  queue.deliver(one, "letters", -1, -1, {b});
  CHECK(queue.score(Score::waiting) == 0);
  CHECK(queue.score(Score::duplicated) == 0);
  queue.deliver(two, "letters", -1, -1, {b}, 2);
  CHECK(queue.score(Score::duplicated) == 1);
  queue.add(q, trace::QueueDeadLettered{b, 2});
  CHECK(queue.scored(Score::dead_lettered) == std::vector<RecordId>{b});
}

TEST_CASE("scoreboard: out of order is per receiver and key, and first delivery only") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), crm = t.declare("service", "crm");
  const RecordId a1 = t.produce(shop, "orders", "ada"), b1 = t.produce(shop, "orders", "bob");
  const RecordId a2 = t.produce(shop, "orders", "ada"), none = t.produce(shop, "orders");
  const RecordId later = t.produce(shop, "orders");
  t.deliver(crm, "orders", 0, 0, {a2});
  t.deliver(crm, "orders", 0, 0, {b1});  // another key
  CHECK(t.score(Score::out_of_order) == 0);
  t.deliver(crm, "orders", 0, 0, {a1});
  CHECK(t.scored(Score::out_of_order) == std::vector<RecordId>{a1});
  t.deliver(crm, "orders", 0, 0, {a1});  // again: duplicated, not once more out of order
  CHECK(t.score(Score::out_of_order) == 1);
  t.deliver(crm, "orders", 0, 0, {later});
  t.deliver(crm, "orders", 0, 0, {none});  // no key promises no order
  CHECK(t.score(Score::out_of_order) == 1);
}

TEST_CASE("scoreboard: a broadcast owes its records to those who were connected") {
  TraceBuilder t;
  const NodeId host = t.declare("producer", "host"), station = t.declare("station", "station");
  const NodeId radio = t.declare("service", "radio"), car = t.declare("service", "car");
  t.subscribe(radio, "news", "broadcast");
  t.subscribe(car, "news", "broadcast");
  const RecordId a = t.produce(host, "news");
  t.acknowledge(host, "news", -1, -1, {a});
  const MessageId to_radio = t.send(station, radio, "Broadcast", {a});
  t.add(station, trace::BroadcastSent{a, {radio}});
  CHECK(t.score(Score::waiting) == 1);
  CHECK(t.score(Score::lost) == 0);
  t.lose(to_radio, "radio is down");
  CHECK(t.scored(Score::lost) == std::vector<RecordId>{a});
  CHECK(t.score(Score::waiting) == 0);
}

TEST_CASE("scoreboard: direct calls wait for every receiver, a failure ends the waiting") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId crm = t.declare("service", "crm"), mailer = t.declare("service", "mailer");
  t.subscribe(crm, "orders", "direct");
  t.subscribe(mailer, "orders", "direct");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.deliver(crm, "orders", -1, -1, {a});
  CHECK(t.score(Score::waiting) == 2);
  t.deliver(mailer, "orders", -1, -1, {a});
  CHECK(t.scored(Score::waiting) == std::vector<RecordId>{b});
  t.add(shop, trace::SendFailed{{b}, "crm did not answer"});
  CHECK(t.score(Score::waiting) == 0);
  CHECK(t.scored(Score::failed) == std::vector<RecordId>{b});
}

TEST_CASE("scoreboard: at any moment the list is what the number says") {
  TraceBuilder t;
  testing::append_random_events(t, 5, 2000);
  for (std::size_t i = 0; i < score_count; ++i) {
    const auto score = static_cast<Score>(i);
    for (Position moment = 0; moment <= t.history.size(); moment += 97) {
      const auto records = t.scoreboard.records(score, moment);
      const std::set<RecordId> distinct(records.begin(), records.end());
      CHECK(distinct.size() == records.size());
      const std::uint64_t count = t.scoreboard.count(score, moment);
      CHECK(records.size() <= count);
      CHECK((records.empty()) == (count == 0));
      const bool pairs = score == Score::delivered || score == Score::processed ||
                         score == Score::duplicated || score == Score::out_of_order ||
                         score == Score::expired || score == Score::skipped;
      if (!pairs) CHECK(records.size() == count);
    }
    CHECK_FALSE(score_name(score).empty());
    CHECK_FALSE(score_doc(score).empty());
  }
}
