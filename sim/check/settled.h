// What became of records that have come to their end and need no entry in the ledger any more:
// acknowledged, in nobody's log, handed once to everybody who wanted them, and processed. They are
// added up, so that a long run takes memory for the records that are kept, not for all that were.
// Whatever went wrong with a record keeps its entry: what is counted here can't be named.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace eventarium::check {

/// How often each length of time was seen; lengths are rounded down to 8 significant bits, that is
/// by less than a hundredth: there is one of these for each pair of a producer and a consumer.
class DurationCounts {
 public:
  using Count = std::pair<Duration, std::uint64_t>;
  void add(Duration length) { add(rounded(length), 1); }
  void add(const DurationCounts& other) {
    for (const auto& [length, count] : other.counts_) add(length, count);
  }
  /// By length, each once.
  const std::vector<Count>& counts() const { return counts_; }

  static Duration rounded(Duration length);

 private:
  void add(Duration length, std::uint64_t count);
  std::vector<Count> counts_;
};

/// Of the records of one producer in one topic.
struct SettledRecords {
  /// What one consumer had of them: each once.
  struct Reading {
    std::uint64_t delivered = 0, processed = 0;
    DurationCounts until_delivered, until_processed;  // since publication
  };

  std::uint64_t records = 0;   // all of them acknowledged
  std::uint64_t unwanted = 0;  // deleted by retention, and nobody was to get them
  std::uint64_t compacted = 0;
  std::map<NodeId, Reading> readings;
};

/// A record that was handed over again when it had been settled: out of a consumer's buffer, which
/// outlived the logs.
struct LateDelivery {
  RecordId record;
  NodeId consumer;
  std::uint32_t topic = 0;
  bool operator==(const LateDelivery&) const = default;
};

/// By producer and number of the topic.
using SettledByOrigin = std::map<std::pair<NodeId, std::uint32_t>, SettledRecords>;

struct Settled {
  SettledByOrigin origins;
  std::vector<LateDelivery> late;
};

}  // namespace eventarium::check
