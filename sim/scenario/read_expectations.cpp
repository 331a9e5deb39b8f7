// Reads expect: what must hold at the end of the run or at a time.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/scenario/comparison.h"
#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

using What = Expectation::What;

/// What can be measured, and the keys that narrow it down.
struct Measure {
  std::string_view key;
  What what;
  bool is_time;                 // compared with lengths of time
  std::string_view qualifiers;  // words of " to from effect topic partition "
};

constexpr std::array measures = {
    Measure{"produced", What::produced, false, " from topic "},
    Measure{"acknowledged", What::acknowledged, false, " from topic "},
    Measure{"delivered", What::delivered, false, " to from topic "},
    Measure{"processed", What::processed, false, " to from topic "},
    Measure{"side_effects", What::side_effects, false, " to effect "},
    Measure{"side_effects_repeated", What::side_effects_repeated, false, " to effect "},
    Measure{"lost", What::lost, false, " from topic "},
    Measure{"duplicated", What::duplicated, false, " to from topic "},
    Measure{"out_of_order", What::out_of_order, false, " to from topic "},
    Measure{"undelivered", What::undelivered, false, " to from topic "},
    Measure{"failed", What::failed, false, " from topic "},
    Measure{"dead_lettered", What::dead_lettered, false, " from topic "},
    Measure{"latency_p50", What::latency_p50, true, " to from topic "},
    Measure{"latency_p95", What::latency_p95, true, " to from topic "},
    Measure{"latency_p99", What::latency_p99, true, " to from topic "},
    Measure{"log_end_offset", What::log_end_offset, false, " topic partition "},
    Measure{"high_watermark", What::high_watermark, false, " topic partition "},
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

bool qualifies(const Measure& measure, std::string_view key) {
  return measure.qualifiers.find(fmt::format(" {} ", key)) != std::string_view::npos;
}

void read_qualifiers(const MapReader& map, const Measure& measure, Expectation& expectation,
                     Draft& draft) {
  for (const std::string_view key : {"to", "from", "effect", "topic", "partition"})
    if (map.has(key) && !qualifies(measure, key))
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: does not narrow down '{}'", key, measure.key));
  const auto refer = [&](std::string_view key, Reference::To to, const std::string& name) {
    if (qualifies(measure, key)) draft.refer(to, name, map.place_of(key), std::string(key));
  };
  if (map.name("to", false, expectation.to)) refer("to", Reference::To::reader, expectation.to);
  if (map.name("from", false, expectation.from))
    refer("from", Reference::To::producer, expectation.from);
  if (map.name("effect", false, expectation.effect))
    refer("effect", Reference::To::effect, expectation.effect);
  if (map.name("topic", true, expectation.topic))
    refer("topic", Reference::To::topic, expectation.topic);
  if (map.integer("partition", expectation.partition))
    draft.partitions.push_back(
        {{expectation.topic, *expectation.partition}, map.place_of("partition")});

  const bool of_log = qualifies(measure, "partition");
  if (of_log && !map.has("topic"))
    draft.problems.add(map.place(), fmt::format("'{}' needs a 'topic'", measure.key));
  if (of_log && draft.scenario.channel != Channel::kafka)
    draft.problems.add(map.place_of(measure.key),
                       fmt::format("{}: only Kafka keeps a log; there is none here", measure.key));
  if (measure.what == What::dead_lettered && draft.scenario.channel != Channel::queue)
    draft.problems.add(map.place_of(measure.key),
                       "dead_lettered: only a queue has a dead-letter queue");
}

/// "delivered to mailer: 20 at 10 s"
std::string one_line(const Measure& measure, const Expectation& e, const std::string& value) {
  std::string text(measure.key);
  if (!e.effect.empty()) text += " " + e.effect;
  if (!e.topic.empty()) text += (measure.qualifiers == " topic partition " ? " of " : " in ");
  text += e.topic;
  if (e.partition) text += fmt::format("/{}", *e.partition);
  if (!e.from.empty()) text += " from " + e.from;
  if (!e.to.empty()) text += " to " + e.to;
  text += ": " + value;
  if (e.at) text += " at " + format_duration(*e.at);
  return text;
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
  const Parsed<Comparison> parsed = parse_comparison(value, measure->is_time);
  if (const auto* error = std::get_if<UnitError>(&parsed)) {
    const char* const example = measure->is_time ? "\"< 500ms\"" : "20, \"< 5\", \">= 3\", 3..5";
    draft.problems.add(
        map.place_of(measure->key),
        fmt::format("{}: '{}': {} (e.g. {})", measure->key, value, error->message, example));
    return;
  }
  const auto& comparison = std::get<Comparison>(parsed);
  expectation.comparison = comparison.kind;
  expectation.value = comparison.value;
  expectation.high = comparison.high;
  expectation.text = one_line(*measure, expectation, value);
  draft.scenario.expectations.push_back(expectation);
}

}  // namespace

void read_expectations(const YamlNode& node, Draft& draft) {
  for (const YamlNode& item : read_list(node, "expect", draft.problems))
    read_expectation(item, draft);
}

}  // namespace eventarium::scenario
