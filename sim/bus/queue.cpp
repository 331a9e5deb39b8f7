// See queue.h.
#include "sim/bus/queue.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"

namespace eventarium::bus {
namespace {

enum TokenKind : std::uint16_t {
  token_visibility,  // value: sequence
  token_long_poll,   // value: ticket of the parked Receive
  token_flushed,
};

}  // namespace

QueueNode::QueueNode(QueueOptions options)
    : options_(options), store_(options.deduplication_window) {
  EVENTARIUM_CHECK(options_.max_deliveries >= 1, "a message is delivered at least once");
}

double QueueNode::handling_work_flops(const engine::Message& message) const {
  return 30e3 + static_cast<double>(message.size_bytes);
}

std::uint64_t QueueNode::waiting() const {
  std::uint64_t count = 0;
  for (const auto& [topic, sequences] : visible_) count += sequences.size();
  return count;
}

const QueuedMessage& QueueNode::message(std::uint64_t sequence) const {
  const auto found = store_.written().messages.find(sequence);
  EVENTARIUM_CHECK(found != store_.written().messages.end(), "the message is in the queue");
  return found->second;
}

// ---- life of the process

void QueueNode::on_start(engine::Runtime& runtime) {
  recover_pending();
  std::set<std::uint64_t> not_flushed;
  for (const Pending& pending : pending_) not_flushed.insert(pending.sequence);
  std::vector<std::uint64_t> found;
  for (const auto& [sequence, kept] : store_.written().messages)
    if (!not_flushed.contains(sequence)) found.push_back(sequence);
  for (const std::uint64_t sequence : found) {
    if (told_leased_.contains(message(sequence).record.id)) {
      give_back(runtime, sequence, "connection reset");
    } else {
      become_visible(sequence, runtime.current_cause());
    }
  }
  flush_pending(runtime);
}

/// What the journal has and the disk may not have yet takes effect after the next flush, as if
/// it had just been written.
void QueueNode::recover_pending() {
  std::uint64_t number = store_.last_number() - store_.unflushed().size();
  for (const QueueOp& op : store_.unflushed()) {
    ++number;
    if (op.kind == QueueOp::Kind::lease) continue;
    pending_.push_back({number, op.kind, op.sequence, op.message.record.id, op.message.attempts,
                        op.message.topic, NodeId{}, EventId{}});
  }
}

void QueueNode::on_stop(engine::Runtime&, engine::StopReason reason) {
  if (reason == engine::StopReason::power_loss) store_.lose_unflushed();
  pending_.clear();
  visible_.clear();
  leases_.clear();
  parked_.clear();
  flushing_ = false;
}

void QueueNode::on_message(engine::Runtime& runtime, engine::Message message) {
  if (const auto* publish = message.as<Publish>()) {
    handle_publish(runtime, message.source, *publish);
  } else if (const auto* receive = message.as<Receive>()) {
    handle_receive(runtime, message.source, *receive);
  } else if (const auto* acknowledge = message.as<Acknowledge>()) {
    handle_acknowledge(runtime, *acknowledge);
  }
}

void QueueNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.kind == token_visibility) {
    give_back(runtime, token.value, "visibility time-out");
    return serve(runtime);
  }
  const auto parked = std::find_if(parked_.begin(), parked_.end(),
                                   [&](const Parked& p) { return p.ticket == token.value; });
  if (parked == parked_.end()) return;
  runtime.send(parked->receiver,
               std::make_unique<EmptyDelivery>(parked->session, parked->receive_id),
               envelope_bytes);
  parked_.erase(parked);
}

void QueueNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  unpark(runtime, peer);
  give_back_all_of(runtime, peer, 0);
  serve(runtime);
}

// ---- publishing

void QueueNode::handle_publish(engine::Runtime& runtime, NodeId publisher, const Publish& publish) {
  const RecordId record = publish.record.id;
  const auto& published = store_.written().published;
  if (const auto before = published.find(record);
      before != published.end() &&
      runtime.now() <= before->second + options_.deduplication_window) {
    const auto storing = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& p) {
      return p.kind == QueueOp::Kind::store && p.record == record;
    });
    if (storing != pending_.end()) {
      storing->publisher = publisher;  // is told when it is flushed
    } else {
      runtime.send(publisher,
                   std::make_unique<PublishAck>(publish.topic, std::vector<RecordId>{record}),
                   envelope_bytes);
    }
    return;
  }
  QueueOp op{QueueOp::Kind::store,
             store_.written().last_sequence + 1,
             {publish.record, publish.topic, 0, 0},
             0,
             runtime.now()};
  append(runtime, std::move(op), publisher);
}

