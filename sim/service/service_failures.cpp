// What a service does when its handler fails, as failure_policy.h decides: try again in place,
// publish a copy elsewhere and pass the record only when that is acknowledged, or end. And how it
// reads its own retry topics: what isn't due yet holds up its partition and no other.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/service/components.h"
#include "sim/service/event_factory.h"
#include "sim/service/service_node.h"

namespace eventarium::service {

/// Why the handler fails with it now; empty when it doesn't. Asking counts as an attempt.
std::string ServiceNode::failure(const Work& work) {
  if (!work.is_handled()) return "";
  const CloudEvent& event = *work.delivery.record.event;
  if (event.malformed) return "its data makes no sense to the handler";
  if (!work.reaction) return "";
  if (!knows_enough(*work.reaction, event, *database_))
    return "what it looks up is not in its database";
  if (answers_in_vain(*work.reaction, event))
    return "it is to answer, and the event says not where";
  if (!work.reaction->fails) return "";
  const auto& [every, times] = *work.reaction->fails;
  return ledger_.refuses(service_.family.empty() ? service_.name : service_.family, event.id, every,
                         times)
             ? "what the handler needs doesn't answer"
             : "";
}

void ServiceNode::on_failure(engine::Runtime& runtime, Work& work, const std::string& reason) {
  ++work.attempts;
  work.last_failure = reason;
  const AfterFailure after = after_failure(service_, work.delivery, work.attempts);
  switch (after.what) {
    case AfterFailure::What::go_on:
      return pass(runtime, work, false);
    case AfterFailure::What::again:
      runtime.set_timer(after.pause, {own_component, try_again, work.delivery.handle});
      return;
    case AfterFailure::What::put_aside:
      return put_aside(runtime, work);
    case AfterFailure::What::stop:
      return give_up(runtime, work, reason);
  }
}

void ServiceNode::put_aside(engine::Runtime& runtime, Work& work) {
  const AfterFailure after = after_failure(service_, work.delivery, work.attempts);
  const Record& original = work.delivery.record;
  CloudEvent event =
      detoured(work.delivery, work.attempts, runtime.now() + after.pause, work.last_failure);
  const auto key_bytes =
      static_cast<std::uint32_t>(event.partitionkey ? event.partitionkey->size() : 0);
  Record copy = produce(runtime, std::move(event), after.topic, original.size_bytes - key_bytes);
  copy.tombstone = original.tombstone;
  work.copy = copy.id;
  work.copy_acknowledged.reset();
  runtime.set_cause(runtime.emit(trace::RecordPutAside{
      original.id, copy.id, after.topic, work.attempts, work.last_failure, after.dead_letter}));
  publisher_->publish(runtime, std::move(copy), after.topic);
  if (planted_.has(PlantedFault::put_aside_not_awaited)) work.copy_acknowledged = true;
  settle_put_aside(runtime);  // a send may fail at once
}

/// Copies may have been acknowledged, or have failed, since they were last looked at.
void ServiceNode::settle_put_aside(engine::Runtime& runtime) {
  constexpr Duration pause = 1s;  // as Spring Kafka's FixedBackOff before the record comes again
  const auto settled = [](const auto& entry) { return entry.second.copy_acknowledged.has_value(); };
  for (auto at = std::find_if(works_.begin(), works_.end(), settled); at != works_.end();
       at = std::find_if(works_.begin(), works_.end(), settled)) {
    Work& work = at->second;
    const bool acknowledged = *std::exchange(work.copy_acknowledged, std::nullopt);
    work.copy = {};
    if (work.copy_settled.valid()) runtime.set_cause(work.copy_settled);
    if (acknowledged)
      pass(runtime, work, false);
    else
      runtime.set_timer(pause, {own_component, put_aside_again, work.delivery.handle});
  }
}

/// As an exception that is thrown out of the application's loop: what has been finished is
/// committed, the record in hand is not.
void ServiceNode::give_up(engine::Runtime& runtime, const Work& work, const std::string& reason) {
  runtime.set_cause(runtime.emit(trace::ConsumerFailed{
      fmt::format("the handler has failed with {}: {}", work.delivery.record.event->id, reason)}));
  forget_work();
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
