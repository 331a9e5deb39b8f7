// Services: service time, side effects, emissions, and what a crash in the middle leaves behind;
// then whole services on each channel without Kafka.
#include "sim/service/service_node.h"

#include <doctest/doctest.h>

#include <set>

#include "sim/bus/broadcast.h"
#include "sim/bus/direct_call.h"
#include "sim/bus/queue.h"
#include "sim/bus/queue_client.h"
#include "sim/service/components.h"
#include "sim/service/producer_node.h"
#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::service;
using bus::World;
using engine::StopReason;

namespace {

scenario::Distribution fixed(Duration d) { return {scenario::Distribution::Kind::fixed, d, {}, 0}; }

scenario::Reaction reaction(std::string event, Duration service_time,
                            std::vector<scenario::SideEffect> effects,
                            std::vector<scenario::Emission> emits = {}) {
  return {std::move(event), fixed(service_time), std::move(effects), std::move(emits)};
}

scenario::Service mailer(Duration service_time) {
  scenario::Service service;
  service.name = "mailer";
  service.topics = {"news"};
  service.reactions = {
      reaction("NewSubscriber", service_time, {{"welcome-email", "welcome email to {email}", ""}})};
  return service;
}

scenario::Producer website(int count, Duration every = 100ms) {
  scenario::Producer producer;
  producer.name = "website";
  producer.topic = "news";
  producer.event = "NewSubscriber";
  producer.id = "sub-{n}";
  producer.start = 100ms;
  producer.every = fixed(every);
  producer.count = static_cast<std::uint64_t>(count);
  scenario::DataValue email;
  email.text = "reader-{n}@example.org";
  producer.data = {{"email", email}};
  return producer;
}

/// A producer and services on a queue (node 0).
struct QueueStage : World {
  SideEffectLedger ledger;
  static constexpr NodeId queue_id{0};

  explicit QueueStage(std::uint64_t seed = 1, bus::QueueOptions options = {}) : World(seed) {
    add("queue", std::make_unique<bus::QueueNode>(options));
  }
  NodeId add_producer(scenario::Producer producer) {
    const NodeId id = next_id();
    const std::string name = producer.name;
    add(name,
        std::make_unique<ProducerNode>(std::move(producer), std::make_unique<bus::QueuePublisher>(
                                                                publisher_component, queue_id)));
    return id;
  }
  NodeId add_service(scenario::Service service, SimTime start_at = SimTime{}) {
    const NodeId id = next_id();
    const std::string name = service.name;
    auto subscriber =
        std::make_unique<bus::QueueReceiver>(subscriber_component, queue_id, service.topics);
    auto publisher = std::make_unique<bus::QueuePublisher>(publisher_component, queue_id);
    add(name,
        std::make_unique<ServiceNode>(std::move(service), std::move(subscriber),
                                      std::move(publisher), ledger),
        start_at);
    return id;
  }
};

}  // namespace

TEST_CASE("effects are done at the end of the service time, in plain words and once") {
  QueueStage stage;
  stage.add_producer(website(2));
  stage.add_service(mailer(50ms));
  stage.run(3s);
  const auto done = stage.trace.all<trace::SideEffectDone>();
  REQUIRE(done.size() == 2);
  CHECK(done[0].effect == "welcome-email");
  CHECK(done[0].idempotency_key == "welcome-email:sub-1");
  CHECK(done[0].text == "welcome email to reader-1@example.org");
  CHECK(done[0].times == 1);
  CHECK(stage.ledger.times("welcome-email:sub-2") == 1);
  SimTime started{}, finished{}, effect_at{};
  EventId started_id, delivered_id, started_cause, effect_cause;
  for (const auto& event : stage.trace.events) {
    if (finished != SimTime{}) break;
    if (event.as<trace::RecordsDelivered>()) delivered_id = event.id;
    if (event.as<trace::ProcessingStarted>()) {
      started = event.t;
      started_id = event.id;
      started_cause = event.cause;
    }
    if (event.as<trace::SideEffectDone>()) {
      effect_at = event.t;
      effect_cause = event.cause;
    }
    if (const auto* end = event.as<trace::ProcessingFinished>()) {
      finished = event.t;
      CHECK(end->outcome == "ok");
    }
  }
  CHECK(finished - started == 50ms);
  CHECK(effect_at == finished);
  CHECK(started_cause == delivered_id);
  CHECK(effect_cause == started_id);
}

