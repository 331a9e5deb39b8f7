// Sizes are layout units: 1 unit is 1 pixel at zoom 1. Below a readable zoom a card keeps its
// name and drops its details.
#include "viz/ui/cards.h"

#include <fmt/format.h>

#include "viz/ui/broker_card.h"
#include "viz/ui/card.h"
#include "viz/ui/member_card.h"

namespace eventarium::viz::ui {

namespace {

constexpr float padding = 14;
constexpr float details_zoom_min = 0.45F;

std::string times(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// A row of small squares, one per record that waits; more than fit become "+n".
void draw_pending(Card& card, const std::vector<RecordId>& records, Color color) {
  constexpr float square = 13, gap = 4;
  constexpr std::size_t shown_max = 8;
  Rect row = card.cut_line(text_size);
  const std::size_t shown = std::min(records.size(), shown_max);
  const bool more = records.size() > shown;
  const float wide = card.view.px(static_cast<float>(shown) * (square + gap) - gap);
  const Pen pen = card.pen(Face::mono, label_size, card.color().muted);
  const std::string rest = more ? fmt::format("+{}", records.size() - shown) : "";
  float x = row.center().x - (wide + text_width(card.frame.canvas, pen, rest)) / 2;
  const RecordId followed = selected_record(card.frame.state);
  for (std::size_t i = 0; i < shown; ++i) {
    const float y = row.center().y - card.view.px(square / 2);
    const Color c = records[i] == followed ? card.color().follow : color;
    fill(card.frame.canvas, Rect::at(x, y, card.view.px(square), card.view.px(square)), c,
         card.view.px(3));
    x += card.view.px(square + gap);
  }
  row.min.x = x;
  if (more) draw_text_in(card.frame.canvas, row, pen, rest);
}

void draw_line(Card& card, std::string_view text, Color color, Face face = Face::regular) {
  if (!card.has_line(text_size)) return;
  draw_text_in(card.frame.canvas, card.cut_line(text_size), card.pen(face, text_size, color), text,
               card.align);
}

void draw_producer(Card& card) {
  const PublisherView& publisher = card.node.publisher;
  draw_line(card, fmt::format("{} published", publisher.produced), card.ink());
  if (!publisher.pending.empty() && card.has_line(label_size))
    draw_pending(card, publisher.pending, card.color().accent);
  else if (publisher.failed > 0)
    draw_line(card, fmt::format("{} given up", publisher.failed), card.color().bad);
}

/// What the handler works on, with a bar that fills until it is done.
void draw_busy(Card& card, const Busy& busy) {
  if (!card.has_line(text_size)) return;
  const SimTime now = card.frame.session.world().t;
  const double length = to_seconds(busy.until - busy.since);
  const double done = length > 0 ? to_seconds(now - busy.since) / length : 1;
  card.rest.cut_top(card.view.px(2));
  Rect row = card.cut_line(19).shrunk(0, card.view.px(0.5F));
  const float radius = card.view.px(5);
  const RecordId followed = selected_record(card.frame.state);
  const Color c = busy.record == followed ? card.color().follow : card.color().cell_line;
  fill(card.frame.canvas, row, card.color().inset, radius);
  Rect bar = row;
  bar.max.x = bar.min.x + row.width() * static_cast<float>(std::clamp(done, 0.0, 1.0));
  if (bar.width() > radius) fill(card.frame.canvas, bar, c.faded(0.45F), radius);
  frame(card.frame.canvas, row, card.color().line, card.frame.theme().line_px(), radius);
  draw_text_in(card.frame.canvas, row.shrunk(card.view.px(6), 0),
               card.pen(Face::mono, label_size, card.color().text), card.name(busy.record),
               Align::center);
}

std::int64_t lag_of(const Card& card) {
  std::int64_t lag = 0;
  for (const ReadPosition& position : card.node.receiver.positions)
    if (const PartitionView* partition = card.frame.session.world().partition(position.partition))
      lag += std::max<std::int64_t>(0, partition->high_watermark() - position.offset);
  return lag;
}

/// The latest side effect in plain words, while there is room for a line more.
void draw_latest(Card& card) {
  const EffectView* latest = nullptr;
  for (const EffectView& effect : card.node.receiver.effects)
    if (latest == nullptr || effect.latest_at >= latest->latest_at) latest = &effect;
  if (latest == nullptr || card.rest.height() < card.view.px(50)) return;
  draw_text_in(card.frame.canvas, card.cut_line(text_size),
               card.pen(Face::regular, label_size, card.color().muted), latest->latest, card.align);
}

void draw_receiver(Card& card) {
  if (card.node.incarnation == 0) return;  // nothing to say before it has ever run
  const ReceiverView& receiver = card.node.receiver;
  std::string line = fmt::format("{} handled", receiver.processed);
  std::uint64_t repeated = 0;
  for (const EffectView& effect : receiver.effects) repeated += effect.repeated;
  Color color = card.ink();
  if (receiver.effects.size() == 1) {
    const EffectView& effect = receiver.effects.front();
    line = fmt::format("{} × {}", effect.name, effect.times);
    if (!card.dead) color = card.color().ok;
  }
  if (repeated > 0) {
    line += fmt::format(", {} twice", repeated);
    color = card.color().bad;
  }
  draw_line(card, line, color);
  draw_latest(card);
  if (card.dead) return;
  const std::int64_t lag = lag_of(card);
  if (!receiver.busy.empty()) {
    draw_busy(card, receiver.busy.front());
    const std::size_t waiting = receiver.inbox.size();
    if (waiting > 0 && card.has_line(text_size))
      draw_line(card, times(waiting, "waits", "wait"), card.color().muted);
  } else if (lag > 0)
    draw_line(card, fmt::format("lag {}", lag), card.color().warn);
  else if (!receiver.inbox.empty())
    draw_line(card, times(receiver.inbox.size(), "waits", "wait"), card.color().warn);
  else
    draw_line(card, "idle", card.color().muted);
}

std::vector<std::string> names_of(const Card& card, const std::vector<RecordId>& records) {
  constexpr std::size_t names_max = 24;
  std::vector<std::string> names;
  for (const RecordId record : records) {
    // Beyond what could ever fit, only the count matters.
    names.push_back(names.size() < names_max ? card.name(record) : std::string("…"));
  }
  return names;
}

void draw_queue(Card& card) {
  const QueueView& queue = card.node.queue;
  const Palette& color = card.color();
  draw_chips(card, "waiting", names_of(card, queue.visible), color.cell, color.cell_text);
  std::vector<std::string> leased;
  for (const Lease& lease : queue.leased)
    leased.push_back(fmt::format("{} → {}", card.name(lease.record),
                                 card.frame.session.history().name(lease.receiver)));
  draw_chips(card, "handed out", leased, color.accent, color.on_meaning);
  if (!queue.dead_letters.empty())
    draw_chips(card, "dead letters", names_of(card, queue.dead_letters), color.bad,
               color.on_meaning);
}

void draw_station(Card& card) {
  const StationView& station = card.node.station;
  std::vector<std::string> names;
  for (const NodeId subscriber : station.subscribers)
    names.push_back(card.frame.session.history().name(subscriber));
  draw_chips(card, "listening", names, card.color().cell, card.color().cell_text);
  Rect row = card.rest.cut_top(card.view.px(34));
  std::string words = fmt::format("{} on the air, nothing kept", station.sent);
  if (station.unheard > 0) words += fmt::format(", {} heard by nobody", station.unheard);
  draw_text_in(
      card.frame.canvas, row,
      card.pen(Face::regular, text_size, station.unheard > 0 ? card.color().warn : card.ink()),
      words);
}

/// Name and what it is, in one line; where that is too long and the card has room, in two.
void draw_channel_head(Card& card) {
  Rect head = card.rest.cut_top(card.view.px(28));
  const Rect all = card.rest;
  card.rest = head;
  draw_head(card, Align::left);
  card.rest = all;
  const auto [text, color] = subtitle(card);
  const Pen pen = card.pen(Face::regular, text_size, color);
  const Pen name = card.pen(Face::strong, name_size, color);
  head.min.x += text_width(card.frame.canvas, name, card.info.name) +
                card.view.px(card.dead && !card.calm ? 42 : 16);
  const bool has_room = card.info.role == Role::queue && card.node.queue.dead_letters.empty();
  if (has_room && text_width(card.frame.canvas, pen, text) > head.width())
    draw_text_in(card.frame.canvas, card.cut_line(text_size), pen, text);
  else
    draw_text_in(card.frame.canvas, head, pen, text);
  card.rest.cut_top(card.view.px(6));
}

void draw_body(Frame& frame, const View& view, const Rect& area, const NodeView& node, bool hovered,
               bool selected) {
  const Palette& color = frame.color();
  const bool dead = node.down();
  const bool unborn = node.incarnation == 0;
  const float radius = view.px(10);
  const float weight = frame.theme().line_px();
  const bool calm = node.stopped_cleanly();
  fill(frame.canvas, area, unborn || calm ? color.background : color.card, radius);
  if (dead && !calm)
    dashed_frame(frame.canvas, area, color.bad, weight * 1.3F, radius);
  else
    ui::frame(frame.canvas, area,
              selected || hovered ? color.accent
              : unborn || calm    ? color.line
                                  : color.outline,
              selected ? weight * 1.8F : weight, radius);
  if (dead && !calm && selected)
    ui::frame(frame.canvas, area.shrunk(-view.px(4)), color.accent, weight * 1.5F, radius);
}

/// What stands still in a rebalance is seen from afar.
void draw_stop(Frame& frame, const View& view, const Rect& area) {
  const Color color = frame.color().warn;
  const float weight = frame.theme().line_px();
  hatch(frame.canvas, area.shrunk(view.px(3)), color.faded(0.2F), view.px(13), weight);
  dashed_frame(frame.canvas, area, color, weight * 1.3F, view.px(10));
}

}  // namespace

void draw_card(Frame& frame, const View& view, const NodeBox& box, bool hovered) {
  const NodeView* node = frame.session.world().node(box.node);
  const NodeInfo* info = frame.session.history().node(box.node);
  if (node == nullptr || info == nullptr || !node->declared) return;
  const Rect area = view.to_screen(box.box);
  if (!area.overlaps(view.area)) return;
  const bool dead = node->down();
  const bool selected = selected_node(frame.state) == box.node;
  draw_body(frame, view, area, *node, hovered, selected);
  const GroupView* group = frame.session.world().group_of(box.node);
  const MemberView* member = group == nullptr ? nullptr : group->member(box.node);
  if (member != nullptr && has_stopped(frame.session.world(), *group, *member))
    draw_stop(frame, view, area);

  frame.canvas.list->PushClipRect(area.min, area.max, true);
  Card card{frame,
            view,
            *info,
            *node,
            area.shrunk(view.px(padding), view.px(padding - 2)),
            dead,
            node->stopped_cleanly(),
            Align::center};
  if (is_management(info->role)) {
    draw_manager(card);
  } else if (is_channel(info->role)) {
    if (info->role != Role::broker) draw_channel_head(card);
    if (info->role == Role::broker) draw_broker(card, box);
    if (info->role == Role::queue) draw_queue(card);
    if (info->role == Role::station) draw_station(card);
  } else if (group != nullptr) {
    card.align = Align::left;
    draw_member(card, *group, box);
    if (!box.compact && view.zoom >= details_zoom_min * frame.theme().scale) draw_receiver(card);
  } else {
    draw_head(card, Align::center);
    draw_subtitle(card, Align::center);
    card.rest.cut_top(view.px(2));
    const bool details = view.zoom >= details_zoom_min * frame.theme().scale;
    if (details && info->role == Role::producer) draw_producer(card);
    const bool receives = info->role == Role::consumer || info->role == Role::service;
    if (details && receives) draw_receiver(card);
  }
  frame.canvas.list->PopClipRect();
}

}  // namespace eventarium::viz::ui
