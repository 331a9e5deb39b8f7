// See queue_store.h.
#include "sim/bus/queue_store.h"

#include <utility>

#include "sim/base/check.h"

namespace eventarium::bus {

void QueueState::apply(const QueueOp& op, Duration deduplication_window) {
  if (op.kind == QueueOp::Kind::store) {
    while (!published_order.empty() &&
           published[published_order.front()] + deduplication_window < op.at) {
      published.erase(published_order.front());
      published_order.pop_front();
    }
    const RecordId record = op.message.record.id;
    messages[op.sequence] = op.message;
    sequence_of[record] = op.sequence;
    if (published.emplace(record, op.at).second) published_order.push_back(record);
    last_sequence = op.sequence;
    return;
  }
  const auto found = messages.find(op.sequence);
  EVENTARIUM_CHECK(found != messages.end(), "an operation is about a message that is there");
  if (op.kind == QueueOp::Kind::lease) {
    ++found->second.attempts;
    found->second.receipt = op.receipt;
    return;
  }
  sequence_of.erase(found->second.record.id);
  if (op.kind == QueueOp::Kind::dead_letter)
    dead_letters.emplace(op.sequence, std::move(found->second));
  messages.erase(found);
}

std::uint64_t QueueStore::append(QueueOp op) {
  written_.apply(op, window_);
  unflushed_.push_back(std::move(op));
  return ++last_number_;
}

void QueueStore::flushed_to(std::uint64_t number) {
  EVENTARIUM_CHECK(number <= last_number_, "only what was written can be flushed");
  while (last_number_ - unflushed_.size() < number) {
    flushed_.apply(unflushed_.front(), window_);
    unflushed_.pop_front();
  }
}

void QueueStore::lose_unflushed() {
  written_ = flushed_;
  last_number_ -= unflushed_.size();
  unflushed_.clear();
}

}  // namespace eventarium::bus
