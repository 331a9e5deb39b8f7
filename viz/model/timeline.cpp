// See timeline.h.
#include "viz/model/timeline.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/trace/fault_words.h"
#include "viz/model/group_view.h"

namespace eventarium::viz {
namespace {

struct LaneText {
  LaneKind kind;
  const char* name;
  const char* unit;
  bool steps;
};

constexpr std::array<LaneText, 13> lane_texts = {{
    {LaneKind::faults, "faults", "", false},
    {LaneKind::violations, "broken invariants", "", false},
    {LaneKind::groups, "groups", "", false},
    {LaneKind::stopped, "stopped", "", false},
    {LaneKind::controller, "controller", "", false},
    {LaneKind::operations, "administration", "", false},
    {LaneKind::leaders, "leaders", "", false},
    {LaneKind::in_sync, "in sync", "", false},
    {LaneKind::subscribers, "listeners", "", false},
    {LaneKind::queue_depth, "waiting in queue", "records", true},
    {LaneKind::effects, "side effects", "", false},
    {LaneKind::produced_rate, "published", "records/s", false},
    {LaneKind::delivered_rate, "delivered", "records/s", false},
}};

std::string list_names(const History& history, const std::vector<NodeId>& nodes) {
  std::string out;
  for (const NodeId node : nodes) out += (out.empty() ? "" : ", ") + history.name(node);
  return out.empty() ? "none" : out;
}

/// A fault that shows as a node that is down until it starts again.
bool takes_node_down(const std::string& fault) {
  return fault == "crash" || fault == "power_loss" || fault == "stop";
}

/// What happens once and is over.
bool is_moment(const std::string& fault) {
  return fault == "start" || fault == "restart" || fault == "link_up" || fault == "poison";
}

/// A split tells of each way that it cuts, too; it is one bar.
bool is_part_of_split(const std::string& fault, const std::string& detail) {
  return fault == "cut" && detail == "split";
}

std::string fault_key(const std::string& fault, NodeId node, NodeId peer) {
  // One node is down once, whatever took it down.
  if (takes_node_down(fault)) return fmt::format("down {}", node.value);
  return fmt::format("{} {} {}", fault, node.value, peer.value);
}

}  // namespace

Timeline::Timeline() : bucket_(100ms) {
  for (const LaneText& text : lane_texts) {
    Lane lane;
    lane.kind = text.kind;
    lane.name = text.name;
    lane.unit = text.unit;
    lane.steps = text.steps;
    lanes_.push_back(lane);
  }
}

std::vector<const Lane*> Timeline::lanes() const {
  std::vector<const Lane*> out;
  for (const Lane& lane : lanes_)
    if (!lane.rows.empty() || !lane.marks.empty() || !lane.samples.empty() ||
        std::find(expected_.begin(), expected_.end(), lane.kind) != expected_.end())
      out.push_back(&lane);
  return out;
}

void Timeline::append(const History& history, Position position) {
  const trace::Event& event = history[position];
  on_fault(event, history);
  on_stop_or_start(event, history);
  on_partition(event, history);
  on_cluster(event, history);
  on_group(event);
  on_channel(event, history);
  if (event.as<trace::RecordProduced>()) {
    add_to_rate(LaneKind::produced_rate, event.t, 1);
  } else if (const auto* delivered = event.as<trace::RecordsDelivered>()) {
    add_to_rate(LaneKind::delivered_rate, event.t, delivered->records.size());
  } else if (const auto* effect = event.as<trace::SideEffectDone>()) {
    add_mark(LaneKind::effects,
             {event.t, effect->text.empty() ? effect->effect : effect->text,
              effect->times > 1 ? Tone::trouble : Tone::good, event.node, event.id});
  }
}

void Timeline::open(LaneKind kind, const std::string& key, Interval interval) {
  close(kind, key, interval.from);
  auto& rows = lane_at(kind).rows;
  const auto is_free = [&](const std::vector<Interval>& row) {
    return row.empty() || (row.back().to && *row.back().to <= interval.from);
  };
  std::size_t row = 0;
  const auto usual = rows_.find({kind, key});
  if (usual != rows_.end() && is_free(rows[usual->second]))
    row = usual->second;
  else
    while (row < rows.size() && !is_free(rows[row])) ++row;
  if (row == rows.size()) rows.emplace_back();
  rows_[{kind, key}] = row;
  rows[row].push_back(std::move(interval));
  open_[{kind, key}] = {row, rows[row].size() - 1};
}

void Timeline::close(LaneKind kind, const std::string& key, SimTime t) {
  const auto found = open_.find({kind, key});
  if (found == open_.end()) return;
  lane_at(kind).rows[found->second.first][found->second.second].to = t;
  open_.erase(found);
}

const Interval* Timeline::open_interval(LaneKind kind, const std::string& key) const {
  const auto found = open_.find({kind, key});
  return found == open_.end() ? nullptr
                              : &lane(kind).rows[found->second.first][found->second.second];
}

void Timeline::add_mark(LaneKind kind, Mark mark) {
  Lane& lane = lane_at(kind);
  if (lane.marks.size() < marks_max)
    lane.marks.push_back(std::move(mark));
  else
    ++lane.marks_left_out;
}

void Timeline::on_fault(const trace::Event& event, const History& history) {
  if (const auto* injected = event.as<trace::FaultInjected>()) {
    if (is_part_of_split(injected->fault, injected->detail)) return;
    std::string text = history.name(event.node);
    if (injected->peer.valid()) text += fmt::format(" – {}", history.name(injected->peer));
    text += ": " + trace::fault_words(injected->fault);
    if (!event.node.valid())  // what is on which side fills a page
      text = trace::fault_words(injected->fault);
    else if (!injected->detail.empty())
      text += fmt::format(", {}", injected->detail);
    if (is_moment(injected->fault))
      add_mark(LaneKind::faults, {event.t, text, Tone::good, event.node, event.id});
    else
      open(LaneKind::faults, fault_key(injected->fault, event.node, injected->peer),
           {event.t, {}, text, Tone::trouble, event.node, event.id});
  } else if (const auto* healed = event.as<trace::FaultHealed>()) {
    if (is_part_of_split(healed->fault, healed->detail)) return;
    close(LaneKind::faults, fault_key(healed->fault, event.node, healed->peer), event.t);
  }
}

void Timeline::on_stop_or_start(const trace::Event& event, const History& history) {
  const std::string key = fault_key("crash", event.node, NodeId{});
  if (event.as<trace::NodeStarted>()) {
    close(LaneKind::faults, key, event.t);
    close(LaneKind::stopped, key, event.t);
  } else if (const auto* stopped = event.as<trace::NodeStopped>()) {
    if (open_interval(LaneKind::faults, key) != nullptr) return;  // it is told there
    open(LaneKind::stopped, key,
         {event.t,
          {},
          fmt::format("{} {}", history.name(event.node),
                      stopped->reason == "clean" ? "away" : "down"),
          stopped->reason == "clean" ? Tone::neutral : Tone::trouble,
          event.node,
          event.id});
  }
}

void Timeline::on_partition(const trace::Event& event, const History& history) {
  const auto change = [&](LaneKind kind, const std::string& key, const std::string& text, Tone tone,
                          NodeId node) {
    const Interval* now = open_interval(kind, key);
    if (now == nullptr || now->text != text || now->tone != tone)
      open(kind, key, {event.t, {}, text, tone, node, event.id});
  };
  const auto tell = [&](const auto& state, bool unclean) {
    const std::string name = to_text(PartitionId{state.topic, state.partition});
    const bool led = state.leader.valid();
    const auto before = led_by_.find(name);
    if (before != led_by_.end() && before->second != state.leader && led)
      add_mark(LaneKind::leaders,
               {event.t,
                fmt::format("{} is led by {} now{}", name, history.name(state.leader),
                            unclean ? ": an unclean election" : ""),
                unclean ? Tone::trouble : Tone::accent, state.leader, event.id});
    led_by_[name] = state.leader;
    change(LaneKind::leaders, name,
           fmt::format("{}: {}", name, led ? history.name(state.leader) : "no leader"),
           led ? Tone::accent : Tone::trouble, state.leader);
    if (state.replicas.size() > 1)
      change(LaneKind::in_sync, name, fmt::format("{}: {}", name, list_names(history, state.isr)),
             state.isr.size() < state.replicas.size() ? Tone::trouble : Tone::good, NodeId{});
  };
  if (const auto* created = event.as<trace::PartitionCreated>()) tell(*created, false);
  if (const auto* changed = event.as<trace::PartitionChanged>()) tell(*changed, changed->unclean);
}

void Timeline::on_cluster(const trace::Event& event, const History& history) {
  if (const auto* elected = event.as<trace::ControllerElected>()) {
    open(LaneKind::controller, "active",
         {event.t,
          {},
          fmt::format("{}, epoch {}", history.name(event.node), elected->epoch),
          Tone::accent,
          event.node,
          event.id});
  } else if (event.as<trace::ControllerResigned>() || event.as<trace::NodeStopped>()) {
    const Interval* active = open_interval(LaneKind::controller, "active");
    if (active == nullptr || active->node != event.node) return;
    open(LaneKind::controller, "active", {event.t, {}, "none", Tone::trouble, {}, event.id});
  } else if (const auto* violated = event.as<trace::InvariantViolated>()) {
    add_mark(LaneKind::violations,
             {event.t, fmt::format("{}: {}", violated->invariant, violated->text), Tone::trouble,
              event.node, event.id});
  } else if (const auto* asked = event.as<trace::OperationAsked>()) {
    add_mark(LaneKind::operations,
             {event.t, fmt::format("{}: {}", trace::fault_words(asked->operation), asked->detail),
              Tone::accent, event.node, event.id});
  } else if (const auto* answer = event.as<trace::OperationAnswered>();
             answer && !answer->error.empty()) {
    add_mark(LaneKind::operations, {event.t, fmt::format("{}: {}", answer->error, answer->text),
                                    Tone::trouble, event.node, event.id});
  }
}

/// A bar from the moment at which a group is Stable no more to the one at which it is again: its
/// length is how long the rebalance took.
void Timeline::on_group(const trace::Event& event) {
  const auto* changed = event.as<trace::GroupStateChanged>();
  if (changed == nullptr) return;
  std::string& known = group_states_[changed->group];
  const bool was_busy = is_rebalancing(known), is_busy = is_rebalancing(changed->state);
  known = changed->state;
  if (was_busy && is_busy) return;
  const Interval* now = open_interval(LaneKind::groups, changed->group);
  const bool first = changed->generation == 0 && changed->kind == "classic";
  const char* age = changed->kind == "classic" ? "generation" : "epoch";
  std::string text = fmt::format("{}: {} {}", changed->group, age, changed->generation);
  if (is_busy)
    text = fmt::format("{}: {}", changed->group, first ? "joining" : "rebalance");
  else if (changed->state != "Stable")
    text = fmt::format("{}: {}", changed->group, changed->state);
  else if (was_busy && now != nullptr)
    text += fmt::format(", after {:.1f} s", to_seconds(event.t - now->from));
  // A coordinator that takes over tells what it has found.
  if (!is_busy && !was_busy && now != nullptr && now->text.starts_with(text)) return;
  const Tone tone = is_busy ? Tone::wait : Tone::neutral;
  open(LaneKind::groups, changed->group, {event.t, {}, text, tone, event.node, event.id});
}

void Timeline::on_channel(const trace::Event& event, const History& history) {
  const auto tuned_in = [&](NodeId subscriber) {
    return fmt::format("{} {}", event.node.value, subscriber.value);
  };
  if (const auto* joined = event.as<trace::SubscriberJoined>()) {
    open(LaneKind::subscribers, tuned_in(joined->subscriber),
         {event.t, {}, history.name(joined->subscriber), Tone::good, joined->subscriber, event.id});
  } else if (const auto* left = event.as<trace::SubscriberLeft>()) {
    close(LaneKind::subscribers, tuned_in(left->subscriber), event.t);
  } else if (const auto* stored = event.as<trace::QueueStored>()) {
    set_depth(event.node, stored->depth, event.t);
  } else if (const auto* deleted = event.as<trace::QueueDeleted>()) {
    set_depth(event.node, deleted->depth, event.t);
  } else if (event.as<trace::QueueLeased>()) {
    const std::uint64_t depth = depths_[event.node];
    set_depth(event.node, depth > 0 ? depth - 1 : 0, event.t);
  } else if (event.as<trace::QueueReturned>()) {
    set_depth(event.node, depths_[event.node] + 1, event.t);
  }
}

void Timeline::set_depth(NodeId queue, std::uint64_t depth, SimTime t) {
  depths_[queue] = depth;
  double total = 0;
  for (const auto& [node, waiting] : depths_) total += static_cast<double>(waiting);
  Lane& lane = lane_at(LaneKind::queue_depth);
  lane.value_max = std::max(lane.value_max, total);
  if (!lane.samples.empty() && lane.samples.back().t == t)
    lane.samples.back().value = total;
  else if (lane.samples.empty() || lane.samples.back().value != total)
    lane.samples.push_back({t, total});
}

void Timeline::add_to_rate(LaneKind kind, SimTime t, std::uint64_t records) {
  while (static_cast<std::size_t>(to_ns(t) / bucket_.count()) >= buckets_max) widen_buckets();
  Lane& lane = lane_at(kind);
  const auto index =
      static_cast<std::size_t>(std::max<std::int64_t>(to_ns(t), 0) / bucket_.count());
  while (lane.samples.size() <= index) {
    const auto next = static_cast<std::int64_t>(lane.samples.size());
    lane.samples.push_back({sim_time(bucket_ * next), 0});
  }
  Sample& sample = lane.samples[index];
  sample.value += static_cast<double>(records) / to_seconds(bucket_);
  lane.value_max = std::max(lane.value_max, sample.value);
}

void Timeline::widen_buckets() {
  for (const LaneKind kind : {LaneKind::produced_rate, LaneKind::delivered_rate}) {
    Lane& lane = lane_at(kind);
    std::vector<Sample> wider;
    lane.value_max = 0;
    for (std::size_t i = 0; i < lane.samples.size(); i += 2) {
      const double second = i + 1 < lane.samples.size() ? lane.samples[i + 1].value : 0;
      wider.push_back({lane.samples[i].t, (lane.samples[i].value + second) / 2});
      lane.value_max = std::max(lane.value_max, wider.back().value);
    }
    lane.samples = std::move(wider);
  }
  bucket_ *= 2;
}

}  // namespace eventarium::viz
