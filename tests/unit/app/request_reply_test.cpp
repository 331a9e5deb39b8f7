// Questions over one topic and answers over another, in whole runs: each question ends once, by its
// answer or by its time, whoever crashes.
#include <map>

#include <doctest/doctest.h>

#include "tests/unit/app/pattern_run.h"

namespace eventarium::app {
namespace {

using Run = PatternRun;

std::string checkout(const std::string& keys, const std::string& question,
                     const std::string& pricing, const std::string& faults = "[]") {
  return "version: 1\nduration: 60s\ncluster: {brokers: 1}\n"
         "topics: [{name: orders, partitions: 2}, {name: questions}, {name: answers, partitions: "
         "3}]\n"
         "producers: [{name: shop, topic: orders, event: Order, key: \"{n}\", start: 7s, every: "
         "100ms, count: 100}]\n"
         "services:\n  - name: checkout\n    group: checkout\n    reads: [orders, answers]\n"
         "    commit: each\n    consumer_config: {auto.offset.reset: earliest, session.timeout.ms: "
         "6000}\n    " +
         keys +
         "\n    on:\n"
         "      - {event: Order, asks: [{topic: questions, event: Ask, reply_to: answers" +
         question +
         "}]}\n"
         "      - {event: Quote, does: [{effect: quoted, key: \"price of {key}\"}]}\n"
         "      - {unanswered: Ask, does: [{effect: listed, key: \"price of {key}\"}]}\n"
         "  - name: pricing\n    group: pricing\n    reads: questions\n    commit: each\n"
         "    consumer_config: {auto.offset.reset: earliest}\n"
         "    on: [{event: Ask, service_time: " +
         pricing + ", replies: [{event: Quote}]}]\nfaults: " + faults + "\n";
}

/// How often each order has got a price; and how many prices were the list's.
struct Prices {
  std::map<std::string, int> times;
  int listed = 0, twice = 0;
  explicit Prices(const Run& run) {
    for (const auto& event : run.recorder.all<trace::SideEffectDone>()) {
      const auto& done = *event.as<trace::SideEffectDone>();
      listed += done.effect == "listed";
      twice += ++times[done.idempotency_key] == 2;
    }
  }
};

}  // namespace

TEST_CASE("an answer is matched with its question, and takes as long as it takes") {
  const Run run(checkout("start: 0s", ", within: 2s", "30ms"));
  const auto matched = run.recorder.all<trace::ReplyMatched>();
  REQUIRE(matched.size() == 100);
  std::map<RecordId, std::string> keys;
  for (const auto& event : run.recorder.all<trace::RecordProduced>())
    keys[event.as<trace::RecordProduced>()->record] =
        event.as<trace::RecordProduced>()->partitionkey;
  for (const auto& event : matched) {
    const auto& body = *event.as<trace::ReplyMatched>();
    CHECK(keys.at(body.record) == keys.at(body.request));
    CHECK(body.took >= 30ms);
    CHECK(body.took < 500ms);
  }
  CHECK(run.count<trace::ReplyMissed>() == 0);
  CHECK(Prices(run).times.size() == 100);
}

TEST_CASE("each question ends once: by its answer, or when its time is over") {
  const Run run(checkout("start: 0s", ", within: 300ms", "{exponential: 90ms}"));
  const Prices prices(run);
  CHECK(prices.times.size() == 100);
  CHECK(prices.twice == 0);
  CHECK(prices.listed > 10);
  CHECK(prices.listed < 100);
  CHECK(run.count<trace::ReplyMissed>() == static_cast<std::size_t>(prices.listed));
  CHECK(run.count<trace::ReplyMatched>() + run.count<trace::ReplyMissed>() == 100);
  CHECK(run.count<trace::RecordSkipped>() == static_cast<std::size_t>(prices.listed));  // too late
  for (const auto& event : run.recorder.all<trace::ReplyMissed>())
    CHECK(event.as<trace::ReplyMissed>()->waited == 300ms);
}

TEST_CASE("with two instances the memory of one doesn't know the other's questions") {
  const Run memory(checkout("instances: 2", ", within: 1s", "5ms"));
  const Prices lost(memory);
  CHECK(lost.listed > 20);
  CHECK(lost.listed < 80);
  CHECK(lost.times.size() == 100);
  const Run database(
      checkout("instances: 2\n    pending_requests: database", ", within: 1s", "5ms"));
  CHECK(Prices(database).listed == 0);
  CHECK(Prices(database).times.size() == 100);
}

TEST_CASE("questions in the database outlive a crash, those in memory are forgotten") {
  const std::string crash = "[{at: 10050ms, do: crash, target: checkout, for: 500ms}]";
  const Run memory(checkout("start: 0s", ", within: 5s", "95ms", crash));
  CHECK(Prices(memory).times.size() < 100);
  for (Duration at = 10000ms; at < 10100ms; at += 9ms) {
    CAPTURE(at.count());
    const std::string then = "[{at: " + std::to_string(at.count() / 1'000'000) +
                             "ms, do: crash, target: checkout, for: 500ms}]";
    const Run run(checkout("pending_requests: database", ", within: 5s", "95ms", then));
    const Prices prices(run);
    CHECK(prices.times.size() == 100);
  }
}

TEST_CASE("another instance waits for what one that never comes back has asked") {
  const std::string gone =
      "[{at: 10050ms, do: crash, target: pricing}, {at: 10100ms, do: crash, target: checkout-1}]";
  const std::string keys = "instances: 2\n    pending_requests: database";
  const Run run(checkout(keys, ", within: 2s", "5ms", gone));
  CHECK(Prices(run).times.size() == 100);
  CHECK(Prices(run).twice == 0);
}

TEST_CASE("who waits for ever has no price from a pricing that is gone, and nothing says so") {
  const std::string gone = "[{at: 10s, do: crash, target: pricing}]";
  const Run run(checkout("start: 0s", "", "5ms", gone));
  CHECK(Prices(run).times.size() < 40);
  CHECK(run.count<trace::ReplyMissed>() == 0);
  const Run timed(checkout("start: 0s", ", within: 1s", "5ms", gone));
  CHECK(Prices(timed).times.size() == 100);
}

TEST_CASE("an answer whose handler fails leaves its question open, and its time ends it") {
  std::string yaml = checkout("start: 0s", ", within: 1s", "5ms");
  const std::string quote = "{event: Quote, does:";
  yaml.replace(yaml.find(quote), quote.size(),
               "{event: Quote, fails: {every: 10, times: 9}, does:");
  const Run run(yaml);
  const Prices prices(run);
  CHECK(prices.listed == 10);
  CHECK(prices.times.size() == 100);
  CHECK(prices.twice == 0);
}

}  // namespace eventarium::app
