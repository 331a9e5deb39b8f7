// One card while it is being drawn, and what all cards have in common: the name with its cross, the
// line under it, chips. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viz/ui/camera.h"

namespace eventarium::viz::ui {

constexpr float name_size = 21, text_size = 17, label_size = 16;

struct Card {
  Frame& frame;
  const View& view;
  const NodeInfo& info;
  const NodeView& node;
  Rect rest;  // room left, pixels
  bool dead;
  bool calm;                    // dead, and meant to be
  Align align = Align::center;  // of lines of text

  const Palette& color() const { return frame.color(); }
  bool unborn() const { return node.incarnation == 0; }
  Color ink() const { return dead || unborn() ? color().muted : color().text; }
  /// Room for a line of text of this size, at least as high as the text itself.
  Rect cut_line(float units) {
    return rest.cut_top(std::max(view.px(units * 1.3F), view.text_px(units) * 1.2F));
  }
  bool has_line(float units) const {
    return rest.height() >= std::max(view.px(units * 1.2F), view.text_px(units) * 1.1F);
  }
  Pen pen(Face face, float units, Color c) const { return {face, view.text_px(units), c}; }
  std::string name(RecordId record) const { return frame.session.history().record_name(record); }
};

/// How long ago, with at most three digits, for text that changes while one looks.
std::string ago(const Card& card, SimTime since);

/// The line under the name: what the node is, or what is wrong with it.
std::pair<std::string, Color> subtitle(const Card& card);

/// The first of `texts` that fits into `width_px`; the last one when none does.
std::string first_that_fits(const Card& card, const Pen& pen, float width_px,
                            const std::vector<std::string>& texts);

/// The name, crossed when the node is dead; takes a line of the card.
void draw_head(Card& card, Align align);
/// The subtitle; takes a line, a producer's long one takes two.
void draw_subtitle(Card& card, Align align);

/// A labelled row of chips with names; what has no room is counted.
void draw_chips(Card& card, std::string_view label, const std::vector<std::string>& names,
                Color body, Color ink);

}  // namespace eventarium::viz::ui
