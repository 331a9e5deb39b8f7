// Who waits for what.
#include "sim/broker/fetch_purgatory.h"

#include <memory>

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

ParkedFetch fetch_of(NodeId client, std::vector<TopicPartition> partitions) {
  auto request = std::make_unique<FetchRequest>();
  for (const TopicPartition& tp : partitions) request->partitions.push_back({tp, 0, 0, 100});
  ParkedFetch fetch;
  fetch.message.source = client;
  fetch.message.payload = std::move(request);
  return fetch;
}

const TopicPartition a{"t", 0}, b{"t", 1};
constexpr NodeId one{1}, two{2};

}  // namespace

TEST_CASE("a fetch is found through each of its partitions until it is taken") {
  FetchPurgatory purgatory;
  const std::uint64_t first = purgatory.next_id();
  purgatory.park(fetch_of(one, {a, b}));
  const std::uint64_t second = purgatory.next_id();
  purgatory.park(fetch_of(two, {b}));
  CHECK(purgatory.watchers_of(a) == std::vector{first});
  CHECK(purgatory.watchers_of(b) == std::vector{first, second});
  CHECK(purgatory.of_client(two, {}) == std::vector{second});
  CHECK(purgatory.take(first).has_value());
  CHECK_FALSE(purgatory.take(first).has_value());
  CHECK(purgatory.find(first) == nullptr);
  CHECK(purgatory.watchers_of(a).empty());
  CHECK(purgatory.watchers_of(b) == std::vector{second});
  purgatory.clear();
  CHECK(purgatory.size() == 0);
  CHECK(purgatory.watchers_of(b).empty());
}
