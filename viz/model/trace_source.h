// Where the window's events come from and where its commands go: a child process, a trace file,
// later an engine in the same process. The model knows only this. No threads: poll() is called
// once a frame and never waits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.h"
#include "sim/trace/event.h"
#include "sim/trace/header.h"
#include "sim/trace/reader.h"

namespace eventarium::viz {

enum class SourceState {
  starting,  // no header yet
  running,   // more will come when asked for
  ended,     // the run is complete (RunEnded), or the file has been read to its end
  failed,    // the child died or the trace is damaged; see TraceSource::problem()
};

/// What has come in since the previous poll.
struct SourceUpdate {
  bool restarted = false;  // the events are those of a new run: forget all earlier ones
  std::optional<trace::Header> header;
  std::vector<trace::Event> events;
};

class TraceSource {
 public:
  virtual ~TraceSource() = default;

  virtual SourceUpdate poll() = 0;
  /// The simulation has come this far; everything up to here has been delivered by poll().
  virtual SimTime reached() const = 0;
  virtual SourceState state() const = 0;
  /// Why it failed, with the last words of the child; empty when it has not.
  virtual std::string problem() const = 0;

  /// Lets the simulation come at least this far. A request further back than an earlier one, and
  /// any request to a source that cannot be advanced, does nothing.
  virtual void advance(SimTime until) = 0;
  /// One command as a line of JSON (see commands.h). False when nobody takes commands.
  virtual bool send(std::string_view command_json) = 0;
  virtual bool takes_commands() const = 0;

  /// Starts again from the beginning: same scenario, seed and options, no commands. poll() then
  /// delivers a new header and events from 1 on. False when that is not possible.
  virtual bool restart() = 0;

  /// Starts again with the same scenario, seed and the commands that took effect before `from`,
  /// then this one, which should take effect at `from`. poll() says `restarted` and delivers the
  /// new run from its first event. False when that is not possible.
  virtual bool branch(SimTime from, std::string_view command_json) = 0;
};

/// A trace that lies in memory as a whole. It takes no commands; a damaged one is readable up to
/// the damage and then `failed`.
class FileSource : public TraceSource {
 public:
  explicit FileSource(trace::TraceFile file);

  SourceUpdate poll() override;
  SimTime reached() const override { return file_.reached; }
  SourceState state() const override;
  std::string problem() const override;
  void advance(SimTime) override {}
  bool send(std::string_view) override { return false; }
  bool takes_commands() const override { return false; }
  bool restart() override;
  bool branch(SimTime, std::string_view) override { return false; }

 private:
  trace::TraceFile file_;
  bool delivered_ = false;
};

}  // namespace eventarium::viz
