// See transaction_coordinator.h.
#include "sim/coordinator/transaction_coordinator.h"

#include <memory>
#include <utility>
#include <vector>

#include "sim/base/check.h"
#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

enum Component : std::uint16_t {
  own_component = transaction_coordinator_component,
  log_component,
  marker_component
};

std::string listed(const std::set<TopicPartition>& partitions) {
  std::string text;
  for (const TopicPartition& tp : partitions) text += (text.empty() ? "" : " ") + to_text(tp);
  return text;
}

}  // namespace

TransactionCoordinator::TransactionCoordinator()
    : log_(transactions_topic, log_component, *this), markers_(marker_component) {}

// ---- life

void TransactionCoordinator::start(engine::Runtime& runtime, BrokerServices& services) {
  services_ = &services;
  log_.start(runtime, services);
  markers_.start(runtime, services);
  const Duration interval =
      config_ms(services.config(), ConfigScope::broker,
                "transaction.abort.timed.out.transaction.cleanup.interval.ms");
  runtime.set_timer(interval, {own_component, 0, 0});
}

void TransactionCoordinator::stop(engine::Runtime&, engine::StopReason) {
  log_.stop();
  markers_.stop();
  postponed_.clear();
  known_.clear();
  writing_.clear();
}

Duration TransactionCoordinator::timeout_max() const {
  return config_ms(services_->config(), ConfigScope::broker, "transaction.max.timeout.ms");
}

// ---- what the broker passes on

bool TransactionCoordinator::handle(engine::Runtime& runtime, RequestTicket ticket,
                                    const engine::Message& message) {
  if (const auto* init = message.as<InitProducerIdRequest>();
      init && !init->transactional_id.empty())
    init_producer(runtime, ticket, *init);
  else if (const auto* add = message.as<AddPartitionsToTxnRequest>())
    add_partitions(runtime, ticket, *add);
  else if (const auto* end = message.as<EndTxnRequest>())
    end_transaction(runtime, ticket, *end);
  else
    return false;
  return true;
}

bool TransactionCoordinator::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (!markers_.on_message(runtime, message)) return false;
  complete_finished(runtime);
  return true;
}

bool TransactionCoordinator::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == own_component && token.kind == write_again) {
    write_postponed(runtime);
    return true;
  }
  if (token.component == own_component) {
    abort_overdue(runtime);
    const Duration interval =
        config_ms(services_->config(), ConfigScope::broker,
                  "transaction.abort.timed.out.transaction.cleanup.interval.ms");
    runtime.set_timer(interval, token);
    return true;
  }
  if (log_.on_timer(runtime, token)) return true;
  if (!markers_.on_timer(runtime, token)) return false;
  complete_finished(runtime);
  return true;
}

bool TransactionCoordinator::on_done(engine::Runtime& runtime, engine::Token token) {
  return log_.on_done(runtime, token);
}

bool TransactionCoordinator::on_disconnect(engine::Runtime& runtime, NodeId peer,
                                           engine::Lane lane) {
  return markers_.on_disconnect(runtime, peer, lane);
}

void TransactionCoordinator::on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                                           std::int32_t epoch) {
  log_.on_leadership(runtime, tp, epoch);
}

void TransactionCoordinator::on_metadata(engine::Runtime& runtime) {
  markers_.send_all(runtime);
  complete_finished(runtime);
}

void TransactionCoordinator::on_appended(engine::Runtime& runtime, std::uint64_t token,
                                         Error error) {
  log_.on_appended(runtime, token, error);
}

// ---- requests

