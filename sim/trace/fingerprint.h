// The identity of a run: a hash over every field of every event. RunEnded, which carries the
// value, is not part of it. Reading a trace back gives the same value as the run that wrote it.
#pragma once

#include <string>

#include "sim/base/hash.h"
#include "sim/trace/event.h"

namespace eventarium::trace {

class Fingerprint : public Sink {
 public:
  void on_event(const Event& event) override;
  std::uint64_t events() const { return events_; }
  /// 16 hex digits.
  std::string text() const;

 private:
  Hash64 hash_;
  std::uint64_t events_ = 0;
};

}  // namespace eventarium::trace
