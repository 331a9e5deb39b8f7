// See condition.h.
#include "sim/service/condition.h"

#include <charconv>
#include <compare>
#include <optional>

#include "sim/scenario/condition.h"

namespace eventarium::service {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool holds(std::string_view condition, const Placeholders& placeholders) {
  if (condition.empty()) return true;
  const auto parts = scenario::parse_condition(condition);
  if (!parts) return false;  // the loader has refused it
  const std::string left = expand(parts->left, placeholders);
  const std::string right = expand(parts->right, placeholders);
  const auto a = number(left), b = number(right);
  const std::partial_ordering order = a && b ? *a <=> *b : std::partial_ordering(left <=> right);
  const std::string_view sign = parts->sign;
  if (sign == "=") return order == 0;
  if (sign == "!=") return order != 0;
  if (sign == "<") return order < 0;
  if (sign == "<=") return order <= 0;
  if (sign == ">") return order > 0;
  return order >= 0;
}

}  // namespace eventarium::service
