// See commands.h.
#include "viz/model/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/trace/json_text.h"

namespace eventarium::viz {
namespace {

/// {"command":"...", with members added one by one.
class Line {
 public:
  explicit Line(std::string_view command) {
    text_ = "{\"command\":";
    trace::append_json_string(text_, command);
  }
  void text(std::string_view key, std::string_view value) {
    name(key);
    trace::append_json_string(text_, value);
  }
  template <class Number>
  void number(std::string_view key, Number value) {
    name(key);
    trace::append_json_number(text_, value);
  }
  void flag(std::string_view key, bool value) {
    name(key);
    text_ += value ? "true" : "false";
  }
  std::string done() { return text_ + '}'; }

 private:
  void name(std::string_view key) {
    text_ += ',';
    trace::append_json_string(text_, key);
    text_ += ':';
  }
  std::string text_;
};

}  // namespace

std::string advance_command(SimTime until) {
  Line line("advance");
  line.number("until", to_ns(until));
  return line.done();
}

std::string fault_command(const FaultRequest& fault) {
  Line line(fault.heal ? "heal" : "fault");
  line.text("do", fault.kind);
  if (!fault.target.empty()) line.text("target", fault.target);
  if (!fault.peer.empty()) line.text("peer", fault.peer);
  if (fault.both_ways) line.flag("both_ways", true);
  if (fault.at) line.number("at", to_ns(*fault.at));
  if (fault.heal) return line.done();
  if (fault.lasts) line.number("for_ns", to_ns(*fault.lasts));
  if (fault.latency) line.number("latency_ns", to_ns(*fault.latency));
  if (fault.bandwidth_bytes_per_s)
    line.number("bandwidth_bytes_per_s", *fault.bandwidth_bytes_per_s);
  if (fault.loss) line.number("loss", *fault.loss);
  if (fault.factor) line.number("factor", *fault.factor);
  if (fault.patience) line.number("patience_ns", to_ns(*fault.patience));
  if (!fault.sides.empty()) {
    std::vector<std::string> sides;
    for (const auto& side : fault.sides) sides.push_back(fmt::format("{}", fmt::join(side, ",")));
    line.text("sides", fmt::format("{}", fmt::join(sides, "|")));
  }
  return line.done();
}

std::string operation_command(const OperationRequest& operation) {
  Line line("operate");
  line.text("do", operation.kind);
  if (!operation.broker.empty()) line.text("broker", operation.broker);
  if (!operation.topic.empty()) line.text("topic", operation.topic);
  if (operation.partition) line.number("partition", *operation.partition);
  if (operation.partitions) line.number("partitions", *operation.partitions);
  if (operation.replication_factor)
    line.number("replication_factor", *operation.replication_factor);
  if (operation.unclean) line.flag("unclean", true);
  if (!operation.key.empty()) line.text("key", operation.key);
  if (!operation.value.empty()) line.text("value", operation.value);
  if (!operation.client.empty()) line.text("client", operation.client);
  if (!operation.group.empty()) line.text("group", operation.group);
  if (!operation.to.empty()) line.text("to", operation.to);
  if (operation.at) line.number("at", to_ns(*operation.at));
  return line.done();
}

std::string live_command(const LiveRequest& request) {
  if (const auto* fault = std::get_if<FaultRequest>(&request)) return fault_command(*fault);
  return operation_command(std::get<OperationRequest>(request));
}

std::string quit_command() { return Line("quit").done(); }

}  // namespace eventarium::viz
