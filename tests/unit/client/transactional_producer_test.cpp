// Transactions as the producer sees them, against scripted brokers: the way from initTransactions
// to the end of a transaction, errors that only an abort repairs, and errors that nothing repairs.
#include "sim/client/transactional_producer.h"

#include <doctest/doctest.h>

#include "tests/unit/client/scripted_broker.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

using Heard = std::vector<std::string>;
using Numbers = std::vector<std::vector<std::int32_t>>;

Config transactional(Config more = {}) {
  more.insert({{"enable.idempotence", "true"}, {"transactional.id", "shop"}, {"linger.ms", "0"}});
  return more;
}

GroupPositions positions_of(const std::string& group, std::int64_t offset) {
  GroupPositions positions;
  positions.group = group;
  positions.generation = 3;
  positions.member_id = "member";
  positions.offsets[{"orders", 0}] = {offset, 0};
  return positions;
}

void begin(ScriptedCluster& cluster) { cluster.producer().begin_transaction(cluster.runtime()); }
void commit(ScriptedCluster& cluster) { cluster.producer().commit_transaction(cluster.runtime()); }
void abort(ScriptedCluster& cluster) {
  cluster.producer().abort_transaction(cluster.runtime(), "the test says so");
}

/// Begins and publishes one record at 100 ms.
void begin_with_a_record(ScriptedCluster& cluster) {
  cluster.at(100ms, [&] {
    begin(cluster);
    cluster.publish();
  });
}

}  // namespace

TEST_CASE("a transaction: coordinator, producer id, records, the end, and the next epoch") {
  ScriptedCluster cluster(transactional());
  cluster.at(50ms, [&] { CHECK(cluster.producer().can_begin()); });
  cluster.at(100ms, [&] {
    begin(cluster);
    CHECK(cluster.producer().in_transaction());
    cluster.publish();
    commit(cluster);  // what is buffered goes first
    CHECK_FALSE(cluster.producer().in_transaction());
    CHECK_FALSE(cluster.producer().can_begin());
  });
  cluster.at(200ms, [&] {
    begin(cluster);
    cluster.publish();
    commit(cluster);
  });
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "committed", "committed"});
  CHECK(cluster.script.ends == std::vector<bool>{true, true});
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 1}, {1, 0, 1}});  // from 0 in each transaction
  CHECK(cluster.script.produced[0].transactional_id == "shop");
  CHECK(cluster.script.produced[0].batch.producer.transactional);
  const auto begun = cluster.trace.all<trace::TransactionBegun>();
  REQUIRE(begun.size() == 2);
  CHECK(begun[1].second.producer_epoch == 1);
  CHECK(cluster.trace.all<trace::TransactionEndAsked>().size() == 2);
  const auto ended = cluster.trace.all<trace::TransactionEnded>();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].second.outcome == "committed");
  CHECK(cluster.trace.all<trace::ProducerIdAssigned>().size() == 3);
  // Acknowledged before the end was asked for.
  CHECK(cluster.trace.all<trace::RecordsAcknowledged>()[0].first.id <
        cluster.trace.all<trace::TransactionEndAsked>()[0].first.id);
}

TEST_CASE("an empty transaction is ended without asking anybody") {
  ScriptedCluster cluster(transactional());
  for (const bool commits : {true, false}) {
    cluster.at(commits ? 100ms : 200ms, [&cluster, commits] {
      begin(cluster);
      commits ? commit(cluster) : abort(cluster);
    });
  }
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "committed", "aborted"});
  CHECK(cluster.script.count("EndTxn") == 0);
  CHECK(cluster.trace.all<trace::TransactionEnded>()[1].second.reason == "the test says so");
}

TEST_CASE("aborting fails what was not sent, and waits for what was") {
  ScriptedCluster cluster(transactional({{"linger.ms", "1000"}}));
  begin_with_a_record(cluster);
  cluster.at(150ms, [&] { abort(cluster); });
  cluster.run(1s);
  CHECK(cluster.script.produced.empty());
  REQUIRE(cluster.failures().size() == 1);
  CHECK(cluster.failures()[0].find("TransactionAbortedException") == 0);
  CHECK(cluster.listener.heard == Heard{"ready", "aborted"});
  CHECK(cluster.script.ends == std::vector<bool>{false});

  ScriptedCluster sent(transactional());
  sent.script.fails["Produce"] = {Error::not_enough_replicas};
  begin_with_a_record(sent);
  sent.at(101ms, [&] { abort(sent); });
  sent.run(1s);
  CHECK(sent.failures().empty());
  CHECK(sent.script.numbers() == Numbers{{0, 0, 1}, {0, 0, 1}});
  CHECK(sent.listener.heard == Heard{"ready", "aborted"});
}

