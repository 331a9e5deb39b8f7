// The other half of fault_injector.h: breaking what is sound, planning ends, and healing.
#include <algorithm>
#include <utility>

#include "sim/app/fault_injector.h"
#include "sim/service/breakable.h"

namespace eventarium::app {

using scenario::Fault;
using scenario::FaultKind;

// ---- breaking

void FaultInjector::inject(const Fault& fault) {
  if (fault.kind == FaultKind::start || fault.kind == FaultKind::link_up)
    return mend(places_of(fault).front(), true);
  const std::vector<Place> places = places_of(fault);
  if (fault.kind != FaultKind::split) {
    for (const Place& place : places) tell_and_break(fault, place);
    return;
  }
  const EventId told =
      engine_.emit(trace::FaultInjected{"split", NodeId{}, detail_of(fault, places.front())});
  engine_.with_cause(told, [&] {
    for (const Place& place : places) {
      if (!changes(fault, place)) continue;
      if (place.property == Property::cut) tell_and_break(fault, place);
      if (place.property == Property::split) break_at(fault, place);
    }
  });
}

void FaultInjector::tell_and_break(const Fault& fault, const Place& place) {
  const bool changed = changes(fault, place);
  const bool of_split = fault.kind == FaultKind::split;
  const EventId injected =
      engine_.emit(trace::FaultInjected{of_split ? "cut" : std::string(fault_name(fault.kind)),
                                        place.peer, detail_of(fault, place)},
                   place.node);
  if (!changed) return;
  engine_.with_cause(injected, [&] { break_at(fault, place); });
}

void FaultInjector::break_at(const Fault& fault, const Place& place) {
  std::optional<SimTime> end = end_of(fault);
  if (place.property == Property::process) {
    if (!is_running(place.node) && end && condition(place).until)
      end = std::max(*end, *condition(place).until);
    end_process(fault, place.node);
  } else {
    conditions_[place].fault = fault_name(fault.kind);
    set_value(fault, place);
  }
  if (place.property == Property::poison) return;  // is over already
  plan(place, end);
}

void FaultInjector::set_value(const Fault& fault, const Place& place) {
  engine::Node* const there = place.node.valid() ? &engine_.node(place.node) : nullptr;
  switch (place.property) {
    case Property::process:
    case Property::split:
      return;
    case Property::pause:
      return engine_.set_paused(place.node, true);
    case Property::cpu:
      return engine_.set_speed(place.node, engine::HostSpec{}.speed_flops * fault.factor);
    case Property::disk_speed:
      return engine_.set_disk_bandwidth(place.node,
                                        engine::HostSpec{}.disk_write_bytes_per_s * fault.factor);
    case Property::disk:
      return engine_.set_disk(place.node, fault.kind == FaultKind::disk_full
                                              ? engine::DiskCondition::full
                                              : engine::DiskCondition::failed);
    case Property::link:
      return engine_.set_link_up(place.node, false);
    case Property::latency:
      return engine_.set_latency(place.node, fault.latency);
    case Property::bandwidth:
      return engine_.set_bandwidth(place.node, fault.bandwidth_bytes_per_s);
    case Property::loss:
      return engine_.set_loss(place.node, fault.loss);
    case Property::cut:
      return engine_.set_cut(place.node, place.peer, true);
    case Property::handler:
      return dynamic_cast<service::EventHandler&>(*there).set_handler_factor(fault.factor);
    case Property::patience:
      dynamic_cast<service::EventSource&>(*there).set_patience(fault.patience);
      return;
    case Property::poison:
      return dynamic_cast<service::EventSource&>(*there).poison_next();
  }
}

void FaultInjector::end_process(const Fault& fault, NodeId target) {
  const bool power_loss = fault.kind == FaultKind::power_loss;
  if (is_running(target)) {
    downtimes_[target] = {std::string(fault_name(fault.kind)), !power_loss, false,
                          fault.kind == FaultKind::stop};
  } else if (power_loss) {
    const auto [found, never_ran] = downtimes_.try_emplace(target);
    if (never_ran) found->second.for_good = true;  // it isn't the fault that is to start it
    found->second.fault = fault_name(fault.kind);
    found->second.has_power = false;
  }
  if (fault.kind == FaultKind::stop) return engine_.request_stop(target);
  engine_.stop(target, power_loss ? engine::StopReason::power_loss : engine::StopReason::crash);
}

void FaultInjector::end_for_good(NodeId target) {
  if (is_running(target)) downtimes_[target] = {"stop", true, false, false};
  Downtime& down = downtimes_[target];
  down.for_good = true;
  if (down.has_power) plan({Property::process, target, NodeId{}}, std::nullopt);
  if (is_running(target)) return engine_.request_stop(target);
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
    if (condition(place).version != version) return;
    if (place.property == Property::process && is_running(place.node))
      return start_when_down(place);
    mend(place, !downtime(place.node).for_good);
  });
}

