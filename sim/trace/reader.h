// Reads a trace back, line by line, from text that may be cut off or damaged: everything up to
// the last whole event is delivered, then one warning names the line. Never throws, never aborts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/header.h"
#include "sim/trace/node_names.h"

namespace eventarium::trace {

/// {"reached":t}: the simulation has come to this time, whether or not anything happened.
struct Reached {
  SimTime t{};
};

struct ReadError {
  std::uint64_t line = 0;  // from 1
  std::string message;     // e.g. "not a JSON object (cut off?)"
};

/// Decodes one line at a time; the child-process source feeds it as bytes come in.
class LineReader {
 public:
  using Result = std::variant<Header, Event, Reached, ReadError>;
  /// `line` without its line end. The first line must be the header. After a ReadError the
  /// reader stays in error: every later line gives the same error.
  Result read(std::string_view line);

  const NodeNames& names() const { return names_; }
  std::uint64_t lines() const { return line_; }

 private:
  std::variant<Header, Event, Reached, std::string> decode(std::string_view line);
  /// Ids are dense, time never falls, causes come first, nodes are declared once and in order.
  std::string check_order(const Event& event);

  NodeNames names_;
  std::uint64_t line_ = 0;
  EventId last_event_;
  SimTime last_time_{};
  std::optional<ReadError> error_;
};

struct TraceFile {
  std::optional<Header> header;
  std::vector<Event> events;
  NodeNames names;
  SimTime reached{};                 // time of the last event or Reached
  bool complete = false;             // a RunEnded closed it
  std::optional<ReadError> warning;  // where reading stopped early, and why
};

/// Whole text of a trace. Empty text gives a warning for line 1.
TraceFile read_trace(std::string_view text);
/// As read_trace; a file that can't be opened is a warning for line 0.
TraceFile read_trace_file(const std::string& path);

}  // namespace eventarium::trace
