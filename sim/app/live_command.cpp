// See live_command.h.
#include "sim/app/live_command.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "sim/app/fault_kinds.h"
#include "sim/scenario/keys.h"
#include "sim/trace/flat_json.h"

namespace eventarium::app {
namespace {

/// Members of a command, taken by name; remembers the first thing that is wrong.
class Members {
 public:
  explicit Members(trace::FlatObject object) : object_(std::move(object)) {}
  std::string problem;

  std::optional<std::string> text(std::string_view key) {
    const auto* value = take(key);
    if (!value) return std::nullopt;
    if (const auto* found = std::get_if<std::string>(value)) return *found;
    fail(key, "a text");
    return std::nullopt;
  }
  /// Nanoseconds of 0 or more.
  std::optional<std::int64_t> ns(std::string_view key) {
    const auto* value = take(key);
    if (!value) return std::nullopt;
    const auto* found = std::get_if<std::uint64_t>(value);
    // Half of the range, so that sums of two can't overflow.
    if (found && *found <= std::numeric_limits<std::int64_t>::max() / 2)
      return static_cast<std::int64_t>(*found);
    fail(key, "a whole number of nanoseconds, 0 or more");
    return std::nullopt;
  }
  std::optional<double> number(std::string_view key) {
    const auto* value = take(key);
    if (!value) return std::nullopt;
    if (const auto* real = std::get_if<double>(value)) return *real;
    if (const auto* whole = std::get_if<std::uint64_t>(value)) return static_cast<double>(*whole);
    if (const auto* negative = std::get_if<std::int64_t>(value))
      return static_cast<double>(*negative);
    fail(key, "a number");
    return std::nullopt;
  }
  /// A whole number from `low` to `high`.
  std::optional<int> integer(std::string_view key, int low, int high) {
    const auto* value = take(key);
    if (!value) return std::nullopt;
    const auto* found = std::get_if<std::uint64_t>(value);
    if (found && *found >= static_cast<std::uint64_t>(low) &&
        *found <= static_cast<std::uint64_t>(high))
      return static_cast<int>(*found);
    if (problem.empty())
      problem = fmt::format("'{}' must be a whole number from {} to {}", key, low, high);
    return std::nullopt;
  }
  bool flag(std::string_view key) {
    const auto* value = take(key);
    if (!value) return false;
    if (const auto* found = std::get_if<bool>(value)) return *found;
    fail(key, "true or false");
    return false;
  }
  bool has(std::string_view key) const {
    return std::any_of(object_.members.begin(), object_.members.end(),
                       [&](const auto& member) { return member.key == key; });
  }
  void reject_others() {
    for (const auto& member : object_.members)
      if (problem.empty()) problem = fmt::format("unknown member '{}'", member.key);
  }

 private:
  const trace::FlatValue* take(std::string_view key) {
    for (auto member = object_.members.begin(); member != object_.members.end(); ++member) {
      if (member->key != key) continue;
      taken_ = std::move(member->value);
      object_.members.erase(member);
      return &taken_;
    }
    return nullptr;
  }
  void fail(std::string_view key, const char* wanted) {
    if (problem.empty()) problem = fmt::format("'{}' must be {}", key, wanted);
  }

