// See template_text.h.
#include "sim/service/template_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

namespace eventarium::service {
namespace {

using Json = nlohmann::ordered_json;

/// Length of the name in "{name}" at the start of `text`; 0 when there is no placeholder. A name
/// is anything without braces: fields may have spaces in their names.
std::size_t placeholder_length(std::string_view text) {
  const std::size_t end = text.find_first_of("{}", 1);
  return end != std::string_view::npos && text[end] == '}' ? end - 1 : 0;
}

/// Calls literal(text) and placeholder(name) for the pieces of a template, in order.
template <class Literal, class Placeholder>
void walk(std::string_view text, Literal&& literal, Placeholder&& placeholder) {
  while (!text.empty()) {
    const std::size_t brace = std::min(text.find_first_of("{}"), text.size());
    literal(text.substr(0, brace));
    text.remove_prefix(brace);
    if (text.empty()) return;
    if (text.size() > 1 && text[1] == text[0]) {
      literal(text.substr(0, 1));
      text.remove_prefix(2);
    } else if (const std::size_t length = text[0] == '{' ? placeholder_length(text) : 0) {
      placeholder(text.substr(1, length));
      text.remove_prefix(length + 2);
    } else {
      literal(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
}

Json number(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  if (value.is_number()) return value;
  double real = 0;  // as YAML writes it, e.g. ".5"
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (error == std::errc{} && end == text.data() + text.size() && std::isfinite(real)) return real;
  return text;
}

std::int64_t random_integer(std::int64_t low, std::int64_t high, RandomStream& random) {
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t above = span == 0 ? random.next() : random.below(span);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + above);
}

double random_real(double low, double high, RandomStream& random) {
  const double value = random.uniform(low, high);
  const double range = high - low;
  if (!(range > 0) || !std::isfinite(range)) return value;
  const int decimals = std::clamp(3 - static_cast<int>(std::floor(std::log10(range))), 0, 15);
  const std::string rounded = fmt::format("{:.{}f}", value, decimals);
  double read_back = value;
  std::from_chars(rounded.data(), rounded.data() + rounded.size(), read_back);
  return std::clamp(read_back, low, high);
}

Json make_value(const scenario::DataValue& value, const Placeholders& placeholders,
                RandomStream& random) {
  using Kind = scenario::DataValue::Kind;
  switch (value.kind) {
    case Kind::text:
      return expand(value.text, placeholders);
    case Kind::number:
      return number(value.text);
    case Kind::boolean:
      return value.text == "true";
    case Kind::one_of:
      if (value.one_of.empty()) return nullptr;
      return expand(value.one_of[random.below(value.one_of.size())], placeholders);
    case Kind::integer:
      return random_integer(std::min(value.low, value.high), std::max(value.low, value.high),
                            random);
    case Kind::real:
      return random_real(std::min(value.real_low, value.real_high),
                         std::max(value.real_low, value.real_high), random);
  }
  return nullptr;
}

}  // namespace

void Placeholders::set_attribute(std::string_view name, std::string value) {
  for (auto& [known, text] : attributes_) {
    if (known != name) continue;
    text = std::move(value);
    return;
  }
  if (attributes_.empty()) attributes_.reserve(8);
  attributes_.emplace_back(name, std::move(value));
}

void Placeholders::set_field(const std::string& name, const Json& value) {
  fields_[name] = value.is_string() ? value.get<std::string>() : to_text(value);
  if (!value.is_object()) return;
  for (const auto& [inner, inner_value] : value.items()) set_field(name + "." + inner, inner_value);
}

const std::string* Placeholders::find(std::string_view name) const {
  for (const auto& [known, text] : attributes_)
    if (known == name) return &text;
  if (time_ && name == "time") {
    if (time_text_.empty()) time_text_ = format_clock(*time_);
    return &time_text_;
  }
  const auto found = fields_.find(name);
  return found == fields_.end() ? nullptr : &found->second;
}

Placeholders placeholders_of(const CloudEvent& event) {
  Placeholders placeholders;
  placeholders.set_attribute("id", event.id);
  placeholders.set_attribute("type", event.type);
  placeholders.set_attribute("source", event.source);
  placeholders.set_time(event.time);
  if (event.partitionkey) placeholders.set_attribute("key", *event.partitionkey);
  const Json data = parse_data(event.data);
  for (const auto& [name, value] : data.items()) placeholders.set_field(name, value);
  return placeholders;
}

std::string expand(std::string_view text, const Placeholders& placeholders) {
  std::string expanded;
  walk(
      text, [&](std::string_view literal) { expanded += literal; },
      [&](std::string_view name) {
        if (const std::string* value = placeholders.find(name)) {
          expanded += *value;
        } else {
          expanded.append("{").append(name).append("}");
        }
      });
  return expanded;
}

bool is_known(std::string_view text, const Placeholders& placeholders) {
  bool known = true;
  walk(
      text, [](std::string_view) {},
      [&](std::string_view name) { known = known && placeholders.find(name) != nullptr; });
  return known;
}

Json parse_data(const std::string& text) {
  Json data = Json::parse(text, nullptr, false);
  return data.is_object() ? data : Json::object();
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json make_data(const scenario::DataTemplate& data, Placeholders& placeholders,
               RandomStream& random) {
  Json made = Json::object();
  for (const auto& [name, value] : data) {
    made[name] = make_value(value, placeholders, random);
    placeholders.set_field(name, made[name]);
  }
  return made;
}

}  // namespace eventarium::service
