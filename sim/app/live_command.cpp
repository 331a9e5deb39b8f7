// See live_command.h.
#include "sim/app/live_command.h"

#include <limits>

#include <fmt/format.h>

#include "sim/app/fault_kinds.h"
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
  bool flag(std::string_view key) {
    const auto* value = take(key);
    if (!value) return false;
    if (const auto* found = std::get_if<bool>(value)) return *found;
    fail(key, "true or false");
    return false;
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

std::string read_fault(Members& members, std::optional<SimTime>& at, scenario::Fault& fault,
                       bool breaks) {
  const std::string kind = members.text("do").value_or("");
  fault.target = members.text("target").value_or("");
  fault.peer = members.text("peer").value_or("");
  fault.both_ways = members.flag("both_ways");
  if (const auto when = members.ns("at")) at = sim_time_ns(*when);
  const auto lasts = members.ns("for_ns"), latency = members.ns("latency_ns");
  const auto bandwidth = members.number("bandwidth_bytes_per_s"), loss = members.number("loss");
  members.reject_others();
  if (!members.problem.empty()) return members.problem;
  if (!parse_fault(kind, fault.kind))
    return fmt::format("there is no fault '{}'; there are {}", kind, fault_names());
  if (lasts) fault.lasts = Duration{*lasts};
  if (breaks) {
    using scenario::FaultKind;
    if (fault.kind == FaultKind::latency && !latency) return "latency needs latency_ns";
    if (fault.kind == FaultKind::bandwidth && !bandwidth)
      return "bandwidth needs bandwidth_bytes_per_s";
    if (fault.kind == FaultKind::loss && !loss) return "loss needs loss, a probability";
  }
  fault.latency = Duration{latency.value_or(0)};
  fault.bandwidth_bytes_per_s = bandwidth.value_or(0);
  fault.loss = loss.value_or(0);
  return {};
}

}  // namespace

LiveCommand parse_live_command(std::string_view line) {
  trace::FlatObject object;
  if (auto problem = trace::parse_flat_json(line, object)) return Malformed{*problem};
  Members members(std::move(object));
  const auto command = members.text("command");
  if (!command) return Malformed{"'command' is missing: advance, fault, heal or quit"};
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
  return Malformed{fmt::format("there is no command '{}': advance, fault, heal or quit", *command)};
}

}  // namespace eventarium::app
