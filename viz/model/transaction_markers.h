// The markers that end transactions in the logs: what a record that was written in one counts for.
// Append-only; every question is asked with a moment.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/trace/event.h"

namespace eventarium::viz {

/// What a cell of a log is, as far as transactions are concerned.
enum class CellFate { plain, open, committed, aborted, commit_marker, abort_marker };

class TransactionMarkers {
 public:
  void append(std::uint32_t position, const trace::Event& event);

  /// Of the record at `offset` that `appended` has written, before `moment`.
  CellFate fate(const trace::BatchAppended& appended, std::int64_t offset,
                std::uint32_t moment) const;

 private:
  struct Marker {
    std::int64_t offset;
    std::uint32_t position;
    bool commit;
  };
  struct Writer {  // a producer in a partition
    std::string topic;
    std::int64_t partition, producer_id;
    auto operator<=>(const Writer&) const = default;
  };
  std::map<Writer, std::vector<Marker>> markers_;  // of leaders' logs, in order of time
};

}  // namespace eventarium::viz
