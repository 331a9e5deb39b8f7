// See fault_injector.h.
#include "sim/app/fault_injector.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace eventarium::app {

using scenario::Fault;
using scenario::FaultKind;

FaultInjector::FaultInjector(engine::Engine& engine, const scenario::Network& network)
    : engine_(engine), network_(network) {}

FaultInjector::Property FaultInjector::property_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::power_loss:
    case FaultKind::stop:
    case FaultKind::start:
      return Property::process;
    case FaultKind::link_down:
    case FaultKind::link_up:
      return Property::link;
    case FaultKind::latency:
      return Property::latency;
    case FaultKind::bandwidth:
      return Property::bandwidth;
    case FaultKind::loss:
      return Property::loss;
    case FaultKind::cut:
      return Property::cut;
    default:  // the loader knows no other yet
      return Property::process;
  }
}

// ---- what is where

NodeId FaultInjector::node(const std::string& name) const {
  return engine_.names().find(name).value_or(NodeId{});
}

std::vector<FaultInjector::Place> FaultInjector::places_of(const Fault& fault) const {
  const Property property = property_of(fault.kind);
  const NodeId target = node(fault.target);
  if (property != Property::cut) return {{property, target, NodeId{}}};
  const NodeId peer = node(fault.peer);
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

// ---- what can be asked for

std::string FaultInjector::check_place(const Fault& fault) const {
  if (fault.target.empty()) return "the target is missing: name a node";
  if (!node(fault.target).valid()) return fmt::format("there is no node '{}'", fault.target);
  if (fault.kind == FaultKind::cut) {
    if (!node(fault.peer).valid())
      return fmt::format("a cut needs a peer, the node at its other side; there is no node '{}'",
                         fault.peer);
    if (fault.peer == fault.target) return "a node can't be cut off from itself";
  }
  return {};
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
  if (std::string problem = check_place(fault); !problem.empty()) return problem;
  const std::vector<Place> places = places_of(fault);
  const Place& first = places.front();
  if (first.property == Property::process) {
    const Downtime& down = downtime(first.node);
    if (is_running(first.node) || (down.for_good && down.has_power) || down.fault.empty())
      return "nothing to heal: " + state_of(first);
    return {};
  }
  const auto broken = [&](const Place& place) { return condition(place).broken; };
  if (std::any_of(places.begin(), places.end(), broken)) return {};
  return "nothing to heal: " + state_of(first);
}

/// What a place is like, for messages; ends in what can be done about it.
std::string FaultInjector::state_of(const Place& place) const {
  const std::string& name = engine_.names().name(place.node);
  const Condition& now = condition(place);
  const std::string until = now.until ? ", until " + format_clock(*now.until) : "";
  switch (place.property) {
    case Property::process: {
      if (is_running(place.node)) return name + " is running already";
      const Downtime& down = downtime(place.node);
      return fmt::format("{} {}{}; do: start starts it", name,
                         down.has_power ? "is not running" : "has no power", until);
    }
    case Property::link:
      if (now.broken) return fmt::format("the cable of {} is unplugged already{}", name, until);
      return fmt::format("the cable of {} is plugged in already", name);
    case Property::cut: {
      const std::string& peer = engine_.names().name(place.peer);
      if (now.broken) return fmt::format("nothing gets from {} to {} already{}", name, peer, until);
      return fmt::format("messages get from {} to {} already", name, peer);
    }
    default:
      return fmt::format("the {} of {} is the scenario's own", name_of(place), name);
  }
}

bool FaultInjector::changes(const Fault& fault, const Place& place) const {
  const Condition& now = condition(place);
  const std::optional<SimTime> end = end_of(fault);
  switch (place.property) {
    case Property::process:
      if (is_running(place.node)) return fault.kind != FaultKind::start;
      if (fault.kind == FaultKind::start) return true;
      if (fault.kind == FaultKind::power_loss && downtime(place.node).has_power) return true;
      return end && now.until && *end > *now.until;
    case Property::link:
    case Property::cut:
      if (fault.kind == FaultKind::link_up) return now.broken;
      return !now.broken || (now.until && (!end || *end > *now.until));
    default:
      return true;
  }
}

// ---- what is told

/// As FaultHealed names it.
std::string FaultInjector::name_of(const Place& place) const {
  switch (place.property) {
    case Property::process: {
      const std::string& fault = downtime(place.node).fault;
      return fault.empty() ? "stop" : fault;
    }
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
  }
  return "?";
}

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
    case Property::latency:
      return "latency " + format_duration(fault.latency);
    case Property::bandwidth:
      return fmt::format("bandwidth {:.4g} Mbit/s", fault.bandwidth_bytes_per_s * 8e-6);
    case Property::loss:
      return fmt::format("{:.4g} % of packets", fault.loss * 100);
    case Property::link:
      return condition(place).broken ? already("it was unplugged already") : "";
    case Property::cut:
      return condition(place).broken ? already("it was cut already") : "";
  }
  return {};
}

