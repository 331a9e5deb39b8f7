// See commands.h.
#include "viz/model/commands.h"

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
  line.text("target", fault.target);
  if (!fault.peer.empty()) line.text("peer", fault.peer);
  if (fault.both_ways) line.flag("both_ways", true);
  if (fault.at) line.number("at", to_ns(*fault.at));
  if (fault.heal) return line.done();
  if (fault.lasts) line.number("for_ns", to_ns(*fault.lasts));
  if (fault.latency) line.number("latency_ns", to_ns(*fault.latency));
  if (fault.bandwidth_bytes_per_s)
    line.number("bandwidth_bytes_per_s", *fault.bandwidth_bytes_per_s);
  if (fault.loss) line.number("loss", *fault.loss);
  return line.done();
}

std::string quit_command() { return Line("quit").done(); }

}  // namespace eventarium::viz
