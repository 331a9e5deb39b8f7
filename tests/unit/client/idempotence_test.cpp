// The idempotent producer against scripted brokers: numbers, their order through retries, what it
// does when a number is refused or nobody knows what became of one.
#include <doctest/doctest.h>

#include "tests/unit/client/scripted_broker.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

using Numbers = std::vector<std::vector<std::int32_t>>;  // epoch, first sequence, records

Config idempotent(Config more = {}) {
  more.insert({{"enable.idempotence", "true"}, {"linger.ms", "0"}});
  return more;
}

/// One record each 1 ms from `from` on, each in a batch of its own.
void publish_apart(ScriptedCluster& cluster, Duration from, int count) {
  for (int i = 0; i < count; ++i) cluster.at(from + i * 1ms, [&] { cluster.publish(); });
}

}  // namespace

TEST_CASE("a producer id comes first, then sequences count from 0 in each partition") {
  ScriptedCluster cluster(idempotent());
  cluster.script.silent["InitProducerId"] = 1;  // nothing is sent without an id
  cluster.at(10ms, [&] {
    cluster.publish(0);
    cluster.publish(0);
    cluster.publish(1);
  });
  cluster.at(35s, [&] { cluster.publish(0); });
  cluster.run(29s);
  CHECK(cluster.script.produced.empty());
  cluster.run(10s);
  REQUIRE(cluster.script.produced.size() == 3);
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 2}, {0, 0, 1}, {0, 2, 1}});
  CHECK(cluster.script.produced[0].batch.producer.producer_id == 7);
  CHECK_FALSE(cluster.script.produced[0].batch.producer.transactional);
  const auto assigned = cluster.trace.all<trace::ProducerIdAssigned>();
  REQUIRE(assigned.size() == 1);
  CHECK(assigned[0].second.producer_id == 7);
  CHECK(assigned[0].second.reason == "start");
  CHECK(cluster.failures().empty());
}

TEST_CASE("without idempotence no id is asked for, and batches have no numbers") {
  ScriptedCluster cluster({{"enable.idempotence", "false"}, {"linger.ms", "0"}});
  cluster.at(10ms, [&] { cluster.publish(); });
  cluster.run(1s);
  REQUIRE(cluster.script.produced.size() == 1);
  CHECK_FALSE(cluster.script.produced[0].batch.producer.known());
  CHECK(cluster.script.count("InitProducerId") == 0);
}

TEST_CASE("InitProducerId is asked again after an error that may pass, and records wait") {
  ScriptedCluster cluster(idempotent());
  cluster.script.fails["InitProducerId"] = {Error::coordinator_load_in_progress,
                                            Error::coordinator_not_available};
  cluster.at(10ms, [&] { cluster.publish(); });
  cluster.run(2s);
  CHECK(cluster.script.count("InitProducerId") == 3);
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 1}});
}

TEST_CASE("a batch of which the broker has a copy counts as sent") {
  ScriptedCluster cluster(idempotent());
  cluster.script.fails["Produce"] = {Error::duplicate_sequence_number};
  cluster.at(10ms, [&] { cluster.publish(); });
  cluster.run(1s);
  const auto acknowledged = cluster.trace.all<trace::RecordsAcknowledged>();
  REQUIRE(acknowledged.size() == 1);
  CHECK(acknowledged[0].second.base_offset == -1);
  CHECK(cluster.script.count("Produce") == 1);
}

TEST_CASE("five in flight, the first refused, the others for their order: none lost, order kept") {
  ScriptedCluster cluster(idempotent());
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.at(190ms, [&] {
    cluster.engine.set_latency(NodeId{0}, 10ms);
    cluster.script.fails["Produce"] = {Error::not_enough_replicas};
    for (int i = 0; i < 4; ++i)
      cluster.script.fails["Produce"].push_back(Error::out_of_order_sequence_number);
  });
  publish_apart(cluster, 200ms, 6);
  cluster.run(2s);
  const Numbers numbers = cluster.script.numbers();
  REQUIRE(numbers.size() == 12);
  for (std::int32_t i = 0; i < 6; ++i) CHECK(numbers[static_cast<std::size_t>(i)][1] == i);
  // The sixth batch had no room in flight and was sent last; what was refused came in order.
  for (std::int32_t i = 1; i < 7; ++i) CHECK(numbers[static_cast<std::size_t>(i) + 5][1] == i);
  CHECK(cluster.trace.all<trace::SendRetried>().size() == 5);
  CHECK(cluster.failures().empty());
  CHECK(cluster.producer().pending() == 0);
  CHECK(cluster.trace.all<trace::ProducerIdAssigned>().size() == 1);
}

