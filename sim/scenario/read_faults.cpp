// Reads faults: what breaks, when, and when it heals.
#include <fmt/format.h>

#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

FaultKind kind_of(const std::string& word) {
  const std::vector<std::string>& words = choices("fault.do");
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == word) return static_cast<FaultKind>(i);
  return FaultKind::crash;
}

/// The key that a kind of fault needs, and may have alone: "" when it needs none.
std::string_view parameter_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::latency:
      return "latency";
    case FaultKind::bandwidth:
      return "bandwidth";
    case FaultKind::loss:
      return "loss";
    case FaultKind::cut:
      return "peer";
    default:
      return "";
  }
}

void check_keys(const MapReader& map, const std::string& word, FaultKind kind, Draft& draft) {
  const std::string_view needed = parameter_of(kind);
  for (const std::string_view key : {"latency", "bandwidth", "loss", "peer"}) {
    if (map.has(key) && key != needed)
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: has no meaning with do: {}", key, word));
    if (!map.has(key) && key == needed && map.is_map())
      draft.problems.add(map.place(), fmt::format("do: {} needs '{}'", word, key));
  }
  if (map.has("both_ways") && kind != FaultKind::cut)
    draft.problems.add(map.place_of("both_ways"), "both_ways: only a cut has directions");
  if (map.has("for") && (kind == FaultKind::start || kind == FaultKind::link_up))
    draft.problems.add(map.place_of("for"), fmt::format("for: '{}' heals, it does not end", word));
}

void read_fault(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "fault", draft.problems);
  Fault fault;
  fault.line = node.place.line;
  std::string word;
  const bool known = map.choice("do", word);
  fault.kind = kind_of(word);
  if (known) check_keys(map, word, fault.kind, draft);
  if (map.duration("at", fault.at) && fault.at > draft.scenario.duration)
    draft.problems.add(map.place_of("at"), fmt::format("at: lies after the end of the run ({})",
                                                       format_duration(draft.scenario.duration)));
  if (map.name("target", false, fault.target))
    draft.refer(Reference::To::node, fault.target, map.place_of("target"), "target");
  if (map.name("peer", false, fault.peer)) {
    draft.refer(Reference::To::node, fault.peer, map.place_of("peer"), "peer");
    if (fault.peer == fault.target)
      draft.problems.add(map.place_of("peer"), "peer: the target can't be cut off from itself");
  }
  map.boolean("both_ways", fault.both_ways);
  if (map.duration("for", fault.lasts) && *fault.lasts == Duration{0})
    draft.problems.add(map.place_of("for"), "for: must be more than 0");
  map.duration("latency", fault.latency);
  map.bandwidth("bandwidth", fault.bandwidth_bytes_per_s);
  if (map.probability("loss", fault.loss) && fault.loss >= 1)
    draft.problems.add(map.place_of("loss"), "loss: below 1; do: link_down loses everything");
  draft.scenario.faults.push_back(fault);
}

}  // namespace

void read_faults(const YamlNode& node, Draft& draft) {
  for (const YamlNode& item : read_list(node, "faults", draft.problems)) read_fault(item, draft);
}

}  // namespace eventarium::scenario
