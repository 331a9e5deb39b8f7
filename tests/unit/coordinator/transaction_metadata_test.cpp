#include "sim/coordinator/transaction_metadata.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

const TopicPartition payments{"payments", 0}, orders{"orders", 3};

TransactionMetadata in_state(TransactionState state, std::int16_t epoch = 4) {
  TransactionMetadata known;
  known.id = "shop";
  known.producer = {77, epoch};
  known.timeout = 60s;
  known.state = state;
  known.started = sim_time(10s);
  if (state == TransactionState::ongoing || known.is_being_ended()) known.partitions = {payments};
  return known;
}

InitProducerIdRequest init(ProducerIdAndEpoch current = {}) {
  InitProducerIdRequest request;
  request.transactional_id = "shop";
  request.transaction_timeout = 60s;
  request.current = current;
  return request;
}

AddPartitionsToTxnRequest add(ProducerIdAndEpoch producer, PartitionList partitions) {
  AddPartitionsToTxnRequest request;
  request.transactional_id = "shop";
  request.producer = producer;
  request.partitions = std::move(partitions);
  return request;
}

EndTxnRequest end(ProducerIdAndEpoch producer, bool commit) {
  EndTxnRequest request;
  request.transactional_id = "shop";
  request.producer = producer;
  request.commit = commit;
  return request;
}

std::int64_t no_id() {
  FAIL("no producer id is needed");
  return 0;
}

}  // namespace

TEST_CASE("transactions: a new transactional id gets a producer id and epoch 0") {
  TransactionMetadata known;
  known.id = "shop";
  const auto decision = decide_init(known, init(), [] { return std::int64_t{9}; });
  REQUIRE(decision.next);
  CHECK(decision.next->producer == ProducerIdAndEpoch{9, 0});
  CHECK(decision.next->state == TransactionState::empty);
  CHECK(decision.next->timeout == 60s);
}

TEST_CASE("transactions: who comes back gets the same id and a later epoch") {
  for (const auto state : {TransactionState::empty, TransactionState::complete_commit,
                           TransactionState::complete_abort}) {
    const auto decision = decide_init(in_state(state), init(), no_id);
    REQUIRE(decision.next);
    CHECK(decision.next->producer == ProducerIdAndEpoch{77, 5});
    CHECK(decision.next->state == TransactionState::empty);
    CHECK_FALSE(decision.fences);
  }
}

TEST_CASE("transactions: when the epochs are used up there is another producer id") {
  const auto decision = decide_init(in_state(TransactionState::complete_commit, 32765), init(),
                                    [] { return std::int64_t{78}; });
  REQUIRE(decision.next);
  CHECK(decision.next->producer == ProducerIdAndEpoch{78, 0});
}

TEST_CASE("transactions: a second producer aborts what the first has open, and fences it") {
  const auto decision = decide_init(in_state(TransactionState::ongoing), init(), no_id);
  REQUIRE(decision.next);
  CHECK(decision.error == Error::concurrent_transactions);
  CHECK(decision.fences);
  CHECK(decision.next->state == TransactionState::prepare_abort);
  CHECK(decision.next->partitions == std::set<TopicPartition>{payments});
  const ProducerIdAndEpoch first{77, 4};
  CHECK(decide_add(*decision.next, add(first, {orders}), sim_time(11s)).error ==
        Error::invalid_producer_epoch);
  for (const bool commit : {true, false})
    CHECK(decide_end(*decision.next, end(first, commit)).error == Error::producer_fenced);
  const TransactionMetadata done = completed(*decision.next);
  CHECK(done.state == TransactionState::complete_abort);
  for (const bool commit : {true, false})
    CHECK(decide_end(done, end(first, commit)).error == Error::producer_fenced);
}

TEST_CASE("transactions: an identity that is not the newest is fenced when it asks for another") {
  CHECK(decide_init(in_state(TransactionState::empty), init({77, 3}), no_id).error ==
        Error::producer_fenced);
  CHECK(decide_init(in_state(TransactionState::empty), init({76, 4}), no_id).error ==
        Error::producer_fenced);
  CHECK(decide_init(in_state(TransactionState::empty), init({77, 4}), no_id).next);
}

