// The connections that one node sends on, found by destination and lane with one probe: every
// message of a run is looked up here. Nothing is ever removed, and nothing walks through it, so
// that the order inside can't be seen.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "sim/engine/message.h"

namespace eventarium::engine {

class ConnectionTable {
 public:
  static constexpr std::uint32_t none = 0xffffffffU;

  /// The index that add() was given for it, or none.
  std::uint32_t find(NodeId destination, Lane lane) const {
    if (slots_.empty()) return none;
    const std::uint64_t wanted = key(destination, lane);
    for (std::size_t i = hash(wanted);; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.index == none || slot.key == wanted) return slot.index;
    }
  }
  /// There must be none yet.
  void add(NodeId destination, Lane lane, std::uint32_t index) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    put({key(destination, lane), index});
    ++size_;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t index = none;
  };

  /// 28 bits for each node: far more than a run has.
  static std::uint64_t key(NodeId destination, Lane lane) {
    return (std::uint64_t{destination.value} << 36) |
           (std::uint64_t{lane.opener.value & 0xfffffffU} << 8) | lane.purpose;
  }
  /// Fibonacci hashing: the upper bits of the product are the well mixed ones.
  std::size_t hash(std::uint64_t key) const {
    return (key * 0x9e3779b97f4a7c15ULL) >> (64 - std::countr_zero(slots_.size()));
  }
  void put(Slot entry) {
    std::size_t i = hash(entry.key);
    while (slots_[i & (slots_.size() - 1)].index != none) ++i;
    slots_[i & (slots_.size() - 1)] = entry;
  }
  void grow() {
    std::vector<Slot> before(slots_.empty() ? 4 : 2 * slots_.size());
    before.swap(slots_);
    for (const Slot& slot : before)
      if (slot.index != none) put(slot);
  }

  std::vector<Slot> slots_;  // a power of two of them, at most half full
  std::size_t size_ = 0;
};

}  // namespace eventarium::engine
