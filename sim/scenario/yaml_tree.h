// A YAML text as a plain tree in which every key and value knows its place. Made from yaml-cpp's
// event stream, so that size, depth and aliases are bounded before anything is built. Must not
// know what a scenario is.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventarium::scenario {

/// Where something stands: a text (0: the file, n: the n-th override), line and column from 1.
struct Place {
  int source = 0;
  int line = 1, column = 1;
  auto operator<=>(const Place&) const = default;
};

struct YamlPair;

struct YamlNode {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  Place place;
  std::string text;             // scalar
  bool quoted = false;          // scalar: written with quotes or as a block, so never a number
  std::vector<YamlNode> items;  // sequence
  std::vector<YamlPair> pairs;  // map, in the order of the file; keys may repeat

  bool is_map() const { return kind == Kind::map; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_null() const { return kind == Kind::null; }
};

struct YamlPair {
  std::string key;
  Place key_place;
  YamlNode value;
};

struct YamlError {
  Place place;
  std::string message;
};

struct YamlResult {
  YamlNode root;  // null for an empty text
  std::vector<YamlError> errors;
};

constexpr std::size_t yaml_size_max_bytes = 256 * 1024;
constexpr std::size_t yaml_nodes_max = 50'000;  // after aliases are resolved
constexpr std::size_t yaml_depth_max = 24;

/// Parses one document. Errors: not UTF-8, control characters, syntax, too large, too deep,
/// tags, keys that are not plain text, a second document.
YamlResult parse_yaml(std::string_view text, int source = 0);

/// The pair's value, or null. The first one when the key repeats.
const YamlNode* find(const YamlNode& map, std::string_view key);
YamlNode* find(YamlNode& map, std::string_view key);

}  // namespace eventarium::scenario