TEST_CASE("outside of a transaction nothing can be published") {
  ScriptedCluster cluster(transactional());
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.run(1s);
  REQUIRE(cluster.failures().size() == 1);
  CHECK(cluster.failures()[0].find("IllegalStateException") == 0);
  CHECK(cluster.producer().pending() == 0);
}

TEST_CASE("a failed send leaves only the abort; a commit becomes one, and the next one is fine") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["Produce"] = {Error::invalid_record};
  begin_with_a_record(cluster);
  cluster.at(200ms, [&] {
    CHECK(cluster.producer().must_abort());
    cluster.publish();  // not accepted any more
    commit(cluster);
  });
  cluster.at(400ms, [&] {
    begin(cluster);
    cluster.publish();
    commit(cluster);
  });
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "aborted", "committed"});
  CHECK(cluster.failures().size() == 2);
  CHECK(cluster.script.ends == std::vector<bool>{false, true});
  const auto ended = cluster.trace.all<trace::TransactionEnded>();
  CHECK(ended[0].second.reason.find("INVALID_RECORD") != std::string::npos);
  CHECK(cluster.script.numbers().back() == std::vector<std::int32_t>{1, 0, 1});
}

TEST_CASE("a send that fails during the commit turns it into an abort") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["Produce"] = {Error::out_of_order_sequence_number};
  cluster.at(100ms, [&] {
    begin(cluster);
    cluster.publish();
    commit(cluster);
  });
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "aborted"});
  CHECK(cluster.script.ends == std::vector<bool>{false});
}

TEST_CASE("positions go to the group's coordinator before the transaction ends") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["TxnOffsetCommit"] = {Error::coordinator_load_in_progress,
                                             Error::not_coordinator};
  begin_with_a_record(cluster);
  cluster.at(101ms, [&] {
    cluster.producer().send_offsets_to_transaction(cluster.runtime(), positions_of("g", 42));
    commit(cluster);
  });
  cluster.run(2s);
  CHECK(cluster.listener.heard == Heard{"ready", "committed"});
  REQUIRE(cluster.script.positions.size() == 3);
  CHECK(cluster.script.positions.back().at({"orders", 0}).offset == 42);
  CHECK(cluster.script.count("FindCoordinator") == 3);  // transaction; group; group again
  CHECK(cluster.script.asked.back().second == "EndTxn");
}

TEST_CASE("positions alone make a transaction that must be ended") {
  ScriptedCluster cluster(transactional());
  cluster.at(100ms, [&] {
    begin(cluster);
    cluster.producer().send_offsets_to_transaction(cluster.runtime(), positions_of("g", 42));
    commit(cluster);
  });
  cluster.run(1s);
  CHECK(cluster.script.ends == std::vector<bool>{true});
}

TEST_CASE(
    "storm 165:5: each partition's refusal is the same one: it aborts, the producer goes on") {
  for (const bool commits : {false, true}) {
    CAPTURE(commits);
    ScriptedCluster cluster(transactional());
    cluster.script.fails["TxnOffsetCommit"] = {Error::unknown_member_id, Error::unknown_member_id};
    cluster.at(100ms, [&] {
      begin(cluster);
      GroupPositions positions = positions_of("g", 42);
      positions.offsets[{"orders", 1}] = {7, 0};
      cluster.producer().send_offsets_to_transaction(cluster.runtime(), std::move(positions));
      if (commits) commit(cluster);
    });
    cluster.at(200ms, [&] {
      if (!commits) cluster.producer().abort_transaction(cluster.runtime(), "refused");
    });
    cluster.at(400ms, [&] {
      begin(cluster);
      cluster.publish();
      commit(cluster);
    });
    cluster.run(1s);
    CHECK(cluster.listener.heard == Heard{"ready", "aborted", "committed"});
  }
}

TEST_CASE(
    "a refusal of positions that comes when the transaction is being aborted changes nothing") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["TxnOffsetCommit"] = {Error::unknown_member_id};
  begin_with_a_record(cluster);
  cluster.at(101ms, [&] {
    cluster.producer().send_offsets_to_transaction(cluster.runtime(), positions_of("g", 42));
  });
  // Its answer is on the way.
  while (cluster.script.count("TxnOffsetCommit") == 0) cluster.run(10us);
  cluster.producer().abort_transaction(cluster.runtime(), "changed its mind");
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "aborted"});
}

TEST_CASE("positions of a member that is none any more: only the abort is left") {
  for (const Error error :
       {Error::illegal_generation, Error::unknown_member_id, Error::fenced_instance_id}) {
    ScriptedCluster cluster(transactional());
    cluster.script.fails["TxnOffsetCommit"] = {error};
    cluster.at(100ms, [&] {
      begin(cluster);
      cluster.producer().send_offsets_to_transaction(cluster.runtime(), positions_of("g", 42));
    });
    cluster.at(200ms, [&] {
      CHECK(cluster.producer().must_abort());
      abort(cluster);
    });
    cluster.run(1s);
    CHECK(cluster.listener.heard == Heard{"ready", "aborted"});
  }
}

