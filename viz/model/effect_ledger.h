// What services have done in the outside world, by idempotency key: an invoice that was issued
// twice is seen here whatever led to it. Append-only; every question is asked with a moment.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/trace/event.h"

namespace eventarium::viz {

/// An effect and how often it has been done, up to a moment.
struct EffectEntry {
  std::string key;                   // idempotency key: what must not be done twice
  std::string effect;                // "invoice"
  std::string text;                  // the latest, in plain words
  std::vector<std::uint32_t> times;  // positions of its SideEffectDone, in order
  bool repeated() const { return times.size() > 1; }
};

class EffectLedger {
 public:
  void append(std::uint32_t position, const trace::Event& event);

  /// Before `moment`: those done more than once first, the latest first within both parts; at most
  /// `entries_max`.
  std::vector<EffectEntry> entries(std::uint32_t moment, std::size_t entries_max) const;
  struct Counts {
    std::uint64_t keys = 0;      // different effects
    std::uint64_t repeated = 0;  // of them done more than once
    std::uint64_t times = 0;     // all in all
  };
  Counts counts(std::uint32_t moment) const;

 private:
  struct Kept {
    std::string key, effect;
    std::vector<std::pair<std::uint32_t, std::string>> done;  // position and text
  };
  std::vector<Kept> kept_;                                // in order of first occurrence
  std::unordered_map<std::string, std::size_t> index_;    // by key; looked up only
  std::vector<std::pair<std::uint32_t, Counts>> counts_;  // after the event at this position
};

}  // namespace eventarium::viz
