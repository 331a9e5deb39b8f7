// A part that lives in a broker's process: what it is given, and what it can ask for.
#include <functional>
#include <utility>

#include <doctest/doctest.h>

#include "sim/broker/components.h"
#include "tests/unit/broker/replicated_cluster.h"
#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

struct Question final : Request {
  int number = 0;
  std::string_view label() const override { return "Question"; }
  std::uint64_t size_bytes() const override { return 50; }
};

struct Answer final : Response {
  int number = 0;
  std::string_view label() const override { return "Answer"; }
  std::uint64_t size_bytes() const override { return 60; }
};

/// Keeps questions until it is told to answer, and notes everything that it is told.
class Planted final : public BrokerPart {
 public:
  void start(engine::Runtime& runtime, BrokerServices& its_broker) override {
    broker = &its_broker;
    node = &runtime;
    ++starts;
  }
  void stop(engine::Runtime&, engine::StopReason) override { ++stops; }
  bool handle(engine::Runtime&, RequestTicket ticket, const engine::Message& message) override {
    const auto* question = message.as<Question>();
    if (!question) return false;
    in_hand.push_back({ticket, question->header});
    if (act) std::exchange(act, {})();
    return true;
  }
  bool on_message(engine::Runtime&, const engine::Message& message) override {
    if (message.lane.purpose != transaction_marker_lane) return false;
    ++answers;
    return true;
  }
  bool on_timer(engine::Runtime&, engine::Token token) override {
    if (token.component != group_coordinator_component) return false;
    timers.push_back(token.value);
    return true;
  }
  bool on_done(engine::Runtime& runtime, engine::Token token) override {
    return on_timer(runtime, token);
  }
  bool on_disconnect(engine::Runtime&, NodeId peer, engine::Lane lane) override {
    if (lane.purpose != transaction_marker_lane) return false;
    lost_peers.push_back(peer);
    return true;
  }
  void on_request_gone(engine::Runtime&, RequestTicket ticket) override { gone.push_back(ticket); }
  void on_leadership(engine::Runtime&, const TopicPartition& tp, std::int32_t epoch) override {
    led.emplace_back(tp, epoch);
    CHECK(broker->led_epoch(tp) == epoch);
  }
  void on_metadata(engine::Runtime&) override { ++metadata; }
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override {
    CHECK_FALSE(inside_append);
    appended.push_back({token, error, runtime.now()});
  }

  std::int64_t append(const TopicPartition& tp, RecordBatch batch, std::uint64_t token,
                      Duration timeout = 5s) {
    inside_append = true;
    const std::int64_t offset = broker->append(*node, tp, std::move(batch), timeout, token);
    inside_append = false;
    return offset;
  }
  void answer(std::size_t index) {
    broker->respond(*node, in_hand[index].first, in_hand[index].second, std::make_unique<Answer>());
  }

  struct Appended {
    std::uint64_t token;
    Error error;
    SimTime at;
  };
  std::function<void()> act;  // what to do when the next question comes
  BrokerServices* broker = nullptr;
  engine::Runtime* node = nullptr;
  int starts = 0, stops = 0, metadata = 0, answers = 0;
  bool inside_append = false;
  std::vector<std::pair<RequestTicket, Header>> in_hand;
  std::vector<RequestTicket> gone;
  std::vector<std::uint64_t> timers;
  std::vector<NodeId> lost_peers;
  std::vector<std::pair<TopicPartition, std::int32_t>> led;
  std::vector<Appended> appended;
};

/// Two brokers, each with two planted parts; broker 0 leads "orders", client is node 2.
struct Fixture {
  explicit Fixture(Config topic_config = {})
      : cluster(2, std::move(topic_config), {}, {}, 1, [this](Broker& broker) {
          for (int i = 0; i < 2; ++i) {
            auto part = std::make_unique<Planted>();
            parts.push_back(part.get());
            broker.add_part(std::move(part));
          }
        }) {}
  Planted& part(std::size_t broker, std::size_t i = 0) { return *parts[2 * broker + i]; }
  void ask(std::uint32_t broker, int number, std::uint8_t connection = 1) {
    Question question;
    question.header = {7, static_cast<std::uint32_t>(number)};
    question.number = number;
    cluster.client().send(NodeId{broker}, std::move(question), {cluster.client_id, connection});
    cluster.run(2ms);
  }
  /// The part does it while it handles a question.
  void in_handler(std::uint32_t broker, std::function<void()> act) {
    part(broker).act = std::move(act);
    ask(broker, 99, ++connections);
  }

