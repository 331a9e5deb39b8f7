#include <doctest/doctest.h>

#include <cmath>

#include "trace_builder.h"
#include "viz/model/flights.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

World at(const TraceBuilder& t, SimTime time) {
  World world = t.world_at(t.history.at(time));
  world.t = time;
  return world;
}

bool near(float a, double b) { return std::abs(static_cast<double>(a) - b) < 1e-3; }

}  // namespace

TEST_CASE("flights: a message is where its time says") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders");
  const MessageId message = t.at(10ms).send(shop, broker, "Produce", {a});
  t.at(14ms).arrive(message);
  const Flights early = flights_at(t.history, at(t, sim_time(11ms)));
  REQUIRE(early.flights.size() == 1);
  CHECK(near(early.flights[0].fraction, 0.25));
  CHECK(early.flights[0].kind == FlightKind::publish);
  CHECK(early.flights[0].record == a);
  CHECK(early.flights[0].forward);
  CHECK_FALSE(early.flights[0].lost);
  CHECK(near(flights_at(t.history, at(t, sim_time(13ms))).flights[0].fraction, 0.75));
  CHECK(flights_at(t.history, at(t, sim_time(14ms))).flights.empty());
  CHECK(flights_at(t.history, at(t, sim_time(9ms))).flights.empty());
}

TEST_CASE("flights: without a known arrival it is never shown as there") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  t.at(10ms).send(shop, broker, "Produce");
  World world = t.world();
  float before = -1;
  for (int i = 0; i < 50; ++i) {
    world.t = sim_time(10ms + 10us * i);
    const float fraction = flights_at(t.history, world).flights[0].fraction;
    CHECK(fraction >= before);
    CHECK(fraction < 1);
    before = fraction;
  }
  CHECK(before > 0.9f);
}

TEST_CASE("flights: on a stalled way it waits near its sender, then flies") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const MessageId message = t.at(0ms).send(shop, broker, "Produce");
  t.add(shop, trace::ConnectionStalled{broker, "cut", 1, 200ms});
  CHECK(flights_at(t.history, at(t, sim_time(100ms))).flights[0].waiting);
  t.at(210ms).arrive(message);
  const Flights stalled = flights_at(t.history, at(t, sim_time(150ms)));
  CHECK(stalled.flights[0].waiting);
  CHECK(stalled.flights[0].fraction < 0.2f);
  const Flights moving = flights_at(t.history, at(t, sim_time(205ms)));
  CHECK_FALSE(moving.flights[0].waiting);
  CHECK(near(moving.flights[0].fraction, 0.5));
}

TEST_CASE("flights: a loss stays for a while where it happened") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const MessageId message = t.at(10ms).send(shop, broker, "Produce");
  t.at(20ms).lose(message, "broker-1 is down");
  FlightOptions options;
  options.lost_shown = 5ms;
  CHECK_FALSE(flights_at(t.history, at(t, sim_time(15ms)), options).flights[0].lost);
  const Flights after = flights_at(t.history, at(t, sim_time(22ms)), options);
  REQUIRE(after.flights.size() == 1);
  CHECK(after.flights[0].lost);
  CHECK(after.flights[0].fraction < 0.9f);
  CHECK(after.total == 0);
  CHECK(flights_at(t.history, at(t, sim_time(25ms)), options).flights.empty());
  CHECK(flights_at(t.history, at(t, sim_time(22ms))).flights.empty());
}

TEST_CASE("flights: kinds follow from who sends what to whom") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const NodeId crm = t.declare("service", "crm"), mailer = t.declare("service", "mailer");
  const RecordId a = t.produce(shop, "orders");
  const auto kind = [&](MessageId id) { return flight_kind(t.history, *t.history.message(id)); };
  CHECK(kind(t.send(shop, broker, "Produce", {a})) == FlightKind::publish);
  CHECK(kind(t.send(broker, shop, "ProduceResponse")) == FlightKind::response);
  CHECK(kind(t.send(crm, broker, "Fetch")) == FlightKind::request);
  CHECK(kind(t.send(broker, crm, "FetchResponse", {a})) == FlightKind::deliver);
  CHECK(kind(t.send(shop, mailer, "Call", {a})) == FlightKind::call);
  CHECK(kind(t.send(mailer, shop, "CallReply")) == FlightKind::response);
}

TEST_CASE("flights: labels name the first record or the message") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  const auto label = [&](MessageId id) { return flight_label(t.history, *t.history.message(id)); };
  CHECK(label(t.send(shop, broker, "Produce", {a})) == "order-1");
  CHECK(label(t.send(shop, broker, "Produce", {b, a})) == "order-2 +1");
  CHECK(label(t.send(shop, broker, "Metadata")) == "Metadata");
}

TEST_CASE("flights: many on one way become a band, the others stay") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders");
  for (int i = 0; i < 51; ++i) t.send(shop, broker, "Produce", {a});
  for (int i = 0; i < 50; ++i) t.send(broker, shop, "ProduceResponse");
  const Flights found = flights_at(t.history, t.world());
  CHECK(found.total == 101);
  CHECK(found.flights.size() == 50);
  REQUIRE(found.bands.size() == 1);
  CHECK(found.bands[0].messages == 51);
  CHECK(found.bands[0].records == 51);
  CHECK(found.bands[0].forward);
  CHECK(found.bands[0].kind == FlightKind::publish);
  FlightOptions few;
  few.flights_max = 20;
  few.band_from = 1000;
  CHECK(flights_at(t.history, t.world(), few).flights.size() == 20);
}
