// Transactions as the leader of a partition sees them: it asks the coordinator, here a planted
// one, before the first batch, writes markers when it is told to, and shows read_committed only
// what has ended.
#include <doctest/doctest.h>

#include "sim/broker/transaction_protocol.h"
#include "tests/unit/broker/replicated_cluster.h"
#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

/// Adds every partition to every transaction, or says what it is told to say.
class PlantedCoordinator final : public BrokerPart {
 public:
  void start(engine::Runtime&, BrokerServices& services) override { services_ = &services; }
  void stop(engine::Runtime&, engine::StopReason) override {}
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override {
    const auto* request = message.as<AddPartitionsToTxnRequest>();
    if (!request) return false;
    added.push_back(request->partitions);
    if (silent) return true;
    auto response = std::make_unique<AddPartitionsToTxnResponse>();
    response->error = answer;
    services_->respond(runtime, ticket, request->header, std::move(response));
    return true;
  }
  void on_marker(engine::Runtime&, const TopicPartition& tp, ProducerIdAndEpoch producer,
                 bool commit) override {
    markers.push_back({tp, producer, commit});
  }

  struct Marker {
    TopicPartition tp;
    ProducerIdAndEpoch producer;
    bool commit;
  };
  Error answer = Error::none;
  bool silent = false;
  std::vector<PartitionList> added;
  std::vector<Marker> markers;

 private:
  BrokerServices* services_ = nullptr;
};

struct Fixture {
  explicit Fixture(std::uint32_t brokers = 2, PlantedFaults planted = {}, Config topic_config = {})
      : cluster(brokers, std::move(topic_config), {}, planted, 1,
                [this](Broker& broker) {
                  auto part = std::make_unique<PlantedCoordinator>();
                  coordinators.push_back(part.get());
                  broker.add_part(std::move(part));
                },
                {{transactions_topic, 1, 1, {}}}) {}

  /// Of the broker that leads the one partition of the transactions' topic.
  PlantedCoordinator& coordinator() {
    const NodeId leader = cluster.settled->image().find({transactions_topic, 0})->leader;
    return *coordinators[leader.value];
  }
  void start_produce(std::int64_t producer, std::int32_t sequence, std::uint64_t first_id,
                     std::int16_t epoch = 0, bool transactional = true) {
    ProduceRequest request;
    request.header = {7, ++cluster.correlation_id};
    request.timeout = 30s;
    if (transactional) request.transactional_id = "tx";
    RecordBatch batch = make_batch(first_id, 1);
    batch.producer = {producer, sequence, epoch, transactional, Control::none};
    request.partitions.push_back({{"orders", 0}, std::move(batch)});
    cluster.client().send(NodeId{0}, std::move(request), {cluster.client_id, next_lane++});
  }
  Error produce(std::int64_t producer, std::int32_t sequence, std::uint64_t first_id,
                std::int16_t epoch = 0, bool transactional = true) {
    start_produce(producer, sequence, first_id, epoch, transactional);
    cluster.run(700ms);
    return cluster.produced(cluster.correlation_id).value_or(Error::unknown_server_error);
  }
  Error end(std::int64_t producer, std::int16_t epoch, bool commit,
            std::int32_t coordinator_epoch = 0, std::uint32_t broker = 0) {
    WriteTxnMarkersRequest request;
    request.header = {7, ++cluster.correlation_id};
    request.markers.push_back({{producer, epoch}, commit, coordinator_epoch, {{"orders", 0}}});
    cluster.client().send(NodeId{broker}, std::move(request), {cluster.client_id, next_lane++});
    cluster.run(700ms);
    const auto* response = cluster.answer<WriteTxnMarkersResponse>(cluster.correlation_id);
    return response ? response->partitions.at(0).error : Error::unknown_server_error;
  }
  FetchResponse::Partition fetch(Isolation isolation, std::int64_t offset = 0) {
    FetchRequest request;
    request.header = {7, ++cluster.correlation_id};
    request.max_bytes = 1'000'000;
    request.isolation = isolation;
    request.partitions.push_back({{"orders", 0}, -1, offset, 1'000'000});
    cluster.client().send(NodeId{0}, std::move(request), {cluster.client_id, next_lane++});
    cluster.run(10ms);
    return cluster.answer<FetchResponse>(cluster.correlation_id)->partitions.front();
  }
  static std::int64_t read_up_to(const FetchResponse::Partition& answer) {
    return answer.batches.empty() ? 0 : answer.batches.back().next_offset();
  }
  std::int64_t latest(Isolation isolation) {
    ListOffsetsRequest request;
    request.header = {7, ++cluster.correlation_id};
    request.isolation = isolation;
    request.partitions.push_back({{"orders", 0}, -1, ListOffsetsRequest::Target::latest, {}});
    cluster.client().send(NodeId{0}, std::move(request), {cluster.client_id, next_lane++});
    cluster.run(10ms);
    return cluster.answer<ListOffsetsResponse>(cluster.correlation_id)->partitions.front().offset;
  }
  std::int64_t end_offset() { return cluster.on(0).log().log_end_offset(); }

