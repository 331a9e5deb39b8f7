// Every key that a scenario file may hold, as data: one list per block, and the words that a value
// may be chosen from. assets/scenario.schema.json has the same blocks under its definitions; a
// test holds the two together.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace eventarium::scenario {

struct Key {
  std::string name;
  bool required = false;
};

/// A kind of map in the file.
struct Block {
  std::string name;      // in the schema's definitions, e.g. "producer"
  std::string in_words;  // in messages, e.g. "a producer"
  std::vector<Key> keys;
};

const std::vector<Block>& blocks();
/// Asserts that there is one of this name.
const Block& block(std::string_view name);
std::vector<std::string> key_names(const Block& block);

/// The words that a key takes: "bus.kind", "fault.do". Asserts that the list exists.
struct Choices {
  std::string name;  // "<block>.<key>"
  std::vector<std::string> words;
};
const std::vector<Choices>& all_choices();
const std::vector<std::string>& choices(std::string_view name);

/// The enumerator that stands in the place of the word; `word` is one of choices(name).
template <class Enum>
Enum meant(std::string_view name, const std::string& word) {
  const std::vector<std::string>& words = choices(name);
  return static_cast<Enum>(std::find(words.begin(), words.end(), word) - words.begin());
}

/// Inclusive bounds of whole numbers: "cluster.brokers".
struct Bounds {
  std::string name;  // "<block>.<key>"
  long long low, high;
};
const std::vector<Bounds>& all_bounds();
const Bounds& bounds(std::string_view name);

/// What people write instead of a key, e.g. "replication_factor" for replicas; "" when unknown.
std::string usual_slip(std::string_view block, std::string_view key);

}  // namespace eventarium::scenario
