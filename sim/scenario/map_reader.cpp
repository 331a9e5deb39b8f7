#include "sim/scenario/map_reader.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "sim/scenario/suggest.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {
namespace {

/// A value in a message: short, on one line.
std::string shown(const std::string& text) {
  constexpr std::size_t length_max = 40;
  std::string line = text.substr(0, text.find('\n'));
  if (line.size() > length_max) {
    std::size_t cut = length_max;
    while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0u) == 0x80u) --cut;
    line.resize(cut);
  }
  return line.size() < text.size() ? line + "..." : line;
}

std::string kind_in_words(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return fmt::format("'{}'", shown(node.text));
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "";
}

/// A {word} without quotes is a map in YAML; say so, it is the usual slip in templates.
std::string template_hint(const YamlNode& node) {
  if (node.is_map() && node.pairs.size() == 1 && node.pairs[0].value.is_null())
    return fmt::format("; put quotes around a text that begins with a brace: \"{{{}}}\"",
                       shown(node.pairs[0].key));
  return "";
}

bool expect_scalar(const YamlNode& node, std::string_view what, std::string_view expected,
                   Problems& problems) {
  if (node.is_scalar()) return true;
  problems.add(node.place,
               fmt::format("{}: {} is expected, not {}", what, expected, kind_in_words(node)));
  return false;
}

/// Runs one of the parsers of units.h over a scalar.
template <class T>
bool read_unit(const YamlNode& node, std::string_view what, std::string_view expected,
               Parsed<T> (*parse)(std::string_view), T& out, Problems& problems) {
  if (!expect_scalar(node, what, expected, problems)) return false;
  Parsed<T> parsed = parse(node.text);
  if (const auto* error = std::get_if<UnitError>(&parsed)) {
    problems.add(node.place, fmt::format("{}: '{}': {}", what, shown(node.text), error->message));
    return false;
  }
  out = std::get<T>(parsed);
  return true;
}

}  // namespace

void Problems::add(const Place& place, std::string message) {
  entries_.push_back({place, std::move(message)});
}

std::vector<Problems::Entry> Problems::take_sorted() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.place < b.place; });
  const auto same = [](const Entry& a, const Entry& b) {
    return a.place == b.place && a.message == b.message;
  };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
  if (entries_.size() > problems_max) {
    const std::size_t more = entries_.size() - problems_max;
    entries_.resize(problems_max);
    entries_.push_back({entries_.back().place, fmt::format("... and {} more problems", more)});
  }
  return std::move(entries_);
}

bool read_text(const YamlNode& node, std::string_view what, std::string& out, Problems& problems) {
  if (!node.is_scalar()) {
    problems.add(node.place, fmt::format("{}: a text is expected, not {}{}", what,
                                         kind_in_words(node), template_hint(node)));
    return false;
  }
  out = node.text;
  return true;
}

bool read_integer(const YamlNode& node, std::string_view what, std::int64_t low, std::int64_t high,
                  std::int64_t& out, Problems& problems) {
  std::int64_t value = 0;
  if (!read_unit(node, what, "a whole number", parse_integer, value, problems)) return false;
  if (value < low || value > high) {
    problems.add(node.place,
                 low == high
                     ? fmt::format("{}: {} is not known here; use {}", what, value, low)
                     : fmt::format("{}: {} is out of range ({} to {})", what, value, low, high));
    return false;
  }
  out = value;
  return true;
}

bool read_duration(const YamlNode& node, std::string_view what, Duration& out, Problems& problems) {
  return read_unit(node, what, "a length of time like 5ms, 10s or 2min", parse_duration, out,
                   problems);
}

const std::vector<YamlNode>& read_list(const YamlNode& node, std::string_view what,
                                       Problems& problems) {
  static const std::vector<YamlNode> nothing;
  if (node.is_sequence()) return node.items;
  problems.add(node.place, fmt::format("{}: a list is expected (each item after '- '), not {}",
                                       what, kind_in_words(node)));
  return nothing;
}

