// See fault_injector.h: what is where, what can be asked for, and what is told of it. What faults
// do is in fault_effects.cpp.
#include "sim/app/fault_injector.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/service/breakable.h"

namespace eventarium::app {

using scenario::Fault;
using scenario::FaultKind;

FaultInjector::FaultInjector(engine::Engine& engine, const scenario::Network& network,
                             std::function<bool(NodeId)> has_files)
    : engine_(engine), network_(network), has_files_(std::move(has_files)) {}

FaultInjector::Property FaultInjector::property_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::power_loss:
    case FaultKind::stop:
    case FaultKind::start:
      return Property::process;
    case FaultKind::pause:
      return Property::pause;
    case FaultKind::slow_cpu:
      return Property::cpu;
    case FaultKind::slow_disk:
      return Property::disk_speed;
    case FaultKind::disk_full:
    case FaultKind::disk_failure:
      return Property::disk;
    case FaultKind::link_down:
    case FaultKind::link_up:
      return Property::link;
    case FaultKind::latency:
      return Property::latency;
    case FaultKind::bandwidth:
      return Property::bandwidth;
    case FaultKind::cut:
      return Property::cut;
    case FaultKind::split:
      return Property::split;
    case FaultKind::loss:
      return Property::loss;
    case FaultKind::slow_handler:
      return Property::handler;
    case FaultKind::poison:
      return Property::poison;
    case FaultKind::retry_storm:
      return Property::patience;
  }
  return Property::process;
}

// ---- what is where

NodeId FaultInjector::node(const std::string& name) const {
  return engine_.names().find(name).value_or(NodeId{});
}

std::vector<FaultInjector::Place> FaultInjector::places_of(const Fault& fault) const {
  const Property property = property_of(fault.kind);
  const NodeId target = node(fault.target), peer = node(fault.peer);
  if (property == Property::split) {
    std::vector<Place> places{{property, NodeId{}, NodeId{}}};
    for (const auto& from : fault.sides)
      for (const auto& to : fault.sides)
        for (const std::string& a : from)
          for (const std::string& b : to)
            if (&from != &to) places.push_back({Property::cut, node(a), node(b)});
    return places;
  }
  if (property != Property::cut) return {{property, target, NodeId{}}};
  if (!fault.both_ways) return {{property, target, peer}};
  return {{property, target, peer}, {property, peer, target}};
}

const FaultInjector::Condition& FaultInjector::condition(const Place& place) const {
  static const Condition sound;
  const auto found = conditions_.find(place);
  return found == conditions_.end() ? sound : found->second;
}

const FaultInjector::Downtime& FaultInjector::downtime(NodeId id) const {
  static const Downtime none;
  const auto found = downtimes_.find(id);
  return found == downtimes_.end() || is_running(id) ? none : found->second;
}

std::optional<SimTime> FaultInjector::end_of(const Fault& fault) const {
  if (!fault.lasts) return std::nullopt;
  return engine_.now() + *fault.lasts;
}

bool FaultInjector::is_broken(const Place& place) const {
  if (place.property == Property::pause && !engine_.is_paused(place.node)) return false;
  return condition(place).broken;
}

// ---- what can be asked for

std::string FaultInjector::check_sides(const Fault& fault) const {
  if (fault.sides.size() < 2) return "a split needs two sides or more";
  std::set<std::string> seen;
  for (const auto& side : fault.sides) {
    if (side.empty()) return "a side needs at least one node";
    for (const std::string& name : side) {
      if (!node(name).valid()) return fmt::format("there is no node '{}'", name);
      if (!seen.insert(name).second) return fmt::format("'{}' is named twice", name);
    }
  }
  return {};
}

