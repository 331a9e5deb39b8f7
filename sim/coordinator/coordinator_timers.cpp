#include "sim/coordinator/coordinator_timers.h"

#include <utility>

namespace eventarium::kafka {

void CoordinatorTimers::set(engine::Runtime& runtime, const std::string& name, Duration delay,
                            Action action) {
  cancel(runtime, name);
  const std::uint64_t number = ++last_number_;
  const TimerId id = runtime.set_timer(delay, {component_, kind_, number});
  timers_[name] = {number, id, std::move(action)};
  names_[number] = name;
}

void CoordinatorTimers::cancel(engine::Runtime& runtime, const std::string& name) {
  const auto found = timers_.find(name);
  if (found == timers_.end()) return;
  runtime.cancel_timer(found->second.id);
  names_.erase(found->second.number);
  timers_.erase(found);
}

void CoordinatorTimers::forget_all() {
  timers_.clear();
  names_.clear();
}

bool CoordinatorTimers::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_ || token.kind != kind_) return false;
  const auto name = names_.find(token.value);
  if (name == names_.end()) return true;
  const auto found = timers_.find(name->second);
  const Action action = std::move(found->second.action);
  timers_.erase(found);
  names_.erase(name);
  action(runtime);  // may set the same timer again
  return true;
}

}  // namespace eventarium::kafka
