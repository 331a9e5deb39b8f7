// See producer_node.h.
#include "sim/service/producer_node.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/service/components.h"
#include "sim/service/distribution.h"
#include "sim/service/event_factory.h"

namespace eventarium::service {

ProducerNode::ProducerNode(scenario::Producer producer, std::unique_ptr<bus::Publisher> publisher)
    : producer_(std::move(producer)),
      publisher_(std::move(publisher)),
      next_(sim_time(producer_.start)) {
  EVENTARIUM_CHECK(publisher_ != nullptr, "a producer needs a publisher");
  std::ranges::sort(producer_.at);
}

void ProducerNode::on_start(engine::Runtime& runtime) {
  publisher_->start(runtime);
  while (occasion() && *occasion() < runtime.now()) pass_occasion(runtime);
  wait_for_occasion(runtime);
}

/// When the next event happens; none when there are no more.
std::optional<SimTime> ProducerNode::occasion() const {
  if (!producer_.at.empty()) {
    if (occasions_ >= producer_.at.size()) return std::nullopt;
    return sim_time(producer_.at[occasions_]);
  }
  if (producer_.count && events_at_once() == 0) return std::nullopt;
  if (producer_.until && next_ > sim_time(*producer_.until)) return std::nullopt;
  return next_;
}

/// How many events the next occasion brings: what is left of `count`, at most `per_tick`.
std::uint64_t ProducerNode::events_at_once() const {
  const auto per_tick = static_cast<std::uint64_t>(producer_.per_tick);
  if (!producer_.count || !producer_.at.empty()) return per_tick;
  const std::uint64_t passed = occasions_ * per_tick;
  return passed < *producer_.count ? std::min(per_tick, *producer_.count - passed) : 0;
}

void ProducerNode::pass_occasion(engine::Runtime& runtime) {
  ++occasions_;
  if (producer_.at.empty())
    next_ += std::max<Duration>(draw(producer_.every, runtime.random("interval")), 1us);
}

void ProducerNode::wait_for_occasion(engine::Runtime& runtime) {
  const auto at = occasion();
  if (!at) return;
  runtime.set_cause(EventId{});  // nothing in the simulation leads to it
  runtime.set_timer(*at - runtime.now(), {own_component, 0, 0});
}

void ProducerNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == own_component) return happen(runtime);
  publisher_->handle_timer(runtime, token);
}

void ProducerNode::happen(engine::Runtime& runtime) {
  const std::uint64_t count = events_at_once();
  pass_occasion(runtime);
  for (std::uint64_t i = 0; i < count; ++i) make_event(runtime);
  wait_for_occasion(runtime);
}

void ProducerNode::make_event(engine::Runtime& runtime) {
  CloudEvent event = make_produced(producer_, ++produced_, runtime.now(), runtime.random("data"));
  event.malformed = poisons_ > 0;
  if (event.malformed) --poisons_;
  runtime.set_cause(EventId{});
  Record record = produce(runtime, std::move(event), producer_.topic, producer_.size_bytes);
  record.tombstone = producer_.tombstone;
  publisher_->publish(runtime, std::move(record), producer_.topic);
}

void ProducerNode::on_message(engine::Runtime& runtime, engine::Message message) {
  publisher_->handle_message(runtime, message);
}

void ProducerNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  publisher_->handle_disconnect(runtime, peer, lane);
}

void ProducerNode::on_stop(engine::Runtime& runtime, engine::StopReason reason) {
  publisher_->stop(runtime, reason);
}

}  // namespace eventarium::service
