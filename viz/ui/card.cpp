// See card.h.
#include "viz/ui/card.h"

#include <fmt/format.h>

#include "sim/trace/fault_words.h"

namespace eventarium::viz::ui {

namespace {

std::string down_words(const Card& card) {
  const std::string& reason = card.node.stop_reason;
  const std::string since = ago(card, card.node.changed_at);
  if (reason == "crash") return fmt::format("crashed {} ago", since);
  if (reason == "power_loss") return fmt::format("lost power {} ago", since);
  return fmt::format("off for {}", since);
}

/// As many words as fit on one line, and the rest (empty when all fits).
std::pair<std::string_view, std::string_view> in_two(const Card& card, const Pen& pen,
                                                     std::string_view text) {
  const float room = card.rest.width();
  const auto fits = [&](std::size_t bytes) {
    return text_width(card.frame.canvas, pen, text.substr(0, bytes)) <= room;
  };
  if (fits(text.size())) return {text, {}};
  std::size_t cut = text.rfind(' ');
  while (cut != std::string_view::npos && cut > 0 && !fits(cut)) cut = text.rfind(' ', cut - 1);
  if (cut == std::string_view::npos || cut == 0) cut = text.find(' ');
  if (cut == std::string_view::npos) return {text, {}};
  return {text.substr(0, cut), text.substr(cut + 1)};
}

}  // namespace

std::string ago(const Card& card, SimTime since) {
  return format_duration(card.frame.session.world().t - since);
}

std::pair<std::string, Color> subtitle(const Card& card) {
  const NodeView& node = card.node;
  if (node.down()) return {down_words(card), card.calm ? card.color().muted : card.color().bad};
  if (node.incarnation == 0) return {"not started yet", card.color().muted};
  for (auto fault = node.faults.rbegin(); fault != node.faults.rend(); ++fault)
    return {fault->detail.empty() ? trace::fault_words(fault->fault) : fault->detail,
            card.color().warn};
  if (!node.failure.empty()) return {"failed: reads no more", card.color().bad};
  if (card.info.label.empty()) return {card.info.role_name, card.color().muted};
  return {card.info.label, card.color().muted};
}

std::string first_that_fits(const Card& card, const Pen& pen, float width_px,
                            const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (text_width(card.frame.canvas, pen, text) <= width_px) return text;
  return texts.empty() ? std::string() : texts.back();
}

void draw_head(Card& card, Align align) {
  Rect head = card.cut_line(name_size);
  const Pen pen =
      card.pen(Face::strong, name_size, card.dead && !card.calm ? card.color().bad : card.ink());
  if (card.dead && !card.calm) {
    const float mark = card.view.px(8);
    const float wide = text_width(card.frame.canvas, pen, card.info.name);
    float x = head.min.x + mark;
    if (align == Align::center) x = std::max(x, head.center().x - wide / 2 - card.view.px(6));
    cross(card.frame.canvas, {x, head.center().y}, mark, card.color().bad,
          card.frame.theme().line_px() * 1.6F);
    head.min.x = x + mark + card.view.px(8);
    align = Align::left;
  }
  draw_text_in(card.frame.canvas, head, pen, card.info.name, align);
}

void draw_subtitle(Card& card, Align align) {
  const auto [text, color] = subtitle(card);
  const Pen pen = card.pen(Face::regular, text_size, color);
  std::string_view first = text, second;
  // A long one breaks once, between words, where the card has a line to spare.
  if (card.info.role == Role::producer) std::tie(first, second) = in_two(card, pen, text);
  draw_text_in(card.frame.canvas, card.cut_line(text_size), pen, first, align);
  if (!second.empty())
    draw_text_in(card.frame.canvas, card.cut_line(text_size), pen, second, align);
}

void draw_chips(Card& card, std::string_view label, const std::vector<std::string>& names,
                Color body, Color ink) {
  Rect row = card.rest.cut_top(card.view.px(38));
  const Pen label_pen = card.pen(Face::regular, text_size, card.color().muted);
  const Rect head =
      row.cut_left(text_width(card.frame.canvas, label_pen, label) + card.view.px(18));
  draw_text_in(card.frame.canvas, head, label_pen, label);
  const Pen pen = card.pen(Face::mono, label_size, ink);
  const Pen more_pen = card.pen(Face::mono, label_size, card.color().muted);
  row = row.shrunk(0, card.view.px(5));
  const float more_px = card.view.px(40);
  if (names.empty())
    draw_text_in(card.frame.canvas, row, card.pen(Face::regular, text_size, card.color().muted),
                 "–");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const float wide = text_width(card.frame.canvas, pen, names[i]) + card.view.px(16);
    const bool last = i + 1 == names.size();
    if (row.width() < wide + (last ? 0 : card.view.px(6) + more_px)) {
      draw_text_in(card.frame.canvas, row, more_pen, fmt::format("+{}", names.size() - i));
      return;
    }
    const Rect chip = row.cut_left(wide);
    row.cut_left(card.view.px(6));
    fill(card.frame.canvas, chip, body, card.view.px(5));
    draw_text_in(card.frame.canvas, chip, pen, names[i], Align::center);
  }
}

}  // namespace eventarium::viz::ui
