#include "sim/broker/request_channel.h"

#include <utility>

#include "sim/base/check.h"
#include "sim/broker/components.h"

namespace eventarium::kafka {

std::uint32_t RequestChannel::slot_of(NodeId client, engine::Lane lane) {
  const auto [found, is_new] = slot_by_key_.try_emplace({client, lane}, 0);
  if (!is_new) return found->second;
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_slots_.empty()) {
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  found->second = slot;
  slots_[slot].connection = {client, lane};
  slots_[slot].open = true;
  return slot;
}

std::optional<RequestChannel::Taken> RequestChannel::arrived(engine::Message message) {
  const std::uint32_t slot = slot_of(message.source, message.lane);
  // With others waiting it is not its turn, even in the instant between answer and next turn.
  if (slots_[slot].in_hand != 0 || !slots_[slot].waiting.empty()) {
    slots_[slot].waiting.push_back(std::move(message));
    return std::nullopt;
  }
  return take(slot, std::move(message));
}

RequestChannel::Taken RequestChannel::take(std::uint32_t slot, engine::Message message) {
  slots_[slot].in_hand = ++last_serial_;
  slots_[slot].deadline = SimTime::max();
  return {{slot, last_serial_}, std::move(message)};
}

void RequestChannel::finish(RequestTicket ticket) {
  if (!in_hand(ticket)) return;
  Slot& slot = slots_[ticket.slot];
  slot.in_hand = 0;
  slot.deadline = SimTime::max();
  if (!slot.waiting.empty()) turn_has_come_.push_back(ticket.slot);
}

std::optional<RequestChannel::Taken> RequestChannel::next() {
  while (!turn_has_come_.empty()) {
    const std::uint32_t index = turn_has_come_.front();
    turn_has_come_.pop_front();
    Slot& slot = slots_[index];
    if (slot.in_hand != 0 || slot.waiting.empty()) continue;  // closed meanwhile
    engine::Message message = std::move(slot.waiting.front());
    slot.waiting.pop_front();
    return take(index, std::move(message));
  }
  return std::nullopt;
}

bool RequestChannel::in_hand(RequestTicket ticket) const {
  return ticket.serial != 0 && ticket.slot < slots_.size() &&
         slots_[ticket.slot].in_hand == ticket.serial;
}

const RequestChannel::Connection& RequestChannel::connection(RequestTicket ticket) const {
  EVENTARIUM_CHECK(in_hand(ticket), "the connection has been closed");
  return slots_[ticket.slot].connection;
}

RequestChannel::Closed RequestChannel::close(NodeId client, engine::Lane lane) {
  Closed closed;
  const auto found = slot_by_key_.find({client, lane});
  if (found == slot_by_key_.end()) return closed;
  const std::uint32_t index = found->second;
  slot_by_key_.erase(found);
  Slot& slot = slots_[index];
  if (slot.in_hand != 0) closed.in_hand = RequestTicket{index, slot.in_hand};
  closed.waiting = std::exchange(slot.waiting, {});
  slot.open = false;
  slot.in_hand = 0;
  slot.deadline = SimTime::max();  // its timer, if set, is the next owner's
  free_slots_.push_back(index);
  return closed;
}

void RequestChannel::clear() {
  slot_by_key_.clear();
  slots_.clear();
  free_slots_.clear();
  turn_has_come_.clear();
}

void RequestChannel::set_deadline(engine::Runtime& runtime, RequestTicket ticket,
                                  SimTime deadline) {
  if (!in_hand(ticket)) return;
  Slot& slot = slots_[ticket.slot];
  slot.deadline = deadline;
  if (slot.timer_at > deadline) arm(runtime, ticket.slot, deadline);
}

void RequestChannel::arm(engine::Runtime& runtime, std::uint32_t slot, SimTime at) {
  slots_[slot].timer_at = at;
  runtime.set_timer(at - runtime.now(), engine::Token{request_channel_component, 0, slot});
}

std::optional<RequestTicket> RequestChannel::on_timer(engine::Runtime& runtime,
                                                      engine::Token token) {
  const auto index = static_cast<std::uint32_t>(token.value);
  Slot& slot = slots_[index];
  // An earlier deadline than the one that a timer was set for has set its own: the later is stale.
  if (slot.timer_at > runtime.now()) return std::nullopt;
  slot.timer_at = SimTime::max();
  if (slot.in_hand == 0 || slot.deadline == SimTime::max()) return std::nullopt;
  if (slot.deadline > runtime.now()) {
    arm(runtime, index, slot.deadline);
    return std::nullopt;
  }
  slot.deadline = SimTime::max();
  return RequestTicket{index, slot.in_hand};
}

}  // namespace eventarium::kafka
