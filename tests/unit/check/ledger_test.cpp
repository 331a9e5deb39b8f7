// Each number of the verdict, on each channel, at the moments where it could be wrong.
#include "sim/check/ledger.h"

#include <doctest/doctest.h>

#include "tests/unit/check/story.h"

namespace eventarium::check {
namespace {

using Ids = std::vector<std::uint64_t>;

TEST_CASE("Kafka: a record goes from produced to processed") {
  Story story;
  story.kafka({mailer, crm});
  story.produce(1);
  CHECK(story.ledger.verdict().produced.count == 1);
  CHECK(story.ledger.verdict().undelivered.count == 2);  // the website has it
  story.append(0, {1});
  CHECK(story.ledger.verdict().undelivered.count == 2);
  story.acknowledge({1});
  story.deliver(mailer, {1});
  story.finish(mailer, 1);
  const Verdict verdict = story.ledger.verdict();
  CHECK(verdict.acknowledged.count == 1);
  CHECK(verdict.delivered.count == 1);
  CHECK(verdict.processed.count == 1);
  CHECK(verdict.undelivered.count == 1);
  CHECK(numbers(verdict.undelivered) == Ids{1});
  CHECK(verdict.lost_acknowledged.count == 0);
  CHECK(story.ledger.verdict({.to = crm}).undelivered.count == 1);
  CHECK(story.ledger.verdict({.to = mailer}).undelivered.count == 0);
  CHECK(story.ledger.verdict({.topic = "orders"}).produced.count == 0);
  CHECK(story.ledger.verdict({.from = crm}).produced.count == 0);
}

TEST_CASE("Kafka: who begins at the end of the log is owed only what comes later") {
  Story story;
  story.kafka({mailer}, 2);
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  CHECK(numbers(story.ledger.verdict().undelivered) == Ids{3});
}

TEST_CASE("Kafka: what a later reset jumps over is skipped, unless the position goes back") {
  Story story;
  story.kafka({mailer, crm});
  for (std::uint64_t n = 1; n <= 4; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.tell(mailer, trace::RecordsDelivered{ids({1}), "signups", 0, 0, 1});
  story.tell(mailer, trace::PositionReset{"signups", 0, "latest", 3});
  story.append(3, {4});
  Verdict verdict = story.ledger.verdict({.to = mailer});
  CHECK(numbers(verdict.skipped) == Ids{2, 3});
  CHECK(numbers(verdict.undelivered) == Ids{4});
  CHECK(story.ledger.verdict().undelivered.count == 1 + 4);  // crm has skipped nothing
  story.tell(mailer, trace::PositionReset{"signups", 0, "truncation", 2});
  verdict = story.ledger.verdict({.to = mailer});
  CHECK(numbers(verdict.skipped) == Ids{2});
  CHECK(numbers(verdict.undelivered) == Ids{3, 4});
  story.tell(mailer, trace::PositionReset{"signups", 0, "earliest", 0});
  CHECK(story.ledger.verdict().skipped.count == 0);
}

TEST_CASE("Kafka: an acknowledged record that leaves every log is lost") {
  Story story;
  story.kafka({mailer});
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2});
  story.acknowledge({1, 2});
  CHECK(story.ledger.verdict().lost_acknowledged.count == 0);
  story.append(1, {3});  // the unflushed end was lost; the log goes on from offset 1
  CHECK(numbers(story.ledger.verdict().lost_acknowledged) == Ids{2});
  CHECK(story.ledger.logs().partitions().begin()->second.log().log_end_offset() == 2);
}

TEST_CASE("Kafka: acks=0 is lost when the message is, not before") {
  Story story;
  story.kafka({mailer});
  story.produce(1);
  story.tell(website, trace::MessageSent{MessageId{7}, broker, "Produce", 100, ids({1})});
  story.acknowledge({1});
  CHECK(story.ledger.verdict().lost_acknowledged.count == 0);
  SUBCASE("lost on the way") {
    story.tell(website, trace::MessageLost{MessageId{7}, "broker-1 is down"});
    CHECK(story.ledger.verdict().lost_acknowledged.count == 1);
  }
  SUBCASE("in the broker's hands, then refused") {
    story.tell(broker, trace::MessageArrived{MessageId{7}});
    CHECK(story.ledger.verdict().lost_acknowledged.count == 0);
    story.tell(broker, trace::ProduceRefused{"signups", 0, ids({1}), "MESSAGE_TOO_LARGE"});
    CHECK(story.ledger.verdict().lost_acknowledged.count == 1);
  }
  SUBCASE("in the broker's hands, which crashes") {
    story.tell(broker, trace::MessageArrived{MessageId{7}});
    story.tell(broker, trace::NodeStopped{"crash"});
    CHECK(story.ledger.verdict().lost_acknowledged.count == 1);
  }
}

TEST_CASE("Kafka: who never got a position is owed what it would begin with") {
  const auto waiting = [](Story& story) { return numbers(story.ledger.verdict().undelivered); };
  Story story;
  story.tell(NodeId{}, trace::PartitionCreated{"signups", 0, broker, 0, {broker}, {broker}});
  const auto declare = [&](const std::string& reset) {
    story.tell(mailer, trace::SubscriptionDeclared{"signups", 0, "kafka", reset});
  };
  for (std::uint64_t n = 1; n <= 4; ++n) story.produce(n);
  SUBCASE("earliest, and none: everything") {
    std::string reset;
    SUBCASE("earliest") { reset = "earliest"; }
    SUBCASE("none") { reset = "none"; }
    declare(reset);
    story.append(0, {1, 2, 3, 4});
    CHECK(waiting(story) == Ids{1, 2, 3, 4});
    CHECK(story.ledger.verdict({.to = mailer}).undelivered.count == 4);
    CHECK(story.ledger.verdict({.to = crm}).undelivered.count == 0);
    story.tell(mailer, trace::PositionReset{"signups", 0, "earliest", 0});
    CHECK(waiting(story) == Ids{1, 2, 3, 4});
  }
  SUBCASE("latest: what was written since it first started; then its position decides") {
    declare("latest");
    story.append(0, {1});
    CHECK(story.ledger.verdict({.to = mailer}).undelivered.count == 0);
    story.tell(mailer, trace::NodeStarted{1});
    story.append(1, {2, 3});
    CHECK(story.ledger.verdict({.to = mailer}).undelivered.records == ids({2, 3, 4}));
    story.tell(mailer, trace::NodeStarted{2});  // again: it has wanted them since the first time
    story.append(3, {4});
    CHECK(waiting(story) == Ids{2, 3, 4});
    story.tell(mailer, trace::PositionReset{"signups", 0, "latest", 3});
    CHECK(waiting(story) == Ids{4});
  }
}

TEST_CASE("every record is failed, lost, waiting, or stored") {
  Story story;
  story.kafka({mailer, crm});
  for (std::uint64_t n = 1; n <= 4; ++n) story.produce(n);
  story.tell(website, trace::MessageSent{MessageId{7}, broker, "Produce", 100, ids({1, 2})});
  story.tell(website, trace::RecordsAcknowledged{ids({1}), "signups", 0, -1});  // acks=0
  Verdict verdict = story.ledger.verdict();
  CHECK(verdict.undelivered.count == 8);
  CHECK(verdict.lost_acknowledged.count == 0);
  story.tell(website, trace::SendFailed{ids({3}), "TimeoutException"});
  story.tell(website, trace::NodeStopped{"crash"});
  verdict = story.ledger.verdict();
  CHECK(numbers(verdict.failed) == Ids{3, 4});  // 4 was gone with the website
  CHECK(numbers(verdict.undelivered) == Ids{1, 2});
  SUBCASE("the message is lost") {
    story.tell(website, trace::MessageLost{MessageId{7}, "website lost power"});
    verdict = story.ledger.verdict();
    CHECK(numbers(verdict.failed) == Ids{2, 3, 4});
    CHECK(numbers(verdict.lost_acknowledged) == Ids{1});
    CHECK(verdict.undelivered.count == 0);
  }
  SUBCASE("it arrives, and its broker drops it with the connection of who has gone") {
    story.tell(broker, trace::MessageArrived{MessageId{7}});
    CHECK(numbers(story.ledger.verdict().undelivered) == Ids{1, 2});
    story.tell(broker, trace::ProduceDropped{"signups", 0, ids({1, 2})});
    verdict = story.ledger.verdict();
    CHECK(numbers(verdict.failed) == Ids{2, 3, 4});
    CHECK(numbers(verdict.lost_acknowledged) == Ids{1});
    CHECK(verdict.undelivered.count == 0);
  }
  SUBCASE("given up, and stored all the same") {
    story.tell(website, trace::SendFailed{ids({2}), "closed"});
    CHECK(numbers(story.ledger.verdict().undelivered) == Ids{1});
    story.tell(broker, trace::MessageArrived{MessageId{7}});
    story.append(0, {1, 2});
    verdict = story.ledger.verdict();
    CHECK(numbers(verdict.failed) == Ids{2, 3, 4});
    CHECK(numbers(verdict.undelivered) == Ids{1, 2});
    story.deliver(mailer, {1, 2});
    story.deliver(crm, {1, 2});
    CHECK(story.ledger.verdict().undelivered.count == 0);
  }
}

TEST_CASE("duplicates are counted by consumer, and only once each") {
  Story story;
  story.kafka({mailer, crm});
  story.produce(1);
  story.append(0, {1});
  story.deliver(mailer, {1});
  story.deliver(crm, {1});
  CHECK(story.ledger.verdict().duplicated.count == 0);
  story.deliver(mailer, {1});
  story.deliver(mailer, {1});
  CHECK(story.ledger.verdict().duplicated.count == 1);
  CHECK(story.ledger.verdict().delivered.count == 2);
  CHECK(story.ledger.verdict({.to = crm}).duplicated.count == 0);
}

TEST_CASE("order is per consumer and key; a second delivery is a duplicate, not disorder") {
  Story story;
  story.kafka({mailer, crm});
  story.produce(1, "ada");
  story.produce(2, "ada");
  story.produce(3, "bob");
  story.produce(4);
  story.produce(5);
  story.deliver(mailer, {2, 3});
  story.deliver(mailer, {1});
  story.deliver(crm, {3, 1, 2, 1});
  story.deliver(crm, {5, 4});  // no key, no promise
  const Verdict verdict = story.ledger.verdict();
  CHECK(verdict.out_of_order.count == 1);
  CHECK(numbers(verdict.out_of_order) == Ids{1});
  CHECK(story.ledger.verdict({.to = crm}).out_of_order.count == 0);
  CHECK(verdict.duplicated.count == 1);
}

TEST_CASE("direct call: who is left out of a call that was given up waits no longer") {
  Story story;
  story.subscribe("direct", {mailer, crm});
  story.produce(1);
  CHECK(story.ledger.verdict().undelivered.count == 2);
  story.deliver(mailer, {1});
  story.tell(website, trace::CallFailed{RecordId{1}, crm, "time-out", 1});
  story.tell(website, trace::SendFailed{ids({1}), "crm: time-out"});
  const Verdict verdict = story.ledger.verdict();
  CHECK(verdict.failed.count == 1);
  CHECK(verdict.undelivered.count == 0);
  CHECK(verdict.lost_acknowledged.count == 0);
}

TEST_CASE("queue: one receiver per record; handed to two people is a duplicate") {
  Story story;
  story.subscribe("queue", {mailer, crm});
  story.produce(1);
  story.produce(2);
  story.tell(broker, trace::QueueStored{RecordId{1}, 1});
  story.tell(broker, trace::QueueStored{RecordId{2}, 2});
  story.acknowledge({1, 2});
  CHECK(story.ledger.verdict().undelivered.count == 2);
  story.deliver(mailer, {1});
  CHECK(story.ledger.verdict().undelivered.count == 1);
  CHECK(story.ledger.verdict().duplicated.count == 0);
  story.deliver(crm, {1});
  CHECK(story.ledger.verdict().duplicated.count == 1);
  CHECK(story.ledger.verdict().delivered.count == 2);
  story.tell(broker, trace::QueueDeadLettered{RecordId{2}, 5});
  CHECK(numbers(story.ledger.verdict().dead_lettered) == Ids{2});
  CHECK(story.ledger.verdict().undelivered.count == 0);
}

TEST_CASE("broadcast: nothing is promised to those who are not connected") {
  Story story;
  story.subscribe("broadcast", {mailer, crm});
  story.produce(1);
  story.tell(broker, trace::BroadcastSent{RecordId{1}, {mailer}});
  story.tell(broker, trace::MessageSent{MessageId{1}, mailer, "Broadcast", 10, ids({1})});
  story.acknowledge({1});
  CHECK(story.ledger.verdict().undelivered.count == 1);
  CHECK(story.ledger.verdict().lost_acknowledged.count == 0);
  SUBCASE("delivered") {
    story.tell(mailer, trace::MessageArrived{MessageId{1}});
    story.deliver(mailer, {1});
    CHECK(story.ledger.verdict().undelivered.count == 0);
    CHECK(story.ledger.verdict().lost_acknowledged.count == 0);
  }
  SUBCASE("lost on its way to a listener") {
    story.tell(broker, trace::MessageLost{MessageId{1}, "mailer is down"});
    CHECK(story.ledger.verdict().undelivered.count == 0);
    CHECK(story.ledger.verdict().lost_acknowledged.count == 1);
  }
}

TEST_CASE("storm 496:6: what a share group passes after the last delivery in vain was archived") {
  Story story;
  story.kafka({mailer});
  for (const std::uint64_t n : {1, 2, 3}) story.produce(n);
  story.append(0, {1, 2, 3});
  const auto hand_out = [&](std::uint64_t n, std::uint64_t delivery, const char* outcome) {
    story.tell(broker,
               trace::RecordsAcquired{"work", "signups", 0, static_cast<std::int64_t>(n) - 1,
                                      ids({n}), mailer, delivery, 30s, 2});
    story.deliver(mailer, {n});
    story.finish(mailer, n, outcome);
  };
  hand_out(1, 2, "failed");
  hand_out(2, 2, "ok");
  hand_out(3, 2, "failed");
  CHECK(story.ledger.verdict().dead_lettered.count == 0);
  // Its leader has died over it; the next one begins behind the first two.
  story.tell(second, trace::ShareStartAdvanced{"work", "signups", 0, 2});
  CHECK(numbers(story.ledger.verdict().dead_lettered) == Ids{1});
}

TEST_CASE("a failed handler has processed nothing") {
  Story story;
  story.kafka({mailer});
  story.produce(1);
  story.deliver(mailer, {1});
  story.finish(mailer, 1, "failed");
  CHECK(story.ledger.verdict().processed.count == 0);
  story.finish(mailer, 1, "ignored");
  CHECK(story.ledger.verdict().processed.count == 1);
}

TEST_CASE("percentiles are exact, by nearest rank") {
  CHECK(percentiles({}).samples == 0);
  CHECK(!percentiles({}).p50);
  CHECK(*percentiles({3ms}).p99 == 3ms);
  CHECK(*percentiles({2ms, 1ms}).p50 == 1ms);
  std::vector<Duration> hundred;
  for (int i = 100; i >= 1; --i) hundred.push_back(std::chrono::milliseconds(i));
  CHECK(*percentiles(hundred).p50 == 50ms);
  CHECK(*percentiles(hundred).p95 == 95ms);
  CHECK(*percentiles(hundred).p99 == 99ms);
}

TEST_CASE("latency runs from publication to the first delivery and the first processing") {
  Story story;
  story.kafka({mailer});
  story.produce(1);
  story.now += 5ms;
  story.deliver(mailer, {1});
  story.now += 2ms;
  story.finish(mailer, 1);
  story.now += 1s;
  story.deliver(mailer, {1});
  story.finish(mailer, 1);
  CHECK(*story.ledger.latency(Ledger::Milestone::delivered).p50 == 5ms);
  CHECK(*story.ledger.latency(Ledger::Milestone::processed, {.to = mailer}).p50 == 7ms);
  CHECK(story.ledger.latency(Ledger::Milestone::delivered, {.to = crm}).samples == 0);
}

TEST_CASE("events about records that were never published are survived") {
  Story story;
  story.deliver(mailer, {99});
  story.acknowledge({99});
  story.finish(mailer, 99);
  story.append(5, {99});
  story.append(2, {98});
  CHECK(story.ledger.verdict().produced.count == 0);
  CHECK(story.ledger.verdict().delivered.count == 0);
}

TEST_CASE("acks=1: what only the old leader had is lost when another takes over, and it says why") {
  Story story;
  story.kafka({mailer}, 0, {broker, second});
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2});
  story.append_at(second, 0, {1});
  story.now = sim_time(1s);
  story.acknowledge({1, 2});
  story.tell(broker, trace::NodeStopped{"crash"});
  CHECK(story.ledger.losses().empty());
  story.now = sim_time(9s);
  story.elect(second, 1, {second});
  story.take(second, 1);
  std::vector<LossReport> losses = story.ledger.losses();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].record == RecordId{2});
  CHECK(losses[0].offset == 1);
  CHECK(losses[0].acknowledged == sim_time(1s));
  CHECK(losses[0].last_leader == broker);
  CHECK(losses[0].new_leader == second);
  CHECK(losses[0].sealed_by == EventId{story.last});
  CHECK(!losses[0].cut_by.valid());
  CHECK(losses[0].why ==
        "sub-2 was acknowledged to website at 00:01.000 at offset 1 of signups-0; broker-1 had it "
        "in its log. broker-2 became the leader at 00:09.000 without it: it had not copied it yet, "
        "and acks=1 does not wait for that");
  story.tell(broker, trace::LogTruncated{"signups", 0, 1, ids({2}), "diverging epoch"});
  losses = story.ledger.losses();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].cut_by == EventId{story.last});
  CHECK(losses[0].why.ends_with("broker-1 cut off it at 00:09.000 (diverging epoch)"));
  SUBCASE("sent again it isn't lost any more") {
    story.append_at(second, 1, {2}, false);
    CHECK(story.ledger.losses().empty());
  }
  SUBCASE("the other records are none the worse") {
    CHECK(numbers(story.ledger.verdict().undelivered) == Ids{1, 3});
    CHECK(numbers(story.ledger.verdict().stored) == Ids{1});
  }
}

