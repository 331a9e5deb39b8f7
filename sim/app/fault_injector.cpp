// See fault_injector.h.
#include "sim/app/fault_injector.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace eventarium::app {
namespace {

using scenario::Fault;
using scenario::FaultKind;

constexpr std::array<std::pair<FaultKind, std::string_view>, 10> kinds{{
    {FaultKind::crash, "crash"},
    {FaultKind::power_loss, "power_loss"},
    {FaultKind::stop, "stop"},
    {FaultKind::start, "start"},
    {FaultKind::link_down, "link_down"},
    {FaultKind::link_up, "link_up"},
    {FaultKind::latency, "latency"},
    {FaultKind::bandwidth, "bandwidth"},
    {FaultKind::cut, "cut"},
    {FaultKind::loss, "loss"},
}};

}  // namespace

std::string_view fault_name(FaultKind kind) {
  for (const auto& [known, name] : kinds)
    if (known == kind) return name;
  return "?";
}

bool parse_fault(std::string_view name, FaultKind& kind) {
  for (const auto& [known, known_name] : kinds) {
    if (known_name != name) continue;
    kind = known;
    return true;
  }
  return false;
}

std::string fault_names() {
  std::string names;
  for (const auto& [kind, name] : kinds) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

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
  }
  return Property::process;
}

NodeId FaultInjector::node(const std::string& name) const {
  return engine_.names().find(name).value_or(NodeId{});
}

FaultInjector::Place FaultInjector::place_of(const Fault& fault) const {
  const Property property = property_of(fault.kind);
  return {property, node(fault.target), property == Property::cut ? node(fault.peer) : NodeId{}};
}

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

std::string FaultInjector::check_now(const Fault& fault) const {
  if (std::string problem = check(fault); !problem.empty()) return problem;
  if (property_of(fault.kind) != Property::process) return {};
  if (fault.kind == FaultKind::start && is_running(fault))
    return fmt::format("{} is running already", fault.target);
  if ((fault.kind == FaultKind::crash || fault.kind == FaultKind::stop) && !is_running(fault))
    return fmt::format("{} is not running; do: start starts it", fault.target);
  return {};
}

std::string FaultInjector::check(const Fault& fault) const {
  if (std::string problem = check_place(fault); !problem.empty()) return problem;
  if (fault.kind == FaultKind::latency && fault.latency < Duration::zero())
    return "a latency can't be negative";
  if (fault.kind == FaultKind::bandwidth && !(fault.bandwidth_bytes_per_s >= 1))
    return "a bandwidth is at least 1 byte/s; use link_down to cut the node off";
  if (fault.kind == FaultKind::loss && !(fault.loss >= 0 && fault.loss < 1))
    return "a loss is a probability from 0 to below 1; use link_down to lose everything";
  if (fault.lasts && *fault.lasts <= Duration::zero()) return "a fault lasts longer than nothing";
  return {};
}

bool FaultInjector::is_running(const Fault& fault) const {
  return engine_.is_running(node(fault.target));
}

std::string FaultInjector::detail_of(const Fault& fault) const {
  switch (fault.kind) {
    case FaultKind::crash:
    case FaultKind::power_loss:
    case FaultKind::stop:
      return is_running(fault) ? "" : "it was down already";
    case FaultKind::latency:
      return "latency " + format_duration(fault.latency);
    case FaultKind::bandwidth:
      return fmt::format("bandwidth {:.4g} Mbit/s", fault.bandwidth_bytes_per_s * 8e-6);
    case FaultKind::loss:
      return fmt::format("{:.4g} % of packets", fault.loss * 100);
    case FaultKind::cut:
      return fault.both_ways ? "nor back" : "";
    default:
      return {};
  }
}

void FaultInjector::inject(const Fault& fault) {
  if (fault.kind == FaultKind::start || fault.kind == FaultKind::link_up) return heal(fault);
  const bool changes = property_of(fault.kind) != Property::process || is_running(fault);
  const std::uint64_t version = ++versions_[place_of(fault)];
  const NodeId peer = fault.kind == FaultKind::cut ? node(fault.peer) : NodeId{};
  const EventId injected = engine_.emit(
      trace::FaultInjected{std::string(fault_name(fault.kind)), peer, detail_of(fault)},
      node(fault.target));
  engine_.with_cause(injected, [&] { break_now(fault); });
  if (!fault.lasts || !changes) return;
  engine_.schedule(engine_.now() + *fault.lasts, [this, fault, version] {
    if (versions_[place_of(fault)] == version) heal(fault);
  });
}

void FaultInjector::break_now(const Fault& fault) {
  const NodeId target = node(fault.target);
  const auto stop = [&](engine::StopReason reason) {
    if (is_running(fault)) how_it_stopped_[target] = fault_name(fault.kind);
    engine_.stop(target, reason);
  };
  switch (fault.kind) {
    case FaultKind::crash:
      return stop(engine::StopReason::crash);
    case FaultKind::power_loss:
      return stop(engine::StopReason::power_loss);
    case FaultKind::stop:
      return stop(engine::StopReason::clean);
    case FaultKind::link_down:
      return engine_.set_link_up(target, false);
    case FaultKind::latency:
      return engine_.set_latency(target, fault.latency);
    case FaultKind::bandwidth:
      return engine_.set_bandwidth(target, fault.bandwidth_bytes_per_s);
    case FaultKind::loss:
      return engine_.set_loss(target, fault.loss);
    case FaultKind::cut:
      engine_.set_cut(target, node(fault.peer), true);
      if (fault.both_ways) engine_.set_cut(node(fault.peer), target, true);
      return;
    case FaultKind::start:
    case FaultKind::link_up:
      return;  // these heal
  }
}

void FaultInjector::heal(const Fault& fault) {
  ++versions_[place_of(fault)];
  const NodeId target = node(fault.target);
  trace::FaultHealed healed{std::string(fault_name(fault.kind)), NodeId{}, ""};
  if (property_of(fault.kind) == Property::process) {
    const auto stopped = how_it_stopped_.find(target);
    healed.fault = stopped == how_it_stopped_.end() ? "stop" : stopped->second;
    if (is_running(fault)) healed.detail = "it was running";
  } else if (property_of(fault.kind) == Property::link) {
    healed.fault = "link_down";
  } else if (fault.kind == FaultKind::cut) {
    healed.peer = node(fault.peer);
    healed.detail = fault.both_ways ? "and back" : "";
  }
  const EventId event = engine_.emit(std::move(healed), target);
  engine_.with_cause(event, [&] { mend_now(fault); });
}

void FaultInjector::mend_now(const Fault& fault) {
  const NodeId target = node(fault.target);
  switch (property_of(fault.kind)) {
    case Property::process:
      return engine_.start(target);
    case Property::link:
      return engine_.set_link_up(target, true);
    case Property::latency:
      return engine_.set_latency(target, network_.latency);
    case Property::bandwidth:
      return engine_.set_bandwidth(target, network_.bandwidth_bytes_per_s);
    case Property::loss:
      return engine_.set_loss(target, network_.loss);
    case Property::cut:
      engine_.set_cut(target, node(fault.peer), false);
      if (fault.both_ways) engine_.set_cut(node(fault.peer), target, false);
      return;
  }
}

}  // namespace eventarium::app
