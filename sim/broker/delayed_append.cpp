#include "sim/broker/delayed_append.h"

#include <algorithm>
#include <optional>

namespace eventarium::kafka {

void DelayedAppends::park(std::uint64_t id, std::uint32_t number, std::int64_t required_offset) {
  if (watches_.size() <= number) watches_.resize(number + 1);
  std::deque<Watch>& watches = watches_[number];
  // A log that was truncated begins again at lower offsets.
  const auto place = std::upper_bound(
      watches.begin(), watches.end(), required_offset,
      [](std::int64_t offset, const Watch& watch) { return offset < watch.required_offset; });
  watches.insert(place, {required_offset, id});
}

std::vector<DelayedAppends::Result> DelayedAppends::check(std::uint32_t number,
                                                          const Partition* partition) {
  std::vector<Result> decided;
  if (watches_.size() <= number) return decided;
  std::deque<Watch>& watches = watches_[number];
  while (!watches.empty()) {
    const std::optional<Error> result =
        partition ? partition->check_replicated(watches.front().required_offset)
                  : std::optional(Error::not_leader_or_follower);
    if (!result) break;  // the ones behind it wait for more
    decided.emplace_back(watches.front().id, *result);
    watches.pop_front();
  }
  return decided;
}

bool DelayedAppends::forget(std::uint64_t id) {
  std::size_t forgotten = 0;
  for (std::deque<Watch>& watches : watches_)
    forgotten += std::erase_if(watches, [&](const Watch& watch) { return watch.id == id; });
  return forgotten > 0;
}

}  // namespace eventarium::kafka