TEST_CASE("a partition without a leader has lost nothing that an eligible replica still holds") {
  Story story;
  story.kafka({mailer}, 0, {broker, second});
  story.produce(1);
  story.append(0, {1});
  story.append_at(second, 0, {1});
  story.acknowledge({1});
  story.tell(broker, trace::NodeStopped{"power_loss"});
  story.elect({}, 1, {second});
  story.tell(broker, trace::LogTruncated{"signups", 0, 0, ids({1}), "power loss"});
  CHECK(story.ledger.verdict().lost_acknowledged.count == 0);
  CHECK(story.ledger.verdict().undelivered.count == 1);
  story.tell(second, trace::LogTruncated{"signups", 0, 0, ids({1}), "power loss"});
  CHECK(story.ledger.verdict().lost_acknowledged.count == 1);
  CHECK(story.ledger.verdict().undelivered.count == 0);
}

TEST_CASE("an unclean election loses what the winner lacks, although others hold it") {
  Story story;
  story.kafka({mailer}, 0, {broker, second});
  story.produce(1);
  story.append(0, {1});
  story.acknowledge({1});
  story.elect({}, 1, {broker});
  CHECK(story.ledger.losses().empty());
  story.elect(second, 2, {second}, true);
  CHECK(story.ledger.losses().empty());
  story.take(second, 2);
  REQUIRE(story.ledger.losses().size() == 1);
  CHECK(story.ledger.losses()[0].why.find("unclean election") != std::string::npos);
}

