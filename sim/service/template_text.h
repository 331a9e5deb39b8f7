// Templates of a scenario: texts with {placeholders}, and event data made of them. Knows nothing
// of nodes; the caller says what a placeholder stands for.
//
//   "welcome email to {email}"   {email}: a field of the event's data
//   "order-{n}"                  {n}: counts from 1
//   {id} {type} {source} {time} {key}: attributes of the event at hand; they win over fields
//   {address.city}: a field of an object in the data        {{ and }}: the braces themselves
// A placeholder that stands for nothing is left as it is written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/base/cloud_event.h"
#include "sim/base/random.h"
#include "sim/scenario/scenario.h"

namespace eventarium::service {

/// What each placeholder stands for.
class Placeholders {
 public:
  /// An attribute such as "id": it wins over a field of that name, and is set once or again. The
  /// name must outlive this.
  void set_attribute(std::string_view name, std::string value);
  /// {time}: becomes text only when a template asks for it.
  void set_time(SimTime time) { time_ = time; }
  /// A field of an event's data, and the fields inside it; a later one replaces an earlier one.
  void set_field(const std::string& name, const nlohmann::ordered_json& value);
  /// Null when the name stands for nothing.
  const std::string* find(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, std::string>> attributes_;  // a handful
  std::map<std::string, std::string, std::less<>> fields_;
  std::optional<SimTime> time_;
  mutable std::string time_text_;  // empty: not asked for yet
};

/// {id}, {type}, {source}, {time} ("00:14.803"), {key} when there is one, and all data fields.
Placeholders placeholders_of(const CloudEvent& event);

std::string expand(std::string_view text, const Placeholders& placeholders);

/// Every placeholder of the text stands for something.
bool is_known(std::string_view text, const Placeholders& placeholders);

/// The JSON object in an event's data; an empty object when it isn't one.
nlohmann::ordered_json parse_data(const std::string& text);

/// One line; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const nlohmann::ordered_json& json);

/// Makes the fields in the order of the file. Each can be named by those after it: it is added to
/// `placeholders`. Random values are drawn in that order, too. A random real is rounded to about
/// a thousandth of its range, so that it reads like a measurement.
nlohmann::ordered_json make_data(const scenario::DataTemplate& data, Placeholders& placeholders,
                                 RandomStream& random);

}  // namespace eventarium::service