TEST_CASE("a type without reaction is ignored, the first reaction that fits is taken") {
  QueueStage stage;
  stage.add_producer(website(1));
  scenario::Service service = mailer(10ms);
  service.reactions[0].event = "OrderPlaced";
  stage.add_service(service);
  stage.run(2s);
  CHECK(stage.trace.count<trace::ProcessingStarted>() == 0);
  REQUIRE(stage.trace.count<trace::ProcessingFinished>() == 1);
  CHECK(stage.trace.all<trace::ProcessingFinished>()[0].outcome == "ignored");
  CHECK(stage.trace.count<trace::QueueDeleted>() == 1);
  CHECK(stage.ledger.all().empty());

  QueueStage any;
  any.add_producer(website(1));
  service.reactions.push_back(reaction("*", 1ms, {{"first", "", "k"}}));
  service.reactions.push_back(reaction("NewSubscriber", 1ms, {{"second", "", "k2"}}));
  any.add_service(service);
  any.run(2s);
  CHECK(any.ledger.times("k") == 1);
  CHECK(any.ledger.times("k2") == 0);
}

TEST_CASE("a consumer has no reactions and processes everything in its own service time") {
  QueueStage stage;
  stage.add_producer(website(3));
  scenario::Service consumer;
  consumer.name = "reader";
  consumer.is_consumer = true;
  consumer.topics = {"news"};
  consumer.service_time = fixed(7ms);
  stage.add_service(consumer);
  stage.run(3s);
  const auto started = stage.trace.all<trace::ProcessingStarted>();
  REQUIRE(started.size() == 3);
  CHECK(started[0].service_time == 7ms);
  CHECK(stage.trace.all<trace::ProcessingFinished>()[2].outcome == "ok");
}

TEST_CASE("emissions are caused by the processing, and reach the next service") {
  QueueStage stage;
  stage.add_producer(website(3));
  scenario::Service billing = mailer(10ms);
  billing.name = "billing";
  scenario::Emission invoice;
  invoice.topic = "invoices";
  invoice.event = "InvoiceMade";
  scenario::Emission audit;
  audit.topic = "audit";
  audit.event = "Audited";
  audit.id = "audit-{n}";
  billing.reactions[0].emits = {invoice, audit};
  stage.add_service(billing);
  scenario::Service shipping;
  shipping.name = "shipping";
  shipping.topics = {"invoices"};
  shipping.reactions = {reaction("InvoiceMade", 5ms, {{"parcel", "{id} to {email}", ""}})};
  stage.add_service(shipping);
  stage.run(5s);
  CHECK(stage.ledger.times("parcel:billing-3") == 1);
  CHECK(stage.ledger.all().size() == 6);
  std::set<EventId> processings;
  std::vector<std::string> ids;
  for (const auto& event : stage.trace.events) {
    if (event.as<trace::ProcessingStarted>()) processings.insert(event.id);
    if (const auto* produced = event.as<trace::RecordProduced>();
        produced && produced->event_type != "NewSubscriber") {
      CHECK(processings.contains(event.cause));
      ids.push_back(produced->event_id);
      CHECK(produced->topic == (produced->event_type == "Audited" ? "audit" : "invoices"));
    }
  }
  CHECK(ids == std::vector<std::string>{"billing-1", "audit-1", "billing-2", "audit-2", "billing-3",
                                        "audit-3"});
}

TEST_CASE("a crash in the middle does nothing; the queue brings the event again") {
  QueueStage stage;
  stage.add_producer(website(1));
  const NodeId service = stage.add_service(mailer(500ms));
  stage.stop(service, 300ms, StopReason::crash, 200ms);
  stage.run(490ms);
  CHECK(stage.trace.count<trace::ProcessingStarted>() == 1);
  CHECK(stage.ledger.all().empty());
  stage.run(3s);
  CHECK(stage.trace.count<trace::ProcessingStarted>() == 2);
  CHECK(stage.trace.count<trace::ProcessingFinished>() == 1);
  CHECK(stage.ledger.times("welcome-email:sub-1") == 1);
}

TEST_CASE("the ledger remembers what a crashed service had done: a repeat is seen") {
  QueueStage stage(1, {.visibility_timeout = 1s});
  stage.add_producer(website(1));
  stage.add_service(mailer(1500ms));  // slower than its lease
  scenario::Service second = mailer(10ms);
  second.name = "mailer-2";
  stage.add_service(second, sim_time(500ms));
  stage.run(5s);
  CHECK(stage.ledger.times("welcome-email:sub-1") == 2);
  CHECK(stage.ledger.repeated() == 1);
  CHECK(stage.trace.all<trace::SideEffectDone>()[1].times == 2);
}

