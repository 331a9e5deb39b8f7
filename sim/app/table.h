// Columns of text, aligned: for reports and for the tables of Kafka's own tools. Knows nothing of
// what is in them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace eventarium::app {

class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns.
  void add_row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Title line and rows, each with `indent` spaces in front and a line end; no trailing spaces.
  std::string text(std::size_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many characters a terminal shows for a text in UTF-8 (none of ours is double-width).
std::size_t shown_width(const std::string& text);

}  // namespace eventarium::app
