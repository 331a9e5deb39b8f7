// What a service does when its handler fails, as failure_policy.h decides: try again in place,
// publish a copy elsewhere and pass the record only when that is acknowledged, or end. And how it
// reads its own retry topics: what isn't due yet holds up its partition and no other.
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/service/components.h"
#include "sim/service/event_factory.h"
#include "sim/service/service_node.h"

namespace eventarium::service {

/// Why the handler fails with it now; empty when it doesn't. Asking counts as an attempt.
std::string ServiceNode::failure(const Work& work) {
  if (work.ignored) return "";
  const CloudEvent& event = *work.delivery.record.event;
  if (event.malformed) return "its data makes no sense to the handler";
  if (!work.reaction || !work.reaction->fails) return "";
  const auto& [every, times] = *work.reaction->fails;
  return ledger_.refuses(service_.family.empty() ? service_.name : service_.family, event.id, every,
                         times)
             ? "what the handler needs doesn't answer"
             : "";
}

void ServiceNode::on_failure(engine::Runtime& runtime, const std::string& reason) {
  ++work_->attempts;
  last_failure_ = reason;
  const AfterFailure after = after_failure(service_, work_->delivery, work_->attempts);
  switch (after.what) {
    case AfterFailure::What::go_on:
      return pass(runtime, false);
    case AfterFailure::What::again:
      runtime.set_timer(after.pause, {own_component, try_again, 0});
      return;
    case AfterFailure::What::put_aside:
      return put_aside(runtime, after);
    case AfterFailure::What::stop:
      return give_up(runtime, reason);
  }
}

void ServiceNode::put_aside(engine::Runtime& runtime, const AfterFailure& after) {
  const Record& original = work_->delivery.record;
  CloudEvent event =
      detoured(work_->delivery, work_->attempts, runtime.now() + after.pause, last_failure_);
  const auto key_bytes =
      static_cast<std::uint32_t>(event.partitionkey ? event.partitionkey->size() : 0);
  Record copy = produce(runtime, std::move(event), after.topic, original.size_bytes - key_bytes);
  copy.tombstone = original.tombstone;
  work_->copy = copy.id;
  work_->copy_acknowledged.reset();
  runtime.set_cause(runtime.emit(trace::RecordPutAside{
      original.id, copy.id, after.topic, work_->attempts, last_failure_, after.dead_letter}));
  publisher_->publish(runtime, std::move(copy), after.topic);
  if (planted_.has(PlantedFault::put_aside_not_awaited)) work_->copy_acknowledged = true;
  settle_put_aside(runtime);  // a send may fail at once
}

void ServiceNode::on_published(RecordId record, bool acknowledged, EventId event) {
  if (!work_ || work_->copy != record) return;
  work_->copy_acknowledged = acknowledged;
  work_->copy_settled = event;
}

/// The copy may have been acknowledged, or have failed, since it was last looked at.
void ServiceNode::settle_put_aside(engine::Runtime& runtime) {
  constexpr Duration pause = 1s;  // as Spring Kafka's FixedBackOff before the record comes again
  if (!work_ || !work_->copy_acknowledged) return;
  const bool acknowledged = *std::exchange(work_->copy_acknowledged, std::nullopt);
  work_->copy = {};
  if (work_->copy_settled.valid()) runtime.set_cause(work_->copy_settled);
  if (acknowledged) return pass(runtime, false);
  runtime.set_timer(pause, {own_component, put_aside_again, 0});
}

/// As an exception that is thrown out of the application's loop: what has been finished is
/// committed, the record in hand is not.
void ServiceNode::give_up(engine::Runtime& runtime, const std::string& reason) {
  runtime.set_cause(runtime.emit(trace::ConsumerFailed{fmt::format(
      "the handler has failed with {}: {}", work_->delivery.record.event->id, reason)}));
  work_.reset();
  closing_ = true;
  if (subscriber_->begin_close(runtime)) runtime.exit(engine::StopReason::clean);
}

/// True when the delivery waits with its partition.
bool ServiceNode::wait_until_due(engine::Runtime& runtime, const bus::Delivery& delivery) {
  const Duration early = too_early(service_, delivery, runtime.now());
  if (early == Duration::zero()) return false;
  runtime.set_cause(runtime.emit(trace::RecordDelayed{delivery.record.id, early}));
  const std::uint64_t number = ++last_held_;
  held_[number] = {delivery.topic, delivery.partition};
  runtime.set_timer(early, {own_component, partition_due, number});
  const bool held =
      subscriber_->hold(runtime, delivery.handle,
                        fmt::format("{} is to be tried again in {}", delivery.record.event->id,
                                    format_duration(early)));
  EVENTARIUM_CHECK(held, "retry topics are Kafka's, whose consumer can hold a partition");
  return true;
}

void ServiceNode::on_partition_due(engine::Runtime& runtime, std::uint64_t number) {
  const auto found = held_.find(number);
  if (found == held_.end()) return;
  const auto [topic, partition] = found->second;
  held_.erase(found);
  subscriber_->release(runtime, topic, partition);
}

}  // namespace eventarium::service