  std::vector<Planted*> parts;
  ReplicatedCluster cluster;
  std::uint8_t connections = 10;
};

}  // namespace

TEST_CASE("parts are told what their broker leads, in which epoch, and what it leads no more") {
  Fixture f;
  const TopicPartition tp{"orders", 0};
  CHECK(f.part(0).starts == 1);
  REQUIRE(f.part(0).led.size() == 1);
  CHECK(f.part(0).led[0] == std::pair{tp, 0});
  CHECK(f.part(0, 1).led == f.part(0).led);
  CHECK(f.part(1).led.empty());
  const int before = f.part(1).metadata;
  f.cluster.elect(1, {NodeId{0}, NodeId{1}});
  f.cluster.run(5ms);
  CHECK(f.part(1).metadata > before);
  CHECK(f.part(1).led.back() == std::pair{tp, 1});
  CHECK(f.part(0).led.back() == std::pair{tp, -1});
  CHECK(f.part(1).broker->led_epoch(tp) == 1);
  CHECK(f.part(1).broker->log(tp) == &f.cluster.on(1).log());
  CHECK(f.part(1).broker->log({"orders", 7}) == nullptr);
}

TEST_CASE("a part's request mutes its connection until it answers") {
  Fixture f;
  f.ask(0, 1);
  f.ask(0, 2);
  REQUIRE(f.part(0).in_hand.size() == 1);
  CHECK(f.part(0, 1).in_hand.empty());  // it was the first part's
  CHECK(f.part(0).broker->in_hand(f.part(0).in_hand[0].first));
  f.in_handler(0, [&] { f.part(0).answer(0); });
  const auto* answer = f.cluster.client().last<Answer>();
  REQUIRE(answer);
  CHECK(answer->header.component == 7);
  CHECK(answer->header.correlation_id == 1);
  REQUIRE(f.part(0).in_hand.size() == 3);  // the act's own question, and the one that was muted
  CHECK(f.part(0).in_hand[2].second.correlation_id == 2);
  CHECK_FALSE(f.part(0).broker->in_hand(f.part(0).in_hand[0].first));
}

TEST_CASE("a part is told when who asked has gone; what it answers then goes nowhere") {
  Fixture f;
  f.ask(0, 1);
  f.cluster.engine.stop(f.cluster.client_id, engine::StopReason::crash);
  f.cluster.run(5ms);
  REQUIRE(f.part(0).gone.size() == 1);
  CHECK(f.part(0).gone[0] == f.part(0).in_hand[0].first);
  f.part(0).answer(0);
  f.cluster.run(5ms);
  CHECK(f.cluster.client().received.empty());
}

TEST_CASE("what a part appends is reported when the in-sync replicas have it, not before") {
  Fixture f(Config{{"min.insync.replicas", "2"}});
  std::int64_t offset = -1;
  f.in_handler(0, [&] {
    offset = f.part(0).append({"orders", 0}, make_batch(1, 2), 5);
    CHECK(f.part(0).appended.empty());
  });
  CHECK(offset == 0);
  f.cluster.run(600ms);
  REQUIRE(f.part(0).appended.size() == 1);
  CHECK(f.part(0).appended[0].token == 5);
  CHECK(f.part(0).appended[0].error == Error::none);
  CHECK(f.part(0, 1).appended.empty());  // the same token of another part would be another's
  CHECK(f.cluster.on(0).high_watermark() == 2);
  CHECK(f.cluster.on(1).log().log_end_offset() == 2);
}