TEST_CASE(
    "transactions: the first partition begins it, further ones join, known ones cost nothing") {
  const ProducerIdAndEpoch producer{77, 4};
  const auto first = decide_add(in_state(TransactionState::complete_commit),
                                add(producer, {payments}), sim_time(20s));
  REQUIRE(first.next);
  CHECK(first.next->state == TransactionState::ongoing);
  CHECK(first.next->started == sim_time(20s));
  const auto second = decide_add(*first.next, add(producer, {orders}), sim_time(25s));
  REQUIRE(second.next);
  CHECK(second.next->partitions == std::set<TopicPartition>{orders, payments});
  CHECK(second.next->started == sim_time(20s));
  const auto again = decide_add(*second.next, add(producer, {payments}), sim_time(26s));
  CHECK_FALSE(again.next);
  CHECK(again.error == Error::none);
}

TEST_CASE("transactions: while it is being ended everybody has to wait") {
  for (const auto state : {TransactionState::prepare_commit, TransactionState::prepare_abort}) {
    const TransactionMetadata known = in_state(state);
    CHECK(decide_init(known, init(), no_id).error == Error::concurrent_transactions);
    CHECK(decide_add(known, add({77, 4}, {orders}), {}).error == Error::concurrent_transactions);
    const bool commits = state == TransactionState::prepare_commit;
    CHECK(decide_end(known, end({77, 3}, commits)).error == Error::concurrent_transactions);
    CHECK(decide_end(known, end({77, 3}, !commits)).error == Error::invalid_txn_state);
  }
}

TEST_CASE(
    "transactions: the end takes another epoch, and a repeated request is answered as before") {
  for (const bool commit : {true, false}) {
    const auto decision = decide_end(in_state(TransactionState::ongoing), end({77, 4}, commit));
    REQUIRE(decision.next);
    CHECK(decision.next->producer == ProducerIdAndEpoch{77, 5});
    CHECK(decision.next->commits() == commit);
    const TransactionMetadata done = completed(*decision.next);
    CHECK(done.partitions.empty());
    const auto again = decide_end(done, end({77, 4}, commit));
    CHECK(again.error == Error::none);
    CHECK(again.producer == ProducerIdAndEpoch{77, 5});
    CHECK_FALSE(again.next);
    CHECK(decide_end(done, end({77, 4}, !commit)).error == Error::invalid_txn_state);
  }
}

TEST_CASE("transactions: nothing open can be aborted but not committed") {
  for (const auto state : {TransactionState::empty, TransactionState::complete_commit,
                           TransactionState::complete_abort}) {
    CHECK(decide_end(in_state(state), end({77, 4}, true)).error == Error::invalid_txn_state);
    const auto decision = decide_end(in_state(state), end({77, 4}, false));
    REQUIRE(decision.next);
    CHECK(decision.next->producer == ProducerIdAndEpoch{77, 5});
  }
}

TEST_CASE("transactions: the time-out counts from the first partition; a late commit is refused") {
  const TransactionMetadata known = in_state(TransactionState::ongoing);
  CHECK_FALSE(decide_timeout(known, sim_time(69s)).next);
  CHECK_FALSE(decide_timeout(in_state(TransactionState::empty), sim_time(900s)).next);
  const auto decision = decide_timeout(known, sim_time(70s));
  REQUIRE(decision.next);
  CHECK(decision.next->state == TransactionState::prepare_abort);
  const TransactionMetadata done = completed(*decision.next);
  CHECK(decide_end(done, end({77, 4}, true)).error == Error::invalid_txn_state);
  const auto abort = decide_end(done, end({77, 4}, false));
  CHECK(abort.error == Error::none);
  CHECK(abort.producer.epoch == 5);
}

TEST_CASE("transactions: what is kept in the log reads back the same") {
  TransactionMetadata known = in_state(TransactionState::prepare_commit);
  known.partitions = {payments, orders, {"a-b-2", 10}, {"__consumer_offsets", 12}};
  CHECK(decode_transaction("shop", encode(known)) == known);
  CHECK(decode_transaction("shop", encode(completed(known))) == completed(known));
  for (const char* wrong : {"", "{}", "[]", R"({"state":"Ongoing"})"})
    CHECK_FALSE(decode_transaction("shop", wrong).has_value());
  std::string text = encode(known);
  text.replace(text.find("PrepareCommit"), 13, "PrepareLunch!");
  CHECK_FALSE(decode_transaction("shop", text).has_value());
}
