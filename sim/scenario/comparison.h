// What a value is compared with: "20", "< 5", ">= 3", "3..5", "< 500ms". Knows nothing of YAML.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "sim/scenario/scenario.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {

struct Comparison {
  Expectation::Comparison kind = Expectation::Comparison::equal;
  double value = 0, high = 0;  // counts, or seconds; `high` only with between
};

/// `times`: the values are lengths of time, else whole numbers from 0.
Parsed<Comparison> parse_comparison(std::string_view text, bool times);

}  // namespace eventarium::scenario
