// `when:` of a scenario: "<left> <operator> <right>" after its {placeholders} are filled in, e.g.
// "{amount_eur} <= 60" or "{country} = DE". Operators: = != < <= > >=. Two numbers are compared as
// numbers, anything else as text.
#pragma once

#include <string>
#include <string_view>

#include "sim/service/template_text.h"

namespace eventarium::service {

/// An empty condition holds.
bool holds(std::string_view condition, const Placeholders& placeholders);

}  // namespace eventarium::service
