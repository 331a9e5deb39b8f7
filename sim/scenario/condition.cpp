// See condition.h.
#include "sim/scenario/condition.h"

#include <array>

namespace eventarium::scenario {

std::optional<Condition> parse_condition(std::string_view text) {
  static constexpr std::array<std::string_view, 6> signs = {" = ",  " != ", " < ",
                                                            " <= ", " > ",  " >= "};
  for (const std::string_view sign : signs) {
    const std::size_t at = text.find(sign);
    if (at == std::string_view::npos || at == 0 || at + sign.size() >= text.size()) continue;
    return Condition{std::string(text.substr(0, at)), std::string(sign.substr(1, sign.size() - 2)),
                     std::string(text.substr(at + sign.size()))};
  }
  return std::nullopt;
}

}  // namespace eventarium::scenario
