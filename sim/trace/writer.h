// Writes a trace as JSON Lines: a header line, then one object per event.
//   {"eventarium_trace":1,"scenario":"newsletter",...}
//   {"id":1,"t":0,"type":"node_declared","index":0,"name":"website","role":"producer",...}
//   {"id":9,"t":5000000,"type":"message_sent","node":"website","cause":8,"message":1,...}
// node and cause are left out when there are none. Buffered; flush() or destruction writes out.
#pragma once

#include <cstdio>
#include <string>

#include "sim/trace/event.h"
#include "sim/trace/header.h"
#include "sim/trace/node_names.h"

namespace eventarium::trace {

std::string header_line(const Header& header);  // without line end

/// Appends the event's line (without line end) to `out`.
void append_event_line(std::string& out, const Event& event, const NodeNames& names);

class Writer : public Sink {
 public:
  /// Writes the header at once. Does not own `file`.
  Writer(std::FILE* file, const Header& header);
  ~Writer() override;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void on_event(const Event& event) override;
  /// A line that is not an event: the child's {"reached":t}. Readers that don't know it skip it.
  void write_line(std::string_view json);
  void flush();
  /// False after a failed write (disk full, reader gone); later events are discarded.
  bool ok() const { return error_ == 0; }
  /// errno of the write that failed (EPIPE: the reader went away), 0 when none has.
  int error() const { return error_; }

 private:
  std::FILE* file_;
  NodeNames names_;
  std::string buffer_;
  int error_ = 0;
};

}  // namespace eventarium::trace
