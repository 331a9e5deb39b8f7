// Helpers of the producer's tests: brokers that answer as a script says, so that a test decides
// what becomes of each request, and a producer with a transactional.id that notes what it hears.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/broker/transaction_protocol.h"
#include "tests/unit/client/client_cluster.h"

namespace eventarium::kafka::test {

/// What all scripted brokers of a test share.
struct Script {
  struct Produced {
    SimTime at{};
    NodeId broker;
    TopicPartition tp;
    RecordBatch batch;
    std::string transactional_id;
  };
  NodeId leader{0};  // of every partition
  std::int32_t leader_epoch = 0;
  LeaderHint hint;                                 // comes with every refusal
  std::map<std::string, std::deque<Error>> fails;  // by label: the next answers
  std::map<std::string, int> silent;               // by label: so many get no answer
  ProducerIdAndEpoch producer{7, 0};
  std::vector<Produced> produced;
  std::map<TopicPartition, std::int64_t> log_end;
  std::vector<std::pair<SimTime, std::string>> asked;
  std::vector<std::map<TopicPartition, OffsetAndEpoch>> positions;
  std::vector<bool> ends;  // EndTxn: commit?

  int count(std::string_view label) const {
    int n = 0;
    for (const auto& [at, what] : asked) n += what == label;
    return n;
  }
  /// (epoch, first sequence, records) of each batch that came.
  std::vector<std::vector<std::int32_t>> numbers() const {
    std::vector<std::vector<std::int32_t>> found;
    for (const Produced& p : produced)
      found.push_back({p.batch.producer.producer_epoch, p.batch.producer.base_sequence,
                       static_cast<std::int32_t>(p.batch.records->size())});
    return found;
  }
};

class ScriptedBroker : public engine::Node {
 public:
  explicit ScriptedBroker(Script& script) : script_(script) {}

  void on_start(engine::Runtime&) override {}
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    const auto* request = message.as<Request>();
    const std::string label{request->label()};
    script_.asked.emplace_back(runtime.now(), label);
    std::unique_ptr<Response> response = answer(runtime, message);
    if (script_.silent[label] > 0) {
      --script_.silent[label];
      return;
    }
    response->header = request->header;
    const std::uint64_t size_bytes = response->size_bytes();
    runtime.send(message.source, std::move(response), size_bytes, message.lane);
  }

 private:
  Error next_error(const std::string& label) {
    std::deque<Error>& errors = script_.fails[label];
    if (errors.empty()) return Error::none;
    const Error error = errors.front();
    errors.pop_front();
    return error;
  }

  std::unique_ptr<Response> answer(engine::Runtime& runtime, const engine::Message& message) {
    if (message.as<ApiVersionsRequest>()) return std::make_unique<ApiVersionsResponse>();
    if (const auto* metadata = message.as<MetadataRequest>()) return describe(*metadata);
    if (const auto* produce = message.as<ProduceRequest>()) return store(runtime, *produce);
    if (const auto* positions = message.as<TxnOffsetCommitRequest>()) return keep(*positions);
    if (message.as<InitProducerIdRequest>()) {
      auto response = std::make_unique<InitProducerIdResponse>();
      response->error = next_error("InitProducerId");
      response->producer = script_.producer;
      return response;
    }
    if (message.as<FindCoordinatorRequest>()) {
      auto response = std::make_unique<FindCoordinatorResponse>();
      response->error = next_error("FindCoordinator");
      response->coordinator = script_.leader;
      return response;
    }
    const auto* end = message.as<EndTxnRequest>();
    REQUIRE(end);
    CHECK(end->producer == script_.producer);
    auto response = std::make_unique<EndTxnResponse>();
    response->error = next_error("EndTxn");
    if (response->error == Error::none) {
      script_.ends.push_back(end->commit);
      ++script_.producer.epoch;
    }
    response->producer = script_.producer;
    return response;
  }

  std::unique_ptr<Response> describe(const MetadataRequest& request) {
    auto response = std::make_unique<MetadataResponse>();
    response->brokers = {NodeId{0}, NodeId{1}};
    for (const std::string& name : request.topics) {
      MetadataResponse::Topic topic{Error::none, name, {}};
      for (std::int32_t p = 0; p < 2; ++p)
        topic.partitions.push_back({Error::none, p, script_.leader, script_.leader_epoch, {}, {}});
      response->topics.push_back(std::move(topic));
    }
    return response;
  }

  std::unique_ptr<Response> store(engine::Runtime& runtime, const ProduceRequest& request) {
    auto response = std::make_unique<ProduceResponse>();
    for (const auto& [tp, batch] : request.partitions) {
      script_.produced.push_back(
          {runtime.now(), runtime.self(), tp, batch, request.transactional_id});
      ProduceResponse::Partition answer{tp, next_error("Produce"), -1, {}};
      if (answer.error == Error::none) {
        answer.base_offset = script_.log_end[tp];
        script_.log_end[tp] += static_cast<std::int64_t>(batch.records->size());
      } else {
        answer.current_leader = script_.hint;
      }
      response->partitions.push_back(answer);
    }
    return response;
  }

  std::unique_ptr<Response> keep(const TxnOffsetCommitRequest& request) {
    auto response = std::make_unique<TxnOffsetCommitResponse>();
    auto& kept = script_.positions.emplace_back();
    for (const auto& [tp, position] : request.partitions) {
      const Error error = next_error("TxnOffsetCommit");
      if (error == Error::none) kept[tp] = position;
      response->partitions.push_back({tp, error});
    }
    return response;
  }

  Script& script_;
};

/// Notes what a transactional producer says.
class NotingListener : public TransactionListener {
 public:
  void on_transactions_ready(engine::Runtime&) override { heard.push_back("ready"); }
  void on_transaction_ended(engine::Runtime&, bool committed) override {
    heard.push_back(committed ? "committed" : "aborted");
  }
  void on_transactions_failed(engine::Runtime&, Error error) override {
    heard.push_back("failed: " + std::string(name_of(error)));
  }
  std::vector<std::string> heard;
};

/// Two scripted brokers (nodes 0 and 1), a producer (node 2).
class ScriptedCluster {
 public:
  explicit ScriptedCluster(const Config& config) {
    engine.add_sink(trace);
    for (int i = 0; i < 2; ++i) {
      engine::NodeSpec spec;
      spec.name = "broker-" + std::to_string(i + 1);
      engine.add_node(spec, std::make_unique<ScriptedBroker>(script));
    }
    engine::NodeSpec spec;
    spec.name = "producer";
    engine.add_node(spec, std::make_unique<ProducerHost>(config, brokers));
    host().producer.set_transaction_listener(listener);
  }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  void at(Duration when, std::function<void()> action) {
    engine.schedule(sim_time(when), std::move(action));
  }
  ProducerHost& host() { return dynamic_cast<ProducerHost&>(engine.node(NodeId{2})); }
  Producer& producer() { return host().producer; }
  engine::Runtime& runtime() { return host().runtime(); }
  /// Publishes to partition `p` of "orders".
  RecordId publish(std::int32_t p = 0) { return host().publish("orders", {}, 100, p); }
  std::vector<std::string> failures() const {
    std::vector<std::string> found;
    for (const auto& [event, failed] : trace.all<trace::SendFailed>())
      found.push_back(failed.error);
    return found;
  }

  Script script;
  NotingListener listener;
  Trace trace;
  engine::LeanEngine engine{42};
  std::vector<NodeId> brokers{NodeId{0}, NodeId{1}};
};

}  // namespace eventarium::kafka::test