  std::vector<PlantedCoordinator*> coordinators;
  ReplicatedCluster cluster;
  std::uint8_t next_lane = 1;
};

}  // namespace

TEST_CASE("row 34: a commit takes one offset more, and is seen once its marker is replicated") {
  Fixture f;
  for (std::int32_t i = 0; i < 3; ++i)
    REQUIRE(f.produce(5, i, 1 + static_cast<std::uint64_t>(i)) == Error::none);
  CHECK(f.latest(Isolation::read_committed) == 0);
  CHECK(f.latest(Isolation::read_uncommitted) == 3);
  CHECK(f.fetch(Isolation::read_committed).batches.empty());
  REQUIRE(f.end(5, 1, true) == Error::none);
  CHECK(f.end_offset() == 4);
  const auto answer = f.fetch(Isolation::read_committed);
  CHECK(f.read_up_to(answer) == 4);
  CHECK(answer.aborted.empty());
  CHECK(answer.last_stable_offset == 4);
  CHECK(f.latest(Isolation::read_committed) == 4);
  const auto stable = f.cluster.trace.all<trace::LastStableOffsetAdvanced>();
  REQUIRE(stable.size() >= 1);
  CHECK(stable.back().second.last_stable_offset == 4);
  const auto marker = f.cluster.trace.all<trace::BatchAppended>().back().second;
  CHECK(marker.control == "commit");
  CHECK(marker.as_follower);
  CHECK(marker.producer_epoch == 1);
}

TEST_CASE("row 34: the last stable offset stays at the begin while the marker is not replicated") {
  Fixture f;
  REQUIRE(f.produce(5, 0, 1) == Error::none);
  f.cluster.settled->hold_proposals(true);
  f.cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  CHECK(f.end(5, 1, true) == Error::unknown_server_error);  // it waits
  CHECK(f.end_offset() == 2);
  CHECK(f.latest(Isolation::read_committed) == 0);
  CHECK(f.coordinators[0]->markers.empty());
  f.cluster.engine.start(NodeId{1});
  f.cluster.run(2s);
  CHECK(f.latest(Isolation::read_committed) == 2);
  REQUIRE(f.coordinators[0]->markers.size() == 1);
  CHECK(f.coordinators[0]->markers[0].commit);
  CHECK(f.coordinators[0]->markers[0].producer == ProducerIdAndEpoch{5, 1});
}

TEST_CASE("row 36: an open transaction holds back what others write, for read_committed only") {
  Fixture f;
  REQUIRE(f.produce(5, 0, 1) == Error::none);
  REQUIRE(f.produce(6, 0, 2, 0, false) == Error::none);
  CHECK(f.read_up_to(f.fetch(Isolation::read_uncommitted)) == 2);
  CHECK(f.read_up_to(f.fetch(Isolation::read_committed)) == 0);
  REQUIRE(f.end(5, 1, false) == Error::none);
  const auto answer = f.fetch(Isolation::read_committed);
  CHECK(f.read_up_to(answer) == 3);
  CHECK(answer.aborted == std::vector{AbortedTransaction{5, 0}});
  CHECK(f.fetch(Isolation::read_uncommitted).aborted.empty());
}

TEST_CASE("a read_committed fetch that waits is answered when the transaction ends") {
  Fixture f;
  REQUIRE(f.produce(5, 0, 1) == Error::none);
  FetchRequest request;
  request.header = {7, ++f.cluster.correlation_id};
  const std::uint32_t number = f.cluster.correlation_id;
  request.max_bytes = 1'000'000;
  request.max_wait = 60s;
  request.isolation = Isolation::read_committed;
  request.partitions.push_back({{"orders", 0}, -1, 0, 1'000'000});
  f.cluster.client().send(NodeId{0}, std::move(request), {f.cluster.client_id, 200});
  REQUIRE(f.produce(6, 0, 2, 0, false) == Error::none);
  CHECK(f.cluster.answer<FetchResponse>(number) == nullptr);
  REQUIRE(f.end(5, 1, true) == Error::none);
  REQUIRE(f.cluster.answer<FetchResponse>(number));
  CHECK(f.read_up_to(f.cluster.answer<FetchResponse>(number)->partitions.front()) == 3);
}

