// The transaction coordinator on a broker of its own, with a leader of other partitions that
// writes markers: what producers are told when, what survives another coordinator.
#include "sim/coordinator/transaction_coordinator.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/part_host.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition kept{"__transaction_state", 0}, payments{"payments", 0};

/// Leads payments-0 and answers WriteTxnMarkers.
class MarkerLeader : public engine::Node {
 public:
  void on_start(engine::Runtime&) override {}
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    const auto* request = message.as<WriteTxnMarkersRequest>();
    if (!request || silent) return;
    auto response = std::make_unique<WriteTxnMarkersResponse>();
    response->header = request->header;
    for (const auto& marker : request->markers) {
      markers.push_back(marker);
      for (const TopicPartition& tp : marker.partitions)
        response->partitions.push_back({marker.producer.producer_id, tp, answer});
    }
    const std::uint64_t size_bytes = response->size_bytes();
    runtime.send(message.source, std::move(response), size_bytes, message.lane);
  }
  std::vector<WriteTxnMarkersRequest::Marker> markers;
  Error answer = Error::none;
  bool silent = false;
};

struct World {
  World() {
    store.image = make_cluster_image({NodeId{0}, NodeId{1}},
                                     {{"__transaction_state", 1, 1, {}}, {"payments", 1, 1, {}}});
    auto led_by_other = std::make_shared<PartitionImage>(*store.image.find(payments));
    led_by_other->leader = NodeId{1};
    store.image.topics["payments"].partitions[0] = led_by_other;
    engine.add_sink(trace);
    add("broker-1", std::make_unique<PartHost>(store, std::make_unique<TransactionCoordinator>()));
    add("broker-2", std::make_unique<MarkerLeader>());
    add("shop", std::make_unique<ScriptedClient>());
    run(1ms);
    at([&] { host().lead(kept, 1); });
    run(10ms);
  }
  void add(const std::string& name, std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = name;
    engine.add_node(spec, std::move(node));
  }
  PartHost& host() { return dynamic_cast<PartHost&>(engine.node(NodeId{0})); }
  MarkerLeader& leader() { return dynamic_cast<MarkerLeader&>(engine.node(NodeId{1})); }
  ScriptedClient& shop() { return dynamic_cast<ScriptedClient&>(engine.node(NodeId{2})); }
  const TransactionMetadata* known() {
    return dynamic_cast<TransactionCoordinator&>(host().part()).find("shop");
  }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  void at(const std::function<void()>& action) {
    engine.schedule(engine.now() + 1us, action);
    run(2us);
  }
  template <class Response, class Request>
  Response ask(Request request) {
    const std::size_t before = shop().received.size();
    at([&] { shop().send(NodeId{0}, std::move(request)); });
    run(20ms);
    REQUIRE(shop().received.size() > before);
    const auto* response = shop().last<Response>();
    REQUIRE(response);
    return *response;
  }
  InitProducerIdResponse init(Duration timeout = 60s) {
    InitProducerIdRequest request;
    request.transactional_id = "shop";
    request.transaction_timeout = timeout;
    return ask<InitProducerIdResponse>(std::move(request));
  }
  Error add_partition(ProducerIdAndEpoch producer) {
    AddPartitionsToTxnRequest request;
    request.transactional_id = "shop";
    request.producer = producer;
    request.partitions = {payments};
    return ask<AddPartitionsToTxnResponse>(std::move(request)).error;
  }
  EndTxnResponse end(ProducerIdAndEpoch producer, bool commit) {
    EndTxnRequest request;
    request.transactional_id = "shop";
    request.producer = producer;
    request.commit = commit;
    return ask<EndTxnResponse>(std::move(request));
  }
  std::vector<std::string> states() {
    std::vector<std::string> list;
    for (const auto& [event, changed] : trace.all<trace::TransactionStateChanged>())
      list.push_back(changed.state);
    return list;
  }

  Trace trace;
  Store store;
  engine::LeanEngine engine{42};
};

}  // namespace

