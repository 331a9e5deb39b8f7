// What services have told of themselves, folded from the trace: what they recognised as done
// before, had no room for or asked in vain, and the rows of their databases of which others shall
// hear by an event (dual write, transactional outbox).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/base/ids.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class ServiceFacts {
 public:
  void on_event(const trace::Event& event);

  struct Totals {
    std::uint64_t skipped = 0, dropped = 0, answered = 0, unanswered = 0;
  };
  const Totals& totals() const { return totals_; }
  /// RecordSkipped, by node.
  const std::map<NodeId, std::uint64_t>& skipped() const { return skipped_; }
  /// Ids of the events that tell of a row, by table and key; only rows that have such events. One
  /// of them is enough: a row that is written again tells again.
  using Row = std::pair<std::string, std::string>;
  const std::map<Row, std::set<std::string>>& told_rows() const { return told_rows_; }

 private:
  Totals totals_;
  std::map<NodeId, std::uint64_t> skipped_;
  std::map<Row, std::set<std::string>> told_rows_;
};

}  // namespace eventarium::check
