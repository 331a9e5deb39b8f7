// A pool of values addressed by a key that is never reused: slot number and generation. Taking
// an old key finds nothing. Keys fit into a heap item.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eventarium::engine {

template <class T>
class Slots {
 public:
  /// A key, never 0.
  std::uint64_t put(T value) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.value.emplace(std::move(value));
    return (std::uint64_t{slot.generation} << 32) | (index + 1U);
  }

  /// Removes and returns the value, or nothing when the key is old.
  std::optional<T> take(std::uint64_t key) {
    const std::uint32_t index = static_cast<std::uint32_t>(key) - 1U;
    if (index >= slots_.size()) return std::nullopt;
    Slot& slot = slots_[index];
    if (slot.generation != static_cast<std::uint32_t>(key >> 32) || !slot.value)
      return std::nullopt;
    std::optional<T> value = std::move(slot.value);
    slot.value.reset();
    ++slot.generation;
    free_.push_back(index);
    return value;
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    std::optional<T> value;
    std::uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace eventarium::engine