TEST_CASE(
    "transaction coordinator: begin, write, commit: decided first, then marked, then complete") {
  World world;
  const auto first = world.init();
  CHECK(first.error == Error::none);
  CHECK(world.add_partition(first.producer) == Error::none);
  const auto ended = world.end(first.producer, true);
  CHECK(ended.error == Error::none);
  CHECK(ended.producer.epoch == first.producer.epoch + 1);
  world.run(100ms);
  REQUIRE(world.leader().markers.size() == 1);
  CHECK(world.leader().markers[0].commit);
  CHECK(world.leader().markers[0].producer == ended.producer);
  CHECK(world.leader().markers[0].coordinator_epoch == 1);
  CHECK(world.states() ==
        std::vector<std::string>{"Empty", "Ongoing", "PrepareCommit", "CompleteCommit"});
  CHECK(world.add_partition(ended.producer) == Error::none);
}

TEST_CASE("transaction coordinator: the answer comes when the decision is replicated, not before") {
  World world;
  const auto first = world.init();
  world.add_partition(first.producer);
  world.at([&] { world.host().hold(); });
  const std::size_t before = world.shop().received.size();
  EndTxnRequest request;
  request.transactional_id = "shop";
  request.producer = first.producer;
  request.commit = true;
  world.at([&] { world.shop().send(NodeId{0}, request); });
  world.run(1s);
  CHECK(world.shop().received.size() == before);
  CHECK(world.leader().markers.empty());
  world.at([&] { world.host().release(); });
  world.run(20ms);
  CHECK(world.shop().received.size() == before + 1);
}

TEST_CASE(
    "transaction coordinator: a second producer is told to come again till the first is aborted") {
  World world;
  const auto first = world.init();
  world.add_partition(first.producer);
  CHECK(world.init().error == Error::concurrent_transactions);
  world.run(200ms);
  const auto second = world.init();
  CHECK(second.error == Error::none);
  CHECK(second.producer.producer_id == first.producer.producer_id);
  CHECK(second.producer.epoch > first.producer.epoch);
  REQUIRE(world.leader().markers.size() == 1);
  CHECK_FALSE(world.leader().markers[0].commit);
  CHECK(world.end(first.producer, true).error == Error::producer_fenced);
}

TEST_CASE("transaction coordinator: what takes too long is aborted at the next look") {
  World world;
  const auto first = world.init(15s);
  world.add_partition(first.producer);
  world.run(14s);
  CHECK(world.known()->state == TransactionState::ongoing);
  world.run(10s);
  CHECK(world.known()->state == TransactionState::complete_abort);
  CHECK(world.end(first.producer, true).error == Error::invalid_txn_state);
}

TEST_CASE(
    "transaction coordinator: markers are written again until they are in; silence is no answer") {
  World world;
  const auto first = world.init();
  world.add_partition(first.producer);
  world.leader().answer = Error::not_leader_or_follower;
  world.end(first.producer, true);
  world.run(500ms);
  CHECK(world.known()->state == TransactionState::prepare_commit);
  CHECK(world.leader().markers.size() > 3);
  world.leader().silent = true;
  world.run(1s);
  world.leader().silent = false;
  world.leader().answer = Error::none;
  world.run(31s);
  CHECK(world.known()->state == TransactionState::complete_commit);
}

TEST_CASE("transaction coordinator: another one finishes what the first has decided") {
  World world;
  const auto first = world.init();
  world.add_partition(first.producer);
  world.leader().silent = true;
  world.end(first.producer, true);
  world.at([&] { world.host().resign(kept); });
  CHECK(world.known() == nullptr);
  CHECK(world.init().error == Error::not_coordinator);
  world.leader().silent = false;
  world.at([&] { world.host().lead(kept, 2); });
  world.run(31s);
  REQUIRE(world.known() != nullptr);
  CHECK(world.known()->state == TransactionState::complete_commit);
  CHECK(world.leader().markers.back().coordinator_epoch == 2);
}

TEST_CASE("transaction coordinator: time-outs beyond the broker's are refused, strangers too") {
  World world;
  CHECK(world.init(901s).error == Error::invalid_transaction_timeout);
  CHECK(world.add_partition({5, 0}) == Error::invalid_producer_id_mapping);
  CHECK(world.end({5, 0}, true).error == Error::invalid_producer_id_mapping);
  CHECK(world.known() == nullptr);
}

TEST_CASE("transaction coordinator: what could not be written has not happened") {
  World world;
  world.at([&] { world.host().refuse = Error::not_enough_replicas; });
  const auto refused = world.init();
  CHECK(refused.error == Error::coordinator_not_available);
  CHECK(world.known() == nullptr);
  world.at([&] { world.host().refuse = Error::none; });
  CHECK(world.init().error == Error::none);
}
