// What can be made worse about producers and services from outside, by whoever injects faults. The
// nodes that have it implement it; it is no part of what they do by themselves. What is set stays
// over crashes: it stands for the world around the process (a slow database, a broken event).
#pragma once

#include <optional>

#include "sim/base/time.h"

namespace eventarium::service {

/// A node that handles events.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  /// What is taken up from now on takes `factor` times as long; 1: as it should.
  virtual void set_handler_factor(double factor) = 0;
};

/// A node that brings events in.
class EventSource {
 public:
  virtual ~EventSource() = default;
  /// Nobody will be able to handle the next event that it makes.
  virtual void poison_next() = 0;
  /// It waits no longer than that for an answer and tries again without a pause; nothing: as
  /// configured. False when its publisher has no such thing.
  virtual bool set_patience(std::optional<Duration> patience) = 0;
};

}  // namespace eventarium::service
