// libFuzzer target: any bytes as a trace. The reader delivers whole events and at most one warning
// that names a line; what it has read can be written and read again without change.
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/base/check.h"
#include "sim/trace/reader.h"
#include "sim/trace/writer.h"

using namespace eventarium;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const trace::TraceFile read = trace::read_trace(text);
  if (read.warning)
    EVENTARIUM_CHECK(read.warning->line >= 1 && !read.warning->message.empty(),
                     "a warning names its line");
  if (!read.header) return 0;
  std::string written = trace::header_line(*read.header) + "\n";
  for (const trace::Event& event : read.events) {
    trace::append_event_line(written, event, read.names);
    written += '\n';
  }
  const trace::TraceFile again = trace::read_trace(written);
  EVENTARIUM_CHECK(!again.warning, "what was read can be written and read again");
  EVENTARIUM_CHECK(again.header == read.header, "the same header");
  EVENTARIUM_CHECK(again.events == read.events, "the same events");
  return 0;
}