TEST_CASE("row 35: fenced: on produce only the abort is left, and that finds out the truth") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["Produce"] = {Error::invalid_producer_epoch};
  cluster.script.fails["EndTxn"] = {Error::producer_fenced};
  begin_with_a_record(cluster);
  cluster.at(200ms, [&] {
    CHECK(cluster.producer().must_abort());
    CHECK(cluster.trace.all<trace::ProducerFenced>().empty());
    abort(cluster);
  });
  cluster.at(500ms, [&] {
    CHECK_FALSE(cluster.producer().can_begin());
    cluster.publish();
  });
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "failed: PRODUCER_FENCED"});
  const auto fenced = cluster.trace.all<trace::ProducerFenced>();
  REQUIRE(fenced.size() == 1);
  CHECK(fenced[0].second.error == "PRODUCER_FENCED");
  CHECK(cluster.failures().size() == 2);
  CHECK(cluster.producer().pending() == 0);
}

TEST_CASE("row 35: on commit and on sending positions it is fatal") {
  for (const char* label : {"EndTxn", "TxnOffsetCommit"}) {
    CAPTURE(label);
    ScriptedCluster cluster(transactional());
    cluster.script.fails[label] = {Error::invalid_producer_epoch};
    begin_with_a_record(cluster);
    cluster.at(101ms, [&] {
      cluster.producer().send_offsets_to_transaction(cluster.runtime(), positions_of("g", 42));
      commit(cluster);
    });
    cluster.run(1s);
    CHECK(cluster.listener.heard == Heard{"ready", "failed: PRODUCER_FENCED"});
    CHECK(cluster.trace.all<trace::ProducerFenced>().size() == 1);
  }
}

TEST_CASE("initTransactions waits while a former transaction is being ended") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["InitProducerId"] = {Error::concurrent_transactions,
                                            Error::concurrent_transactions};
  cluster.run(150ms);
  CHECK(cluster.listener.heard.empty());
  CHECK_FALSE(cluster.producer().can_begin());
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready"});
  CHECK(cluster.script.count("InitProducerId") == 3);
}

TEST_CASE("an EndTxn without an answer is sent again, to whoever is the coordinator then") {
  ScriptedCluster cluster(transactional({{"request.timeout.ms", "1000"}}));
  cluster.script.fails["EndTxn"] = {Error::not_coordinator, Error::concurrent_transactions};
  begin_with_a_record(cluster);
  cluster.at(200ms, [&] {
    cluster.script.silent["FindCoordinator"] = 1;
    commit(cluster);
  });
  cluster.run(5s);
  CHECK(cluster.listener.heard == Heard{"ready", "committed"});
  CHECK(cluster.script.count("EndTxn") == 3);
  CHECK(cluster.trace.all<trace::TransactionEndAsked>().size() == 1);
}

TEST_CASE("what nothing repairs is said once: a time-out that the broker doesn't grant") {
  ScriptedCluster cluster(transactional());
  cluster.script.fails["InitProducerId"] = {Error::invalid_transaction_timeout};
  cluster.run(5s);
  CHECK(cluster.listener.heard == Heard{"failed: INVALID_TRANSACTION_TIMEOUT"});
  CHECK(cluster.script.count("InitProducerId") == 1);
  CHECK(cluster.trace.all<trace::ClientWarning>().size() == 1);
}

TEST_CASE("closing inside a transaction aborts it when nothing is in flight") {
  ScriptedCluster cluster(transactional());
  begin_with_a_record(cluster);
  cluster.at(300ms, [&] { cluster.engine.stop(NodeId{2}, engine::StopReason::clean); });
  cluster.run(1s);
  CHECK(cluster.script.ends == std::vector<bool>{false});
}

TEST_CASE("a producer that comes back begins at initTransactions") {
  ScriptedCluster cluster(transactional());
  begin_with_a_record(cluster);
  cluster.at(300ms, [&] { cluster.engine.stop(NodeId{2}, engine::StopReason::crash); });
  cluster.at(350ms, [&] { cluster.script.producer.epoch = 2; });
  cluster.at(400ms, [&] { cluster.engine.start(NodeId{2}); });
  cluster.at(600ms, [&] {
    begin(cluster);
    cluster.publish();
    commit(cluster);
  });
  cluster.run(1s);
  CHECK(cluster.listener.heard == Heard{"ready", "ready", "committed"});
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 1}, {2, 0, 1}});
}
