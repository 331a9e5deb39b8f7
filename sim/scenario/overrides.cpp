#include "sim/scenario/overrides.h"

#include <charconv>

#include <fmt/format.h>

#include "sim/scenario/suggest.h"

namespace eventarium::scenario {
namespace {

bool holds_kafka_keys(std::string_view key) {
  return key == "config" || key == "consumer_config" || key == "producer_config";
}

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> segments;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t dot = path.find('.', begin);
    if (dot == std::string::npos || (!segments.empty() && holds_kafka_keys(segments.back()))) {
      segments.push_back(path.substr(begin));
      return segments;
    }
    segments.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
}

/// How an item of a list is called: its name, or itself when it is a plain text.
std::string name_of(const YamlNode& item) {
  if (item.is_scalar()) return item.text;
  const YamlNode* const name = find(item, "name");
  return name != nullptr ? name->text : "";
}

YamlNode* find_item(YamlNode& list, const std::string& segment) {
  std::size_t index = 0;
  const char* const end = segment.data() + segment.size();
  const auto [stop, error] = std::from_chars(segment.data(), end, index);
  if (error == std::errc{} && stop == end)
    return index < list.items.size() ? &list.items[index] : nullptr;
  for (YamlNode& item : list.items)
    if (name_of(item) == segment) return &item;
  return nullptr;
}

/// The node one segment further down; made where a map lacks it; null after a reported problem.
YamlNode* descend(YamlNode& node, const std::string& segment, const Place& place,
                  Problems& problems) {
  if (node.is_sequence()) {
    if (YamlNode* const item = find_item(node, segment)) return item;
    std::vector<std::string> names;
    for (const YamlNode& item : node.items)
      if (const std::string name = name_of(item); !name.empty()) names.push_back(name);
    problems.add(place, fmt::format("there is no '{}' among {} items{}", segment, node.items.size(),
                                    did_you_mean(segment, names)));
    return nullptr;
  }
  if (node.is_scalar() && segment != "name") {
    // A topic written as its bare name: spell it out as a map.
    YamlNode name = node;
    node = YamlNode{YamlNode::Kind::map, node.place, {}, false, {}, {}};
    node.pairs.push_back({"name", name.place, name});
  }
  if (node.is_null()) node = YamlNode{YamlNode::Kind::map, place, {}, false, {}, {}};
  if (!node.is_map()) {
    problems.add(place, fmt::format("'{}' can't be set inside of a plain value", segment));
    return nullptr;
  }
  if (YamlNode* const value = find(node, segment)) return value;
  YamlNode nothing;
  nothing.place = place;
  node.pairs.push_back({segment, place, nothing});
  return &node.pairs.back().value;
}

}  // namespace

void apply_overrides(YamlNode& root, const Overrides& overrides, Problems& problems) {
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const auto& [path, text] = overrides[i];
    const int source = static_cast<int>(i) + 1;
    YamlResult value = parse_yaml(text, source);
    for (const YamlError& error : value.errors) problems.add(error.place, error.message);
    if (!value.errors.empty()) continue;
    YamlNode* node = &root;
    for (const std::string& segment : split(path)) {
      node = descend(*node, segment, {source, 1, 1}, problems);
      if (node == nullptr) break;
    }
    if (node != nullptr) *node = std::move(value.root);
  }
}

}  // namespace eventarium::scenario
