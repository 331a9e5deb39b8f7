// See service_node.h.
#include "sim/service/service_node.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/service/components.h"
#include "sim/service/distribution.h"
#include "sim/service/event_factory.h"
#include "sim/service/template_text.h"

namespace eventarium::service {
namespace {

/// At most a year, so that times can't overflow.
Duration stretched(Duration service_time, double factor) {
  constexpr double max_ns = 365.0 * 24 * 3600 * 1e9;
  return Duration{static_cast<std::int64_t>(
      std::min(static_cast<double>(service_time.count()) * factor, max_ns))};
}

}  // namespace

ServiceNode::ServiceNode(scenario::Service service, std::unique_ptr<bus::Subscriber> subscriber,
                         std::unique_ptr<bus::Publisher> publisher, SideEffectLedger& ledger)
    : service_(std::move(service)),
      subscriber_(std::move(subscriber)),
      publisher_(std::move(publisher)),
      ledger_(ledger) {
  EVENTARIUM_CHECK(subscriber_ != nullptr, "a service needs a subscriber");
  for (const scenario::Reaction& reaction : service_.reactions)
    EVENTARIUM_CHECK(publisher_ != nullptr || reaction.emits.empty(),
                     "a service that emits events needs a publisher");
  listen();
}

void ServiceNode::listen() {
  subscriber_->set_listener(*this);
  if (publisher_) publisher_->set_publish_listener(*this);
}

void ServiceNode::on_start(engine::Runtime& runtime) {
  const EventId started = runtime.current_cause();
  if (publisher_) publisher_->start(runtime);
  runtime.set_cause(started);
  subscriber_->start(runtime);
}

void ServiceNode::on_message(engine::Runtime& runtime, engine::Message message) {
  if (!subscriber_->handle_message(runtime, message) && publisher_)
    publisher_->handle_message(runtime, message);
  settle_put_aside(runtime);
  end_when_closed(runtime);
}

void ServiceNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == own_component) {
    if (token.kind == partition_due) return on_partition_due(runtime, token.value);
    if (!work_) return;  // it was dropped
    if (token.kind == try_again) return begin(runtime);
    if (token.kind == put_aside_again)
      return put_aside(runtime, after_failure(service_, work_->delivery, work_->attempts));
    return finish(runtime);
  }
  if (!subscriber_->handle_timer(runtime, token) && publisher_)
    publisher_->handle_timer(runtime, token);
  settle_put_aside(runtime);
  end_when_closed(runtime);
}

void ServiceNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  const EventId closed = runtime.current_cause();
  subscriber_->handle_disconnect(runtime, peer, lane);
  runtime.set_cause(closed);
  if (publisher_) publisher_->handle_disconnect(runtime, peer, lane);
  settle_put_aside(runtime);
  end_when_closed(runtime);
}

bool ServiceNode::on_stop_request(engine::Runtime& runtime) {
  if (closing_) return false;
  work_.reset();
  if (subscriber_->begin_close(runtime)) return true;
  closing_ = true;
  return false;
}

void ServiceNode::end_when_closed(engine::Runtime& runtime) {
  if (closing_ && subscriber_->is_closed()) runtime.exit(engine::StopReason::clean);
}

void ServiceNode::on_stop(engine::Runtime& runtime, engine::StopReason reason) {
  work_.reset();
  held_.clear();
  closing_ = false;
  subscriber_->stop(runtime, reason);
  if (publisher_) publisher_->stop(runtime, reason);
}

/// The first of the file that names the type, or any type.
const scenario::Reaction* ServiceNode::reaction_to(const std::string& event_type) const {
  for (const scenario::Reaction& reaction : service_.reactions)
    if (reaction.event == event_type || reaction.event == "*") return &reaction;
  return nullptr;
}

void ServiceNode::on_delivery(engine::Runtime& runtime, const bus::Delivery& delivery) {
  EVENTARIUM_CHECK(!work_, "deliveries come one at a time");
  if (wait_until_due(runtime, delivery)) return;
  const scenario::Reaction* reaction = reaction_to(delivery.record.event->type);
  const bool ignored = reaction == nullptr && !service_.reactions.empty();
  work_ = Work{delivery, reaction, ignored, earlier_attempts(delivery)};
  begin(runtime);
}

void ServiceNode::begin(engine::Runtime& runtime) {
  Duration service_time{};
  if (!work_->ignored) {
    const scenario::Reaction* const reaction = work_->reaction;
    const auto& distribution = reaction ? reaction->service_time : service_.service_time;
    service_time = draw(distribution, runtime.random("service-time"));
    if (handler_factor_ != 1) service_time = stretched(service_time, handler_factor_);
    runtime.set_cause(
        runtime.emit(trace::ProcessingStarted{work_->delivery.record.id, service_time}));
  }
  // Also when it takes no time: finishing inside on_delivery would make the subscriber hand over
  // the next one from further down the stack.
  runtime.set_timer(service_time, {own_component, service_time_over, 0});
}

void ServiceNode::finish(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(work_.has_value(), "what is finished was begun");
  const std::string reason = failure(*work_);
  if (work_->reaction && reason.empty()) react(runtime, *work_);
  const char* const outcome = !reason.empty() ? "failed" : work_->ignored ? "ignored" : "ok";
  runtime.set_cause(runtime.emit(trace::ProcessingFinished{work_->delivery.record.id, outcome}));
  if (!reason.empty()) return on_failure(runtime, reason);
  pass(runtime, true);
}

/// The work is at its end: the next delivery may come.
void ServiceNode::pass(engine::Runtime& runtime, bool ok) {
  const std::uint64_t handle = work_->delivery.handle;
  work_.reset();
  subscriber_->finished(runtime, handle, ok);
}

void ServiceNode::react(engine::Runtime& runtime, const Work& work) {
  if (!work.reaction->effects.empty()) {
    const Placeholders placeholders = placeholders_of(*work.delivery.record.event);
    for (const scenario::SideEffect& effect : work.reaction->effects) {
      const std::string key =
          expand(effect.key.empty() ? effect.name + ":{id}" : effect.key, placeholders);
      runtime.emit(trace::SideEffectDone{work.delivery.record.id, effect.name, key,
                                         expand(effect.text, placeholders), ledger_.perform(key)});
    }
  }
  emit_events(runtime, work);
}

void ServiceNode::emit_events(engine::Runtime& runtime, const Work& work) {
  const EventId processing = runtime.current_cause();
  for (const scenario::Emission& emission : work.reaction->emits) {
    CloudEvent event =
        make_emitted(emission, runtime.name(), ++emitted_[emission.id], runtime.now(),
                     *work.delivery.record.event, runtime.random("data"));
    Record record = produce(runtime, std::move(event), emission.topic, 0);
    publisher_->publish(runtime, std::move(record), emission.topic);
    runtime.set_cause(processing);
  }
}

}  // namespace eventarium::service
