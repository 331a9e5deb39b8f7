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

void ServiceNode::on_published(RecordId record, bool acknowledged, EventId event) {
  if (relay_.on_published(record, acknowledged)) return;
  for (auto& [handle, work] : works_) {
    if (work.copy != record) continue;
    work.copy_acknowledged = acknowledged;
    work.copy_settled = event;
  }
}

void ServiceNode::on_start(engine::Runtime& runtime) {
  const EventId started = runtime.current_cause();
  adopt_questions(runtime);
  database_->connect(runtime.name());
  runtime.set_cause(started);
  if (publisher_) publisher_->start(runtime);
  runtime.set_cause(started);
  subscriber_->start(runtime);
  if (service_.outbox && publisher_) relay_.start(runtime);
}

void ServiceNode::on_message(engine::Runtime& runtime, engine::Message message) {
  if (!subscriber_->handle_message(runtime, message) && publisher_)
    publisher_->handle_message(runtime, message);
  settle_put_aside(runtime);
  end_when_closed(runtime);
}

void ServiceNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == own_component) return own_timer(runtime, token);
  if (token.component == relay_component) return relay_.poll(runtime, *publisher_);
  if (token.component == requests_component)
    return token.kind == look_for_orphans ? adopt_questions(runtime)
                                          : on_overdue(runtime, token.value);
  if (!subscriber_->handle_timer(runtime, token) && publisher_)
    publisher_->handle_timer(runtime, token);
  settle_put_aside(runtime);
  end_when_closed(runtime);
}

void ServiceNode::own_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.kind == partition_due) return on_partition_due(runtime, token.value);
  const auto found = works_.find(token.value);
  if (found == works_.end()) return;  // it was dropped
  if (token.kind == try_again) return begin(runtime, found->second);
  if (token.kind == put_aside_again) return put_aside(runtime, found->second);
  finish(runtime, found->second);
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
  forget_work();
  if (subscriber_->begin_close(runtime)) return true;
  closing_ = true;
  return false;
}

void ServiceNode::end_when_closed(engine::Runtime& runtime) {
  if (closing_ && subscriber_->is_closed()) runtime.exit(engine::StopReason::clean);
}

void ServiceNode::forget_work() {
  works_.clear();
  queue_.clear();
  waiting_.reset();
  held_.clear();
}

void ServiceNode::on_stop(engine::Runtime& runtime, engine::StopReason reason) {
  forget_work();
  database_->disconnect(runtime.name());
  requests_in_memory_.clear();
  remember_later_.clear();
  paused_ = closing_ = false;
  subscriber_->stop(runtime, reason);
  if (publisher_) publisher_->stop(runtime, reason);
  relay_.forget();
}

/// The first of the file that names the type, or any type.
const scenario::Reaction* ServiceNode::reaction_to(const std::string& event_type,
                                                   bool unanswered) const {
  for (const scenario::Reaction& reaction : service_.reactions)
    if (reaction.unanswered == unanswered &&
        (reaction.event == event_type || reaction.event == "*"))
      return &reaction;
  return nullptr;
}

void ServiceNode::on_delivery(engine::Runtime& runtime, const bus::Delivery& delivery) {
  if (wait_until_due(runtime, delivery)) return;
  if (service_.queue) return take_in(runtime, delivery);
  EVENTARIUM_CHECK(works_.empty(), "deliveries come one at a time");
  take_up(runtime, delivery);
}

void ServiceNode::take_up(engine::Runtime& runtime, const bus::Delivery& delivery) {
  const scenario::Reaction* reaction = reaction_to(delivery.record.event->type, false);
  const bool ignored = reaction == nullptr && !service_.reactions.empty();
  Work& work = works_[delivery.handle];
  work = {delivery, reaction, ignored, false, earlier_attempts(delivery)};
  if (!ignored) work.nothing_to_do = has_nothing_to_do(runtime, delivery.record);
  begin(runtime, work);
}

/// Says so, when it has not.
bool ServiceNode::has_nothing_to_do(engine::Runtime& runtime, const Record& record) {
  const auto skip = [&](const std::string& key, const char* reason) {
    runtime.set_cause(runtime.emit(trace::RecordSkipped{record.id, key, reason}));
    return true;
  };
  const std::string key = handled_key(service_.deduplication, record);
  if (!key.empty() && database_->has_handled(key))
    return skip(key, "its database says that it was done");
  const auto& correlation = record.event->correlation;
  const bool answers =
      correlation && correlation->is_answer && correlation->asked_by == service_.family;
  if (answers && !take_answer(runtime, record))
    return skip(correlation->id, "nobody here waits for this answer");
  return false;
}

void ServiceNode::begin(engine::Runtime& runtime, Work& work) {
  Duration service_time{};
  if (work.is_handled()) {
    const scenario::Reaction* const reaction = work.reaction;
    const auto& distribution = reaction ? reaction->service_time : service_.service_time;
    service_time = draw(distribution, runtime.random("service-time"));
    if (handler_factor_ != 1) service_time = stretched(service_time, handler_factor_);
    runtime.set_cause(
        runtime.emit(trace::ProcessingStarted{work.delivery.record.id, service_time}));
  }
  // Also when it takes no time: finishing inside on_delivery would make the subscriber hand over
  // the next one from further down the stack.
  runtime.set_timer(service_time, {own_component, service_time_over, work.delivery.handle});
}

void ServiceNode::finish(engine::Runtime& runtime, Work& work) {
  const std::string reason = failure(work);
  if (reason.empty() && work.is_handled()) do_work(runtime, work);
  const char* const outcome = !reason.empty() ? "failed" : work.ignored ? "ignored" : "ok";
  runtime.set_cause(runtime.emit(trace::ProcessingFinished{work.delivery.record.id, outcome}));
  if (!reason.empty()) return on_failure(runtime, work, reason);
  pass(runtime, work, true);
}

/// The work is at its end: the next delivery may come.
void ServiceNode::pass(engine::Runtime& runtime, Work& work, bool ok) {
  const Work done = std::move(work);
  works_.erase(done.delivery.handle);
  if (done.is_handled()) answer_dealt_with(runtime, done.delivery.record, ok);
  if (service_.queue) worker_free(runtime);
  subscriber_->finished(runtime, done.delivery.handle, ok);
}

ReactionTools ServiceNode::tools() {
  return {service_, *database_, ledger_, publisher_.get(), emitted_, requests()};
}

void ServiceNode::do_work(engine::Runtime& runtime, const Work& work) {
  const Record& record = work.delivery.record;
  std::string handled = handled_key(service_.deduplication, record);
  // Planted: the key is written with the next record's transaction, not with its own.
  if (planted_.has(PlantedFault::deduplication_outside_transaction))
    handled = std::exchange(remember_later_, handled);
  if (work.reaction == nullptr) {
    if (!handled.empty()) database_->commit({{}, {handled}, {}});
    return;
  }
  react(runtime, tools(), *work.reaction, record, handled);
}

}  // namespace eventarium::service
