// Timers by name: a session, the end of a join, a check. One name has at most one timer; setting it
// anew replaces it. Knows nothing of groups. Follows Kafka's CoordinatorTimer (4.1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class CoordinatorTimers {
 public:
  using Action = std::function<void(engine::Runtime&)>;

  /// Its tokens have this component and kind.
  CoordinatorTimers(std::uint16_t component, std::uint16_t kind)
      : component_(component), kind_(kind) {}

  /// Replaces the timer of that name.
  void set(engine::Runtime& runtime, const std::string& name, Duration delay, Action action);
  /// Nothing happens when there is none.
  void cancel(engine::Runtime& runtime, const std::string& name);
  bool is_set(const std::string& name) const { return timers_.contains(name); }
  /// The process has ended, and its timers with it.
  void forget_all();

  /// False: the token is not of these timers.
  bool on_timer(engine::Runtime& runtime, engine::Token token);

 private:
  struct Timer {
    std::uint64_t number = 0;
    TimerId id;
    Action action;
  };

  std::uint16_t component_, kind_;
  std::map<std::string, Timer> timers_;
  std::map<std::uint64_t, std::string> names_;  // by number; of timers that are set
  std::uint64_t last_number_ = 0;
};

}  // namespace eventarium::kafka
