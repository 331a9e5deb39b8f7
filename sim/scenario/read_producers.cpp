// Reads producers: who publishes what, how often and with which data.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {
namespace {

/// Whether the text is a number of JSON, so that it can stand unquoted in an event's data.
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const bool leading_zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

DataValue scalar_value(const YamlNode& node) {
  DataValue value;
  value.text = node.text;
  if (node.quoted) return value;
  if (is_json_number(node.text)) value.kind = DataValue::Kind::number;
  if (node.text == "true" || node.text == "false") value.kind = DataValue::Kind::boolean;
  return value;
}

/// {between: [1, 6]}: whole numbers; with a point in one of them: real ones.
bool read_between(const YamlNode& node, const std::string& field, DataValue& value, Draft& draft) {
  const MapReader map(node, "range", draft.problems);
  const YamlNode* const between = map.get("between");
  if (between == nullptr) return false;
  const auto wrong = [&] {
    draft.problems.add(between->place,
                       fmt::format("{}: two numbers are expected, the smaller first: {{between: "
                                   "[1, 6]}}",
                                   field));
    return false;
  };
  if (!between->is_sequence() || between->items.size() != 2) return wrong();
  const std::string &low = between->items[0].text, &high = between->items[1].text;
  const auto whole_low = parse_integer(low), whole_high = parse_integer(high);
  const auto *int_low = std::get_if<std::int64_t>(&whole_low),
             *int_high = std::get_if<std::int64_t>(&whole_high);
  if (int_low != nullptr && int_high != nullptr) {
    value.kind = DataValue::Kind::integer;
    value.low = *int_low;
    value.high = *int_high;
    return value.low <= value.high || wrong();
  }
  const auto real_low = parse_number(low), real_high = parse_number(high);
  const auto *first = std::get_if<double>(&real_low), *second = std::get_if<double>(&real_high);
  if (first == nullptr || second == nullptr) return wrong();
  value.kind = DataValue::Kind::real;
  value.real_low = *first;
  value.real_high = *second;
  return value.real_low <= value.real_high || wrong();
}

bool read_value(const YamlNode& node, const std::string& field, DataValue& value, Draft& draft) {
  if (node.is_scalar()) {
    value = scalar_value(node);
    return true;
  }
  if (node.is_sequence()) {
    value.kind = DataValue::Kind::one_of;
    for (const YamlNode& item : node.items) {
      std::string text;
      if (!read_text(item, field, text, draft.problems)) return false;
      value.one_of.push_back(text);
    }
    if (value.one_of.empty())
      draft.problems.add(node.place, fmt::format("{}: a list of choices can't be empty", field));
    return !value.one_of.empty();
  }
  if (node.is_map() && find(node, "between") != nullptr)
    return read_between(node, field, value, draft);
  draft.problems.add(node.place,
                     fmt::format("{}: a value is expected: a text in quotes when it begins with a "
                                 "brace, a number, a list to choose from or {{between: [1, 6]}}",
                                 field));
  return false;
}

void read_times(const YamlNode& node, Producer& producer, Draft& draft) {
  for (const YamlNode& item : read_list(node, "at", draft.problems)) {
    Duration time{};
    if (!read_duration(item, "at", time, draft.problems)) continue;
    if (!producer.at.empty() && time < producer.at.back())
      draft.problems.add(item.place, "at: times must not go back");
    if (time > draft.scenario.duration)
      draft.problems.add(
          item.place, fmt::format("at: {} lies after the end of the run ({})",
                                  format_duration(time), format_duration(draft.scenario.duration)));
    producer.at.push_back(time);
  }
  if (node.is_sequence() && node.items.empty())
    draft.problems.add(node.place, "at: the list is empty");
}

/// When it publishes: at explicit times, or every so often.
void read_schedule(const MapReader& map, Producer& producer, Draft& draft) {
  Problems& problems = draft.problems;
  if (const YamlNode* const at = map.get("at")) {
    for (const char* key : {"every", "rate", "count", "start", "until"})
      if (map.has(key))
        problems.add(map.place_of(key),
                     fmt::format("{}: 'at' gives the times already; use one or the other", key));
    read_times(*at, producer, draft);
    return;
  }
  map.duration("start", producer.start);
  map.distribution("every", producer.every);
  map.integer("count", producer.count);
  map.duration("until", producer.until);
  std::string rate;
  if (map.has("every") && map.has("rate")) {
    problems.add(map.place_of("rate"), "rate: 'every' says it already; use one or the other");
  } else if (map.text("rate", rate)) {
    const Parsed<Duration> interval = parse_rate(rate);
    if (const auto* error = std::get_if<UnitError>(&interval))
      problems.add(map.place_of("rate"), "rate: " + error->message);
    else
      producer.every = {Distribution::Kind::fixed, std::get<Duration>(interval), {}, 0};
  }
  const Distribution& every = producer.every;
  const Duration typical = every.kind == Distribution::Kind::uniform ? every.b : every.a;
  if (typical < 1us)
    problems.add(map.place_of(map.has("every") ? "every" : "rate"),
                 "a producer can't publish more often than every 1us");
  if (producer.until && *producer.until < producer.start)
    problems.add(map.place_of("until"), "until: lies before the start");
  if (producer.start > draft.scenario.duration)
    problems.add(map.place_of("start"), fmt::format("start: lies after the end of the run ({})",
                                                    format_duration(draft.scenario.duration)));
}

/// All of a fixed schedule must fit into the run: a count that is never reached is a slip.
void check_schedule_fits(const MapReader& map, const Producer& producer, Draft& draft) {
  if (!producer.count || *producer.count == 0 || !producer.at.empty()) return;
  if (producer.every.kind != Distribution::Kind::fixed || producer.every.a < 1us) return;
  const auto ticks = (*producer.count + static_cast<std::uint64_t>(producer.per_tick) - 1) /
                     static_cast<std::uint64_t>(producer.per_tick);
  const double steps = static_cast<double>(ticks - 1);
  const double last_s = to_seconds(producer.start) + steps * to_seconds(producer.every.a);
  const Duration end = producer.until.value_or(draft.scenario.duration);
  if (last_s <= to_seconds(end)) return;
  draft.problems.add(
      map.place_of("count"),
      fmt::format("count: the last of {} events would come at {:.6g} s, after {} "
                  "({:.6g} s)",
                  *producer.count, last_s, producer.until ? "'until'" : "the end of the run",
                  to_seconds(end)));
}

/// A record without a value, which says of its key that it is no more.
void check_tombstone(const MapReader& map, Draft& draft) {
  for (const char* key : {"data", "size"})
    if (map.has(key))
      draft.problems.add(map.place_of(key), fmt::format("{}: a tombstone has no value", key));
  if (!map.has("key"))
    draft.problems.add(map.place_of("tombstone"), "tombstone: of which key? It needs a 'key'");
  if (draft.scenario.channel != Channel::kafka)
    draft.problems.add(map.place_of("tombstone"), "tombstone: there is no Kafka here");
}

void read_producer(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "producer", draft.problems);
  Producer producer;
  map.name("name", false, producer.name);
  if (map.name("topic", true, producer.topic))
    draft.refer(Reference::To::topic, producer.topic, map.place_of("topic"), "topic");
  map.text("event", producer.event);
  producer.id = producer.name + "-{n}";
  map.text("id", producer.id);
  map.text("key", producer.key);
  // The id is made first, then the data, then the key.
  TemplateUse use;
  use.attributes = {"n", "source", "time", "type"};
  note_template(map, "id", use, draft);
  use.attributes.push_back("id");
  if (const YamlNode* const data = map.get("data")) producer.data = read_data(*data, use, draft);
  note_template(map, "key", use, draft);