bool read_name(const YamlNode& node, std::string_view what, bool is_topic, std::string& out,
               Problems& problems) {
  std::string text;
  if (!read_text(node, what, text, problems)) return false;
  const std::size_t length_max = is_topic ? 249 : 60;
  const auto legal = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || (is_topic && c == '.');
  };
  const bool dots = text == "." || text == "..";
  if (text.empty() || text.size() > length_max || dots ||
      !std::all_of(text.begin(), text.end(), legal)) {
    problems.add(
        node.place,
        fmt::format("{}: '{}' is not a name: 1 to {} letters, digits, '-'{} '_'{}", what,
                    shown(text), length_max, is_topic ? "," : " or", is_topic ? " or '.'" : ""));
    return false;
  }
  out = text;
  return true;
}

MapReader::MapReader(const YamlNode& node, std::string_view block_name, Problems& problems)
    : node_(node), block_(block(block_name)), problems_(problems) {
  if (!node.is_map()) {
    problems.add(node.place, fmt::format("{}: a map is expected ('key: value'), not {}",
                                         block_.in_words, kind_in_words(node)));
    return;
  }
  const std::vector<std::string> known = key_names(block_);
  for (std::size_t i = 0; i < node.pairs.size(); ++i) {
    const YamlPair& pair = node.pairs[i];
    if (std::find(known.begin(), known.end(), pair.key) == known.end()) {
      const std::string slip = usual_slip(block_name, pair.key);
      const std::string hint =
          slip.empty() ? did_you_mean(pair.key, known) : fmt::format(" (did you mean '{}'?)", slip);
      problems.add(pair.key_place,
                   fmt::format("unknown key '{}' in {}{}", shown(pair.key), block_.in_words, hint));
      continue;
    }
    const YamlNode* const first = find(node, pair.key);
    if (first != &pair.value)
      problems.add(pair.key_place,
                   fmt::format("'{}' stands twice in {}", pair.key, block_.in_words));
    else if (pair.value.is_null())
      problems.add(pair.key_place, fmt::format("'{}' has no value", pair.key));
  }
  for (const Key& key : block_.keys)
    if (key.required && find(node, key.name) == nullptr)
      problems.add(node.place, fmt::format("{} lacks '{}'", block_.in_words, key.name));
}

const YamlNode* MapReader::get(std::string_view key) const {
  const YamlNode* const value = find(node_, key);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

const Place& MapReader::place_of(std::string_view key) const {
  const YamlNode* const value = find(node_, key);
  return value != nullptr ? value->place : node_.place;
}

bool MapReader::text(std::string_view key, std::string& out) const {
  const YamlNode* const value = get(key);
  return value != nullptr && read_text(*value, key, out, problems_);
}

bool MapReader::text(std::string_view key, std::optional<std::string>& out) const {
  std::string value;
  if (!text(key, value)) return false;
  out = value;
  return true;
}

bool MapReader::name(std::string_view key, bool is_topic, std::string& out) const {
  const YamlNode* const value = get(key);
  return value != nullptr && read_name(*value, key, is_topic, out, problems_);
}

bool MapReader::boolean(std::string_view key, bool& out) const {
  const YamlNode* const value = get(key);
  if (value == nullptr) return false;
  if (!expect_scalar(*value, key, "true or false", problems_)) return false;
  if (value->text != "true" && value->text != "false") {
    problems_.add(value->place,
                  fmt::format("{}: true or false is expected, not '{}'", key, shown(value->text)));
    return false;
  }
  out = value->text == "true";
  return true;
}

bool MapReader::integer(std::string_view key, std::optional<std::uint64_t>& out) const {
  const YamlNode* const value = get(key);
  if (value == nullptr) return false;
  const Bounds& limits = bounds(fmt::format("{}.{}", block_.name, key));
  std::int64_t number = 0;
  if (!read_integer(*value, key, limits.low, limits.high, number, problems_)) return false;
  out = static_cast<std::uint64_t>(number);
  return true;
}

bool MapReader::integer(std::string_view key, std::optional<int>& out) const {
  std::optional<std::uint64_t> number;
  if (!integer(key, number)) return false;
  out = static_cast<int>(*number);
  return true;
}

bool MapReader::integer(std::string_view key, int& out) const {
  std::optional<int> number;
  if (!integer(key, number)) return false;
  out = *number;
  return true;
}

bool MapReader::duration(std::string_view key, Duration& out) const {
  const YamlNode* const value = get(key);
  return value != nullptr && read_duration(*value, key, out, problems_);
}

bool MapReader::duration(std::string_view key, std::optional<Duration>& out) const {
  Duration value{};
  if (!duration(key, value)) return false;
  out = value;
  return true;
}

bool MapReader::probability(std::string_view key, double& out) const {
  const YamlNode* const value = get(key);
  return value != nullptr &&
         read_unit(*value, key, "a probability", parse_probability, out, problems_);
}

bool MapReader::bandwidth(std::string_view key, double& out_bytes_per_s) const {
  const YamlNode* const value = get(key);
  return value != nullptr &&
         read_unit(*value, key, "a bandwidth", parse_bandwidth, out_bytes_per_s, problems_);
}

bool MapReader::choice(std::string_view key, std::string& out) const {
  const YamlNode* const value = get(key);
  std::string word;
  if (value == nullptr || !read_text(*value, key, word, problems_)) return false;
  const std::vector<std::string>& words = choices(fmt::format("{}.{}", block_.name, key));
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    problems_.add(value->place, fmt::format("{}: '{}' is not known{}", key, shown(word),
                                            did_you_mean(word, words)));
    return false;
  }
  out = word;
  return true;
}

