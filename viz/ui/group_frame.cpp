// See group_frame.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/group_frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/ui/group_motion.h"
#include "viz/ui/member_card.h"
#include "viz/ui/share_cells.h"

namespace eventarium::viz::ui {

namespace {

constexpr float side = 12;  // of the header's text
constexpr float chip_height = 22, chip_pitch = 30;
constexpr double told_s = 6;  // of the viewer's time, how long a rebalance took

/// The header's lines. In a small picture the two last ones share one: what happens comes first.
struct Head {
  Rect name, state, detail;
  bool low = false;
};

Head head_of(const View& view, const GroupBox& box) {
  Rect area = view.to_screen(box.header).shrunk(view.px(side), view.px(5));
  const float third = area.height() / 3;
  if (third < view.text_min_px) {
    const Rect name = area.cut_top(area.height() / 2);
    return {name, area, area, true};
  }
  const Rect name = area.cut_top(third), state = area.cut_top(third);
  return {name, state, area};
}

std::string ways(const GroupView& group) {
  if (group.protocol == "consumer" || group.protocol.empty() || group.assignor.empty())
    return group.protocol.empty() ? group.assignor : group.protocol + ", " + group.assignor;
  return group.protocol + ", " + group.assignor;
}

const char* age_word(const GroupView& group) {
  return group.kind == "classic" ? "generation" : "epoch";
}

/// From long to short.
std::vector<std::string> standing_texts(const Frame& frame, const GroupView& group) {
  if (!group.coordinator.valid()) return {"nobody has joined yet"};
  if (group.kind == "share") return share_sums(group);
  const std::string& broker = frame.session.history().name(group.coordinator);
  return {fmt::format("{} · coordinator {}", ways(group), broker),
          fmt::format("{} · {}", ways(group), broker),
          fmt::format("{} · {}", group.assignor, broker), broker};
}

std::string fitting(const Frame& frame, const Pen& pen, float width,
                    const std::vector<std::string>& texts) {
  for (const std::string& text : texts)
    if (text_width(frame.canvas, pen, text) <= width) return text;
  return texts.back();
}

/// Just after a rebalance: how long it took, and how many stopped for it.
std::vector<std::string> verdict_texts(const Frame& frame, const GroupView& group) {
  const SimTime now = frame.session.world().t;
  if (!group.rebalance || !group.rebalance->ended) return {};
  const double speed = frame.state.slowed_to.value_or(frame.session.playback().speed());
  if (to_seconds(now - *group.rebalance->ended) > told_s * speed) return {};
  const std::string took = seconds_text(group.rebalance->length(now));
  std::size_t stopped = 0;
  Duration longest{};
  for (const MemberView& member : group.members) {
    if (member.stopped_for == Duration{} || !member.was_reading) continue;
    ++stopped;
    longest = std::max(longest, member.stopped_for);
  }
  Duration unread{};
  for (const UnreadSpan& span : group.rebalance->unread)
    unread = std::max(unread, span.to.value_or(now) - span.from);
  const std::size_t joined = group.joined();
  std::string who = "nobody stopped";
  if (stopped > 0)
    who = fmt::format("{} of {} stopped, {}", stopped, joined, seconds_text(longest));
  else if (unread > Duration{})
    who = fmt::format("{} unread, {}",
                      group.rebalance->unread.size() == 1
                          ? std::string("1 partition")
                          : fmt::format("{} partitions", group.rebalance->unread.size()),
                      seconds_text(unread));
  return {fmt::format("rebalance took {} · {}", took, who), who,
          fmt::format("rebalance took {}", took)};
}

std::vector<PartitionId> unread_of(const GroupView& group) {
  std::vector<PartitionId> unread;
  for (const auto& [id, shared] : group.partitions)
    if (shared.unread_since) unread.push_back(id);
  return unread;
}

/// "nobody reads" and the chips of what waits, with how long the longest of them has.
void draw_unread(Frame& frame, const View& view, const GroupView& group, Rect row,
                 const std::vector<PartitionId>& unread) {
  const SimTime now = frame.session.world().t;
  Duration longest{};
  for (const PartitionId& id : unread)
    longest = std::max(longest, now - *group.partitions.at(id).unread_since);
  const Pen words{Face::strong, view.text_px(16), frame.color().warn};
  const std::string text = fmt::format("unread {}", seconds_text(longest));
  const float wide = text_width(frame.canvas, words, text);
  draw_text_in(frame.canvas, row.cut_right(wide), words, text, Align::right);
  row.cut_right(view.px(8));
  const float air = std::max(0.0F, (row.height() - view.px(chip_height)) / 2);
  row = row.shrunk(0, air);
  const Pen pen{Face::mono_strong, view.text_px(15), frame.color().text};
  for (std::size_t i = 0; i < unread.size(); ++i) {
    if (is_rising(frame, group, unread[i])) continue;
    Rect slot = row;
    slot.min.x += static_cast<float>(i) * view.px(chip_pitch);
    const bool last = i + 1 == unread.size();
    if (!last && slot.width() < 2 * view.px(chip_pitch)) {
      draw_text_in(frame.canvas, slot, pen, fmt::format("+{}", unread.size() - i));
      return;
    }
    draw_partition_chip(frame.canvas, slot, pen, short_name(group, unread[i]), std::nullopt,
                        frame.color().bar);
  }
}

void draw_name_line(Frame& frame, const View& view, const GroupView& group, Rect row, bool hot) {
  const Palette& color = frame.color();
  const std::int64_t lag = lag_of(frame.session.world(), group);
  const Pen lag_pen{Face::mono_strong, view.text_px(16), lag > 0 ? color.warn : color.muted};
  const std::string lag_text = fmt::format("lag {}", lag);
  draw_text_in(frame.canvas, row.cut_right(text_width(frame.canvas, lag_pen, lag_text)), lag_pen,
               lag_text, Align::right);
  row.cut_right(view.px(10));
  const Pen name{Face::strong, view.text_px(19), hot ? color.accent : color.text};
  const Pen kind{Face::regular, view.text_px(16), color.muted};
  const char* word = group.kind == "share" ? "share group " : "group ";
  const float kind_px = text_width(frame.canvas, kind, word);
  if (kind_px + text_width(frame.canvas, name, group.name) < row.width() - 4)
    draw_text_in(frame.canvas, row.cut_left(kind_px + 2), kind, word);
  draw_text_in(frame.canvas, row, name, group.name);
}

void draw_state_line(Frame& frame, const View& view, const GroupView& group, Rect row) {
  const Palette& color = frame.color();
  const Color ink = group.rebalancing()       ? color.warn
                    : group.state == "Stable" ? color.ok
                                              : color.muted;
  const Pen state{Face::strong, view.text_px(16), ink};
  draw_text_in(frame.canvas, row.cut_left(text_width(frame.canvas, state, group.state) + 1), state,
               group.state);
  if (!group.coordinator.valid()) return;
  const Pen pen{Face::regular, view.text_px(16), color.muted};
  std::string longer = fmt::format(" · {} {}", age_word(group), group.generation);
  if (group.kind != "classic") longer = fmt::format(" · epoch {}", group.generation);
  draw_text_in(frame.canvas, row, pen,
               fitting(frame, pen, row.width(),
                       {longer, fmt::format(" · gen. {}", group.generation),
                        fmt::format(" · {}", group.generation)}));
}

}  // namespace

void draw_group_frame(Frame& frame, const View& view, const GroupBox& box, bool hovered) {
  const GroupView* group = frame.session.world().group(box.name);
  if (group == nullptr || box.box.width <= 0) return;
  const Rect area = view.to_screen(box.box);
  if (!area.overlaps(view.area)) return;
  const Palette& color = frame.color();
  const bool selected = frame.state.selection == Selection(GroupSelection{box.name});
  const float radius = view.px(14), weight = frame.theme().line_px();
  fill(frame.canvas, area, color.bar, radius);
  const bool busy = group->rebalancing();
  if (busy && !selected)
    dashed_frame(frame.canvas, area, color.warn, weight, radius);
  else
    ui::frame(frame.canvas, area, selected || hovered ? color.accent : color.line,
              selected ? weight * 1.8F : weight, radius);
  frame.canvas.list->PushClipRect(area.min, area.max, true);
  const Head head = head_of(view, box);
  draw_name_line(frame, view, *group, head.name, hovered || selected);
  const std::vector<PartitionId> unread = unread_of(*group);
  std::vector<std::string> texts = verdict_texts(frame, *group);
  const bool verdict = !texts.empty();
  const bool quiet = unread.empty() && !verdict;
  if (!head.low || quiet) draw_state_line(frame, view, *group, head.state);
  if (!unread.empty()) {
    draw_unread(frame, view, *group, head.detail, unread);
  } else if (!head.low || verdict) {
    const Pen pen{Face::regular, view.text_px(16), color.muted};
    if (!verdict) texts = standing_texts(frame, *group);
    draw_text_in(frame.canvas, head.detail,
                 {pen.face, pen.size_px, verdict ? color.text : color.muted},
                 fitting(frame, pen, head.detail.width(), texts));
  }
  frame.canvas.list->PopClipRect();
}

void draw_group_motion(Frame& frame, const View& view, const GroupBox& box) {
  const GroupView* group = frame.session.world().group(box.name);
  if (group == nullptr || box.box.width <= 0) return;
  draw_gliding(frame, view, *group, head_of(view, box).detail, view.px(chip_pitch));
}

std::string group_text(const Frame& frame, const GroupView& group) {
  std::string text = fmt::format("group {}: {}", group.name, group.state);
  if (group.coordinator.valid())
    text += fmt::format("\n{} {}, {}, coordinator {}", age_word(group), group.generation,
                        ways(group), frame.session.history().name(group.coordinator));
  text += fmt::format("\n{} {}, lag {}", group.joined(), group.joined() == 1 ? "member" : "members",
                      lag_of(frame.session.world(), group));
  if (group.rebalance)
    text += fmt::format(
        "\n{} rebalance: {}, because {}", group.rebalancing() ? "This" : "Its latest",
        seconds_text(group.rebalance->length(frame.session.world().t)),
        group.rebalance->reason.empty() ? "the coordinator has said so" : group.rebalance->reason);
  return text + "\nClick to see all about it.";
}

}  // namespace eventarium::viz::ui