TEST_CASE("event ids of a service stay unique over its crashes") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    QueueStage stage(seed, {.visibility_timeout = 1s, .max_deliveries = 100});
    stage.add_producer(website(50, 30ms));
    scenario::Service service = mailer(10ms);
    scenario::Emission emission;
    emission.topic = "sent";
    emission.event = "Sent";
    service.reactions[0].emits = {emission};
    const NodeId id = stage.add_service(service);
    stage.storm({QueueStage::queue_id, id}, 0s, 2s, 6);
    stage.run(120s);
    std::set<std::string> ids;
    std::size_t emitted = 0;
    for (const auto& produced : stage.trace.all<trace::RecordProduced>()) {
      CHECK(ids.insert(produced.event_id).second);
      emitted += produced.event_type == "Sent";
    }
    CHECK(emitted >= 50);
    // Every subscriber got the mail at least once, whatever broke.
    for (int n = 1; n <= 50; ++n)
      CHECK(stage.ledger.times(fmt::format("welcome-email:sub-{}", n)) >= 1);
  }
}

TEST_CASE("the same services on direct calls: the producer waits for all of them") {
  World world;
  SideEffectLedger ledger;
  std::vector<NodeId> receivers;
  for (const char* name : {"mailer", "crm"}) {
    scenario::Service service = mailer(100ms);
    service.name = name;
    service.reactions[0].effects[0].name = name;
    receivers.push_back(world.next_id());
    world.add(name, std::make_unique<ServiceNode>(service, std::make_unique<bus::DirectReceiver>(),
                                                  nullptr, ledger));
  }
  world.add("website", std::make_unique<ProducerNode>(
                           website(5, 10ms),
                           std::make_unique<bus::DirectCaller>(
                               publisher_component,
                               std::map<std::string, std::vector<NodeId>>{{"news", receivers}})));
  world.run(1s);
  CHECK(world.trace.records<trace::RecordsAcknowledged>().size() == 4);
  world.run(3s);
  CHECK(world.trace.records<trace::RecordsAcknowledged>().size() == 5);
  CHECK(ledger.times("mailer:sub-5") == 1);
  CHECK(ledger.times("crm:sub-5") == 1);
}

TEST_CASE("services can call each other in a circle without waiting for themselves") {
  World world;
  SideEffectLedger ledger;
  const NodeId ping_id{0}, pong_id{1};
  const auto make = [&](const char* name, const char* hears, const char* says, NodeId other) {
    scenario::Service service;
    service.name = name;
    scenario::Emission emission;
    emission.topic = says;
    emission.event = says;
    service.reactions = {reaction(hears, 10ms, {{name, "", ""}}, {emission})};
    world.add(name, std::make_unique<ServiceNode>(
                        service, std::make_unique<bus::DirectReceiver>(),
                        std::make_unique<bus::DirectCaller>(
                            publisher_component,
                            std::map<std::string, std::vector<NodeId>>{{says, {other}}}),
                        ledger));
  };
  make("ping", "Pong", "Ping", pong_id);
  make("pong", "Ping", "Pong", ping_id);
  auto producer = website(1);
  producer.event = "Ping";
  world.add("website",
            std::make_unique<ProducerNode>(
                producer, std::make_unique<bus::DirectCaller>(
                              publisher_component,
                              std::map<std::string, std::vector<NodeId>>{{"news", {pong_id}}})));
  world.run(5s);
  CHECK(ledger.all().size() > 100);
  CHECK(world.trace.count<trace::CallFailed>() == 0);
}

TEST_CASE("the same services on a broadcast: a late one has missed what was said before") {
  World world;
  SideEffectLedger ledger;
  world.add("station", std::make_unique<bus::StationNode>());
  const auto add_service = [&](const char* name, SimTime start_at) {
    scenario::Service service = mailer(10ms);
    service.name = name;
    service.reactions[0].effects[0].name = name;
    world.add(name,
              std::make_unique<ServiceNode>(service,
                                            std::make_unique<bus::BroadcastSubscriber>(
                                                subscriber_component, NodeId{0}, service.topics),
                                            nullptr, ledger),
              start_at);
  };
  add_service("early", SimTime{});
  add_service("late", sim_time(350ms));
  world.add("website",
            std::make_unique<ProducerNode>(website(5), std::make_unique<bus::BroadcastPublisher>(
                                                           publisher_component, NodeId{0})));
  world.run(3s);
  CHECK(ledger.times("early:sub-1") == 1);
  CHECK(ledger.times("late:sub-3") == 0);
  CHECK(ledger.times("late:sub-4") == 1);
  CHECK(ledger.all().size() == 7);
}
