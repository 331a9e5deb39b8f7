// Who waits for what.
#include "sim/broker/fetch_purgatory.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

ParkedFetch fetch_of(RequestTicket ticket, std::vector<std::uint32_t> partitions) {
  ParkedFetch fetch;
  fetch.ticket = ticket;
  fetch.partitions = std::move(partitions);
  return fetch;
}

constexpr RequestTicket first{0, 1}, second{1, 2}, third{0, 3};

}  // namespace

TEST_CASE("a fetch is found through each of its partitions until it is taken") {
  FetchPurgatory purgatory;
  purgatory.park(fetch_of(first, {4, 7}));
  purgatory.park(fetch_of(second, {7}));
  CHECK(purgatory.size() == 2);
  CHECK(purgatory.watchers_of(4) == std::vector{first});
  CHECK(purgatory.watchers_of(7) == std::vector{first, second});
  CHECK(purgatory.take(first).has_value());
  CHECK_FALSE(purgatory.take(first).has_value());
  CHECK(purgatory.find(first) == nullptr);
  CHECK(purgatory.watchers_of(4).empty());
  CHECK(purgatory.watchers_of(7) == std::vector{second});
  purgatory.clear();
  CHECK(purgatory.size() == 0);
  CHECK(purgatory.watchers_of(7).empty());
}

TEST_CASE("the next fetch of a connection takes the place of its former one, behind the others") {
  FetchPurgatory purgatory;
  purgatory.park(fetch_of(first, {4}));
  purgatory.park(fetch_of(second, {4}));
  purgatory.take(first);
  purgatory.park(fetch_of(third, {4, 5}));
  CHECK(purgatory.watchers_of(4) == std::vector{second, third});
  CHECK(purgatory.find(first) == nullptr);
  CHECK(purgatory.find(third) != nullptr);
}
