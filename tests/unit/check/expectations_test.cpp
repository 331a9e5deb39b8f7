// Expectations against a ledger: each comparison, each kind of value, and what can't be found.
#include "sim/check/expectations.h"

#include <doctest/doctest.h>

#include "tests/unit/check/story.h"

namespace eventarium::check {
namespace {

using scenario::Expectation;
using What = Expectation::What;
using Comparison = Expectation::Comparison;

Expectation expect(What what, double value, Comparison comparison = Comparison::equal) {
  Expectation expectation;
  expectation.what = what;
  expectation.value = value;
  expectation.comparison = comparison;
  return expectation;
}

Outcome evaluate(const Expectation& expectation, const Ledger& ledger) {
  return Evaluator(ledger).evaluate(expectation);
}

Story two_delivered() {
  Story story;
  story.kafka({mailer, crm});
  story.produce(1);
  story.produce(2);
  story.append(0, {1, 2});
  story.tell(broker, trace::HighWatermarkAdvanced{"signups", 0, 2});
  story.now += 10ms;
  story.deliver(mailer, {1, 2});
  story.tell(mailer, trace::SideEffectDone{RecordId{1}, "email", "email:1", "an email", 1});
  story.tell(mailer, trace::SideEffectDone{RecordId{1}, "email", "email:1", "an email", 2});
  return story;
}

TEST_CASE("every comparison, on both sides of its limit") {
  const Story story = two_delivered();
  const auto met = [&](Comparison comparison, double value) {
    return evaluate(expect(What::delivered, value, comparison), story.ledger).met;
  };
  CHECK((met(Comparison::equal, 2) && !met(Comparison::equal, 1)));
  CHECK((met(Comparison::less, 3) && !met(Comparison::less, 2)));
  CHECK((met(Comparison::at_most, 2) && !met(Comparison::at_most, 1)));
  CHECK((met(Comparison::more, 1) && !met(Comparison::more, 2)));
  CHECK((met(Comparison::at_least, 2) && !met(Comparison::at_least, 3)));
  Expectation between = expect(What::delivered, 1, Comparison::between);
  between.high = 2;
  CHECK(evaluate(between, story.ledger).met);
  between.value = between.high = 3;
  CHECK(!evaluate(between, story.ledger).met);
}

TEST_CASE("counts can be narrowed to a consumer, a producer, a topic") {
  const Story story = two_delivered();
  Expectation expectation = expect(What::delivered, 2);
  expectation.to = "mailer";
  CHECK(evaluate(expectation, story.ledger).met);
  expectation.to = "crm";
  CHECK(evaluate(expectation, story.ledger).actual == "0");
  expectation.to = "nobody";
  CHECK(evaluate(expectation, story.ledger).actual == "there is no node or group 'nobody'");
  expectation = expect(What::produced, 2);
  expectation.from = "website";
  CHECK(evaluate(expectation, story.ledger).met);
  expectation.topic = "orders";
  CHECK(evaluate(expectation, story.ledger).actual == "0");
}

TEST_CASE("side effects are counted with their repeats") {
  const Story story = two_delivered();
  Expectation expectation = expect(What::side_effects, 2);
  expectation.effect = "email";
  CHECK(evaluate(expectation, story.ledger).met);
  expectation.effect = "discount";
  CHECK(evaluate(expectation, story.ledger).actual == "0");
  CHECK(evaluate(expect(What::side_effects_repeated, 1), story.ledger).met);
}

TEST_CASE("latencies compare in seconds and are told in a person's unit") {
  const Story story = two_delivered();
  const auto outcome = evaluate(expect(What::latency_p99, 0.02, Comparison::less), story.ledger);
  CHECK(outcome.met);
  CHECK(outcome.actual == "10 ms");
  Expectation nobody = expect(What::latency_p50, 1, Comparison::less);
  nobody.to = "crm";
  CHECK(!evaluate(nobody, story.ledger).met);
  CHECK(evaluate(nobody, story.ledger).actual == "nothing was delivered");
}

TEST_CASE("offsets are those of the leader's log, one partition or all") {
  const Story story = two_delivered();
  Expectation expectation = expect(What::log_end_offset, 2);
  expectation.topic = "signups";
  CHECK(evaluate(expectation, story.ledger).met);
  expectation.partition = 0;
  CHECK(evaluate(expectation, story.ledger).met);
  expectation.what = What::high_watermark;
  CHECK(evaluate(expectation, story.ledger).met);
  expectation.partition = 1;
  CHECK(evaluate(expectation, story.ledger).actual == "there is no such partition");
}

TEST_CASE("what is said of partitions and of who is in charge") {
  Story story;
  story.kafka({}, 0, {broker, second, third}, 2);
  const auto actual = [&](What what, const std::string& topic = "signups") {
    Expectation expectation = expect(what, 0);
    expectation.topic = topic;
    return evaluate(expectation, story.ledger).actual;
  };
  CHECK(actual(What::leader) == "broker-1");
  CHECK(actual(What::isr_size) == "3");
  CHECK(actual(What::under_replicated_partitions) == "0");
  CHECK(actual(What::controller) == "none");
  story.now = sim_time(1s);
  story.tell(crm, trace::ControllerElected{2});
  CHECK(actual(What::controller) == "crm");
  story.elect(second, 1, {second, third});
  CHECK(actual(What::leader) == "broker-2");
  CHECK(actual(What::isr_size) == "2");
  CHECK(actual(What::replicas_size) == "3");
  CHECK(actual(What::partitions, "") == "1");
  CHECK(actual(What::under_replicated_partitions) == "1");
  story.elect({}, 2, {third});
  CHECK(actual(What::leader) == "none");
  CHECK(actual(What::offline_partitions) == "1");
  story.elect(broker, 3, {broker}, true);
  CHECK(actual(What::leader_changes) == "2");
  CHECK(actual(What::unclean_elections) == "1");
  CHECK(actual(What::unclean_elections, "orders") == "0");
  CHECK(actual(What::controller_changes) == "1");
  story.tell(crm, trace::NodeStopped{"crash"});
  CHECK(actual(What::controller) == "none");
  Expectation leader = expect(What::leader, 0);
  leader.topic = "signups";
  leader.name = "broker-1";
  CHECK(evaluate(leader, story.ledger).met);
  leader.name = "broker-2";
  CHECK(!evaluate(leader, story.ledger).met);
  CHECK(evaluate(expect(What::isr_size, 1), story.ledger).met);
  Expectation nowhere = expect(What::isr_size, 1);
  nowhere.topic = "orders";
  CHECK(!evaluate(nowhere, story.ledger).met);
}

TEST_CASE("what went wrong is counted") {
  Story story;
  story.kafka({mailer});
  for (std::uint64_t n = 1; n <= 4; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.tell(broker, trace::ProduceRefused{"signups", 0, ids({4}), "NOT_ENOUGH_REPLICAS"});
  story.tell(website, trace::SendFailed{ids({4}), "TimeoutException"});
  story.tell(mailer, trace::ConsumerFailed{"NoOffsetForPartitionException"});
  story.tell(broker, trace::LogStartAdvanced{"signups", 0, 1, ids({1}), "retention.ms"});
  story.tell(broker, trace::LogCompacted{"signups", 0, 3, ids({2}), 100});
  story.tell(broker, trace::LogTruncated{"signups", 0, 2, ids({3}), "power loss"});
  story.tell(NodeId{}, trace::InvariantViolated{"an offset is given once", "", {}, {}});
  for (const auto& [what, value] :
       {std::pair{What::refused, 1}, std::pair{What::client_errors, 2}, std::pair{What::expired, 1},
        std::pair{What::compacted, 1}, std::pair{What::truncated, 1},
        std::pair{What::invariants_violated, 1}, std::pair{What::log_start_offset, 1}}) {
    CAPTURE(static_cast<int>(what));
    Expectation expectation = expect(what, value);
    if (what == What::log_start_offset) expectation.topic = "signups";
    CHECK(evaluate(expectation, story.ledger).met);
  }
}

TEST_CASE("a stop lasts from the last partition given up to the next one, whoever's it is") {
  Story story;
  const auto take = [&](NodeId node, int partition) {
    story.tell(node, trace::PartitionAssigned{"mail", "signups", partition, 1});
  };
  const auto give_up = [&](NodeId node, int partition, const std::string& reason = "revoked") {
    story.tell(node, trace::PartitionRevoked{"mail", "signups", partition, reason});
  };
  const auto state = [&](const std::string& name) {
    story.tell(broker, trace::GroupStateChanged{.group = "mail", .state = name});
  };
  Expectation longest = expect(What::longest_stop, 0);
  longest.group = "mail";
  const auto says = [&] { return evaluate(longest, story.ledger).actual; };

  take(mailer, 0);
  take(mailer, 1);
  take(crm, 2);
  state("Stable");
  story.now += 5s;
  state("PreparingRebalance");
  give_up(mailer, 0);
  story.now += 1s;
  CHECK(says() == "0 ns");  // it has another one
  give_up(mailer, 1);
  story.now += 2s;
  state("PreparingRebalance");
  CHECK(says() == "2 s");  // and still counting
  story.now += 1s;
  take(mailer, 0);
  give_up(crm, 2);
  story.now += 500ms;
  story.tell(crm, trace::RebalanceEnded{"mail", "crm-1", 2, 0});
  story.now += 9s;
  state("PreparingRebalance");
  CHECK(says() == "9.5 s");  // told that others have to give up something first, crm waits on
  state("Stable");
  story.now += 9s;
  story.tell(broker, trace::GroupStateChanged{.group = "other", .state = "Stable"});
  CHECK(says() == "9.5 s");  // there is nothing for it
}

TEST_CASE("who closes, or whose process ends, has not been stopped by the group") {
  Story story;
  for (const NodeId node : {mailer, crm})
    story.tell(node, trace::PartitionAssigned{"mail", "signups", node == crm ? 1 : 0, 1});
  story.tell(broker, trace::GroupStateChanged{.group = "mail", .state = "Stable"});
  story.tell(crm, trace::PartitionRevoked{"mail", "signups", 1, "closed"});
  story.tell(mailer, trace::PartitionRevoked{"mail", "signups", 0, "revoked"});
  story.tell(mailer, trace::NodeStopped{});
  story.now += 10s;
  story.tell(crm, trace::PartitionAssigned{"mail", "signups", 1, 2});
  story.tell(mailer, trace::PartitionAssigned{"mail", "signups", 0, 2});
  Expectation longest = expect(What::longest_stop, 0);
  longest.group = "mail";
  CHECK(evaluate(longest, story.ledger).met);
}

TEST_CASE("several at one moment, of different producers and topics") {
  const Story story = two_delivered();
  Evaluator evaluator(story.ledger);
  Expectation of_crm = expect(What::delivered, 0);
  of_crm.to = "crm";
  CHECK(evaluator.evaluate(expect(What::delivered, 2)).met);
  CHECK(evaluator.evaluate(of_crm).met);
  CHECK(evaluator.evaluate(expect(What::undelivered, 2)).met);
  CHECK(evaluator.evaluate(expect(What::delivered, 2)).actual == "2");
}

}  // namespace
}  // namespace eventarium::check