/// Writes the operation and starts to flush it; it takes effect then (settle).
void QueueNode::append(engine::Runtime& runtime, QueueOp op, NodeId publisher) {
  runtime.append_to_disk(op.size_bytes());
  pending_.push_back({store_.append(op), op.kind, op.sequence, op.message.record.id,
                      op.message.attempts, op.message.topic, publisher, runtime.current_cause()});
  flush_pending(runtime);
}

/// Group commit: one flush at a time, and the next one takes all that came meanwhile.
void QueueNode::flush_pending(engine::Runtime& runtime) {
  if (flushing_ || pending_.empty()) return;
  flushing_ = true;
  flush_target_ = store_.last_number();
  runtime.fsync({0, token_flushed, 0});
}

void QueueNode::on_done(engine::Runtime& runtime, engine::Token) {
  flushing_ = false;
  store_.flushed_to(flush_target_);
  std::map<std::pair<NodeId, std::string>, std::vector<RecordId>> acknowledged;
  while (!pending_.empty() && pending_.front().number <= flush_target_) {
    const Pending done = std::move(pending_.front());
    pending_.pop_front();
    settle(runtime, done);
    if (done.publisher.valid()) acknowledged[{done.publisher, done.topic}].push_back(done.record);
  }
  for (auto& [to, records] : acknowledged)
    runtime.send(to.first, std::make_unique<PublishAck>(to.second, std::move(records)),
                 envelope_bytes);
  serve(runtime);
  flush_pending(runtime);
}

/// A flushed operation takes effect.
void QueueNode::settle(engine::Runtime& runtime, const Pending& pending) {
  const EventId cause = pending.cause.valid() ? pending.cause : runtime.current_cause();
  switch (pending.kind) {
    case QueueOp::Kind::store: {
      become_visible(pending.sequence, EventId{});
      const EventId stored =
          runtime.emit_because(cause, trace::QueueStored{pending.record, waiting()});
      become_visible(pending.sequence, stored);
      break;
    }
    case QueueOp::Kind::remove:
      told_leased_.erase(pending.record);
      runtime.emit_because(cause, trace::QueueDeleted{pending.record, waiting()});
      break;
    case QueueOp::Kind::dead_letter:
      told_leased_.erase(pending.record);
      runtime.emit_because(cause, trace::QueueDeadLettered{pending.record, pending.attempts});
      break;
    case QueueOp::Kind::lease:
      break;
  }
}

// ---- receiving

void QueueNode::handle_receive(engine::Runtime& runtime, NodeId receiver, const Receive& receive) {
  unpark(runtime, receiver);
  give_back_all_of(runtime, receiver, receive.session);  // leases of a former life
  Parked parked{++last_ticket_,     receiver,       receive.session,
                receive.receive_id, receive.topics, TimerId{}};
  if (serve_one(runtime, parked, true)) return serve(runtime);
  parked.timer = runtime.set_timer(options_.long_poll_wait, {0, token_long_poll, parked.ticket});
  parked_.push_back(std::move(parked));
  serve(runtime);
}

void QueueNode::unpark(engine::Runtime& runtime, NodeId receiver) {
  for (Parked& parked : parked_)
    if (parked.receiver == receiver) runtime.cancel_timer(parked.timer);
  std::erase_if(parked_, [&](const Parked& parked) { return parked.receiver == receiver; });
}

/// Gives waiting messages to parked receivers, in the order in which they asked.
void QueueNode::serve(engine::Runtime& runtime) {
  for (auto parked = parked_.begin(); parked != parked_.end();) {
    if (serve_one(runtime, *parked, false)) {
      runtime.cancel_timer(parked->timer);
      parked = parked_.erase(parked);
    } else {
      ++parked;
    }
  }
}

