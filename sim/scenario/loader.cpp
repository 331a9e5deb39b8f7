#include "sim/scenario/loader.h"

#include <charconv>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/overrides.h"

namespace eventarium::scenario {
namespace {

/// "scenarios/letter.yaml" -> "letter"
std::string name_from_path(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  for (const std::string_view ending : {".yaml", ".yml"})
    if (name.size() > ending.size() && name.ends_with(ending))
      name.resize(name.size() - ending.size());
  return name;
}

void read_seed(const MapReader& map, Draft& draft) {
  std::string text;
  if (!map.text("seed", text)) return;
  std::uint64_t seed = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (text.empty() || error != std::errc{} || stop != text.data() + text.size())
    draft.problems.add(map.place_of("seed"), "seed: a whole number from 0 to 2^64-1 is expected");
  else
    draft.scenario.seed = seed;
}

/// Blocks in the order in which they need each other, whatever their order in the file.
void read_scenario(const YamlNode& root, Draft& draft) {
  const MapReader map(root, "scenario", draft.problems);
  int version = 1;
  map.integer("version", version);
  read_seed(map, draft);
  if (map.duration("duration", draft.scenario.duration) && draft.scenario.duration == Duration{0})
    draft.problems.add(map.place_of("duration"), "duration: must be more than 0");
  if (map.has("bus") && map.has("cluster"))
    draft.problems.add(map.place_of("bus"),
                       "bus: a scenario has a 'cluster' (Kafka) or a 'bus', not both");
  const auto block = [&](const char* key, auto&& read) {
    if (const YamlNode* const node = map.get(key)) read(*node, draft);
  };
  block("info", read_info);
  block("network", read_network);
  block("cluster", read_cluster);
  block("bus", read_bus);
  declare_cluster(draft);
  block("topics", read_topics);
  block("producers", read_producers);
  block("consumers", [](const YamlNode& node, Draft& d) { read_services(node, true, d); });
  block("services", [](const YamlNode& node, Draft& d) { read_services(node, false, d); });
  block("operations", read_operations);
  block("faults", read_faults);
  block("expect", read_expectations);
  block("view", read_view);
  if (draft.scenario.info.title.empty()) draft.scenario.info.title = draft.scenario.name;
  if (map.is_map()) resolve(draft);
}

std::string source_name(const Place& place, const std::string& path, const Overrides& overrides) {
  if (place.source == 0) return path;
  const auto& [key, value] = overrides[static_cast<std::size_t>(place.source - 1)];
  return fmt::format("--set {}={}", key, value);
}

}  // namespace

std::string to_text(const Problem& problem) {
  return fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
}

LoadResult load_text(std::string_view yaml, const std::string& path, const Overrides& overrides) {
  Draft draft;
  draft.scenario.path = path;
  draft.scenario.name = name_from_path(path);
  YamlResult tree = parse_yaml(yaml);
  for (const YamlError& error : tree.errors) draft.problems.add(error.place, error.message);
  if (tree.errors.empty()) {
    apply_overrides(tree.root, overrides, draft.problems);
    read_scenario(tree.root, draft);
  }
  LoadResult result;
  for (auto& [place, message] : draft.problems.take_sorted())
    result.problems.push_back(
        {source_name(place, path, overrides), place.line, place.column, std::move(message)});
  for (auto& [place, message] : draft.remarks)
    result.remarks.push_back(
        {source_name(place, path, overrides), place.line, place.column, std::move(message)});
  if (result.problems.empty()) result.scenario = std::move(draft.scenario);
  return result;
}

LoadResult load_file(const std::string& path, const Overrides& overrides) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  std::string text;
  char buffer[64 * 1024];
  std::size_t count = 0;
  while (file && text.size() <= yaml_size_max_bytes &&
         (count = std::fread(buffer, 1, sizeof buffer, file.get())) > 0)
    text.append(buffer, count);
  if (!file || std::ferror(file.get()) != 0)
    return {std::nullopt, {{path, 0, 0, "the file can't be read"}}, {}};
  return load_text(text, path, overrides);
}

}  // namespace eventarium::scenario
