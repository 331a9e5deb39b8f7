// Reads faults: what breaks, when, and when it heals.
#include <set>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/units.h"

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
    case FaultKind::split:
      return "sides";
    case FaultKind::slow_cpu:
    case FaultKind::slow_disk:
    case FaultKind::slow_handler:
      return "factor";
    case FaultKind::retry_storm:
      return "patience";
    default:
      return "";
  }
}

/// Heals, or happens once: it has no end.
bool has_no_end(FaultKind kind) {
  return kind == FaultKind::start || kind == FaultKind::link_up || kind == FaultKind::poison;
}

void check_keys(const MapReader& map, const std::string& word, FaultKind kind, Draft& draft) {
  const std::string_view needed = parameter_of(kind);
  for (const std::string_view key :
       {"latency", "bandwidth", "loss", "peer", "sides", "factor", "patience"}) {
    if (map.has(key) && key != needed)
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: has no meaning with do: {}", key, word));
    if (!map.has(key) && key == needed && map.is_map())
      draft.problems.add(map.place(), fmt::format("do: {} needs '{}'", word, key));
  }
  if (map.has("target") && kind == FaultKind::split)
    draft.problems.add(map.place_of("target"),
                       "target: a split has none; 'sides' names the nodes of each side");
  if (!map.has("target") && kind != FaultKind::split && map.is_map())
    draft.problems.add(map.place(), "a fault lacks 'target'");
  if (map.has("both_ways") && kind != FaultKind::cut)
    draft.problems.add(map.place_of("both_ways"), "both_ways: only a cut has directions");
  if (map.has("for") && has_no_end(kind))
    draft.problems.add(map.place_of("for"),
                       kind == FaultKind::poison
                           ? std::string("for: one record is poisoned, once")
                           : fmt::format("for: '{}' heals, it does not end", word));
}

/// What kind of node the fault befalls.
Reference::To target_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::slow_handler:
      return Reference::To::reading_node;
    case FaultKind::poison:
    case FaultKind::retry_storm:
      return Reference::To::source;
    case FaultKind::disk_full:
    case FaultKind::disk_failure:
    case FaultKind::slow_disk:
      return Reference::To::disk;
    default:
      return Reference::To::node;
  }
}

void read_sides(const MapReader& map, Fault& fault, Draft& draft) {
  const YamlNode* const sides = map.get("sides");
  if (sides == nullptr) return;
  std::set<std::string> seen;
  for (const YamlNode& side : read_list(*sides, "sides", draft.problems)) {
    std::vector<std::string>& names = fault.sides.emplace_back();
    for (const YamlNode& item : read_list(side, "sides", draft.problems)) {
      std::string name;
      if (!read_name(item, "sides", false, name, draft.problems)) continue;
      draft.refer(Reference::To::node, name, item.place, "sides", fault.at);
      if (!seen.insert(name).second)
        draft.problems.add(item.place, fmt::format("sides: '{}' stands twice", name));
      names.push_back(name);
    }
    if (side.is_sequence() && names.empty())
      draft.problems.add(side.place, "sides: a side needs at least one node");
  }
  if (sides->is_sequence() && fault.sides.size() < 2)
    draft.problems.add(sides->place, "sides: at least two are expected, [[broker-1], [broker-2]]");
}

void read_factor(const MapReader& map, Fault& fault, Draft& draft) {
  std::string text;
  if (!map.text("factor", text)) return;
  const Parsed<double> number = parse_number(text);
  const double* const value = std::get_if<double>(&number);
  if (value != nullptr) fault.factor = *value;
  const bool slower = fault.kind == FaultKind::slow_handler;
  if (value != nullptr && (slower ? *value > 1 && *value <= 1e6 : *value >= 1e-6 && *value < 1))
    return;
  draft.problems.add(map.place_of("factor"),
                     slower ? "factor: how many times as long handlers take: above 1, e.g. 10"
                            : "factor: what is left of its speed: from 0.000001 to below 1");
}

void read_parameters(const MapReader& map, Fault& fault, Draft& draft) {
  if (map.name("peer", false, fault.peer)) {
    draft.refer(Reference::To::node, fault.peer, map.place_of("peer"), "peer", fault.at);
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
  if (map.duration("patience", fault.patience) && fault.patience < 1ms)
    draft.problems.add(map.place_of("patience"), "patience: at least 1ms");
  read_sides(map, fault, draft);
  read_factor(map, fault, draft);
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
    draft.refer(known ? target_of(fault.kind) : Reference::To::node, fault.target,
                map.place_of("target"), "target", fault.at);
  read_parameters(map, fault, draft);
  if (known && fault.kind == FaultKind::retry_storm && draft.scenario.channel != Channel::kafka)
    draft.problems.add(map.place_of("do"),
                       "do: retry_storm is about Kafka's producer; there is no Kafka here");
  draft.scenario.faults.push_back(fault);
}

}  // namespace

void read_faults(const YamlNode& node, Draft& draft) {
  for (const YamlNode& item : read_list(node, "faults", draft.problems)) read_fault(item, draft);
}

}  // namespace eventarium::scenario
