// Logs as a reader of the trace knows them.
#include "sim/check/log_state.h"

#include <doctest/doctest.h>

#include "tests/unit/check/story.h"

namespace eventarium::check {
namespace {

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
  CHECK(only(story).log().records == ids({1, 3}));
  story.append(4, {5});
  CHECK(only(story).log().log_start_offset == 4);
  CHECK(only(story).log().records == ids({5}));
}

TEST_CASE("a truncated log has lost its end, and only that") {
  Story story;
  story.kafka({mailer});
  for (std::uint64_t n = 1; n <= 3; ++n) story.produce(n);
  story.append(0, {1, 2, 3});
  story.acknowledge({1, 2, 3});
  story.tell(broker, trace::LogTruncated{"signups", 0, 1, ids({2, 3}), "power loss"});
  CHECK(only(story).log().records == ids({1}));
  CHECK(story.ledger.verdict().lost_acknowledged.count == 2);
  story.tell(broker, trace::LogTruncated{"signups", 0, 5, {}, "nothing above it"});
  CHECK(only(story).log().log_end_offset() == 1);
}

TEST_CASE("what an event adds and removes") {
  LogState logs;
  const auto append = [&](std::int64_t offset, std::initializer_list<std::uint64_t> list) {
    logs.on_event({EventId{1}, SimTime{}, broker, EventId{},
                   trace::BatchAppended{"signups", 0, offset, ids(list), 0, 100}});
  };
  append(0, {1, 2, 3});
  CHECK(logs.added() == ids({1, 2, 3}));
  append(1, {4});
  CHECK(logs.removed() == ids({2, 3}));
  append(7, {5});  // a gap: the log begins anew
  CHECK(logs.removed() == ids({1, 4}));
  CHECK(logs.partitions().begin()->second.logs.at(broker).log_start_offset == 7);
  logs.on_event({EventId{1}, SimTime{}, broker, EventId{}, trace::NodeStopped{"crash"}});
  CHECK(logs.added().empty());
  CHECK(logs.removed().empty());
}

TEST_CASE("without a leader the longest replica is shown") {
  Story story;
  story.append(0, {1});
  story.tell(crm, trace::BatchAppended{"signups", 0, 0, ids({1, 2}), 0, 100});
  CHECK(only(story).log().log_end_offset() == 2);
  story.tell(NodeId{}, trace::PartitionCreated{"signups", 0, broker, 1, {broker, crm}, {broker}});
  CHECK(only(story).log().log_end_offset() == 1);
}

}  // namespace
}  // namespace eventarium::check
