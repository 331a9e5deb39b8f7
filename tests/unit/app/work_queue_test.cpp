// Services with a queue and workers of their own, in whole runs: what waits where, what a crash
// takes, and what each way of dealing with a full queue costs.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "tests/unit/app/pattern_run.h"

namespace eventarium::app {
namespace {

using Run = PatternRun;

/// 40 records a second for 5 s; each of the workers does 10 a second.
std::string thumbnails(const std::string& keys, const std::string& faults = "[]") {
  return "version: 1\nduration: 60s\ncluster: {brokers: 1}\n"
         "topics: [{name: pictures, partitions: 2}]\n"
         "producers: [{name: cam, topic: pictures, event: Picture, key: \"{n}\", start: 6s, every: "
         "25ms, count: 200}]\n"
         "services:\n  - name: thumbs\n    group: g\n    reads: pictures\n    " +
         keys +
         "\n    consumer_config: {auto.offset.reset: earliest, max.poll.records: 5, "
         "session.timeout.ms: 6000}\n"
         "    on: [{event: Picture, service_time: 100ms, does: [thumbnail]}]\nfaults: " +
         faults + "\n";
}

const std::string crash = "[{at: 9s, do: crash, target: thumbs, for: 1s}]";

std::uint64_t longest_queue(const Run& run) {
  std::uint64_t longest = 0;
  for (const auto& event : run.recorder.all<trace::RecordQueued>())
    longest = std::max(longest, event.as<trace::RecordQueued>()->waiting);
  return longest;
}

/// How many records were in work at the same time, at most.
int busiest(const Run& run) {
  int now = 0, most = 0;
  for (const trace::Event& event : run.recorder.events) {
    if (event.as<trace::ProcessingStarted>()) most = std::max(most, ++now);
    if (event.as<trace::ProcessingFinished>()) --now;
  }
  return most;
}

/// Since the start of the run.
Duration last_finished(const Run& run) {
  return run.recorder.all<trace::ProcessingFinished>().back().t - SimTime{};
}

}  // namespace

TEST_CASE("workers work side by side, and never more of them than there are") {
  const Run alone(thumbnails("commit: after")), four(thumbnails("commit: after\n    workers: 4"));
  CHECK(busiest(alone) == 1);
  CHECK(busiest(four) == 4);
  CHECK(four.verdict().processed.count == 200);
  CHECK(last_finished(alone) > 26s);
  CHECK(last_finished(four) < 12s);
}

TEST_CASE("pause keeps the queue short, the group together and everything in the log") {
  const Run run(thumbnails("commit: after\n    workers: 2\n    queue: 10"));
  CHECK(run.verdict().processed.count == 200);
  CHECK(run.verdict().duplicated.count == 0);
  CHECK(longest_queue(run) >= 10);
  CHECK(longest_queue(run) <= 15);  // and what one poll() had returned
  CHECK(run.count<trace::FetchingPaused>() > 2);
  CHECK(run.count<trace::FetchingPaused>() == run.count<trace::FetchingResumed>());
  CHECK(run.count<trace::GroupMemberLeft>() == 0);
}

TEST_CASE("a queue without an end takes all of it") {
  const Run run(thumbnails("commit: after\n    workers: 2\n    queue: 10\n    when_full: grow"));
  CHECK(run.verdict().processed.count == 200);
  CHECK(longest_queue(run) > 90);
  CHECK(run.count<trace::FetchingPaused>() == 0);
}

TEST_CASE("drop: what comes to a full queue is never done, and all else is") {
  const Run run(thumbnails("commit: after\n    workers: 2\n    queue: 10\n    when_full: drop"));
  const std::size_t dropped = run.count<trace::RecordDropped>();
  CHECK(dropped > 50);
  CHECK(run.verdict().processed.count == 200 - dropped);
  CHECK(run.verdict().unprocessed.count == dropped);
  CHECK(longest_queue(run) == 10);
}

TEST_CASE("wait: poll() is not called, so a short max.poll.interval.ms ends the membership") {
  const std::string keys = "commit: after\n    workers: 1\n    queue: 0\n    when_full: wait";
  const Run patient(thumbnails(keys));
  CHECK(patient.verdict().processed.count == 200);
  CHECK(patient.count<trace::FetchingPaused>() == 0);
  std::string impatient = thumbnails(keys);
  const std::string key = "max.poll.records: 5";
  impatient.replace(impatient.find(key), key.size(), key + ", max.poll.interval.ms: 250");
  std::size_t revoked = 0;
  for (const auto& event : Run(impatient).recorder.all<trace::PartitionRevoked>())
    revoked += event.as<trace::PartitionRevoked>()->reason == "lost";
  CHECK(revoked > 0);
}

TEST_CASE("a position that the service commits stays before what is not finished") {
  for (const char* commit : {"after", "each"}) {
    CAPTURE(commit);
    const std::string keys = std::string("commit: ") + commit + "\n    workers: 3\n    queue: 20";
    const Run run(thumbnails(keys, crash));
    std::map<std::int64_t, std::vector<std::int64_t>> open;  // offsets by partition
    std::map<RecordId, std::pair<std::int64_t, std::int64_t>> places;
    for (const trace::Event& event : run.recorder.events) {
      if (const auto* got = event.as<trace::RecordsDelivered>()) {
        std::int64_t offset = got->base_offset;
        for (const RecordId record : got->records) {
          places[record] = {got->partition, offset};
          open[got->partition].push_back(offset++);
        }
      } else if (const auto* done = event.as<trace::ProcessingFinished>()) {
        const auto [partition, offset] = places.at(done->record);
        std::erase(open[partition], offset);
      } else if (const auto* stopped = event.as<trace::NodeStopped>(); stopped) {
        open.clear();
      } else if (const auto* asked = event.as<trace::OffsetCommitAsked>()) {
        for (const std::int64_t offset : open[asked->partition]) CHECK(asked->offset <= offset);
      }
    }
    CHECK(run.verdict().processed.count == 200);
    CHECK(run.verdict().undelivered.count == 0);
  }
}

TEST_CASE("enable.auto.commit knows nothing of the queue: a crash loses what waits there") {
  const std::string keys = "commit: auto\n    workers: 1\n    queue: 100\n    when_full: grow";
  Run run(thumbnails(keys, "[{at: 11s, do: crash, target: thumbs, for: 1s}]"));
  const check::Verdict verdict = run.verdict();
  CHECK(verdict.processed.count < 170);
  CHECK(verdict.unprocessed.count == 200 - verdict.processed.count);
  CHECK(verdict.lost_acknowledged.count == 0);  // the log has them all
}

TEST_CASE("a rebalance brings partitions to a paused consumer paused, and both work them off") {
  std::string yaml = thumbnails("commit: after\n    workers: 1\n    queue: 10");
  yaml.replace(yaml.find("    group: g\n"), 13, "    group: g\n    instances: 2\n");
  const Run run(yaml);
  CHECK(run.verdict().processed.count == 200);
  CHECK(run.verdict().undelivered.count == 0);
}

}  // namespace eventarium::app