/// The oldest waiting message of the receiver's topics, if there is one. The lease is caused by
/// what came last: the Receive (`asked_now`), or the message's becoming visible.
bool QueueNode::serve_one(engine::Runtime& runtime, const Parked& parked, bool asked_now) {
  std::uint64_t oldest = 0;
  EventId because;
  for (const std::string& topic : parked.topics) {
    const auto found = visible_.find(topic);
    if (found == visible_.end() || found->second.empty()) continue;
    const auto& [sequence, visible_because] = *found->second.begin();
    if (oldest != 0 && sequence > oldest) continue;
    oldest = sequence;
    because = visible_because;
  }
  if (oldest == 0) return false;
  const CauseScope scope(runtime, asked_now ? runtime.current_cause() : because);
  lease(runtime, parked, oldest);
  return true;
}

void QueueNode::lease(engine::Runtime& runtime, const Parked& parked, std::uint64_t sequence) {
  hide(sequence);
  QueueOp op{QueueOp::Kind::lease, sequence, {}, runtime.random("receipt").next() | 1, {}};
  runtime.append_to_disk(op.size_bytes());
  store_.append(std::move(op));
  const QueuedMessage& leased = message(sequence);
  told_leased_.insert(leased.record.id);
  runtime.set_cause(runtime.emit(trace::QueueLeased{leased.record.id, parked.receiver,
                                                    leased.attempts, options_.visibility_timeout}));
  leases_[sequence] = {
      parked.receiver, parked.session,
      runtime.set_timer(options_.visibility_timeout, {0, token_visibility, sequence})};
  runtime.send(parked.receiver,
               std::make_unique<QueueDelivery>(leased.record, leased.topic, parked.session,
                                               parked.receive_id, leased.receipt, leased.attempts),
               wire_size_bytes(leased.record));
}

void QueueNode::handle_acknowledge(engine::Runtime& runtime, const Acknowledge& acknowledge) {
  const auto& sequence_of = store_.written().sequence_of;
  const auto known = sequence_of.find(acknowledge.record);
  if (known == sequence_of.end()) return;  // acknowledged before, or dead
  const std::uint64_t sequence = known->second;
  if (message(sequence).receipt != acknowledge.receipt) return;  // somebody else has it now
  if (acknowledge.ok) {
    end_lease(runtime, sequence);
    hide(sequence);
    remove(runtime, sequence, QueueOp::Kind::remove);
  } else if (leases_.contains(sequence)) {
    give_back(runtime, sequence, "receiver refused it");
    serve(runtime);
  }
}

// ---- ends of leases

void QueueNode::end_lease(engine::Runtime& runtime, std::uint64_t sequence) {
  const auto found = leases_.find(sequence);
  if (found == leases_.end()) return;
  runtime.cancel_timer(found->second.timer);
  leases_.erase(found);
}

void QueueNode::give_back(engine::Runtime& runtime, std::uint64_t sequence, const char* reason) {
  end_lease(runtime, sequence);
  const QueuedMessage& returned = message(sequence);
  if (returned.attempts >= static_cast<std::uint32_t>(options_.max_deliveries))
    return remove(runtime, sequence, QueueOp::Kind::dead_letter);
  told_leased_.erase(returned.record.id);
  become_visible(sequence, runtime.emit(trace::QueueReturned{returned.record.id, reason}));
}

/// `except_session` 0: without exception.
void QueueNode::give_back_all_of(engine::Runtime& runtime, NodeId receiver,
                                 std::uint64_t except_session) {
  std::vector<std::uint64_t> ended;
  for (const auto& [sequence, held] : leases_)
    if (held.receiver == receiver && held.session != except_session) ended.push_back(sequence);
  for (const std::uint64_t sequence : ended) give_back(runtime, sequence, "connection reset");
}

void QueueNode::remove(engine::Runtime& runtime, std::uint64_t sequence, QueueOp::Kind kind) {
  QueueOp op{kind, sequence, message(sequence), 0, {}};
  append(runtime, std::move(op), NodeId{});
}

void QueueNode::become_visible(std::uint64_t sequence, EventId because) {
  visible_[message(sequence).topic][sequence] = because;
}

void QueueNode::hide(std::uint64_t sequence) {
  if (const auto found = visible_.find(message(sequence).topic); found != visible_.end())
    found->second.erase(sequence);
}

}  // namespace eventarium::bus