// ---- breaking

void FaultInjector::inject(const Fault& fault) {
  if (fault.kind == FaultKind::start || fault.kind == FaultKind::link_up)
    return mend(places_of(fault).front(), true);
  for (const Place& place : places_of(fault)) {
    const bool changed = changes(fault, place);
    const EventId injected = engine_.emit(trace::FaultInjected{std::string(fault_name(fault.kind)),
                                                               place.peer, detail_of(fault, place)},
                                          place.node);
    if (changed) engine_.with_cause(injected, [&] { break_at(fault, place); });
  }
}

void FaultInjector::break_at(const Fault& fault, const Place& place) {
  std::optional<SimTime> end = end_of(fault);
  switch (place.property) {
    case Property::process:
      if (!is_running(place.node) && end && condition(place).until)
        end = std::max(*end, *condition(place).until);
      end_process(fault, place.node);
      break;
    case Property::link:
      engine_.set_link_up(place.node, false);
      break;
    case Property::latency:
      engine_.set_latency(place.node, fault.latency);
      break;
    case Property::bandwidth:
      engine_.set_bandwidth(place.node, fault.bandwidth_bytes_per_s);
      break;
    case Property::loss:
      engine_.set_loss(place.node, fault.loss);
      break;
    case Property::cut:
      engine_.set_cut(place.node, place.peer, true);
      break;
  }
  plan(place, end);
}

void FaultInjector::end_process(const Fault& fault, NodeId target) {
  const bool power_loss = fault.kind == FaultKind::power_loss;
  if (is_running(target)) {
    downtimes_[target] = {std::string(fault_name(fault.kind)), !power_loss, false};
  } else if (power_loss) {
    const auto [found, never_ran] = downtimes_.try_emplace(target);
    if (never_ran) found->second.for_good = true;  // it isn't the fault that is to start it
    found->second.fault = fault_name(fault.kind);
    found->second.has_power = false;
  }
  engine_.stop(target, power_loss                       ? engine::StopReason::power_loss
                       : fault.kind == FaultKind::crash ? engine::StopReason::crash
                                                        : engine::StopReason::clean);
}

void FaultInjector::end_for_good(NodeId target) {
  if (is_running(target)) downtimes_[target] = {"stop", true, false};
  Downtime& down = downtimes_[target];
  down.for_good = true;
  if (down.has_power) plan({Property::process, target, NodeId{}}, std::nullopt);
  engine_.stop(target, engine::StopReason::clean);
}

// ---- healing

void FaultInjector::plan(const Place& place, std::optional<SimTime> end) {
  Condition& changed = conditions_[place];
  changed.broken = true;
  changed.until = end;
  const std::uint64_t version = ++changed.version;
  if (!end) return;
  engine_.schedule(*end, [this, place, version] {
    if (condition(place).version == version) mend(place, !downtime(place.node).for_good);
  });
}

void FaultInjector::heal(const Fault& fault) {
  for (const Place& place : places_of(fault))
    if (place.property == Property::process || condition(place).broken)
      mend(place, !downtime(place.node).for_good);
}

/// `start`: a process is started, not only the power of its machine restored.
void FaultInjector::mend(const Place& place, bool start) {
  trace::FaultHealed healed{name_of(place), place.peer, ""};
  if (place.property == Property::process) {
    if (is_running(place.node)) healed.detail = "it was running";
    if (!start) healed.detail = "only its machine: the process stays down";
  }
  Condition& mended = conditions_[place];
  mended.broken = false;
  mended.until.reset();
  ++mended.version;
  const EventId event = engine_.emit(std::move(healed), place.node);
  engine_.with_cause(event, [&] {
    switch (place.property) {
      case Property::process:
        if (!start) {
          downtimes_[place.node].has_power = true;
          return engine_.power_on(place.node);
        }
        downtimes_.erase(place.node);
        return engine_.start(place.node);
      case Property::link:
        return engine_.set_link_up(place.node, true);
      case Property::latency:
        return engine_.set_latency(place.node, network_.latency);
      case Property::bandwidth:
        return engine_.set_bandwidth(place.node, network_.bandwidth_bytes_per_s);
      case Property::loss:
        return engine_.set_loss(place.node, network_.loss);
      case Property::cut:
        return engine_.set_cut(place.node, place.peer, false);
    }
  });
}

}  // namespace eventarium::app
