// One line of JSON that is an object of scalars and lists of scalars: all that a trace or a
// command of the window ever consists of. Anything deeper is refused before it costs memory or
// stack. Never throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventarium::trace {

/// A JSON value without objects; Null stands for null.
struct Null {
  bool operator==(const Null&) const = default;
};
using Scalar = std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string>;
using FlatValue =
    std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string, std::vector<Scalar>>;

/// Members in the order of the text. Non-negative integers are uint64, negative ones int64.
struct FlatObject {
  struct Member {
    std::string key;
    FlatValue value;
  };
  std::vector<Member> members;

  const FlatValue* find(std::string_view key) const;
};

/// Fills `object`. Returns what is wrong, or nothing.
std::optional<std::string> parse_flat_json(std::string_view text, FlatObject& object);

}  // namespace eventarium::trace
