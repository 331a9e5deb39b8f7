// See fault_kinds.h.
#include "sim/app/fault_kinds.h"

#include <array>
#include <utility>

#include "sim/scenario/units.h"

namespace eventarium::app {
namespace {

using scenario::Fault;
using scenario::FaultKind;

constexpr std::array<std::pair<FaultKind, std::string_view>, 19> kinds{{
    {FaultKind::crash, "crash"},
    {FaultKind::power_loss, "power_loss"},
    {FaultKind::stop, "stop"},
    {FaultKind::start, "start"},
    {FaultKind::pause, "pause"},
    {FaultKind::slow_cpu, "slow_cpu"},
    {FaultKind::slow_disk, "slow_disk"},
    {FaultKind::disk_full, "disk_full"},
    {FaultKind::disk_failure, "disk_failure"},
    {FaultKind::link_down, "link_down"},
    {FaultKind::link_up, "link_up"},
    {FaultKind::latency, "latency"},
    {FaultKind::bandwidth, "bandwidth"},
    {FaultKind::cut, "cut"},
    {FaultKind::split, "split"},
    {FaultKind::loss, "loss"},
    {FaultKind::slow_handler, "slow_handler"},
    {FaultKind::poison, "poison"},
    {FaultKind::retry_storm, "retry_storm"},
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

std::string check_values(const Fault& fault) {
  using scenario::bandwidth_max_bytes_per_s, scenario::bandwidth_min_bytes_per_s;
  using scenario::duration_max;
  if (fault.kind == FaultKind::latency && fault.latency < Duration::zero())
    return "a latency can't be negative";
  if (fault.kind == FaultKind::latency && fault.latency > duration_max)
    return "a latency is at most a year; use link_down to cut the node off";
  if (fault.kind == FaultKind::bandwidth &&
      !(fault.bandwidth_bytes_per_s >= bandwidth_min_bytes_per_s &&
        fault.bandwidth_bytes_per_s <= bandwidth_max_bytes_per_s))
    return "a bandwidth lies between 1 B/s and 1000000 GB/s; use link_down to cut the node off";
  if (fault.kind == FaultKind::loss && !(fault.loss >= 0 && fault.loss < 1))
    return "a loss is a probability from 0 to below 1; use link_down to lose everything";
  const bool slows = fault.kind == FaultKind::slow_cpu || fault.kind == FaultKind::slow_disk;
  if (slows && !(fault.factor >= 1e-6 && fault.factor < 1))
    return "a factor is what is left of the speed, from 0.000001 to below 1; use pause to stop it";
  if (fault.kind == FaultKind::slow_handler && !(fault.factor > 1 && fault.factor <= 1e6))
    return "a factor is how many times as long handlers take: above 1, at most 1000000";
  if (fault.kind == FaultKind::retry_storm && !(fault.patience >= 1ms))
    return "a patience is at least 1 ms";
  if (fault.kind == FaultKind::retry_storm && fault.patience > duration_max)
    return "a patience is at most a year";
  if (fault.lasts && *fault.lasts <= Duration::zero()) return "a fault lasts longer than nothing";
  if (fault.lasts && *fault.lasts > duration_max) return "a fault lasts at most a year";
  return {};
}

}  // namespace eventarium::app