/// Some faults befall only nodes of some kinds.
std::string FaultInjector::check_kind_of_node(const Fault& fault, NodeId target) const {
  const Property property = property_of(fault.kind);
  engine::Node& there = engine_.node(target);
  if (property == Property::handler && dynamic_cast<service::EventHandler*>(&there) == nullptr)
    return fmt::format("{} handles no events; only consumers and services do", fault.target);
  const bool needs_source = property == Property::poison || property == Property::patience;
  if (needs_source && dynamic_cast<service::EventSource*>(&there) == nullptr)
    return fmt::format("{} is not a producer", fault.target);
  const bool of_disk = property == Property::disk || property == Property::disk_speed;
  if (of_disk && !has_files_(target))
    return fmt::format("{} keeps nothing on its disk", fault.target);
  return {};
}

std::string FaultInjector::check_place(const Fault& fault) const {
  if (fault.kind == FaultKind::split) return check_sides(fault);
  if (fault.target.empty()) return "the target is missing: name a node";
  const NodeId target = node(fault.target);
  if (!target.valid()) return fmt::format("there is no node '{}'", fault.target);
  if (fault.kind == FaultKind::cut) {
    if (!node(fault.peer).valid())
      return fmt::format("a cut needs a peer, the node at its other side; there is no node '{}'",
                         fault.peer);
    if (fault.peer == fault.target) return "a node can't be cut off from itself";
  }
  return check_kind_of_node(fault, target);
}

std::string FaultInjector::check(const Fault& fault) const {
  if (std::string problem = check_place(fault); !problem.empty()) return problem;
  return check_values(fault);
}

std::string FaultInjector::check_now(const Fault& fault) const {
  if (std::string problem = check(fault); !problem.empty()) return problem;
  const std::vector<Place> places = places_of(fault);
  const auto changed = [&](const Place& place) { return changes(fault, place); };
  if (std::any_of(places.begin(), places.end(), changed)) return {};
  return state_of(places.front());
}

std::string FaultInjector::check_heal_now(const Fault& fault) const {
  if (fault.kind == FaultKind::split) {
    if (is_broken({Property::split, NodeId{}, NodeId{}})) return {};
    return "nothing to heal: the network is not split";
  }
  if (fault.kind == FaultKind::poison) return "nothing to heal: a record that is made stays";
  if (std::string problem = check_place(fault); !problem.empty()) return problem;
  const std::vector<Place> places = places_of(fault);
  const Place& first = places.front();
  if (first.property == Property::process) {
    const Downtime& down = downtime(first.node);
    if (is_running(first.node) || (down.for_good && down.has_power) || down.fault.empty())
      return "nothing to heal: " + state_of(first);
    return {};
  }
  const auto broken = [&](const Place& place) { return is_broken(place); };
  if (std::any_of(places.begin(), places.end(), broken)) return {};
  return "nothing to heal: " + state_of(first);
}

/// What a place is like, for messages; ends in what can be done about it.
std::string FaultInjector::state_of(const Place& place) const {
  const std::string& name = engine_.names().name(place.node);
  const Condition& now = condition(place);
  const bool broken = is_broken(place);
  const std::string until = broken && now.until ? ", until " + format_clock(*now.until) : "";
  switch (place.property) {
    case Property::process: {
      if (is_running(place.node)) return name + " is running already";
      const Downtime& down = downtime(place.node);
      return fmt::format("{} {}{}; do: start starts it", name,
                         down.has_power ? "is not running" : "has no power",
                         now.until ? ", until " + format_clock(*now.until) : "");
    }
    case Property::pause:
      if (broken) return fmt::format("{} is paused already{}", name, until);
      return name + (is_running(place.node) ? " is not paused" : " is not running");
    case Property::link:
      if (broken) return fmt::format("the cable of {} is unplugged already{}", name, until);
      return fmt::format("the cable of {} is plugged in already", name);
    case Property::cut: {
      const std::string& peer = engine_.names().name(place.peer);
      if (broken) return fmt::format("nothing gets from {} to {} already{}", name, peer, until);
      return fmt::format("messages get from {} to {} already", name, peer);
    }
    case Property::split:
      return "the network is split like that already" + until;
    case Property::disk:
      return fmt::format("the disk of {} is {}", name, broken ? "like that already" : "fine");
    case Property::cpu:
    case Property::disk_speed:
      return fmt::format("the {} of {} has its full speed",
                         place.property == Property::cpu ? "CPU" : "disk", name);
    case Property::handler:
    case Property::patience:
      return name + " is as it should be";
    default:
      return fmt::format("the {} of {} is the scenario's own", name_of(place), name);
  }
}

