// See group_motion.h.
#include "viz/ui/group_motion.h"

#include <algorithm>

#include "viz/ui/member_card.h"

namespace eventarium::viz::ui {

namespace {

constexpr double glide_s = 0.9;  // of the viewer's time

/// 0 when it began at `t`, 1 when it is there; 1 as well when nothing is to be seen of it.
float way_done(const Frame& frame, SimTime t) {
  if (frame.state.reduced_motion) return 1;
  const SimTime now = frame.session.world().t;
  const double speed = frame.state.slowed_to.value_or(frame.session.playback().speed());
  const double part = to_seconds(now - t) / speed / glide_s;
  if (part < 0 || part >= 1) return 1;
  const auto x = static_cast<float>(part);
  return x * x * (3 - 2 * x);
}

ImVec2 card_place(const Frame& frame, const View& view, NodeId member) {
  if (!member.valid() || member.value >= frame.layout().nodes.size()) return {0, 0};
  const Rect card = view.to_screen(frame.layout().nodes[member.value].box);
  return {card.min.x + std::min(card.width() * 0.5F, view.px(70)), card.center().y};
}

}  // namespace

bool is_gliding(const Frame& frame, const GroupView& group, const PartitionId& id) {
  const auto found = group.partitions.find(id);
  if (found == group.partitions.end() || found->second.unread_since) return false;
  return found->second.reader_before.valid() && way_done(frame, found->second.since) < 1;
}

bool is_rising(const Frame& frame, const GroupView& group, const PartitionId& id) {
  const auto found = group.partitions.find(id);
  if (found == group.partitions.end() || !found->second.unread_since) return false;
  return way_done(frame, *found->second.unread_since) < 1;
}

void draw_gliding(Frame& frame, const View& view, const GroupView& group, const Rect& parking,
                  float pitch_px) {
  const Canvas& canvas = frame.canvas;
  const float height = std::min(view.px(24), parking.height());
  const Pen pen{Face::mono_strong, view.text_px(15), frame.color().on_meaning};
  float slot = 0;
  for (const auto& [id, shared] : group.partitions) {
    const ImVec2 wait{std::min(parking.min.x + slot * pitch_px, parking.max.x), parking.center().y};
    slot += 1;
    const bool comes = is_gliding(frame, group, id), goes = is_rising(frame, group, id);
    if (!comes && !goes) continue;
    const ImVec2 card = card_place(frame, view, shared.reader);
    const float done = way_done(frame, comes ? shared.since : *shared.unread_since);
    const ImVec2 from = comes ? wait : card, to = comes ? card : wait;
    const ImVec2 at = from + (to - from) * done;
    const Color body = mark_of(frame, group, shared.reader).color;
    const std::string name = short_name(group, id);
    const float wide = std::max(height, text_width(canvas, pen, name) + height * 0.5F);
    const Rect chip = Rect::at(at.x, at.y - height / 2, wide, height);
    fill(canvas, chip.shrunk(-frame.theme().line_px() * 1.5F), frame.color().card, height * 0.3F);
    draw_partition_chip(canvas, chip, pen, name, comes ? std::optional<Color>(body) : std::nullopt,
                        frame.color().card);
  }
}

}  // namespace eventarium::viz::ui
