// The little Markdown that scenarios are written in (paragraphs, lists, emphasis, code), wrapped
// and drawn in a column. Parsed by md4c; images, tables and HTML are shown as their text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "viz/ui/flow.h"

namespace eventarium::viz::ui {

struct TextRun {
  std::string text;
  enum class Style { plain, strong, emphasis, code } style = Style::plain;
  bool operator==(const TextRun&) const = default;
};

struct TextBlock {
  enum class Kind { paragraph, heading, item, code } kind = Kind::paragraph;
  int depth = 0;       // of a list, from 1
  std::string marker;  // of an ordered item: "2."
  std::vector<TextRun> runs;
};

std::vector<TextBlock> parse_markdown(std::string_view text);

/// Draws the blocks one under the other with `size_px` text; returns nothing but moves the flow.
void draw_markdown(Frame& frame, Flow& flow, std::string_view text, float size_px);

/// One block's runs wrapped to the column from `left` on.
void draw_runs(Flow& flow, float left, const std::vector<TextRun>& runs, float size_px);

}  // namespace eventarium::viz::ui
