// A service with a queue and workers of its own: poll()'s thread only takes records over, and
// threads of the application do the work. How full the queue may get is the matter of `when_full`:
//
//   wait    the delivery stays in poll()'s hands until there is room, and poll() is not called
//           meanwhile: max.poll.interval.ms may end the membership
//   pause   the consumer is paused and goes on calling poll(), which returns nothing; resumed when
//           the queue is half empty. What poll() had returned before still comes: up to
//           max.poll.records more than the queue is said to hold
//   drop    RecordDropped: finished, and not done
//   grow    the queue has no end
// What waits in the queue is gone with the process; whether it comes again is a question of the
// committed positions (consumer.h: take_over).
#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/service/service_node.h"

namespace eventarium::service {

void ServiceNode::take_in(engine::Runtime& runtime, const bus::Delivery& delivery) {
  using scenario::WhenFull;
  const scenario::WorkQueue& queue = *service_.queue;
  const bool all_busy = works_.size() >= static_cast<std::size_t>(queue.workers);
  const bool full = all_busy && queue_.size() >= static_cast<std::size_t>(queue.size);
  if (full && queue.when_full == WhenFull::wait) {
    waiting_ = delivery;
    return;
  }
  if (full && queue.when_full == WhenFull::drop) {
    runtime.set_cause(runtime.emit(trace::RecordDropped{delivery.record.id, queue_.size()}));
    subscriber_->finished(runtime, delivery.handle, false);
    return;
  }
  queue_up(runtime, delivery);
}

void ServiceNode::queue_up(engine::Runtime& runtime, const bus::Delivery& delivery) {
  const scenario::WorkQueue& queue = *service_.queue;
  if (works_.size() < static_cast<std::size_t>(queue.workers)) {
    take_up(runtime, delivery);
  } else {
    queue_.push_back(delivery);
    runtime.emit(trace::RecordQueued{delivery.record.id, queue_.size()});
    if (queue.when_full == scenario::WhenFull::pause && !paused_ &&
        queue_.size() >= static_cast<std::size_t>(queue.size))
      paused_ =
          subscriber_->pause(runtime, fmt::format("{} records wait for {} worker{}", queue_.size(),
                                                  queue.workers, queue.workers == 1 ? "" : "s"));
  }
  const bool taken = subscriber_->take_over(runtime, delivery.handle);
  EVENTARIUM_CHECK(taken, "a queue of its own needs Kafka's consumer");
}

void ServiceNode::worker_free(engine::Runtime& runtime) {
  const auto size = static_cast<std::size_t>(service_.queue->size);
  if (!queue_.empty()) {
    const bus::Delivery next = std::move(queue_.front());
    queue_.pop_front();
    take_up(runtime, next);
  }
  const bool idle = works_.size() < static_cast<std::size_t>(service_.queue->workers);
  if (waiting_ && (idle || queue_.size() < size))
    queue_up(runtime, *std::exchange(waiting_, std::nullopt));
  if (paused_ && queue_.size() <= size / 2) {
    paused_ = false;
    subscriber_->resume(runtime);
  }
}

}  // namespace eventarium::service