TEST_CASE("while the first batch is being retried only the lowest number goes out") {
  ScriptedCluster cluster(idempotent());
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.at(190ms, [&] { cluster.script.silent["Produce"] = 3; });
  publish_apart(cluster, 200ms, 3);  // sequences 1, 2, 3, unanswered
  cluster.at(300ms, [&] { cluster.engine.stop(NodeId{0}, engine::StopReason::crash); });
  cluster.at(301ms, [&] { cluster.engine.start(NodeId{0}); });
  cluster.at(302ms, [&] { cluster.script.silent["Produce"] = 0; });
  cluster.run(3s);
  const auto& produced = cluster.script.produced;
  REQUIRE(produced.size() == 7);
  for (std::size_t i = 4; i < 7; ++i)
    CHECK(produced[i].batch.producer.base_sequence == static_cast<std::int32_t>(i) - 3);
  // One after the other: each when the one before it was answered.
  CHECK(produced[5].at > produced[4].at);
  CHECK(produced[6].at > produced[5].at);
  CHECK(cluster.producer().pending() == 0);
}

TEST_CASE("a number refused although it is the next one: another epoch, numbers from 0") {
  ScriptedCluster cluster(idempotent());
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.at(190ms,
             [&] { cluster.script.fails["Produce"] = {Error::out_of_order_sequence_number}; });
  cluster.at(200ms, [&] { cluster.publish(); });
  cluster.at(500ms, [&] { cluster.publish(); });
  cluster.run(2s);
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}});
  const auto assigned = cluster.trace.all<trace::ProducerIdAssigned>();
  REQUIRE(assigned.size() == 2);
  CHECK(assigned[1].second.producer_epoch == 1);
  CHECK(assigned[1].second.reason.find("gap") != std::string::npos);
  CHECK(cluster.failures().empty());
}

TEST_CASE("a batch that fails for good leaves no gap: those in flight are numbered anew") {
  ScriptedCluster cluster(idempotent());
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.at(190ms, [&] {
    cluster.script.fails["Produce"] = {Error::invalid_record, Error::out_of_order_sequence_number};
  });
  cluster.at(200ms, [&] { cluster.publish(); });
  cluster.at(200ms + 50us, [&] { cluster.publish(); });
  cluster.run(2s);
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 1}, {0, 1, 1}, {0, 2, 1}, {1, 0, 1}});
  CHECK(cluster.failures() == std::vector<std::string>{"INVALID_RECORD"});
  CHECK(cluster.producer().pending() == 0);
}

TEST_CASE(
    "another epoch for one partition: the others go on with the old one until they are idle") {
  ScriptedCluster cluster(idempotent());
  cluster.at(100ms, [&] {
    cluster.publish(0);
    cluster.publish(1);
  });
  cluster.at(190ms, [&] { cluster.script.fails["Produce"] = {Error::invalid_record}; });
  cluster.at(200ms, [&] { cluster.publish(0); });
  cluster.at(300ms, [&] { cluster.publish(1); });
  cluster.at(400ms, [&] { cluster.publish(0); });
  cluster.run(2s);
  CHECK(cluster.script.numbers() == Numbers{{0, 0, 1}, {0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 0, 1}});
}