/// Several faults of this kind at one place hold as long as one of them does; of the others the
/// later one takes over.
bool FaultInjector::lasts_longest(Property property) {
  return property == Property::link || property == Property::cut || property == Property::pause ||
         property == Property::split;
}

bool FaultInjector::changes(const Fault& fault, const Place& place) const {
  const Condition& now = condition(place);
  const std::optional<SimTime> end = end_of(fault);
  if (place.property == Property::process) {
    if (is_running(place.node)) return fault.kind != FaultKind::start;
    if (fault.kind == FaultKind::start) return true;
    if (fault.kind == FaultKind::power_loss && downtime(place.node).has_power) return true;
    return end && now.until && *end > *now.until;
  }
  if (place.property == Property::pause && !is_running(place.node)) return false;
  const bool broken = is_broken(place);
  if (fault.kind == FaultKind::link_up) return broken;
  if (!lasts_longest(place.property)) return true;
  return !broken || (now.until && (!end || *end > *now.until));
}

// ---- what is told

/// As FaultHealed names it.
std::string FaultInjector::name_of(const Place& place) const {
  switch (place.property) {
    case Property::process: {
      const std::string& fault = downtime(place.node).fault;
      return fault.empty() ? "stop" : fault;
    }
    case Property::pause:
      return "pause";
    case Property::cpu:
      return "slow_cpu";
    case Property::disk_speed:
      return "slow_disk";
    case Property::disk:
      return condition(place).fault;
    case Property::link:
      return "link_down";
    case Property::latency:
      return "latency";
    case Property::bandwidth:
      return "bandwidth";
    case Property::loss:
      return "loss";
    case Property::cut:
      return "cut";
    case Property::split:
      return "split";
    case Property::handler:
      return "slow_handler";
    case Property::patience:
      return "retry_storm";
    case Property::poison:
      return "poison";
  }
  return "?";
}

namespace {

/// "broker-1 | broker-2, broker-3"
std::string sides_in_words(const std::vector<std::vector<std::string>>& sides) {
  std::string text;
  for (const auto& side : sides) {
    if (!text.empty()) text += " | ";
    for (std::size_t i = 0; i < side.size(); ++i) text += (i == 0 ? "" : ", ") + side[i];
  }
  return text;
}

}  // namespace

std::string FaultInjector::detail_of(const Fault& fault, const Place& place) const {
  const auto already = [&](std::string text) {
    const std::optional<SimTime> end = end_of(fault);
    if (changes(fault, place) && condition(place).until && end && *end > *condition(place).until)
      text += ", now until " + format_clock(*end);
    return text;
  };
  switch (place.property) {
    case Property::process:
      return is_running(place.node) ? "" : already("it was down already");
    case Property::pause:
      if (!is_running(place.node)) return "it is not running";
      return is_broken(place) ? already("it was paused already") : "";
    case Property::cpu:
    case Property::disk_speed:
      return fmt::format("at {:.4g} % of its speed", fault.factor * 100);
    case Property::latency:
      return "latency " + format_duration(fault.latency);
    case Property::bandwidth:
      return fmt::format("bandwidth {:.4g} Mbit/s", fault.bandwidth_bytes_per_s * 8e-6);
    case Property::loss:
      return fmt::format("{:.4g} % of packets", fault.loss * 100);
    case Property::link:
      return is_broken(place) ? already("it was unplugged already") : "";
    case Property::cut:
      if (fault.kind == FaultKind::split) return "split";
      return is_broken(place) ? already("it was cut already") : "";
    case Property::split:
      return sides_in_words(fault.sides);
    case Property::handler:
      return fmt::format("{:.4g} times as long", fault.factor);
    case Property::patience:
      return format_duration(fault.patience);
    case Property::disk:
    case Property::poison:
      break;
  }
  return {};
}

}  // namespace eventarium::app