  map.integer("per_tick", producer.per_tick);
  map.boolean("tombstone", producer.tombstone);
  if (producer.tombstone) check_tombstone(map, draft);
  std::string size;
  if (map.text("size", size)) {
    const Parsed<std::uint32_t> bytes = parse_size(size);
    if (const auto* error = std::get_if<UnitError>(&bytes))
      draft.problems.add(map.place_of("size"), "size: " + error->message);
    else
      producer.size_bytes = std::get<std::uint32_t>(bytes);
  }
  read_schedule(map, producer, draft);
  check_schedule_fits(map, producer, draft);
  if (map.has("config") && draft.scenario.channel != Channel::kafka)
    draft.problems.add(map.place_of("config"),
                       "config: holds Kafka's keys; there is no Kafka here");
  else
    map.config("config", ConfigScope::producer, producer.config);

  expand_producer(map, producer, draft);
}

}  // namespace

void note_template(const MapReader& map, std::string_view key, const TemplateUse& around,
                   Draft& draft) {
  const YamlNode* const value = map.get(key);
  if (value == nullptr || !value->is_scalar()) return;
  TemplateUse use = around;
  use.text = value->text;
  use.place = value->place;
  use.what = key;
  draft.templates.push_back(use);
}

DataTemplate read_data(const YamlNode& node, TemplateUse& use, Draft& draft) {
  DataTemplate data;
  if (!node.is_map()) {
    draft.problems.add(node.place, "data: a map of fields is expected ('email: ...')");
    return data;
  }
  std::vector<std::string>& fields = use.own_fields;
  for (const YamlPair& pair : node.pairs) {
    if (std::find(fields.begin(), fields.end(), pair.key) != fields.end()) {
      draft.problems.add(pair.key_place, fmt::format("'{}' stands twice in data", pair.key));
      continue;
    }
    DataValue value;
    if (pair.value.is_null()) {
      draft.problems.add(pair.key_place, fmt::format("'{}' has no value", pair.key));
    } else if (read_value(pair.value, pair.key, value, draft)) {
      TemplateUse inside = use;
      inside.place = pair.value.place;
      inside.what = pair.key;
      if (value.kind == DataValue::Kind::text) inside.text = value.text;
      for (const std::string& choice : value.one_of) inside.text += choice + "\n";
      draft.templates.push_back(inside);
      data.emplace_back(pair.key, value);
    }
    fields.push_back(pair.key);
  }
  return data;
}

void read_producers(const YamlNode& node, Draft& draft) {
  for (const YamlNode& item : read_list(node, "producers", draft.problems))
    read_producer(item, draft);
}

}  // namespace eventarium::scenario
