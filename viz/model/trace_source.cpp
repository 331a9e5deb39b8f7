// FileSource: see trace_source.h.
#include "viz/model/trace_source.h"

#include <utility>

#include <fmt/format.h>

namespace eventarium::viz {

FileSource::FileSource(trace::TraceFile file) : file_(std::move(file)) {}

SourceUpdate FileSource::poll() {
  if (delivered_) return {};
  delivered_ = true;
  return {false, file_.header, file_.events};
}

SourceState FileSource::state() const {
  if (!delivered_) return SourceState::starting;
  return file_.warning ? SourceState::failed : SourceState::ended;
}

std::string FileSource::problem() const {
  if (!file_.warning) return {};
  return fmt::format("The trace could be read up to line {} only: {}", file_.warning->line,
                     file_.warning->message);
}

bool FileSource::restart() {
  delivered_ = false;
  return true;
}

}  // namespace eventarium::viz
