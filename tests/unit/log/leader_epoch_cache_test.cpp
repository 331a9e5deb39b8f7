// Where epochs begin and end.
#include "sim/log/leader_epoch_cache.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace eventarium;
using namespace eventarium::kafka;
using Entries = std::vector<LeaderEpochCache::Entry>;

namespace {

LeaderEpochCache make_cache(const Entries& entries) {
  LeaderEpochCache cache;
  for (const auto& entry : entries) cache.assign(entry.epoch, entry.start_offset);
  return cache;
}

}  // namespace

TEST_CASE("the latest epoch ends at the log's end, others where the next known one starts") {
  const LeaderEpochCache cache = make_cache({{2, 0}, {3, 5}, {6, 9}});
  CHECK(cache.end_offset_for(6, 12) == EpochEnd{6, 12});
  CHECK(cache.end_offset_for(3, 12) == EpochEnd{3, 9});
  CHECK(cache.end_offset_for(5, 12) == EpochEnd{3, 9});  // 4 and 5 have written nothing here
  CHECK(cache.end_offset_for(2, 12) == EpochEnd{2, 5});
  CHECK(cache.end_offset_for(1, 12) == EpochEnd{1, 0});    // older than anything here
  CHECK(cache.end_offset_for(7, 12) == EpochEnd{-1, -1});  // higher: unknown
  CHECK(cache.end_offset_for(-1, 12) == EpochEnd{-1, -1});
  CHECK(LeaderEpochCache{}.end_offset_for(0, 0) == EpochEnd{-1, -1});
}

TEST_CASE("an epoch replaces entries with an equal or higher epoch or start") {
  CHECK(make_cache({{1, 0}, {2, 5}, {3, 5}}).entries() == Entries{{1, 0}, {3, 5}});
  CHECK(make_cache({{1, 0}, {4, 5}, {3, 9}}).entries() == Entries{{1, 0}, {3, 9}});
  CHECK(make_cache({{1, 0}, {2, 5}, {2, 8}}).entries() == Entries{{1, 0}, {2, 5}});
  CHECK(make_cache({{1, 0}, {2, 5}, {2, 3}}).entries() == Entries{{1, 0}, {2, 3}});
}

TEST_CASE("the epoch of an offset") {
  const LeaderEpochCache cache = make_cache({{2, 3}, {5, 7}});
  CHECK_FALSE(cache.epoch_for(2).has_value());
  CHECK(cache.epoch_for(3) == 2);
  CHECK(cache.epoch_for(6) == 2);
  CHECK(cache.epoch_for(7) == 5);
  CHECK(cache.epoch_for(100) == 5);
}

TEST_CASE("cut at the end: epochs that start there are gone") {
  LeaderEpochCache cache = make_cache({{1, 0}, {2, 5}, {3, 8}});
  cache.truncate_from_end(8);
  CHECK(cache.entries() == Entries{{1, 0}, {2, 5}});
  cache.truncate_from_end(6);
  CHECK(cache.entries() == Entries{{1, 0}, {2, 5}});
  cache.truncate_from_end(0);
  CHECK(cache.entries().empty());
}

TEST_CASE("cut at the start: the epoch there starts with the log") {
  LeaderEpochCache cache = make_cache({{1, 2}, {2, 5}, {3, 8}});
  cache.truncate_from_start(1);
  CHECK(cache.entries() == Entries{{1, 2}, {2, 5}, {3, 8}});
  cache.truncate_from_start(6);
  CHECK(cache.entries() == Entries{{2, 6}, {3, 8}});
  cache.truncate_from_start(8);
  CHECK(cache.entries() == Entries{{3, 8}});
}

TEST_CASE("property: whatever is assigned, epochs and starts ascend and ends are consistent") {
  CHECK(rc::check([] {
    LeaderEpochCache cache;
    const auto calls = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 12), rc::gen::inRange(0, 40)));
    for (const auto& [epoch, start] : calls) {
      cache.assign(epoch, start);
      RC_ASSERT(cache.latest_epoch() == epoch);
      RC_ASSERT(cache.entries().back().start_offset <= start);
    }
    for (std::size_t i = 1; i < cache.entries().size(); ++i) {
      RC_ASSERT(cache.entries()[i - 1].epoch < cache.entries()[i].epoch);
      RC_ASSERT(cache.entries()[i - 1].start_offset < cache.entries()[i].start_offset);
    }
    for (int epoch = 0; epoch < 12; ++epoch) {
      const EpochEnd end = cache.end_offset_for(epoch, 50);
      if (end.epoch < 0) continue;
      // No record of a higher epoch lies below the end, none of the epoch itself above.
      if (end.end_offset > 0 && cache.epoch_for(end.end_offset - 1))
        RC_ASSERT(*cache.epoch_for(end.end_offset - 1) <= epoch);
      if (end.end_offset < 50) RC_ASSERT(*cache.epoch_for(end.end_offset) > epoch);
    }
  }));
}
