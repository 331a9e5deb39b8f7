// See record_text.h.
#include "sim/coordinator/record_text.h"

#include <utility>
#include <variant>

#include "sim/base/check.h"
#include "sim/trace/json_text.h"

namespace eventarium::kafka {
namespace {

/// "orders-3", as to_text() writes it.
TopicPartition partition_in(const std::string& text) {
  const std::size_t dash = text.rfind('-');
  EVENTARIUM_CHECK(dash != std::string::npos && dash + 1 < text.size(), "a partition has a number");
  std::int32_t number = 0;
  for (std::size_t i = dash + 1; i < text.size(); ++i) number = number * 10 + (text[i] - '0');
  return {text.substr(0, dash), number};
}

}  // namespace

RecordText::RecordText(const std::string& json) {
  const auto problem = trace::parse_flat_json(json, object_);
  EVENTARIUM_CHECK(!problem, "a coordinator reads what coordinators write");
}

std::int64_t RecordText::integer(std::string_view name) const {
  const trace::FlatValue* value = object_.find(name);
  EVENTARIUM_CHECK(value, name);
  if (const auto* natural = std::get_if<std::uint64_t>(value))
    return static_cast<std::int64_t>(*natural);
  const auto* negative = std::get_if<std::int64_t>(value);
  EVENTARIUM_CHECK(negative, name);
  return *negative;
}

const std::string& RecordText::text(std::string_view name) const {
  const trace::FlatValue* value = object_.find(name);
  const auto* text = value ? std::get_if<std::string>(value) : nullptr;
  EVENTARIUM_CHECK(text, name);
  return *text;
}

std::vector<std::string> RecordText::texts(std::string_view name) const {
  const trace::FlatValue* value = object_.find(name);
  const auto* list = value ? std::get_if<std::vector<trace::Scalar>>(value) : nullptr;
  EVENTARIUM_CHECK(list, name);
  std::vector<std::string> texts;
  for (const trace::Scalar& entry : *list) {
    const auto* text = std::get_if<std::string>(&entry);
    EVENTARIUM_CHECK(text, name);
    texts.push_back(*text);
  }
  return texts;
}

PartitionList RecordText::partitions(std::string_view name) const {
  PartitionList list;
  for (const std::string& text : texts(name)) list.push_back(partition_in(text));
  return list;
}

void RecordTextWriter::begin(std::string_view name) {
  if (json_.size() > 1) json_ += ',';
  trace::append_json_string(json_, name);
  json_ += ':';
}

void RecordTextWriter::integer(std::string_view name, std::int64_t value) {
  begin(name);
  trace::append_json_number(json_, value);
}

void RecordTextWriter::text(std::string_view name, std::string_view value) {
  begin(name);
  trace::append_json_string(json_, value);
}

void RecordTextWriter::texts(std::string_view name, const std::vector<std::string>& values) {
  begin(name);
  json_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) json_ += ',';
    trace::append_json_string(json_, values[i]);
  }
  json_ += ']';
}

void RecordTextWriter::partitions(std::string_view name, const PartitionList& values) {
  std::vector<std::string> list;
  for (const TopicPartition& tp : values) list.push_back(to_text(tp));
  texts(name, list);
}

std::string RecordTextWriter::take() {
  json_ += '}';
  return std::move(json_);
}

}  // namespace eventarium::kafka
