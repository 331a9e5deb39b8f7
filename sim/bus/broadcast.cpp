// The station; see broadcast.h. Its clients are in broadcast_client.cpp.
#include "sim/bus/broadcast.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace eventarium::bus {

StationNode::StationNode(StationOptions options) : options_(options) {}

double StationNode::handling_work_flops(const engine::Message& message) const {
  return 10e3 + static_cast<double>(message.size_bytes);
}

void StationNode::on_message(engine::Runtime& runtime, engine::Message message) {
  if (const auto* publish = message.as<Publish>()) {
    broadcast(runtime, message.source, *publish);
  } else if (const auto* request = message.as<TuneIn>()) {
    tune_in(runtime, message.source, *request);
  } else if (const auto* request_out = message.as<TuneOut>()) {
    const auto found = subscribers_.find(message.source);
    if (found != subscribers_.end() && found->second.session == request_out->session)
      leave(runtime, message.source, "left");
  }
}

void StationNode::tune_in(engine::Runtime& runtime, NodeId subscriber, const TuneIn& request) {
  const auto known = subscribers_.find(subscriber);
  if (known != subscribers_.end() && known->second.session != request.session)
    leave(runtime, subscriber, "connection reset");
  const auto [entry, joined] = subscribers_.try_emplace(subscriber);
  Listening& listening = entry->second;
  listening.session = request.session;
  listening.topics = request.topics;
  runtime.cancel_timer(listening.silence_timer);
  if (joined)
    runtime.set_cause(runtime.emit(trace::SubscriberJoined{subscriber, subscribers_.size()}));
  listening.silence_timer = runtime.set_timer(options_.silence_limit, {0, 0, subscriber.value});
  runtime.send(subscriber, std::make_unique<TunedIn>(request.session), envelope_bytes);
}

void StationNode::broadcast(engine::Runtime& runtime, NodeId publisher, const Publish& publish) {
  trace::BroadcastSent sent{publish.record.id, {}};
  for (const auto& [subscriber, listening] : subscribers_)
    if (std::ranges::find(listening.topics, publish.topic) != listening.topics.end())
      sent.subscribers.push_back(subscriber);
  const std::vector<NodeId> audience = sent.subscribers;
  runtime.set_cause(runtime.emit(std::move(sent)));
  for (const NodeId subscriber : audience)
    runtime.send(subscriber,
                 std::make_unique<Broadcast>(publish.record, publish.topic,
                                             subscribers_.at(subscriber).session),
                 wire_size_bytes(publish.record));
  runtime.send(
      publisher,
      std::make_unique<PublishAck>(publish.topic, std::vector<RecordId>{publish.record.id}),
      envelope_bytes);
}

void StationNode::leave(engine::Runtime& runtime, NodeId subscriber, const char* reason) {
  const auto found = subscribers_.find(subscriber);
  if (found == subscribers_.end()) return;
  runtime.cancel_timer(found->second.silence_timer);
  subscribers_.erase(found);
  runtime.emit(trace::SubscriberLeft{subscriber, reason, subscribers_.size()});
}

void StationNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  leave(runtime, NodeId{static_cast<NodeId::rep>(token.value)}, "silent for too long");
}

void StationNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  leave(runtime, peer, "connection reset");
}

void StationNode::on_stop(engine::Runtime&, engine::StopReason) { subscribers_.clear(); }

}  // namespace eventarium::bus
