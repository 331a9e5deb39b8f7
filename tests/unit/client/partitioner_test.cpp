// The sticky and the round-robin partitioner by themselves.
#include "sim/client/partitioner.h"

#include <array>
#include <set>

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

/// How often each partition is chosen in `draws` switches.
std::array<int, 3> frequencies(StickyPartitioner& sticky, const TopicPartitions& topic, int draws) {
  RandomStream random(1, "partitioner");
  std::array<int, 3> count{};
  for (int i = 0; i < draws; ++i) {
    ++count[static_cast<std::size_t>(sticky.current(topic, random))];
    sticky.appended(1000, true, topic, random);
  }
  return count;
}

void check_ratio(const std::array<int, 3>& count, std::array<int, 3> expected) {
  const int sum = expected[0] + expected[1] + expected[2];
  const int draws = count[0] + count[1] + count[2];
  for (std::size_t i = 0; i < 3; ++i) {
    const double share = static_cast<double>(expected[i]) / sum;
    CHECK(static_cast<double>(count[i]) / draws == doctest::Approx(share).epsilon(0.05));
  }
}

const TopicPartitions three{3, {0, 1, 2}};

}  // namespace

TEST_CASE("sticky: stays until its share is reached, then draws again") {
  RandomStream random(7, "partitioner");
  const TopicPartitions many{100, [] {
                               std::vector<std::int32_t> all;
                               for (int i = 0; i < 100; ++i) all.push_back(i);
                               return all;
                             }()};
  StickyPartitioner sticky(1000);
  const std::int32_t first = sticky.current(many, random);
  for (int i = 0; i < 9; ++i) sticky.appended(100, true, many, random);
  CHECK(sticky.current(many, random) == first);
  sticky.appended(100, true, many, random);
  CHECK(sticky.current(many, random) != first);  // 1 in 100 otherwise, and the seed is fixed
}

TEST_CASE("sticky: a batch being filled postpones the switch, but not beyond twice the share") {
  RandomStream random(7, "partitioner");
  const TopicPartitions half{200, {7, 150}};
  StickyPartitioner sticky(1000);
  const std::int32_t first = sticky.current(half, random);
  sticky.appended(1999, false, half, random);
  CHECK(sticky.current(half, random) == first);
  std::set<std::int32_t> later;
  for (int i = 0; i < 20; ++i) {
    sticky.appended(2000, false, half, random);
    later.insert(sticky.current(half, random));
  }
  CHECK(later == std::set<std::int32_t>{7, 150});
}

TEST_CASE("sticky: only partitions with a leader are drawn, all when none has one") {
  StickyPartitioner sticky(1);
  const auto led = frequencies(sticky, {3, {1}}, 50);
  CHECK(led[0] + led[2] <= 0);
  StickyPartitioner leaderless(1);
  const auto any = frequencies(leaderless, {3, {}}, 300);
  CHECK(any[0] > 0);
  CHECK(any[1] > 0);
  CHECK(any[2] > 0);
}

TEST_CASE("row 5: adaptive, queues 0,3,1 are chosen 4:1:3; queues 1,7,2 are chosen 7:1:6") {
  StickyPartitioner sticky(1);
  sticky.set_queue_lengths({{0, 0}, {1, 3}, {2, 1}}, 3);
  check_ratio(frequencies(sticky, three, 80'000), {4, 1, 3});
  sticky.set_queue_lengths({{0, 1}, {1, 7}, {2, 2}}, 3);
  check_ratio(frequencies(sticky, three, 140'000), {7, 1, 6});
}

TEST_CASE("adaptive: equal queues make no difference unless a partition is excluded") {
  StickyPartitioner sticky(1);
  sticky.set_queue_lengths({{0, 2}, {1, 2}, {2, 2}}, 3);
  check_ratio(frequencies(sticky, three, 30'000), {1, 1, 1});
  sticky.set_queue_lengths({{0, 2}, {2, 2}}, 3);
  StickyPartitioner fresh = sticky;
  RandomStream random(3, "partitioner");
  for (int i = 0; i < 200; ++i) {
    fresh.appended(1, true, three, random);
    CHECK(fresh.current(three, random) != 1);
  }
}

TEST_CASE("round robin takes the available partitions in turn") {
  RoundRobinPartitioner partitioner;
  const TopicPartitions topic{4, {0, 2, 3}};
  CHECK(partitioner.next(topic) == 0);
  CHECK(partitioner.next(topic) == 2);
  CHECK(partitioner.next(topic) == 3);
  CHECK(partitioner.next(topic) == 0);
  const TopicPartitions leaderless{2, {}};
  RoundRobinPartitioner other;
  CHECK(other.next(leaderless) == 0);
  CHECK(other.next(leaderless) == 1);
  CHECK(other.next(leaderless) == 0);
}

TEST_CASE("busy queues alone lead to the same choices as the lengths of all queues") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    RandomStream shape(seed, "shape");
    const auto count = static_cast<std::int32_t>(1 + shape.below(20));
    TopicPartitions topic{count, {}};
    std::vector<QueueLength> all, busy;
    for (std::int32_t p = 0; p < count; ++p) {
      topic.available.push_back(p);
      const auto batches = static_cast<std::uint32_t>(shape.chance(0.4) ? shape.below(4) : 0);
      all.push_back({p, batches});
      if (batches > 0) busy.push_back({p, batches});
    }
    StickyPartitioner told_all(1), told_busy(1);
    told_all.set_queue_lengths(all, count);
    told_busy.set_busy_queues(busy, count);
    RandomStream first(seed, "draw"), second(seed, "draw");
    for (int i = 0; i < 100; ++i) {
      CHECK(told_all.current(topic, first) == told_busy.current(topic, second));
      told_all.appended(1, true, topic, first);
      told_busy.appended(1, true, topic, second);
    }
  }
}
