// The shape of a `when:`: "<left> <operator> <right>", with spaces around the operator.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eventarium::scenario {

struct Condition {
  std::string left, sign, right;
};

/// Nothing when the text has no operator (= != < <= > >=) or an empty side.
std::optional<Condition> parse_condition(std::string_view text);

}  // namespace eventarium::scenario
