#include "sim/controller/zk_push.h"

#include <utility>

#include "sim/controller/zk_components.h"

namespace eventarium::kafka {
namespace {

constexpr Duration socket_timeout = 30s;  // controller.socket.timeout.ms
constexpr Duration retry_pause = 100ms;   // RequestSendThread

engine::Lane lane(engine::Runtime& runtime) { return {runtime.self(), push_lane}; }

std::vector<Push::Partition> listed(const std::map<TopicPartition, PartitionState>& partitions) {
  std::vector<Push::Partition> list;
  for (const auto& [tp, state] : partitions) list.push_back({tp, state});
  return list;
}

std::vector<BrokerImage> live_brokers(const ClusterImage& image) {
  std::vector<BrokerImage> list;
  for (const auto& [id, broker] : image.brokers) list.push_back(broker);
  return list;
}

}  // namespace

// ---- channels

void ControllerChannels::add(NodeId broker, std::int64_t broker_epoch) {
  channels_[broker].broker_epoch = broker_epoch;
}

void ControllerChannels::remove(engine::Runtime& runtime, NodeId broker) {
  const auto found = channels_.find(broker);
  if (found == channels_.end()) return;
  runtime.cancel_timer(found->second.timer);
  channels_.erase(found);
  if (broker != runtime.self()) runtime.disconnect(broker, lane(runtime));
}

void ControllerChannels::stop() { channels_.clear(); }

void ControllerChannels::push(engine::Runtime& runtime, NodeId broker,
                              std::int32_t controller_epoch, std::shared_ptr<const Push> push) {
  const auto found = channels_.find(broker);
  if (found == channels_.end()) return;
  found->second.queue.push_back({controller_epoch, std::move(push)});
  if (found->second.queue.size() == 1) send_next(runtime, broker, found->second);
}

void ControllerChannels::send_next(engine::Runtime& runtime, NodeId broker, Channel& channel) {
  if (channel.queue.empty()) return;
  auto request = std::make_unique<PushRequest>();
  channel.correlation_id = ++last_correlation_id_;
  request->header = {zk_channels_component, channel.correlation_id};
  request->controller = runtime.self();
  request->controller_epoch = channel.queue.front().controller_epoch;
  request->broker_epoch = channel.broker_epoch;
  request->push = channel.queue.front().push;
  const std::uint64_t size_bytes = request->size_bytes();
  channel.timer = runtime.set_timer(socket_timeout, {zk_channels_component, 0, broker.value});
  runtime.send(broker, std::move(request), size_bytes, lane(runtime));
}

void ControllerChannels::send_again_later(engine::Runtime& runtime, NodeId broker,
                                          Channel& channel) {
  channel.correlation_id = 0;
  runtime.cancel_timer(channel.timer);
  channel.timer = runtime.set_timer(retry_pause, {zk_channels_component, 1, broker.value});
}

bool ControllerChannels::on_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* response = message.as<PushResponse>();
  if (!response) return false;
  const auto found = channels_.find(message.source);
  if (found == channels_.end() || found->second.correlation_id == 0 ||
      found->second.correlation_id != response->header.correlation_id)
    return true;
  Channel& channel = found->second;
  runtime.cancel_timer(channel.timer);
  channel.correlation_id = 0;
  channel.queue.pop_front();
  send_next(runtime, message.source, channel);
  return true;
}

bool ControllerChannels::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != zk_channels_component) return false;
  const NodeId broker{static_cast<std::uint32_t>(token.value)};
  const auto found = channels_.find(broker);
  if (found == channels_.end()) return true;
  found->second.timer = TimerId{};
  if (token.kind == 1) {
    send_next(runtime, broker, found->second);
  } else {
    runtime.disconnect(broker, lane(runtime));
    send_again_later(runtime, broker, found->second);
  }
  return true;
}

bool ControllerChannels::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane closed) {
  if (closed != lane(runtime)) return false;
  const auto found = channels_.find(peer);
  if (found != channels_.end() && found->second.correlation_id != 0)
    send_again_later(runtime, peer, found->second);
  return true;
}

// ---- what one event has to tell

void PushBatch::leader_and_isr(NodeId broker, const TopicPartition& tp, PartitionState state) {
  leader_and_isr_[broker][tp] = std::move(state);
}

void PushBatch::metadata(const TopicPartition& tp, PartitionState state) {
  metadata_[tp] = std::move(state);
}

void PushBatch::stop_replica(NodeId broker, const TopicPartition& tp, PartitionState state) {
  stop_replica_[broker][tp] = std::move(state);
}

void PushBatch::clear() {
  leader_and_isr_.clear();
  stop_replica_.clear();
  metadata_.clear();
  brokers_changed_ = false;
}

void PushBatch::send(engine::Runtime& runtime, ControllerChannels& channels,
                     const ClusterImage& image, std::int32_t controller_epoch) {
  for (const auto& [broker, partitions] : leader_and_isr_) {
    auto push = std::make_shared<Push>();
    push->kind = Push::Kind::leader_and_isr;
    push->partitions = listed(partitions);
    channels.push(runtime, broker, controller_epoch, std::move(push));
  }
  if (!metadata_.empty() || brokers_changed_) {
    auto push = std::make_shared<Push>();
    push->partitions = listed(metadata_);
    push->live_brokers = live_brokers(image);
    for (const auto& [broker, registered] : image.brokers)
      channels.push(runtime, broker, controller_epoch, push);
  }
  for (const auto& [broker, partitions] : stop_replica_) {
    auto push = std::make_shared<Push>();
    push->kind = Push::Kind::stop_replica;
    push->partitions = listed(partitions);
    channels.push(runtime, broker, controller_epoch, std::move(push));
  }
  clear();
}

std::shared_ptr<const Push> full_metadata(const ClusterImage& image) {
  auto push = std::make_shared<Push>();
  push->full = true;
  push->live_brokers = live_brokers(image);
  for (const auto& [name, topic] : image.topics)
    for (std::size_t p = 0; p < topic.partitions.size(); ++p)
      push->partitions.push_back({{name, static_cast<std::int32_t>(p)}, topic.partitions[p]});
  return push;
}

}  // namespace eventarium::kafka