/// Its end is due, but it still hands over: looks again, until it is down or was healed.
void FaultInjector::start_when_down(const Place& place) {
  const auto found = downtimes_.find(place.node);
  if (found == downtimes_.end() || !found->second.stopping) return;
  plan(place, engine_.now() + 100ms);
}

void FaultInjector::heal(const Fault& fault) {
  std::vector<Place> places = places_of(fault);
  if (fault.kind == FaultKind::split) {  // whatever its sides were
    places = {{Property::split, NodeId{}, NodeId{}}};
    for (const auto& [place, now] : conditions_)
      if (place.property == Property::cut && now.fault == "split") places.push_back(place);
  }
  for (const Place& place : places)
    if (place.property == Property::process || is_broken(place))
      mend(place, !downtime(place.node).for_good);
}

/// `start`: a process is started, not only the power of its machine restored.
void FaultInjector::mend(const Place& place, bool start) {
  if (place.property == Property::process) return mend_process(place, start);
  const bool paused_process_ended = place.property == Property::pause && !is_broken(place);
  const bool of_split = place.property == Property::cut && condition(place).fault == "split";
  trace::FaultHealed healed{name_of(place), place.peer, of_split ? "split" : ""};
  Condition& mended = conditions_[place];
  mended.broken = false;
  mended.until.reset();
  mended.fault.clear();
  ++mended.version;
  if (paused_process_ended) return;  // and its pause with it
  const EventId event = engine_.emit(std::move(healed), place.node);
  engine_.with_cause(event, [&] { undo(place); });
}

void FaultInjector::mend_process(const Place& place, bool start) {
  trace::FaultHealed healed{name_of(place), place.peer, ""};
  if (is_running(place.node)) healed.detail = "it was running";
  if (!start) healed.detail = "only its machine: the process stays down";
  Condition& mended = conditions_[place];
  mended.broken = false;
  mended.until.reset();
  ++mended.version;
  const EventId event = engine_.emit(std::move(healed), place.node);
  engine_.with_cause(event, [&] {
    if (!start) {
      downtimes_[place.node].has_power = true;
      return engine_.power_on(place.node);
    }
    downtimes_.erase(place.node);
    engine_.start(place.node);
  });
}

/// Back to what the scenario says.
void FaultInjector::undo(const Place& place) {
  const NodeId id = place.node;
  engine::Node* const there = id.valid() ? &engine_.node(id) : nullptr;
  switch (place.property) {
    case Property::process:
    case Property::split:
    case Property::poison:
      return;
    case Property::pause:
      return engine_.set_paused(id, false);
    case Property::cpu:
      return engine_.set_speed(id, engine::HostSpec{}.speed_flops);
    case Property::disk_speed:
      return engine_.set_disk_bandwidth(id, engine::HostSpec{}.disk_write_bytes_per_s);
    case Property::disk:
      return engine_.set_disk(id, engine::DiskCondition::healthy);
    case Property::link:
      return engine_.set_link_up(id, true);
    case Property::latency:
      return engine_.set_latency(id, network_.latency);
    case Property::bandwidth:
      return engine_.set_bandwidth(id, network_.bandwidth_bytes_per_s);
    case Property::loss:
      return engine_.set_loss(id, network_.loss);
    case Property::cut:
      return engine_.set_cut(id, place.peer, false);
    case Property::handler:
      return dynamic_cast<service::EventHandler&>(*there).set_handler_factor(1);
    case Property::patience:
      dynamic_cast<service::EventSource&>(*there).set_patience(std::nullopt);
      return;
  }
}

}  // namespace eventarium::app
