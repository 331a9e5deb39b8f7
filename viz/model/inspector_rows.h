// Writes the sections of an Inspection, row by row. For those who fill inspections only.
#pragma once

#include <string>
#include <utility>

#include "viz/model/inspector.h"

namespace eventarium::viz {

inline constexpr std::size_t listed_max = 12;

/// Adds rows to a section as they come.
class Rows {
 public:
  explicit Rows(std::string title) { section_.title = std::move(title); }
  Rows& add(std::string name, std::string value, std::string doc = {}, Selection leads_to = {}) {
    section_.rows.push_back(
        {std::move(name), std::move(value), std::move(doc), std::move(leads_to)});
    return *this;
  }
  Rows& count(std::string name, std::uint64_t value, std::string doc) {
    return add(std::move(name), std::to_string(value), std::move(doc));
  }
  /// Nothing when there are no rows.
  void into(Inspection& out) {
    if (!section_.rows.empty()) out.sections.push_back(std::move(section_));
  }

 private:
  Section section_;
};

/// "broker-1, broker-2", or "none".
inline std::string names_of(const History& history, const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : ", ") + history.name(node);
  return text.empty() ? "none" : text;
}

}  // namespace eventarium::viz