TEST_CASE("an append that is refused at once is reported later all the same") {
  Fixture f(Config{{"min.insync.replicas", "2"}});
  std::int64_t offset = 0;
  f.in_handler(1, [&] { offset = f.part(1).append({"orders", 0}, make_batch(1, 1), 6); });
  CHECK(offset == -1);
  REQUIRE(f.part(1).appended.size() == 1);
  CHECK(f.part(1).appended[0].error == Error::not_leader_or_follower);
  f.cluster.elect(0, {NodeId{0}});
  f.in_handler(0, [&] { offset = f.part(0).append({"orders", 0}, make_batch(1, 1), 7); });
  REQUIRE(f.part(0).appended.size() == 1);
  CHECK(f.part(0).appended[0].error == Error::not_enough_replicas);
  CHECK(f.cluster.on(0).log().log_end_offset() == 0);
}

TEST_CASE("an append that no follower fetches runs into its timeout; it stays in the log") {
  Fixture f;
  f.cluster.settled->hold_proposals(true);
  f.cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  SimTime asked{};
  f.in_handler(0, [&] {
    asked = f.part(0).node->now();
    f.part(0).append({"orders", 0}, make_batch(1, 1), 8, 3s);
  });
  f.cluster.run(4s);
  REQUIRE(f.part(0).appended.size() == 1);
  CHECK(f.part(0).appended[0].error == Error::request_timed_out);
  CHECK(f.part(0).appended[0].at == asked + 3s);
  CHECK(f.cluster.on(0).log().log_end_offset() == 1);
}

TEST_CASE("an append ends in NOT_LEADER_OR_FOLLOWER when leadership is lost") {
  Fixture f;
  f.cluster.settled->hold_proposals(true);
  f.cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  f.in_handler(0, [&] { f.part(0).append({"orders", 0}, make_batch(1, 1), 9); });
  CHECK(f.part(0).appended.empty());
  f.cluster.elect(1, {NodeId{1}});
  f.cluster.run(5ms);
  REQUIRE(f.part(0).appended.size() == 1);
  CHECK(f.part(0).appended[0].error == Error::not_leader_or_follower);
}

TEST_CASE("with flush.messages an append waits for the disk as well") {
  Fixture f(Config{{"flush.messages", "1"}});
  f.in_handler(0, [&] { f.part(0).append({"orders", 0}, make_batch(1, 1), 4); });
  f.cluster.run(600ms);
  REQUIRE(f.part(0).appended.size() == 1);
  CHECK(f.part(0).appended[0].error == Error::none);
  CHECK(f.cluster.on(0).log().recovery_point() == 1);
}

TEST_CASE("timers, work, answers on its own connections and lost peers come back to a part") {
  Fixture f;
  f.in_handler(0, [&] {
    engine::Runtime& node = *f.part(0).node;
    node.set_timer(1ms, {group_coordinator_component, 0, 1});
    node.compute(1000, {group_coordinator_component, 0, 2});
    const engine::Lane lane{NodeId{0}, transaction_marker_lane};
    for (const NodeId peer : {NodeId{1}, NodeId{0}})  // another broker, and itself
      node.send(peer, std::make_unique<Question>(), 50, lane);
  });
  f.cluster.run(5ms);
  CHECK(f.part(0).timers == std::vector<std::uint64_t>{2, 1});
  REQUIRE(f.part(1).in_hand.size() == 1);
  REQUIRE(f.part(0).in_hand.size() == 2);
  f.in_handler(1, [&] { f.part(1).answer(0); });
  CHECK(f.part(0).answers == 1);
  f.in_handler(0, [&] { f.part(0).answer(1); });
  CHECK(f.part(0).answers == 2);
  f.cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  f.cluster.run(5ms);
  CHECK(f.part(0).lost_peers == std::vector{NodeId{1}});
}

TEST_CASE("a part ends and begins with its process; what it waited for is not reported then") {
  Fixture f;
  f.cluster.settled->hold_proposals(true);
  f.cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  f.in_handler(0, [&] { f.part(0).append({"orders", 0}, make_batch(1, 1), 9); });
  const std::int64_t id = f.part(0).broker->new_producer_id();
  f.cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  CHECK(f.part(0).stops == 1);
  f.cluster.engine.start(NodeId{0});
  f.cluster.run(6s);
  CHECK(f.part(0).starts == 2);
  CHECK(f.part(0).appended.empty());
  CHECK(id > 0);
  CHECK(f.part(0).broker->new_producer_id() != id);
  CHECK(f.part(1).broker->new_producer_id() / 1'000'000 !=
        f.part(0).broker->new_producer_id() / 1'000'000);
}
