// Handlers that fail, in whole runs: each way of dealing with it, what waits for what, and that a
// crash while a copy is being published loses nothing.
#include <doctest/doctest.h>

#include "tests/unit/app/pattern_run.h"

namespace eventarium::app {
namespace {

using Run = PatternRun;

std::string mailer(const std::string& on_failure, const std::string& fails,
                   const std::string& faults = "[]") {
  return "version: 1\nduration: 60s\ncluster: {brokers: 1}\n"
         "topics: [{name: orders, partitions: 1}]\n"
         "producers: [{name: shop, topic: orders, event: Order, start: 6s, every: 500ms, count: "
         "20}]\n"
         "services:\n  - name: mailer\n    group: g\n    reads: orders\n    commit: each\n"
         "    on_failure: " +
         on_failure +
         "\n    consumer_config: {auto.offset.reset: earliest}\n"
         "    on: [{event: Order, service_time: 5ms, fails: " +
         fails + ", does: [letter]}]\nfaults: " + faults + "\n";
}

/// When the record's processing has begun, each time.
std::vector<SimTime> attempts_at(const Run& run, RecordId record) {
  std::vector<SimTime> times;
  for (const auto& event : run.recorder.all<trace::ProcessingStarted>())
    if (event.as<trace::ProcessingStarted>()->record == record) times.push_back(event.t);
  return times;
}

TEST_CASE("a retry in place keeps its pauses, and everything behind it waits") {
  const Run run(mailer("retry", "{every: 10, times: 2}"));
  CHECK(run.count<trace::SideEffectDone>() == 20);
  CHECK(run.verdict().put_aside.count == 0);
  CHECK(run.verdict().out_of_order.count == 0);
  const auto failed = run.recorder.all<trace::ProcessingFinished>();
  RecordId record{};
  for (const auto& event : failed)
    if (event.as<trace::ProcessingFinished>()->outcome == "failed")
      record = event.as<trace::ProcessingFinished>()->record;
  const auto at = attempts_at(run, record);
  REQUIRE(at.size() == 3);
  CHECK(at[1] - at[0] == 1s + 5ms);
  CHECK(at[2] - at[1] == 2s + 5ms);
  for (const auto& event : run.recorder.all<trace::ProcessingStarted>())
    CHECK((event.t <= at[0] || event.t >= at[2] ||
           event.as<trace::ProcessingStarted>()->record == record));
}

TEST_CASE("with skip what failed once has no letter and is counted as unprocessed") {
  const Run run(mailer("skip", "{every: 10}"));
  CHECK(run.count<trace::SideEffectDone>() == 18);
  CHECK(run.verdict().unprocessed.count == 2);
}

TEST_CASE("retry topics hold nobody up and keep their pauses") {
  const Run run(mailer("retry_topics", "{every: 10, times: 2}"));
  CHECK(run.count<trace::SideEffectDone>() == 20);
  CHECK(run.verdict().put_aside.count == 4);
  CHECK(run.verdict().unprocessed.count == 0);
  CHECK(run.verdict().duplicated.count == 0);
  CHECK(run.recorder.all<trace::FetchingPaused>().size() ==
        run.recorder.all<trace::FetchingResumed>().size());
  const auto aside = run.recorder.all<trace::RecordPutAside>();
  REQUIRE(aside.size() == 4);
  for (const auto& event : aside) {
    const auto& body = *event.as<trace::RecordPutAside>();
    const auto at = attempts_at(run, body.copy);
    REQUIRE(at.size() == 1);
    CHECK(at[0] - event.t >= (body.attempt == 1 ? 1s : 2s));
    CHECK(at[0] - event.t < (body.attempt == 1 ? 1100ms : 2100ms));
  }
  // The others: handled within their poll(), never a second later.
  std::size_t in_time = 0;
  for (const auto& event : run.recorder.all<trace::RecordsDelivered>())
    if (event.as<trace::RecordsDelivered>()->topic == "orders")
      in_time += event.as<trace::RecordsDelivered>()->records.size();
  CHECK(in_time == 20);
}

TEST_CASE("after the last attempt it is a dead letter, with dead_letter at once") {
  const Run after(mailer("retry_topics", "{every: 20, times: 3}"));
  CHECK(after.count<trace::SideEffectDone>() == 19);
  CHECK(after.verdict().put_aside.count == 3);
  CHECK(after.verdict().dead_lettered.count == 1);
  const Run at_once(mailer("dead_letter", "{every: 20}"));
  CHECK(at_once.count<trace::SideEffectDone>() == 19);
  CHECK(at_once.verdict().put_aside.count == 1);
  CHECK(at_once.verdict().dead_lettered.count == 1);
}

TEST_CASE("with stop it ends, and the event comes again when it is started again") {
  const Run run(mailer("stop", "{every: 10}",
                       "[{at: 20s, do: start, target: mailer}, {at: 30s, do: start, target: "
                       "mailer}]"));
  CHECK(run.recorder.all<trace::ConsumerFailed>().size() == 2);
  CHECK(run.count<trace::SideEffectDone>() == 20);
}

/// A crash 100 us after the first copy has been handed to the producer.
std::string crash_over_copy(const Run& before) {
  const auto aside = before.recorder.all<trace::RecordPutAside>();
  REQUIRE(!aside.empty());
  const auto ns = (aside[0].t - SimTime{} + 100us).count();
  return "[{at: " + std::to_string(ns / 1000) + "us, do: crash, target: mailer, for: 2s}]";
}

TEST_CASE("a crash while the copy is under way repeats, and loses nothing") {
  const Run before(mailer("retry_topics", "{every: 10, times: 2}"));
  const std::string faults = crash_over_copy(before);
  const Run run(mailer("retry_topics", "{every: 10, times: 2}", faults));
  CHECK(run.verdict().lost_acknowledged.count == 0);
  CHECK(run.count<trace::SideEffectDone>() >= 20);
}

TEST_CASE("a position that passes before the copy is acknowledged is caught: a letter is missing") {
  const Run before(mailer("dead_letter", "{every: 10}"));
  const auto dead_letters = [](const Run& run) {
    std::size_t count = 0;
    for (const auto& event : run.recorder.all<trace::RecordsAcknowledged>())
      if (event.as<trace::RecordsAcknowledged>()->topic == "orders-dlt") ++count;
    return count;
  };
  const auto passed_before_copy = [](const Run& run) {
    const auto aside = run.recorder.all<trace::RecordPutAside>();
    const RecordId copy = aside.at(0).as<trace::RecordPutAside>()->copy;
    for (const auto& event : run.recorder.events) {
      if (event.id.value < aside.at(0).id.value) continue;
      if (event.as<trace::OffsetCommitAsked>()) return true;
      if (const auto* kept = event.as<trace::RecordsAcknowledged>())
        for (const RecordId record : kept->records)
          if (record == copy) return false;
    }
    return false;
  };
  CHECK(dead_letters(before) == 2);
  CHECK(!passed_before_copy(before));
  const Run broken(mailer("dead_letter", "{every: 10}"),
                   PlantedFaults(PlantedFault::put_aside_not_awaited));
  CHECK(passed_before_copy(broken));
}

}  // namespace
}  // namespace eventarium::app