TEST_CASE("the coordinator is asked once for each transaction, before its first batch") {
  Fixture f;
  REQUIRE(f.produce(5, 0, 1) == Error::none);
  REQUIRE(f.produce(5, 1, 2) == Error::none);
  REQUIRE(f.coordinator().added.size() == 1);
  CHECK(f.coordinator().added[0] == PartitionList{{"orders", 0}});
  REQUIRE(f.produce(6, 0, 3, 0, false) == Error::none);
  CHECK(f.coordinator().added.size() == 1);
  REQUIRE(f.end(5, 1, true) == Error::none);
  REQUIRE(f.produce(5, 0, 4, 1) == Error::none);
  CHECK(f.coordinator().added.size() == 2);
}

TEST_CASE("what the coordinator does not know is not appended: the errors of a refusal") {
  Fixture f;
  const auto error_of = [&](Error answer) {
    f.coordinator().answer = answer;
    return f.produce(5, 0, 1);
  };
  CHECK(error_of(Error::invalid_producer_epoch) == Error::invalid_producer_epoch);
  CHECK(error_of(Error::producer_fenced) == Error::invalid_producer_epoch);
  CHECK(error_of(Error::invalid_txn_state) == Error::invalid_txn_state);
  CHECK(error_of(Error::invalid_producer_id_mapping) == Error::invalid_producer_id_mapping);
  CHECK(error_of(Error::not_coordinator) == Error::not_enough_replicas);
  CHECK(error_of(Error::coordinator_load_in_progress) == Error::not_enough_replicas);
  const std::size_t asked = f.coordinator().added.size();
  CHECK(error_of(Error::concurrent_transactions) == Error::concurrent_transactions);
  CHECK(f.coordinator().added.size() == asked + 5);  // at once and every 20 ms, for 100 ms
  CHECK(f.end_offset() == 0);
  CHECK(error_of(Error::none) == Error::none);
}

TEST_CASE("a coordinator that is gone, silent or unknown makes the producer try again") {
  Fixture f(2);
  f.coordinator().silent = true;
  f.start_produce(5, 0, 1);
  f.cluster.run(29s);
  CHECK_FALSE(f.cluster.produced(f.cluster.correlation_id));
  f.cluster.run(2s);
  CHECK(f.cluster.produced(f.cluster.correlation_id) == Error::not_enough_replicas);
  f.cluster.settled->apply({RemoveTopicRecord{transactions_topic}});
  CHECK(f.produce(5, 0, 1) == Error::not_enough_replicas);
}

TEST_CASE("markers: not the leader, an older epoch, a replaced coordinator, too few replicas") {
  Fixture f(2, {}, Config{{"min.insync.replicas", "2"}});
  REQUIRE(f.produce(5, 0, 1, 3) == Error::none);
  CHECK(f.end(5, 4, true, 7, 1) == Error::not_leader_or_follower);
  CHECK(f.end(5, 2, true, 7) == Error::invalid_producer_epoch);
  REQUIRE(f.end(5, 4, true, 7) == Error::none);
  CHECK(f.end(5, 4, true, 6) == Error::transaction_coordinator_fenced);
  f.cluster.elect(0, {NodeId{0}});
  CHECK(f.end(5, 4, true, 7) == Error::not_enough_replicas);
  CHECK(f.end_offset() == 2);
  CHECK(f.cluster.trace.all<trace::ProduceRefused>().empty());
}

TEST_CASE("a marker belongs into a compacted topic, too") {
  Fixture f(1, {}, Config{{"cleanup.policy", "compact"}});
  CHECK(f.end(5, 1, true) == Error::none);
  CHECK(f.end_offset() == 1);
}

TEST_CASE("after a failover the new leader has open and aborted transactions as they were") {
  Fixture f;
  REQUIRE(f.produce(5, 0, 1) == Error::none);
  REQUIRE(f.end(5, 1, false) == Error::none);
  REQUIRE(f.produce(5, 0, 2, 1) == Error::none);
  f.cluster.crash(0);
  f.cluster.run(100ms);
  CHECK(f.cluster.on(1).log().last_stable_offset() == 2);
  CHECK(f.cluster.on(1).aborted(0, 2) == std::vector{AbortedTransaction{5, 0}});
  REQUIRE(f.end(5, 2, true, 0, 1) == Error::none);
  CHECK(f.cluster.on(1).log().last_stable_offset() == 4);
}
