// Reads expect: what must hold at the end of the run or at a time.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/scenario/comparison.h"
#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

using What = Expectation::What;

/// What a measure is compared with.
enum class Unit { count, time, name };

/// What can be measured, and the keys that narrow it down; those in capitals it needs.
struct Measure {
  std::string_view key;
  What what;
  Unit unit;
  std::string_view qualifiers;  // words of " to from effect group topic partition TOPIC "
};

constexpr std::array measures = {
    Measure{"produced", What::produced, Unit::count, " from topic "},
    Measure{"acknowledged", What::acknowledged, Unit::count, " from topic "},
    Measure{"delivered", What::delivered, Unit::count, " to from topic "},
    Measure{"processed", What::processed, Unit::count, " to from topic "},
    Measure{"side_effects", What::side_effects, Unit::count, " to effect "},
    Measure{"side_effects_repeated", What::side_effects_repeated, Unit::count, " to effect "},
    Measure{"side_effects_distinct", What::side_effects_distinct, Unit::count, " to effect "},
    Measure{"skipped", What::skipped, Unit::count, " to "},
    Measure{"states_without_event", What::states_without_event, Unit::count, " "},
    Measure{"lost", What::lost, Unit::count, " from topic "},
    Measure{"duplicated", What::duplicated, Unit::count, " to from topic "},
    Measure{"out_of_order", What::out_of_order, Unit::count, " to from topic "},
    Measure{"undelivered", What::undelivered, Unit::count, " to from topic "},
    Measure{"expired", What::expired, Unit::count, " to from topic "},
    Measure{"failed", What::failed, Unit::count, " from topic "},
    Measure{"dead_lettered", What::dead_lettered, Unit::count, " from topic "},
    Measure{"put_aside", What::put_aside, Unit::count, " to from topic "},
    Measure{"client_errors", What::client_errors, Unit::count, " "},
    Measure{"invariants_violated", What::invariants_violated, Unit::count, " "},
    Measure{"latency_p50", What::latency_p50, Unit::time, " to from topic "},
    Measure{"latency_p95", What::latency_p95, Unit::time, " to from topic "},
    Measure{"latency_p99", What::latency_p99, Unit::time, " to from topic "},
    Measure{"log_end_offset", What::log_end_offset, Unit::count, " TOPIC partition "},
    Measure{"high_watermark", What::high_watermark, Unit::count, " TOPIC partition "},
    Measure{"log_start_offset", What::log_start_offset, Unit::count, " TOPIC partition "},
    Measure{"leader", What::leader, Unit::name, " TOPIC PARTITION "},
    Measure{"leader_changes", What::leader_changes, Unit::count, " topic partition "},
    Measure{"isr_size", What::isr_size, Unit::count, " topic partition "},
    Measure{"replicas_size", What::replicas_size, Unit::count, " topic partition "},
    Measure{"partitions", What::partitions, Unit::count, " TOPIC "},
    Measure{"unclean_elections", What::unclean_elections, Unit::count, " topic partition "},
    Measure{"offline_partitions", What::offline_partitions, Unit::count, " topic "},
    Measure{"under_replicated_partitions", What::under_replicated_partitions, Unit::count,
            " topic "},
    Measure{"controller", What::controller, Unit::name, " "},
    Measure{"controller_changes", What::controller_changes, Unit::count, " "},
    Measure{"truncated", What::truncated, Unit::count, " topic partition "},
    Measure{"compacted", What::compacted, Unit::count, " topic partition "},
    Measure{"refused", What::refused, Unit::count, " topic partition "},
    Measure{"rebalances", What::rebalances, Unit::count, " GROUP "},
    Measure{"members", What::members, Unit::count, " GROUP "},
    Measure{"longest_stop", What::longest_stop, Unit::time, " GROUP "},
    Measure{"lag", What::lag, Unit::count, " GROUP topic partition "},
    Measure{"committed", What::committed, Unit::count, " GROUP TOPIC PARTITION "},
    Measure{"group_state", What::group_state, Unit::name, " GROUP "},
};

/// The measure that the entry names; reports none or several.
const Measure* find_measure(const YamlNode& node, Draft& draft) {
  const Measure* found = nullptr;
  for (const Measure& measure : measures) {
    const YamlNode* const value = find(node, measure.key);
    if (value == nullptr) continue;
    if (found != nullptr) {
      draft.problems.add(
          value->place,
          fmt::format("'{}' and '{}' in one expectation; make two of it", found->key, measure.key));
      return nullptr;
    }
    found = &measure;
  }
  if (found == nullptr && node.is_map())
    draft.problems.add(node.place,
                       "an expectation says what is measured: delivered, side_effects, lost, "
                       "latency_p99, log_end_offset, ...");
  return found;
}

bool needs(const Measure& measure, std::string_view key) {
  std::string capitals;
  for (const char c : key) capitals += static_cast<char>(c - 'a' + 'A');
  return measure.qualifiers.find(fmt::format(" {} ", capitals)) != std::string_view::npos;
}

bool qualifies(const Measure& measure, std::string_view key) {
  return needs(measure, key) ||
         measure.qualifiers.find(fmt::format(" {} ", key)) != std::string_view::npos;
}

/// Only Kafka has it.
bool is_kafkas(What what) {
  return what >= What::log_end_offset && what != What::client_errors &&
         what != What::invariants_violated;
}

