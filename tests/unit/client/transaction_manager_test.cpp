// What a producer decides about its batches' numbers and its transaction, without a network.
#include "sim/client/transaction_manager.h"

#include <limits>

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using Manager = TransactionManager;

namespace {

constexpr std::int32_t last_sequence = std::numeric_limits<std::int32_t>::max();

BatchPtr batch_of(std::size_t records, std::int32_t partition = 0) {
  auto batch = std::make_shared<ProducerBatch>();
  batch->tp = {"t", partition};
  batch->capacity_bytes = 1'000'000;
  for (std::size_t i = 0; i < records; ++i) batch->try_append(test::make_record(i + 1));
  return batch;
}

Manager ready_manager(const Config& config, ProducerIdAndEpoch producer = {7, 0}) {
  Manager manager(make_producer_options(config));
  manager.initialize();
  manager.got_producer_id(producer);
  return manager;
}

const Config idempotent{{"enable.idempotence", "true"}};
const Config transactional{{"enable.idempotence", "true"}, {"transactional.id", "shop"}};

}  // namespace

TEST_CASE("sequences: after 2^31-1 comes 0") {
  CHECK(sequence_after(last_sequence, 1) == 0);
  CHECK(sequence_after(last_sequence - 1, 3) == 1);
  CHECK(sequence_after(0, 5) == 5);
}

TEST_CASE("sequences: of batches to be sent again only the first may go") {
  Manager manager = ready_manager(idempotent);
  const BatchPtr a = batch_of(2), b = batch_of(1), other = batch_of(1, 1);
  for (const BatchPtr& batch : {a, b, other}) {
    CHECK(manager.may_drain(*batch));
    manager.number(batch);
  }
  CHECK(b->stamp.base_sequence == 2);
  CHECK(manager.may_drain(*a));
  CHECK_FALSE(manager.may_drain(*b));
  CHECK(manager.may_drain(*other));
  manager.number(a);  // keeps its number
  CHECK(a->stamp.base_sequence == 0);
  manager.acknowledged(a);
  CHECK(manager.may_drain(*b));
}

TEST_CASE("sequences: nothing goes without a producer id") {
  Manager manager(make_producer_options(idempotent));
  CHECK_FALSE(manager.may_drain(*batch_of(1)));
}

TEST_CASE("sequences: refused out of order is retried unless it was the one expected next") {
  Manager manager = ready_manager(idempotent);
  const BatchPtr a = batch_of(1), b = batch_of(1);
  manager.number(a);
  manager.number(b);
  CHECK(manager.can_retry(*b, Error::out_of_order_sequence_number));
  CHECK_FALSE(manager.bump_epoch());
  CHECK(manager.can_retry(*a, Error::out_of_order_sequence_number));
  CHECK(manager.bump_epoch());  // nobody is before it: there is a gap
  CHECK(manager.producer() == ProducerIdAndEpoch{7, 1});
  CHECK(a->stamp == ProducerStamp{7, 0, 1, false, Control::none});
  CHECK(b->stamp == ProducerStamp{7, 1, 1, false, Control::none});
  CHECK(manager.can_retry(*b, Error::out_of_order_sequence_number));  // numbered anew: sent again
  CHECK_FALSE(manager.bump_epoch());
  CHECK_FALSE(manager.can_retry(*b, Error::invalid_record));
}

TEST_CASE("sequences: inside a transaction a gap is closed, or the transaction is over") {
  Manager manager = ready_manager(transactional);
  manager.begin();
  const BatchPtr a = batch_of(2), b = batch_of(1);
  manager.number(a);
  manager.number(b);
  CHECK_FALSE(manager.can_retry(*a, Error::out_of_order_sequence_number));
  manager.failed(a, Error::invalid_record, true);
  CHECK(manager.state() == Manager::State::abortable_error);
  CHECK(b->stamp.base_sequence == 0);
  CHECK_FALSE(manager.bump_epoch());  // the coordinator gives the next one
}

TEST_CASE("epochs: when none is left the producer asks for another id") {
  constexpr std::int16_t last = std::numeric_limits<std::int16_t>::max();
  Manager manager = ready_manager(idempotent, {7, last});
  const BatchPtr a = batch_of(1);
  manager.number(a);
  manager.failed(a, Error::invalid_record, true);
  CHECK_FALSE(manager.bump_epoch());
  CHECK_FALSE(manager.has_producer_id());
  CHECK(manager.next(true) == Manager::Ask::init_producer_id);
  CHECK_FALSE(manager.may_drain(*batch_of(1)));
}

TEST_CASE("answers: what they mean for the one who asked") {
  using Ask = Manager::Ask;
  using Reaction = Manager::Reaction;
  const auto means = Manager::reaction_to;
  CHECK(means(Ask::end_transaction, Error::none) == Reaction::done);
  CHECK(means(Ask::end_transaction, Error::concurrent_transactions) == Reaction::retry);
  CHECK(means(Ask::end_transaction, Error::not_coordinator) == Reaction::find_again);
  CHECK(means(Ask::end_transaction, Error::invalid_txn_state) == Reaction::fatal);
  CHECK(means(Ask::end_transaction, Error::transaction_abortable) == Reaction::abortable);
  CHECK(means(Ask::init_producer_id, Error::coordinator_load_in_progress) == Reaction::retry);
  CHECK(means(Ask::init_producer_id, Error::producer_fenced) == Reaction::fatal);
  CHECK(means(Ask::find_group_coordinator, Error::coordinator_not_available) == Reaction::retry);
  CHECK(means(Ask::commit_positions, Error::illegal_generation) == Reaction::abortable);
  CHECK(means(Ask::commit_positions, Error::unknown_topic_or_partition) == Reaction::retry);
}