  trace::FlatObject object_;
  trace::FlatValue taken_;
};

/// "a,b" -> a, b; empty parts stay, so that they are found to be no names.
std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (!text.empty()) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return parts;
}

/// The value that a kind of fault can't do without: its member's name, or "".
std::string_view needed_value(scenario::FaultKind kind) {
  using scenario::FaultKind;
  switch (kind) {
    case FaultKind::latency:
      return "latency_ns";
    case FaultKind::bandwidth:
      return "bandwidth_bytes_per_s";
    case FaultKind::loss:
      return "loss";
    case FaultKind::slow_cpu:
    case FaultKind::slow_disk:
    case FaultKind::slow_handler:
      return "factor";
    case FaultKind::retry_storm:
      return "patience_ns";
    case FaultKind::split:
      return "sides";
    default:
      return "";
  }
}

std::string read_fault(Members& members, std::optional<SimTime>& at, scenario::Fault& fault,
                       bool breaks) {
  const std::string kind = members.text("do").value_or("");
  if (!parse_fault(kind, fault.kind))
    return fmt::format("there is no fault '{}'; there are {}", kind, fault_names());
  const std::string_view needed = needed_value(fault.kind);
  if (breaks && !needed.empty() && !members.has(needed))
    return fmt::format("{} needs {}{}", kind, needed, needed == "loss" ? ", a probability" : "");
  fault.target = members.text("target").value_or("");
  fault.peer = members.text("peer").value_or("");
  fault.both_ways = members.flag("both_ways");
  if (const auto when = members.ns("at")) at = sim_time_ns(*when);
  if (const auto lasts = members.ns("for_ns")) fault.lasts = Duration{*lasts};
  fault.latency = Duration{members.ns("latency_ns").value_or(0)};
  fault.patience = Duration{members.ns("patience_ns").value_or(0)};
  fault.bandwidth_bytes_per_s = members.number("bandwidth_bytes_per_s").value_or(0);
  fault.loss = members.number("loss").value_or(0);
  fault.factor = members.number("factor").value_or(1);
  for (const std::string& side : split_text(members.text("sides").value_or(""), '|'))
    fault.sides.push_back(split_text(side, ','));
  members.reject_others();
  return members.problem;
}

std::string read_operation(Members& members, Operate& order) {
  scenario::Operation& operation = order.operation;
  const std::string kind = members.text("do").value_or("");
  const std::vector<std::string>& words = scenario::choices("operation.do");
  const auto word = std::find(words.begin(), words.end(), kind);
  if (word == words.end()) {
    std::string known;
    for (const std::string& name : words) known += (known.empty() ? "" : ", ") + name;
    return fmt::format("there is no operation '{}'; there are {}", kind, known);
  }
  operation.kind = static_cast<scenario::OperationKind>(word - words.begin());
  if (const auto when = members.ns("at")) order.at = sim_time_ns(*when);
  operation.broker = members.text("broker").value_or("");
  operation.topic = members.text("topic").value_or("");
  operation.partition = members.integer("partition", 0, 999);
  operation.count = members.integer("partitions", 1, 1000).value_or(1);
  operation.replicas_count = members.integer("replication_factor", 1, 100).value_or(1);
  if (operation.kind == scenario::OperationKind::replication_factor)
    operation.count = operation.replicas_count;
  operation.replicas = split_text(members.text("replicas").value_or(""), ',');
  operation.unclean = members.flag("unclean");
  operation.key = members.text("key").value_or("");
  operation.value = members.text("value").value_or("");
  operation.client = members.text("client").value_or("");
  operation.group = members.text("group").value_or("");
  operation.to = members.text("to").value_or("");
  members.reject_others();
  return members.problem;
}

}  // namespace

LiveCommand parse_live_command(std::string_view line) {
  trace::FlatObject object;
  if (auto problem = trace::parse_flat_json(line, object)) return Malformed{*problem};
  Members members(std::move(object));
  const auto command = members.text("command");
  if (!command) return Malformed{"'command' is missing: advance, fault, heal, operate or quit"};
  if (*command == "advance") {
    const auto until = members.ns("until");
    members.reject_others();
    if (!members.problem.empty()) return Malformed{members.problem};
    if (!until) return Malformed{"advance needs until, in nanoseconds"};
    return Advance{sim_time_ns(*until)};
  }
  if (*command == "quit") {
    members.reject_others();
    if (!members.problem.empty()) return Malformed{members.problem};
    return Quit{};
  }
  if (*command == "fault") {
    Break order;
    if (std::string problem = read_fault(members, order.at, order.fault, true); !problem.empty())
      return Malformed{std::move(problem)};
    return order;
  }
  if (*command == "heal") {
    Heal order;
    if (std::string problem = read_fault(members, order.at, order.fault, false); !problem.empty())
      return Malformed{std::move(problem)};
    return order;
  }
  if (*command == "operate") {
    Operate order;
    if (std::string problem = read_operation(members, order); !problem.empty())
      return Malformed{std::move(problem)};
    return order;
  }
  return Malformed{
      fmt::format("there is no command '{}': advance, fault, heal, operate or quit", *command)};
}

}  // namespace eventarium::app