TEST_CASE("expired while it was being retried: nothing new goes out before that is resolved") {
  SUBCASE("no answer came: another epoch") {
    ScriptedCluster cluster(
        idempotent({{"delivery.timeout.ms", "2000"}, {"request.timeout.ms", "900"}}));
    cluster.at(100ms, [&] { cluster.publish(); });
    cluster.at(190ms, [&] { cluster.script.silent["Produce"] = 3; });
    cluster.at(200ms, [&] { cluster.publish(); });
    cluster.at(2150ms, [&] { cluster.publish(); });
    cluster.run(10s);
    REQUIRE(cluster.failures().size() == 1);
    CHECK(cluster.failures()[0].find("Expiring") != std::string::npos);
    CHECK(cluster.script.numbers().back() == std::vector<std::int32_t>{1, 0, 1});
    CHECK(cluster.trace.all<trace::ProducerIdAssigned>().size() == 2);
    CHECK(cluster.producer().pending() == 0);
  }
  SUBCASE("what was behind it is acknowledged, so it was stored: the numbers go on") {
    ScriptedCluster cluster(
        idempotent({{"delivery.timeout.ms", "2000"}, {"request.timeout.ms", "1995"}}));
    cluster.at(100ms, [&] { cluster.publish(); });
    cluster.at(190ms, [&] { cluster.script.fails["Produce"] = {Error::not_enough_replicas}; });
    cluster.at(200ms, [&] { cluster.publish(); });
    cluster.at(250ms, [&] { cluster.engine.set_latency(NodeId{0}, 970ms); });
    cluster.at(1230ms, [&] { cluster.publish(); });
    cluster.at(2205ms, [&] { cluster.publish(); });
    cluster.at(3100ms, [&] {
      CHECK(cluster.failures().size() == 1);
      CHECK(cluster.script.produced.size() == 4);  // the last one waits
      cluster.engine.set_latency(NodeId{0}, 1ms);
    });
    cluster.run(6s);
    CHECK(cluster.script.numbers() ==
          Numbers{{0, 0, 1}, {0, 1, 1}, {0, 1, 1}, {0, 2, 1}, {0, 3, 1}});
    CHECK(cluster.failures().size() == 1);
    CHECK(cluster.producer().pending() == 0);
  }
}

TEST_CASE("a batch that is too large is split, and its parts share its numbers") {
  ScriptedCluster cluster(idempotent({{"batch.size", "500"}}));
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.at(190ms, [&] { cluster.script.fails["Produce"] = {Error::message_too_large}; });
  cluster.at(200ms, [&] {
    for (int i = 0; i < 3; ++i) cluster.publish();
  });
  cluster.at(300ms, [&] { cluster.publish(); });
  cluster.run(2s);
  const Numbers numbers = cluster.script.numbers();
  std::vector<bool> accepted(5, false);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i == 1) continue;  // refused
    for (std::int32_t n = 0; n < numbers[i][2]; ++n) {
      const auto sequence = static_cast<std::size_t>(numbers[i][1] + n);
      REQUIRE(sequence < accepted.size());
      CHECK_FALSE(accepted[sequence]);
      accepted[sequence] = true;
    }
  }
  CHECK(accepted == std::vector<bool>(5, true));
  CHECK(cluster.producer().pending() == 0);
}

TEST_CASE("a refusal that names the new leader ends the back-off at once (KIP-951)") {
  for (const bool hinted : {true, false}) {
    CAPTURE(hinted);
    ScriptedCluster cluster(idempotent());
    cluster.at(100ms, [&] { cluster.publish(); });
    cluster.at(190ms, [&] {
      cluster.script.fails["Produce"] = {Error::not_leader_or_follower};
      if (hinted) cluster.script.hint = {NodeId{1}, 1};
    });
    cluster.at(200ms, [&] { cluster.publish(); });
    cluster.run(2s);
    const auto& produced = cluster.script.produced;
    REQUIRE(produced.size() == 3);
    CHECK(produced[2].broker == NodeId{hinted ? 1U : 0U});
    CHECK((produced[2].at - produced[1].at < 50ms) == hinted);
  }
}

TEST_CASE("a producer that starts again has another id, and counts from 0") {
  ScriptedCluster cluster(idempotent());
  cluster.at(100ms, [&] { cluster.publish(); });
  cluster.at(200ms, [&] { cluster.engine.stop(NodeId{2}, engine::StopReason::crash); });
  cluster.at(250ms, [&] { cluster.script.producer = {8, 0}; });
  cluster.at(300ms, [&] { cluster.engine.start(NodeId{2}); });
  cluster.at(400ms, [&] { cluster.publish(); });
  cluster.run(2s);
  REQUIRE(cluster.script.produced.size() == 2);
  CHECK(cluster.script.produced[1].batch.producer.producer_id == 8);
  CHECK(cluster.script.produced[1].batch.producer.base_sequence == 0);
}
