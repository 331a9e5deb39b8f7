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
                         std::unique_ptr<bus::Publisher> publisher, SideEffectLedger& ledger,
                         std::shared_ptr<Database> database, PlantedFaults planted)
    : service_(std::move(service)),
      subscriber_(std::move(subscriber)),
      publisher_(std::move(publisher)),
      ledger_(ledger),
      database_(database ? std::move(database) : std::make_shared<Database>()),
      relay_(*database_, planted),
      planted_(planted) {
  EVENTARIUM_CHECK(subscriber_ != nullptr, "a service needs a subscriber");
  for (const scenario::Reaction& reaction : service_.reactions)
    EVENTARIUM_CHECK(publisher_ != nullptr || reaction.emits.empty(),
                     "a service that emits events needs a publisher");
  listen();
}

void ServiceNode::listen() {
  subscriber_->set_listener(*this);
  if (publisher_) publisher_->set_publication_listener(*this);
}

void ServiceNode::on_published(RecordId record, bool acknowledged) {
  relay_.on_published(record, acknowledged);
}

void ServiceNode::on_start(engine::Runtime& runtime) {
  const EventId started = runtime.current_cause();
  if (publisher_) publisher_->start(runtime);
  runtime.set_cause(started);
  subscriber_->start(runtime);
  if (service_.outbox && publisher_) relay_.start(runtime);
}

void ServiceNode::on_message(engine::Runtime& runtime, engine::Message message) {
  if (!subscriber_->handle_message(runtime, message) && publisher_)
    publisher_->handle_message(runtime, message);
  end_when_closed(runtime);
}

void ServiceNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == own_component) {
    if (work_) finish(runtime);  // else it was dropped
    return;
  }
  if (token.component == relay_component) return relay_.poll(runtime, *publisher_);
  if (!subscriber_->handle_timer(runtime, token) && publisher_)
    publisher_->handle_timer(runtime, token);
  end_when_closed(runtime);
}

void ServiceNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  const EventId closed = runtime.current_cause();
  subscriber_->handle_disconnect(runtime, peer, lane);
  runtime.set_cause(closed);
  if (publisher_) publisher_->handle_disconnect(runtime, peer, lane);
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
  remember_later_.clear();
  closing_ = false;
  subscriber_->stop(runtime, reason);
  if (publisher_) publisher_->stop(runtime, reason);
  relay_.forget();
}

/// The first of the file that names the type, or any type.
const scenario::Reaction* ServiceNode::reaction_to(const std::string& event_type) const {
  for (const scenario::Reaction& reaction : service_.reactions)
    if (reaction.event == event_type || reaction.event == "*") return &reaction;
  return nullptr;
}

void ServiceNode::on_delivery(engine::Runtime& runtime, const bus::Delivery& delivery) {
  EVENTARIUM_CHECK(!work_, "deliveries come one at a time");
  const scenario::Reaction* reaction = reaction_to(delivery.record.event->type);
  const bool ignored = reaction == nullptr && !service_.reactions.empty();
  const std::string key = ignored ? "" : handled_key(service_.deduplication, delivery.record);
  const bool done_before = !key.empty() && database_->has_handled(key);
  work_ = Work{delivery, reaction, ignored, done_before};
  Duration service_time{};
  if (done_before) {
    runtime.set_cause(runtime.emit(
        trace::RecordSkipped{delivery.record.id, key, "its database says that it was done"}));
  } else if (!ignored) {
    const auto& distribution = reaction ? reaction->service_time : service_.service_time;
    service_time = draw(distribution, runtime.random("service-time"));
    if (handler_factor_ != 1) service_time = stretched(service_time, handler_factor_);
    runtime.set_cause(runtime.emit(trace::ProcessingStarted{delivery.record.id, service_time}));
  }
  // Also when it takes no time: finishing inside on_delivery would make the subscriber hand over
  // the next one from further down the stack.
  runtime.set_timer(service_time, {own_component, 0, 0});
}

void ServiceNode::finish(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(work_.has_value(), "what is finished was begun");
  const Work work = std::move(*work_);
  work_.reset();
  const bool handles = !work.ignored && !work.done_before;
  bool failed = handles && work.delivery.record.event->malformed;
  if (handles && !failed) failed = !do_work(runtime, work);
  const char* const outcome = failed ? "failed" : work.ignored ? "ignored" : "ok";
  runtime.set_cause(runtime.emit(trace::ProcessingFinished{work.delivery.record.id, outcome}));
  subscriber_->finished(runtime, work.delivery.handle, !failed);
}

/// False when something that the reaction must know is not known; nothing was done then.
bool ServiceNode::do_work(engine::Runtime& runtime, const Work& work) {
  const Record& record = work.delivery.record;
  std::string handled = handled_key(service_.deduplication, record);
  // Planted: the key is written with the next record's transaction, not with its own.
  if (planted_.has(PlantedFault::deduplication_outside_transaction))
    handled = std::exchange(remember_later_, handled);
  if (work.reaction == nullptr) {
    if (!handled.empty()) database_->commit({{}, {handled}, {}});
    return true;
  }
  if (!knows_enough(*work.reaction, *record.event, *database_)) return false;
  react(runtime, {service_, *database_, ledger_, publisher_.get(), emitted_}, *work.reaction,
        record, handled);
  return true;
}

}  // namespace eventarium::service
