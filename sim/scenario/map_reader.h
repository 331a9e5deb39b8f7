// Typed access to one map of the file: reports unknown, repeated and missing keys and values of
// the wrong kind, each with its place. A reader never stops at a problem; what can't be read keeps
// its default, so that one pass finds all errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/keys.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml_tree.h"

namespace eventarium::scenario {

/// Collects what is wrong with a file.
class Problems {
 public:
  struct Entry {
    Place place;
    std::string message;
  };
  void add(const Place& place, std::string message);
  /// In the order of the file; the same message at the same place once; at most problems_max.
  std::vector<Entry> take_sorted();
  bool empty() const { return entries_.empty(); }

  static constexpr std::size_t problems_max = 100;

 private:
  std::vector<Entry> entries_;
};

// Values. Each returns false and reports, as "<what>: <message>", when the node is something else.
bool read_text(const YamlNode& node, std::string_view what, std::string& out, Problems& problems);
bool read_integer(const YamlNode& node, std::string_view what, std::int64_t low, std::int64_t high,
                  std::int64_t& out, Problems& problems);
bool read_duration(const YamlNode& node, std::string_view what, Duration& out, Problems& problems);
/// A list, as its items; anything else is a problem.
const std::vector<YamlNode>& read_list(const YamlNode& node, std::string_view what,
                                       Problems& problems);
/// A text that names a node or a topic: letters, digits, '-', '_' (and '.' in a topic's name).
bool read_name(const YamlNode& node, std::string_view what, bool is_topic, std::string& out,
               Problems& problems);

class MapReader {
 public:
  /// Reports keys that `block` lacks, that repeat, or that are missing though required. When
  /// `node` is not a map, that is the one problem and every key is absent.
  MapReader(const YamlNode& node, std::string_view block_name, Problems& problems);

  /// The value; null when the key is absent or has been reported as empty.
  const YamlNode* get(std::string_view key) const;
  bool has(std::string_view key) const { return get(key) != nullptr; }
  const Place& place() const { return node_.place; }
  /// Of the key's value, or of the map when it is absent.
  const Place& place_of(std::string_view key) const;
  bool is_map() const { return node_.is_map(); }

  // Read the key's value if it is there; true when it was there and right.
  bool text(std::string_view key, std::string& out) const;
  bool text(std::string_view key, std::optional<std::string>& out) const;
  bool name(std::string_view key, bool is_topic, std::string& out) const;
  bool boolean(std::string_view key, bool& out) const;
  /// Within bounds("<block>.<key>").
  bool integer(std::string_view key, int& out) const;
  bool integer(std::string_view key, std::optional<int>& out) const;
  bool integer(std::string_view key, std::optional<std::uint64_t>& out) const;
  bool duration(std::string_view key, Duration& out) const;
  bool duration(std::string_view key, std::optional<Duration>& out) const;
  bool probability(std::string_view key, double& out) const;
  bool bandwidth(std::string_view key, double& out_bytes_per_s) const;
  /// One of choices("<block>.<key>").
  bool choice(std::string_view key, std::string& out) const;
  bool distribution(std::string_view key, Distribution& out) const;
  /// Kafka keys of the scope. Reports unknown keys, bad values and rules between keys. What `out`
  /// holds already was said by other keys of the block: another value is a problem.
  bool config(std::string_view key, ConfigScope scope, Config& out) const;

 private:
  const YamlNode& node_;
  const Block& block_;
  Problems& problems_;
};

/// "5ms", or a map with one of uniform, exponential, log_normal, fixed.
bool read_distribution(const YamlNode& node, std::string_view what, Distribution& out,
                       Problems& problems);

}  // namespace eventarium::scenario