TransactionCoordinator::Known* TransactionCoordinator::known(const std::string& id) {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

const TransactionMetadata* TransactionCoordinator::find(const std::string& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second.now;
}

void TransactionCoordinator::init_producer(engine::Runtime& runtime, RequestTicket ticket,
                                           const InitProducerIdRequest& request) {
  Change change{request.transactional_id, {}, Asked::init, ticket, request.header, {}, {}};
  Error error = log_.check(change.id);
  if (error == Error::none && (request.transaction_timeout > timeout_max() ||
                               request.transaction_timeout <= Duration::zero()))
    error = Error::invalid_transaction_timeout;
  if (error != Error::none) return answer(runtime, change, error, {});
  const auto [found, is_new] = known_.try_emplace(change.id);
  if (is_new) {
    found->second.now.id = change.id;
    found->second.partition = log_.partition_of(change.id);
  }
  if (found->second.changing) return answer(runtime, change, Error::concurrent_transactions, {});
  const TransactionDecision decision =
      decide_init(found->second.now, request, [&] { return services_->new_producer_id(); });
  change.reason = decision.fences ? "another producer has come with this transactional.id"
                                  : "the producer is known from now on";
  carry_out(runtime, found->second, decision, std::move(change));
}

void TransactionCoordinator::add_partitions(engine::Runtime& runtime, RequestTicket ticket,
                                            const AddPartitionsToTxnRequest& request) {
  Change change{request.transactional_id, {}, Asked::add, ticket, request.header, {}, {}};
  const Error error = log_.check(change.id);
  if (error != Error::none) return answer(runtime, change, error, {});
  Known* const entry = known(change.id);
  if (!entry) return answer(runtime, change, Error::invalid_producer_id_mapping, {});
  if (entry->changing) return answer(runtime, change, Error::concurrent_transactions, {});
  change.reason =
      "the transaction writes to " + listed({request.partitions.begin(), request.partitions.end()});
  carry_out(runtime, *entry, decide_add(entry->now, request, runtime.now()), std::move(change));
}

void TransactionCoordinator::end_transaction(engine::Runtime& runtime, RequestTicket ticket,
                                             const EndTxnRequest& request) {
  Change change{request.transactional_id, {}, Asked::end, ticket, request.header, {}, {}};
  const Error error = log_.check(change.id);
  if (error != Error::none) return answer(runtime, change, error, {});
  Known* const entry = known(change.id);
  if (!entry) return answer(runtime, change, Error::invalid_producer_id_mapping, {});
  if (entry->changing) return answer(runtime, change, Error::concurrent_transactions, {});
  change.reason = request.commit ? "the producer commits" : "the producer aborts";
  carry_out(runtime, *entry, decide_end(entry->now, request), std::move(change));
}

void TransactionCoordinator::carry_out(engine::Runtime& runtime, Known& entry,
                                       const TransactionDecision& decision, Change change) {
  if (!decision.next) return answer(runtime, change, decision.error, decision.producer);
  change.next = *decision.next;
  change.answer = decision.error;
  if (decision.fences) {
    // The producer asks again and again until what its predecessor left open is aborted.
    answer(runtime, change, decision.error, {});
    change.asked = Asked::nothing;
  }
  write(runtime, entry, std::move(change));
}

void TransactionCoordinator::answer(engine::Runtime& runtime, const Change& change, Error error,
                                    ProducerIdAndEpoch producer) {
  std::unique_ptr<Response> response;
  switch (change.asked) {
    case Asked::nothing:
      return;
    case Asked::init: {
      auto init = std::make_unique<InitProducerIdResponse>();
      init->error = error;
      init->producer = producer;
      response = std::move(init);
      break;
    }
    case Asked::add: {
      auto add = std::make_unique<AddPartitionsToTxnResponse>();
      add->error = error;
      response = std::move(add);
      break;
    }
    case Asked::end: {
      auto end = std::make_unique<EndTxnResponse>();
      end->error = error;
      end->producer = producer;
      response = std::move(end);
      break;
    }
  }
  services_->respond(runtime, change.ticket, change.header, std::move(response));
}

// ---- changes

void TransactionCoordinator::write(engine::Runtime& runtime, Known& entry, Change change) {
  entry.changing = true;
  const std::uint64_t token =
      log_.write(runtime, entry.partition,
                 {CoordinatorEntry{change.id, encode(change.next), "TransactionState"}});
  writing_.emplace(token, std::move(change));
}

void TransactionCoordinator::on_written(engine::Runtime& runtime, std::uint64_t token,
                                        Error error) {
  const auto found = writing_.find(token);
  EVENTARIUM_CHECK(found != writing_.end(), "what was written was asked for");
  Change change = std::move(found->second);
  writing_.erase(found);
  Known* const entry = known(change.id);
  if (entry) entry->changing = false;
  if (error != Error::none) {
    answer(runtime, change, error, {});
    if (!entry) return;
    // What ends a transaction has to be written, however often it takes.
    if (entry->now.is_being_ended() && log_.is_active(entry->partition))
      postpone(runtime, *entry, std::move(change));
    else if (entry->now.producer.epoch < 0)
      known_.erase(change.id);  // it has never been written
    return;
  }
  if (entry) apply(runtime, *entry, change);
  answer(runtime, change, change.answer, change.next.producer);
}

/// Too few replicas refuse at once: without a pause it would be asked again in the same instant.
void TransactionCoordinator::postpone(engine::Runtime& runtime, Known& entry, Change change) {
  entry.changing = true;
  if (postponed_.empty()) runtime.set_timer(100ms, {own_component, write_again, 0});
  postponed_.emplace_back(log_.epoch(entry.partition), std::move(change));
}

void TransactionCoordinator::write_postponed(engine::Runtime& runtime) {
  for (auto& [epoch, change] : std::exchange(postponed_, {})) {
    Known* const entry = known(change.id);
    if (!entry || !entry->changing || !log_.is_active(entry->partition) ||
        log_.epoch(entry->partition) != epoch)
      continue;  // another coordinator's matter by now, or read anew
    entry->changing = false;
    write(runtime, *entry, std::move(change));
  }
}

void TransactionCoordinator::apply(engine::Runtime& runtime, Known& entry, const Change& change) {
  entry.now = change.next;
  runtime.set_cause(runtime.emit(trace::TransactionStateChanged{
      change.id, entry.now.producer.producer_id, entry.now.producer.epoch,
      std::string(name_of(entry.now.state)), listed(entry.now.partitions), change.reason}));
  if (!entry.now.is_being_ended()) return;
  markers_.add(runtime, entry.now, entry.partition, log_.epoch(entry.partition));
  complete_finished(runtime);
}

/// All markers of these transactions are in their logs.
void TransactionCoordinator::complete_finished(engine::Runtime& runtime) {
  for (const std::string& id : markers_.take_finished()) {
    Known* const entry = known(id);
    if (!entry || entry->changing || !entry->now.is_being_ended()) continue;
    write(
        runtime, *entry,
        {id, completed(entry->now), Asked::nothing, {}, {}, {}, "every partition has its marker"});
  }
}

void TransactionCoordinator::abort_overdue(engine::Runtime& runtime) {
  for (auto& [id, entry] : known_) {
    if (entry.changing || !log_.is_active(entry.partition)) continue;
    const TransactionDecision decision = decide_timeout(entry.now, runtime.now());
    if (decision.next)
      write(runtime, entry,
            {id, *decision.next, Asked::nothing, {}, {}, {}, "transaction.timeout.ms has passed"});
  }
}

// ---- the log

void TransactionCoordinator::replay(std::int32_t partition, const CoordinatorEntry& entry,
                                    const ProducerStamp&) {
  if (!entry.value) {
    known_.erase(entry.key);
    return;
  }
  auto metadata = decode_transaction(entry.key, *entry.value);
  EVENTARIUM_CHECK(metadata.has_value(), "a coordinator reads what coordinators write");
  known_[entry.key] = {std::move(*metadata), partition, false};
}

void TransactionCoordinator::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  for (const auto& [id, entry] : known_)
    if (entry.partition == partition && entry.now.is_being_ended())
      markers_.add(runtime, entry.now, partition, log_.epoch(partition));
  complete_finished(runtime);
}

void TransactionCoordinator::on_unloaded(engine::Runtime&, std::int32_t partition) {
  markers_.forget(partition);
  std::erase_if(known_,
                [partition](const auto& entry) { return entry.second.partition == partition; });
}

std::size_t TransactionCoordinator::entries(std::int32_t partition) const {
  std::size_t count = 0;
  for (const auto& [id, entry] : known_) count += entry.partition == partition ? 1 : 0;
  return count;
}

}  // namespace eventarium::kafka
