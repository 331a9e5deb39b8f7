// Makes an event the current cause for a scope, and puts back what was the cause before. For code
// that goes on after it has done something on behalf of another record.
#pragma once

#include "sim/engine/runtime.h"

namespace eventarium::bus {

class CauseScope {
 public:
  CauseScope(engine::Runtime& runtime, EventId cause)
      : runtime_(runtime), before_(runtime.current_cause()) {
    runtime_.set_cause(cause);
  }
  ~CauseScope() { runtime_.set_cause(before_); }
  CauseScope(const CauseScope&) = delete;
  CauseScope& operator=(const CauseScope&) = delete;

 private:
  engine::Runtime& runtime_;
  EventId before_;
};

}  // namespace eventarium::bus
