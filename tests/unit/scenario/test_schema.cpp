// Holds assets/scenario.schema.json and the loader together: the same blocks, keys, required keys,
// words, bounds and units. Editors complete from the schema what the loader then accepts.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

#include "sim/base/config_keys.h"
#include "sim/scenario/comparison.h"
#include "sim/scenario/keys.h"
#include "sim/scenario/units.h"

using namespace eventarium;
using namespace eventarium::scenario;
using Json = nlohmann::json;

namespace {

const Json& schema() {
  static const Json loaded = [] {
    std::ifstream stream(EVENTARIUM_SOURCE_DIR "/assets/scenario.schema.json");
    return Json::parse(stream);
  }();
  return loaded;
}

const Json& definition(const std::string& name) {
  INFO(name);
  REQUIRE(schema()["definitions"].contains(name));
  return schema()["definitions"][name];
}

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

/// "block.key" -> the key's schema.
const Json& property(const std::string& name) {
  const std::size_t dot = name.find('.');
  return definition(name.substr(0, dot))["properties"][name.substr(dot + 1)];
}

/// Distributions and ranges stand inside of an anyOf.
const Json& block_schema(const std::string& name) {
  const Json& found = definition(name);
  return found.contains("anyOf") ? found["anyOf"].back() : found;
}

void check_references(const Json& node, std::set<std::string>& used) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string target = node["$ref"];
    const std::string prefix = "#/definitions/";
    REQUIRE(target.substr(0, prefix.size()) == prefix);
    definition(target.substr(prefix.size()));
    used.insert(target.substr(prefix.size()));
  }
  if (node.is_structured())
    for (const Json& child : node) check_references(child, used);
}

template <class Parse>
void check_pattern(const std::string& name, Parse&& parse, const std::vector<std::string>& texts) {
  const std::regex pattern(definition(name)["pattern"].get<std::string>());
  for (const std::string& text : texts) {
    const auto parsed = parse(text);
    const bool accepted = !std::holds_alternative<UnitError>(parsed);
    INFO(name, " '", text, "'");
    CHECK(std::regex_search(text, pattern) == accepted);
  }
}

}  // namespace

TEST_CASE("each block has the loader's keys, and no others") {
  for (const Block& block : blocks()) {
    INFO(block.name);
    const Json& described = block_schema(block.name);
    const std::vector<std::string> names = key_names(block);
    CHECK(keys_of(described["properties"]) == std::set<std::string>(names.begin(), names.end()));
    CHECK(described["additionalProperties"] == false);
    std::set<std::string> required, described_required;
    for (const Key& key : block.keys)
      if (key.required) required.insert(key.name);
    for (const Json& key : described.value("required", Json::array()))
      described_required.insert(key.get<std::string>());
    CHECK(described_required == required);
  }
}

TEST_CASE("the words to choose from and the bounds are the loader's") {
  for (const Choices& list : all_choices()) {
    INFO(list.name);
    CHECK(property(list.name)["enum"].get<std::vector<std::string>>() == list.words);
  }
  for (const Bounds& limits : all_bounds()) {
    INFO(limits.name);
    CHECK(property(limits.name)["minimum"] == limits.low);
    CHECK(property(limits.name)["maximum"] == limits.high);
  }
}

TEST_CASE("Kafka's configuration keys are those that the simulator honours") {
  const std::vector<std::pair<ConfigScope, std::string>> scopes = {
      {ConfigScope::producer, "producer_config"},
      {ConfigScope::consumer, "consumer_config"},
      {ConfigScope::broker, "broker_config"},
      {ConfigScope::topic, "topic_config"}};
  for (const auto& [scope, name] : scopes) {
    INFO(name);
    std::set<std::string> honoured;
    for (const ConfigKey& key : config_keys())
      if (key.scope == scope && key.honoured) honoured.insert(std::string(key.name));
    CHECK(keys_of(definition(name)["properties"]) == honoured);
  }
}

TEST_CASE("every reference resolves, every definition is used and explained") {
  std::set<std::string> used;
  check_references(schema(), used);
  CHECK(used == keys_of(schema()["definitions"]));
  for (const auto& [name, described] : schema()["definitions"].items()) {
    INFO(name);
    CHECK(described.contains("description"));
    if (!described.contains("properties")) continue;
    for (const auto& [key, value] : described["properties"].items()) {
      INFO(key);
      CHECK((value.contains("description") || value.contains("$ref")));
    }
  }
}

TEST_CASE("the schema's patterns accept what the loader accepts") {
  check_pattern("duration", parse_duration,
                {"5ms", "10 s", "1min 30s", "0", "1.5h", "5", "5m", "", "-5s", "s", "5 sec",
                 "50\xC2\xB5s", "1s later"});
  check_pattern("size", parse_size, {"200", "16 KiB", "1MB", "1 kB", "1 KB", "", "-1", "5 B"});
  check_pattern("bandwidth", parse_bandwidth,
                {"1 Gbit/s", "10MB/s", "8 bit/s", "1 MiB/s", "100", "1 Gb/s", "fast"});
  check_pattern("rate", parse_rate, {"5/s", "0.5 / min", "2/h", "5", "5/ms", "/s"});
  check_pattern("probability", parse_probability, {"1%", "0.5", "1 %", "half", "-1"});
  check_pattern("count", [](const std::string& text) { return parse_comparison(text, false); },
                {"20", "< 5", ">=3", "3..5", "3 .. 5", "== 4", "many", "", "<> 4", "1.5", "-2"});
}
