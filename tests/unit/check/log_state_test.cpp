// Logs as a reader of the trace knows them.
#include "sim/check/log_state.h"

#include <map>

#include <doctest/doctest.h>

#include "sim/base/random.h"

#include "tests/unit/check/story.h"

namespace eventarium::check {
namespace {

std::vector<RecordId> held(const ReplicaLog& log) {
  std::vector<RecordId> records;
  log.for_each(0, [&](std::int64_t, RecordId record) { records.push_back(record); });
  return records;
}

const PartitionState& only(const Story& story) {
  return story.ledger.logs().partitions().begin()->second;
}

TEST_CASE("appends move the log end offset, advances the high watermark") {
  Story story;
  story.kafka({});
  CHECK(only(story).log().log_end_offset() == 0);
  story.append(0, {1, 2});
  story.append(2, {3});
  story.tell(broker, trace::HighWatermarkAdvanced{"signups", 0, 2});
  CHECK(only(story).log().log_end_offset() == 3);
  CHECK(only(story).high_watermark == 2);
  CHECK(only(story).leader == broker);
  CHECK(story.ledger.find(RecordId{3}) == nullptr);  // in a log, but never published here
}

TEST_CASE("a log may begin above zero, and is cut where it goes on lower") {
  Story story;
  story.kafka({});
  story.append(10, {1, 2});
  CHECK(only(story).log().log_start_offset == 10);
  CHECK(only(story).log().log_end_offset() == 12);
  story.append(11, {3});
  CHECK(held(only(story).log()) == ids({1, 3}));
  story.append(4, {5});
  CHECK(only(story).log().log_start_offset == 4);
  CHECK(held(only(story).log()) == ids({5}));
}

TEST_CASE("a truncated log has lost its end, and only that") {
  Story story;
  story.kafka({mailer});
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.acknowledge({1, 2, 3});
  story.tell(broker, trace::LogTruncated{"signups", 0, 1, ids({2, 3}), "power loss"});
  CHECK(held(only(story).log()) == ids({1}));
  CHECK(story.ledger.verdict().lost_acknowledged.count == 2);
  story.tell(broker, trace::LogTruncated{"signups", 0, 5, ids({1}), "begins anew"});
  CHECK(only(story).log().log_start_offset == 5);
  CHECK(only(story).log().log_end_offset() == 5);
  story.tell(broker, trace::LogTruncated{"signups", 0, 2, {}, "diverges"});
  CHECK(only(story).log().log_start_offset == 2);
  CHECK(only(story).log().log_end_offset() == 2);
}

TEST_CASE("the log of a partition is its leader's, once that one has taken over") {
  Story story;
  story.kafka({mailer}, 0, {broker, second, third});
  for (std::uint64_t n = 1; n <= 4; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.append_at(second, 0, {1, 2});
  story.acknowledge({1, 2, 3});
  CHECK(story.ledger.logs().settled(only(story)));
  story.tell(broker, trace::NodeStopped{"crash"});
  story.elect(second, 1, {second, third});
  CHECK(only(story).log().log_end_offset() == 2);
  CHECK(!story.ledger.logs().settled(only(story)));
  CHECK(story.ledger.verdict().lost_acknowledged.count == 0);  // the old leader may come back
  story.take(second, 1);
  CHECK(story.ledger.logs().settled(only(story)));
  CHECK(numbers(story.ledger.verdict().lost_acknowledged) == std::vector<std::uint64_t>{3});
  story.append_at(second, 2, {4}, false);
  const ReplicaLog* old = only(story).logs.find(broker);
  CHECK(held(*old) == ids({1, 2, 3}));
  CHECK(old->differs_from() == 2);
  CHECK(held(only(story).log()) == ids({1, 2, 4}));
  story.tell(broker, trace::LogTruncated{"signups", 0, 2, ids({3}), "diverging epoch"});
  CHECK(old->differs_from() == ReplicaLog::nowhere);
  story.append_at(broker, 2, {4});
  CHECK(held(*old) == ids({1, 2, 4}));
  CHECK(story.ledger.verdict().truncated.count == 1);
}

TEST_CASE("replicas are kept once, and each is what was written to it all the same") {
  RandomStream random(7, "replicas");
  for (int round = 0; round < 300; ++round) {
    ReplicaLogs logs;
    std::map<NodeId, std::map<std::int64_t, RecordId>> naive;
    std::map<NodeId, std::int64_t> start, end;
    std::uint64_t next = 1;
    for (int step = 0; step < 60; ++step) {
      const NodeId node{static_cast<std::uint32_t>(random.below(3))};
      auto& own = naive[node];
      const auto what = random.below(10);
      if (what < 3) {  // as leader: new records at its end
        std::vector<RecordId> records;
        for (auto n = 1 + random.below(3); n > 0; --n) records.push_back(RecordId{next++});
        logs.append(node, end[node], records, false);
        for (const RecordId record : records) own[end[node]++] = record;
      } else if (what < 7) {  // as follower: what another has at its end
        const NodeId other{static_cast<std::uint32_t>(random.below(3))};
        const auto found = naive[other].find(end[node]);
        if (other == node || found == naive[other].end()) continue;
        logs.append(node, end[node], {found->second}, true);
        own[end[node]++] = found->second;
      } else if (what < 9) {
        const auto to = start[node] + static_cast<std::int64_t>(random.below(
                                          static_cast<std::uint64_t>(end[node] - start[node] + 1)));
        logs.cut(node, to);
        own.erase(own.lower_bound(to), own.end());
        end[node] = to;
      } else {
        start[node] += (end[node] - start[node]) / 4;
        logs.advance_start(node, start[node]);
        own.erase(own.begin(), own.lower_bound(start[node]));
      }
      for (const auto& [broker_id, expected] : naive) {
        std::map<std::int64_t, RecordId> actual;
        if (const ReplicaLog* log = logs.find(broker_id))
          log->for_each(0, [&](std::int64_t offset, RecordId id) { actual[offset] = id; });
        REQUIRE(actual == expected);
      }
    }
  }
}

TEST_CASE("compaction leaves holes that nobody misses") {
  ReplicaLogs logs;
  logs.append(broker, 0, ids({1, 2, 3, 4}), false);
  logs.append(second, 0, ids({1, 2, 3, 4}), true);
  logs.compact(broker, ids({1, 3}));
  CHECK(held(*logs.find(broker)) == ids({2, 4}));
  CHECK(held(*logs.find(second)) == ids({1, 2, 3, 4}));
  CHECK(logs.find(broker)->log_end_offset() == 4);
  CHECK(logs.find(broker)->equal_until(*logs.find(second), 0) == 4);
  logs.append(third, 1, ids({2}), true);
  logs.append(third, 3, ids({4}), true);  // a follower copies what is left
  CHECK(held(*logs.find(third)) == ids({2, 4}));
}

TEST_CASE("without a leader the longest replica is shown") {
  Story story;
  story.append(0, {1});
  story.tell(crm, trace::BatchAppended{"signups", 0, 0, ids({1, 2}), 0, 100});
  CHECK(only(story).log().log_end_offset() == 2);
  story.tell(NodeId{},
             trace::PartitionCreated{"signups", 0, broker, 1, {broker, crm}, {broker}, 1});
  CHECK(only(story).log().log_end_offset() == 1);
}

TEST_CASE(
    "of those who may lead, the longest log is shown; of equally long ones the lowest node's") {
  Story story;
  trace::PartitionCreated created{"signups", 0, {}, 1, {broker, crm, mailer}, {crm, mailer}, 1};
  story.tell(NodeId{}, created);
  story.tell(broker, trace::BatchAppended{"signups", 0, 0, ids({1, 2, 3}), 0, 100});
  CHECK(only(story).log().log_end_offset() == 0);  // it may not lead
  const NodeId low = std::min(crm, mailer), high = std::max(crm, mailer);
  story.tell(high, trace::BatchAppended{"signups", 0, 0, ids({4}), 0, 100});
  CHECK(held(only(story).log()) == ids({4}));
  story.tell(low, trace::BatchAppended{"signups", 0, 0, ids({5}), 0, 100});
  CHECK(held(only(story).log()) == ids({5}));
  story.tell(high, trace::BatchAppended{"signups", 0, 1, ids({6}), 0, 100});
  CHECK(held(only(story).log()) == ids({4, 6}));
}

}  // namespace
}  // namespace eventarium::check