bool MapReader::distribution(std::string_view key, Distribution& out) const {
  const YamlNode* const value = get(key);
  return value != nullptr && read_distribution(*value, key, out, problems_);
}

bool MapReader::config(std::string_view key, ConfigScope scope, Config& out) const {
  const YamlNode* const value = get(key);
  if (value == nullptr) return false;
  if (!value->is_map()) {
    problems_.add(value->place, fmt::format("{}: a map of Kafka's keys is expected, not {}", key,
                                            kind_in_words(*value)));
    return false;
  }
  std::vector<std::string> known;
  for (const ConfigKey& entry : config_keys())
    if (entry.scope == scope) known.emplace_back(entry.name);
  bool right = true;
  for (const YamlPair& pair : value->pairs) {
    const auto wrong = [&](const Place& place, std::string message) {
      problems_.add(place, std::move(message));
      right = false;
    };
    const ConfigKey* const entry = find_config_key(scope, pair.key);
    std::string setting;
    if (entry == nullptr) {
      const std::string best = nearest(pair.key, known);
      wrong(pair.key_place,
            fmt::format("{}: Kafka has no key '{}' here{}", key, shown(pair.key),
                        best.empty() ? "" : fmt::format(" (did you mean '{}'?)", best)));
    } else if (find(*value, pair.key) != &pair.value) {
      wrong(pair.key_place, fmt::format("'{}' stands twice in {}", pair.key, key));
    } else if (pair.value.is_null()) {
      wrong(pair.key_place, fmt::format("'{}' has no value", pair.key));
    } else if (read_text(pair.value, pair.key, setting, problems_)) {
      const std::string error = check_config_value(*entry, setting);
      if (!error.empty()) wrong(pair.value.place, fmt::format("{}: {}", pair.key, error));
      const auto [said, is_new] = out.try_emplace(pair.key, setting);
      if (!is_new && said->second != setting)
        wrong(pair.value.place, fmt::format("{}: {} says that it is '{}' already", pair.key,
                                            block_.in_words, said->second));
    } else {
      right = false;
    }
  }
  if (!right) return false;
  const std::string error = check_config(scope, out);
  if (!error.empty()) problems_.add(value->place, fmt::format("{}: {}", key, error));
  return error.empty();
}

}  // namespace eventarium::scenario