TEST_CASE("what retention deletes has expired for who had yet to read it, and is not lost") {
  Story story;
  story.kafka({mailer, crm});
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.acknowledge({1, 2, 3});
  story.deliver(mailer, {1, 2});
  story.deliver(crm, {1});
  story.tell(broker, trace::LogStartAdvanced{"signups", 0, 2, ids({1, 2}), "retention.ms"});
  const Verdict verdict = story.ledger.verdict();
  CHECK(verdict.expired.count == 1);
  CHECK(numbers(verdict.expired) == Ids{2});
  CHECK(verdict.lost_acknowledged.count == 0);
  CHECK(numbers(verdict.undelivered) == Ids{3});
  CHECK(story.ledger.verdict({.to = mailer}).expired.count == 0);
}

TEST_CASE("what retention deletes and nobody was to read has expired all the same, once") {
  Story story;
  story.kafka({});
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.acknowledge({1, 2, 3});
  story.tell(crm, trace::PositionReset{"signups", 0, "latest", 2});  // begins after 1 and 2
  CHECK(story.ledger.verdict().expired.count == 0);
  story.tell(broker, trace::LogStartAdvanced{"signups", 0, 2, ids({1, 2}), "retention.ms"});
  Verdict verdict = story.ledger.verdict();
  CHECK(verdict.expired.count == 2);
  CHECK(numbers(verdict.expired) == Ids{1, 2});
  CHECK(story.ledger.verdict({.to = crm}).expired.count == 0);
  story.deliver(mailer, {1});  // had it in its buffer
  verdict = story.ledger.verdict();
  CHECK(numbers(verdict.expired) == Ids{2});
  CHECK(numbers(verdict.delivered) == Ids{1});
}

TEST_CASE("event ids are told as they were given") {
  CountedTexts texts;
  for (const char* text : {"order-17", "order-018", "0", "00", "", "x", "a1b2", "sub-4294967295",
                           "12345678901234567890", "order-17"})
    CHECK(texts.text(texts.place(text)) == text);
}

}  // namespace
}  // namespace eventarium::check
