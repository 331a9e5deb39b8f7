// What the controller pushes to a broker, and the configs that the broker reads itself: see
// zk_link.h.
#include <algorithm>
#include <utility>

#include "sim/controller/zk_link.h"

namespace eventarium::kafka {
namespace {

using zookeeper::Reply;

void answer_push(engine::Runtime& runtime, const engine::Message& message,
                 const PushRequest& request, Error error) {
  auto response = std::make_unique<PushResponse>();
  response->header = request.header;
  response->kind = request.push->kind;
  response->error = error;
  const std::uint64_t size_bytes = response->size_bytes();
  runtime.send(message.source, std::move(response), size_bytes, message.lane);
}

}  // namespace

/// A controller that is not it any more, or one that means this broker's former registration.
Error ZkLink::refuse(const PushRequest& request) const {
  if (request.controller_epoch < controller_epoch_) return Error::stale_controller_epoch;
  if (request.broker_epoch < broker_epoch_) return Error::stale_broker_epoch;
  return Error::none;
}

void ZkLink::on_push(const engine::Message& message, const PushRequest& request) {
  // Its listeners open when it is registered; the controller will try again.
  if (!registered_ && state_ == State::starting)
    return runtime_->disconnect(message.source, message.lane);
  const Error error = refuse(request);
  if (error != Error::none || state_ == State::stopped)
    return answer_push(*runtime_, message, request, error);
  controller_epoch_ = request.controller_epoch;
  pushing_controller_ = request.controller;
  answer_push(*runtime_, message, request, Error::none);
  pushes_.add([this, push = request.push] { return take_push(push); });
}

/// A new topic's config is read before its partitions are led or followed.
Task<> ZkLink::take_push(std::shared_ptr<const Push> push) {
  std::vector<std::string> unknown;
  for (const Push::Partition& partition : push->partitions) {
    const std::string& topic = partition.tp.topic;
    if (partition.state && configured_.count(topic) == 0 &&
        (unknown.empty() || unknown.back() != topic))
      unknown.push_back(topic);
  }
  if (!unknown.empty()) co_await fetch_configs(std::move(unknown));
  const std::vector<TopicPartition> changed = apply_push(*push);
  if (state_ == State::starting) {
    // The first whole picture: now the broker knows which of its logs are still wanted.
    if (!push->full) co_return;
    state_ = State::recovery;
    std::vector<TopicPartition> all;
    for (const Push::Partition& partition : push->partitions) all.push_back(partition.tp);
    listener_->on_metadata(*runtime_, all);
    co_return;
  }
  publish(changed);
}

void ZkLink::publish(const std::vector<TopicPartition>& changed) {
  if (!changed.empty()) listener_->on_metadata(*runtime_, changed);
}

Task<> ZkLink::fetch_configs(std::vector<std::string> topics) {
  std::vector<zookeeper::Read> reads;
  for (const std::string& topic : topics)
    reads.push_back({zookeeper::Read::Kind::get, zk_path::topic_config(topic), false});
  const std::vector<Reply> replies = co_await push_calls_.read(std::move(reads));
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const auto* znode = value_of<ConfigZnode>(replies[i]);
    if (!znode) continue;  // deleted meanwhile
    image_.topics[topics[i]].config = znode->config;
    configured_.insert(topics[i]);
  }
}

/// Which partitions are others now, in ascending order.
std::vector<TopicPartition> ZkLink::apply_push(const Push& push) {
  std::vector<TopicPartition> changed;
  if (push.kind == Push::Kind::update_metadata) {
    image_.brokers.clear();
    for (const BrokerImage& broker : push.live_brokers) image_.brokers[broker.id] = broker;
  }
  std::set<std::string> named, deleted;
  for (const Push::Partition& partition : push.partitions) {
    named.insert(partition.tp.topic);
    if (!partition.state) deleted.insert(partition.tp.topic);
    const bool known = image_.find(partition.tp) != nullptr;
    if (partition.state ? apply_partition(partition) : known) changed.push_back(partition.tp);
  }
  if (push.full)
    for (const auto& [name, topic] : image_.topics) {
      if (named.count(name) > 0) continue;
      deleted.insert(name);
      for (std::size_t p = 0; p < topic.partitions.size(); ++p)
        changed.push_back({name, static_cast<std::int32_t>(p)});
    }
  for (const std::string& topic : deleted) {
    image_.topics.erase(topic);
    configured_.erase(topic);
  }
  std::sort(changed.begin(), changed.end());
  return changed;
}

/// LeaderAndIsr and UpdateMetadata both tell of a partition; only what is newer counts.
bool ZkLink::apply_partition(const Push::Partition& partition) {
  auto& partitions = image_.topics[partition.tp.topic].partitions;
  const auto place = static_cast<std::size_t>(partition.tp.partition);
  PartitionImage nothing;
  nothing.leader_epoch = -1;
  while (partitions.size() <= place) partitions.push_back(compose({}, nothing, -1));
  const PartitionImage& now = *partitions[place];
  const PartitionImage& told = *partition.state;
  if (told.partition_epoch < now.partition_epoch || told == now) return false;
  partitions[place] = partition.state;
  return true;
}

// ---- configs: DynamicConfigManager

Task<> ZkLink::watch_config_changes() { co_await push_calls_.get(zk_path::config_changes, true); }

/// Something has been changed, or may have been while nothing was watched.
Task<> ZkLink::read_config_of_all() {
  co_await watch_config_changes();
  const std::map<std::string, TopicImage> before = image_.topics;
  std::vector<std::string> topics(configured_.begin(), configured_.end());
  co_await fetch_configs(topics);
  std::vector<TopicPartition> changed;
  for (const std::string& name : topics) {
    const auto was = before.find(name);
    const TopicImage* topic = image_.find_topic(name);
    if (was == before.end() || !topic || was->second.config == topic->config) continue;
    for (std::size_t p = 0; p < topic->partitions.size(); ++p)
      changed.push_back({name, static_cast<std::int32_t>(p)});
  }
  if (state_ == State::running) publish(changed);
}

}  // namespace eventarium::kafka
