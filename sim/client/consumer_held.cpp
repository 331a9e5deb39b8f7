// Records that the listener doesn't want yet. Their partition is paused, so that poll() goes on
// with the others, and the consumer stays in its group however long they wait.
#include <utility>

#include "sim/client/consumer.h"

namespace eventarium::kafka {

bool Consumer::hold(engine::Runtime& runtime, std::uint64_t handle, const std::string& reason) {
  if (handle == 0 || handle != current_) return false;
  const TopicPartition tp = in_hand_->place();
  current_ = 0;
  Item item = std::move(*in_hand_);
  in_hand_.reset();
  if (fetcher_.is_assigned(tp)) {  // else it is somebody else's by now, and comes to them
    Held& held = held_[tp];
    held.items.push_back(std::move(item));
    for (Item& behind : std::exchange(slice_, {}))
      (behind.place() == tp ? held.items : slice_).push_back(std::move(behind));
    fetcher_.pause(runtime, tp, reason);
  }
  run(runtime);
  return true;
}

void Consumer::release(engine::Runtime& runtime, const std::string& topic, std::int64_t partition) {
  const TopicPartition tp{topic, static_cast<std::int32_t>(partition)};
  const auto found = held_.find(tp);
  if (found == held_.end()) return;  // it was taken away meanwhile
  found->second.released = true;
  if (!paused_) fetcher_.resume(runtime, tp);
  run(runtime);
}

/// They are polled again, so their partition must not stay paused.
void Consumer::drop_held(engine::Runtime& runtime, const TopicPartition& tp) {
  if (held_.erase(tp) > 0 && !paused_) fetcher_.resume(runtime, tp);
}

/// They come before what has been fetched: their partition was paused, so nothing has overtaken.
void Consumer::take_released() {
  for (auto held = held_.begin(); held != held_.end();) {
    if (!held->second.released) {
      ++held;
      continue;
    }
    for (Item& item : held->second.items) slice_.push_back(std::move(item));
    held = held_.erase(held);
  }
}

}  // namespace eventarium::kafka
