// Positions that are committed with a transaction: they count when it is committed, and nobody
// begins to read meanwhile.
#include "sim/coordinator/group_coordinator.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders_0{"orders", 0};
constexpr ProducerIdAndEpoch producer{77, 1};

/// Answers AddPartitionsToTxn as a test says.
class ScriptedTransactions : public engine::Node {
 public:
  void on_start(engine::Runtime&) override {}
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    const auto* request = message.as<AddPartitionsToTxnRequest>();
    if (!request) return;
    asked.push_back(*request);
    auto response = std::make_unique<AddPartitionsToTxnResponse>();
    response->header = request->header;
    response->error = answer;
    const std::uint64_t size_bytes = response->size_bytes();
    runtime.send(message.source, std::move(response), size_bytes, message.lane);
  }
  std::vector<AddPartitionsToTxnRequest> asked;
  Error answer = Error::none;
};

struct TransactionWorld : GroupWorld {
  TransactionWorld() {
    const NodeId node = add("transactions", std::make_unique<ScriptedTransactions>());
    engine.start(node);
    transactions = &dynamic_cast<ScriptedTransactions&>(engine.node(node));
    auto partition = std::make_shared<PartitionImage>();
    partition->leader = node;
    store.image.topics["__transaction_state"].partitions.push_back(partition);
    run(1ms);
  }
  Error commit_in_transaction(std::int64_t offset, std::int32_t generation = -1) {
    TxnOffsetCommitRequest request;
    request.transactional_id = "billing-tx";
    request.producer = producer;
    request.group = "billing";
    request.generation = generation;
    request.partitions.push_back({orders_0, {offset, 0}});
    const auto* answer = ask<TxnOffsetCommitResponse>(std::move(request));
    return answer ? answer->partitions.front().error : Error::unknown_server_error;
  }
  /// The transaction's marker is in the log of the group's partition.
  void end(bool committed) {
    at([&] { part().on_marker(host().runtime(), kept_in, producer, committed); });
  }
  ScriptedTransactions* transactions = nullptr;
};

}  // namespace

TEST_CASE("positions of a transaction count when it is committed; till then nobody may read on") {
  TransactionWorld world;
  world.commit("billing", orders_0, 3);
  CHECK(world.commit_in_transaction(10) == Error::none);
  REQUIRE(world.transactions->asked.size() == 1);
  CHECK(world.transactions->asked[0].transactional_id == "billing-tx");
  CHECK(world.transactions->asked[0].partitions == PartitionList{kept_in});
  CHECK(world.position("billing", orders_0).error == Error::unstable_offset_commit);
  CHECK(world.trace.all<trace::OffsetCommitted>().size() == 1);
  world.end(true);
  CHECK(world.position("billing", orders_0).committed.offset == 10);
  CHECK(world.trace.all<trace::OffsetCommitted>().back().second.offset == 10);
}

TEST_CASE("positions of an aborted transaction never count") {
  TransactionWorld world;
  world.commit("billing", orders_0, 3);
  CHECK(world.commit_in_transaction(10) == Error::none);
  world.end(false);
  CHECK(world.position("billing", orders_0).committed.offset == 3);
}

TEST_CASE("a transaction's coordinator that refuses the partition keeps the positions out") {
  TransactionWorld world;
  world.transactions->answer = Error::invalid_producer_epoch;
  CHECK(world.commit_in_transaction(10) == Error::invalid_producer_epoch);
  world.transactions->answer = Error::not_coordinator;
  CHECK(world.commit_in_transaction(10) == Error::coordinator_not_available);
  CHECK(world.position("billing", orders_0).error == Error::none);
  CHECK(world.store.logs[kept_in].log_end_offset() == 0);
}

TEST_CASE("a new coordinator still waits for transactions that its predecessor had open") {
  TransactionWorld world;
  world.commit_in_transaction(10);
  world.resign(0);
  world.lead(0);
  world.run(10ms);
  CHECK(world.position("billing", orders_0).error == Error::unstable_offset_commit);
  world.end(true);
  CHECK(world.position("billing", orders_0).committed.offset == 10);
}

TEST_CASE("the generation of a transactional commit is checked before anybody is asked") {
  TransactionWorld world;
  CHECK(world.commit_in_transaction(10, 4) == Error::illegal_generation);
  CHECK(world.transactions->asked.empty());
}