void check_measure(const MapReader& map, const Measure& measure, Draft& draft) {
  const Channel channel = draft.scenario.channel;
  for (const std::string_view key : {"to", "from", "effect", "group", "topic", "partition"}) {
    if (map.has(key) && !qualifies(measure, key))
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: does not narrow down '{}'", key, measure.key));
    if (!map.has(key) && needs(measure, key))
      draft.problems.add(map.place(), fmt::format("'{}' needs a '{}'", measure.key, key));
  }
  if (map.has("partition") && !map.has("topic") && !needs(measure, "topic"))
    draft.problems.add(map.place_of("partition"), "partition: of which topic?");
  if (is_kafkas(measure.what) && channel != Channel::kafka)
    draft.problems.add(
        map.place_of(measure.key),
        measure.what <= What::log_start_offset
            ? fmt::format("{}: only Kafka keeps a log; there is none here", measure.key)
            : fmt::format("{}: there is no Kafka here", measure.key));
  const bool none = channel == Channel::direct || channel == Channel::broadcast;
  if (measure.what == What::dead_lettered && none)
    draft.problems.add(
        map.place_of(measure.key),
        "dead_lettered: a queue gives records up, and on Kafka share groups and services may; "
        "there is no such thing here");
  if (measure.what == What::put_aside && channel != Channel::kafka)
    draft.problems.add(map.place_of(measure.key), "put_aside: there is no Kafka here");
}

void read_qualifiers(const MapReader& map, const Measure& measure, Expectation& expectation,
                     Draft& draft) {
  check_measure(map, measure, draft);
  const auto refer = [&](std::string_view key, Reference::To to, const std::string& name) {
    if (qualifies(measure, key)) draft.refer(to, name, map.place_of(key), std::string(key));
  };
  if (map.name("to", true, expectation.to)) refer("to", Reference::To::reader, expectation.to);
  if (map.name("from", false, expectation.from))
    refer("from", Reference::To::producer, expectation.from);
  if (map.name("effect", false, expectation.effect))
    refer("effect", Reference::To::effect, expectation.effect);
  if (map.name("group", true, expectation.group))
    refer("group", Reference::To::group, expectation.group);
  if (map.name("topic", true, expectation.topic))
    refer("topic", Reference::To::topic, expectation.topic);
  if (map.integer("partition", expectation.partition))
    draft.partitions.push_back(
        {{expectation.topic, *expectation.partition}, map.place_of("partition")});
}

/// "delivered to mailer: 20 at 10 s"
std::string one_line(const Measure& measure, const Expectation& e, const std::string& value) {
  std::string text(measure.key);
  if (!e.effect.empty()) text += " " + e.effect;
  if (!e.group.empty()) text += " of " + e.group;
  if (!e.topic.empty()) text += is_kafkas(measure.what) && e.group.empty() ? " of " : " in ";
  text += e.topic;
  if (e.partition) text += fmt::format("/{}", *e.partition);
  if (!e.from.empty()) text += " from " + e.from;
  if (!e.to.empty()) text += " to " + e.to;
  text += ": " + value;
  if (e.at) text += " at " + format_duration(*e.at);
  return text;
}

bool read_comparison(const MapReader& map, const Measure& measure, const std::string& value,
                     Expectation& expectation, Draft& draft) {
  const bool is_time = measure.unit == Unit::time;
  const Parsed<Comparison> parsed = parse_comparison(value, is_time);
  if (const auto* error = std::get_if<UnitError>(&parsed)) {
    const char* const example = is_time ? "\"< 500ms\"" : "20, \"< 5\", \">= 3\", 3..5";
    draft.problems.add(map.place_of(measure.key), fmt::format("{}: '{}': {} (e.g. {})", measure.key,
                                                              value, error->message, example));
    return false;
  }
  const auto& comparison = std::get<Comparison>(parsed);
  expectation.comparison = comparison.kind;
  expectation.value = comparison.value;
  expectation.high = comparison.high;
  return true;
}

void read_expectation(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "expectation", draft.problems);
  Expectation expectation;
  expectation.line = node.place.line;
  if (map.duration("at", expectation.at) && *expectation.at > draft.scenario.duration)
    draft.problems.add(map.place_of("at"), fmt::format("at: lies after the end of the run ({})",
                                                       format_duration(draft.scenario.duration)));
  const Measure* const measure = find_measure(node, draft);
  if (measure == nullptr) return;
  expectation.what = measure->what;
  read_qualifiers(map, *measure, expectation, draft);
  std::string value;
  if (!map.text(measure->key, value)) return;
  if (measure->what == What::group_state) {
    if (!map.choice(measure->key, expectation.name)) return;
  } else if (measure->unit == Unit::name) {
    const auto to =
        measure->what == What::leader ? Reference::To::leader : Reference::To::controller;
    if (!map.name(measure->key, false, expectation.name)) return;
    draft.refer(to, expectation.name, map.place_of(measure->key), std::string(measure->key),
                expectation.at);
  } else if (!read_comparison(map, *measure, value, expectation, draft)) {
    return;
  }
  expectation.text = one_line(*measure, expectation, value);
  draft.scenario.expectations.push_back(expectation);
}

}  // namespace

void read_expectations(const YamlNode& node, Draft& draft) {
  for (const YamlNode& item : read_list(node, "expect", draft.problems))
    read_expectation(item, draft);
}

}  // namespace eventarium::scenario
