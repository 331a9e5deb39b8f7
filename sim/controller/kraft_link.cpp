#include "sim/controller/kraft_link.h"

#include <algorithm>
#include <utility>

#include "sim/broker/admin_protocol.h"

namespace eventarium::kafka {
namespace {

void add_topic(std::vector<TopicPartition>& partitions, const std::string& name,
               const TopicImage& topic) {
  for (std::size_t p = 0; p < topic.partitions.size(); ++p)
    partitions.push_back({name, static_cast<std::int32_t>(p)});
}

/// Which partitions the record changes, given the metadata before it.
void add_changed(std::vector<TopicPartition>& changed, const ClusterImage& before,
                 const MetadataRecord& record) {
  if (const auto* partition = std::get_if<PartitionRecord>(&record)) {
    changed.push_back(partition->tp);
  } else if (const auto* removed = std::get_if<RemoveTopicRecord>(&record)) {
    if (const TopicImage* topic = before.find_topic(removed->topic))
      add_topic(changed, removed->topic, *topic);
  } else if (const auto* config = std::get_if<ConfigRecord>(&record)) {
    if (const TopicImage* topic = before.find_topic(config->topic))
      add_topic(changed, config->topic, *topic);
  }
}

}  // namespace

KraftLink::KraftLink(RaftOptions options, RaftClient* shared)
    : bootstrap_(options.bootstrap),
      own_raft_(shared ? std::nullopt : std::optional<RaftClient>(std::in_place, options)),
      raft_(shared ? *shared : *own_raft_),
      lifecycle_(options.config, *this) {
  raft_.add_listener(*this, options.planted.has(PlantedFault::metadata_applied_uncommitted));
}

void KraftLink::start(engine::Runtime& runtime, ClusterListener& listener) {
  listener_ = &listener;
  const MetadataBootstrap* bootstrap = std::exchange(begun_, true) ? nullptr : bootstrap_.get();
  const BrokerImage* registered =
      bootstrap ? bootstrap->image.find_broker(runtime.self()) : nullptr;
  image_ = bootstrap ? bootstrap->image : ClusterImage{};
  applied_offset_ = bootstrap ? static_cast<std::int64_t>(bootstrap->entries.size()) : 0;
  if (registered) controller_ = bootstrap->election.leader;
  if (applied_offset_ > 0) runtime.emit(trace::MetadataApplied{applied_offset_});
  lifecycle_.start(runtime, registered);
  if (registered) publish_all(runtime);
  if (own_raft_) own_raft_->start(runtime);
}

void KraftLink::stop(engine::Runtime&, engine::StopReason reason) {
  lifecycle_.stop(reason);
  proposals_.stop();
  if (own_raft_) own_raft_->stop(reason);
  controller_ = NodeId{};
}

// ---- metadata -----------------------------------------------------------------------------------

void KraftLink::on_committed(engine::Runtime& runtime, std::int64_t base_offset,
                             const MetadataEntries& entries) {
  std::vector<TopicPartition> changed;
  bool says_something = false;
  for (const auto& entry : entries) {
    const MetadataRecord& record = entry->noted.record;
    says_something = says_something || !std::holds_alternative<NoOpRecord>(record);
    add_changed(changed, image_, record);
    apply(image_, record);
  }
  applied_offset_ = base_offset + static_cast<std::int64_t>(entries.size());
  const EventId applied = runtime.emit(trace::MetadataApplied{applied_offset_});
  if (!says_something) return;
  const EventId cause = runtime.current_cause();
  runtime.set_cause(applied);
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  const bool published = state() != State::starting && state() != State::stopped;
  if (published && !changed.empty()) listener_->on_metadata(runtime, changed);
  runtime.set_cause(cause);
}

void KraftLink::publish_all(engine::Runtime& runtime) {
  std::vector<TopicPartition> all;
  for (const auto& [name, topic] : image_.topics) add_topic(all, name, topic);
  listener_->on_metadata(runtime, all);
}

void KraftLink::on_leader(engine::Runtime&, NodeId leader, std::int32_t) { controller_ = leader; }

// ---- life ---------------------------------------------------------------------------------------

void KraftLink::on_caught_up(engine::Runtime& runtime) { publish_all(runtime); }

void KraftLink::on_may_exit(engine::Runtime& runtime) { listener_->on_shutdown_granted(runtime); }

void KraftLink::alter_partition(engine::Runtime& runtime, AlterPartitionRequest::Partition wish) {
  proposals_.propose(std::move(wish));
  proposals_.run(runtime, controller_, broker_epoch());
}

// ---- what reaches the process -------------------------------------------------------------------

bool KraftLink::on_message(engine::Runtime& runtime, engine::Message& message) {
  if (lifecycle_.on_message(runtime, message)) return true;
  std::vector<AlterPartitionResponse::Partition> answers;
  if (proposals_.on_message(runtime, message, answers)) {
    for (const auto& answer : answers) listener_->on_partition_altered(runtime, answer);
    proposals_.run(runtime, controller_, broker_epoch());
    return true;
  }
  if (const auto* admin = message.as<AdminRequest>()) {
    auto response = std::make_unique<AdminResponse>();
    response->header = admin->header;
    response->error = Error::not_controller;
    const std::uint64_t size_bytes = response->size_bytes();
    runtime.send(message.source, std::move(response), size_bytes, message.lane);
    return true;
  }
  return own_raft_ && own_raft_->on_message(runtime, message);
}

bool KraftLink::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (lifecycle_.on_timer(runtime, token)) return true;
  if (proposals_.on_timer(runtime, token)) {
    proposals_.run(runtime, controller_, broker_epoch());
    return true;
  }
  return own_raft_ && own_raft_->on_timer(runtime, token);
}

bool KraftLink::on_done(engine::Runtime& runtime, engine::Token token) {
  return own_raft_ && own_raft_->on_done(runtime, token);
}

bool KraftLink::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lifecycle_.on_disconnect(runtime, peer, lane)) return true;
  if (proposals_.on_disconnect(runtime, peer, lane)) return true;
  return own_raft_ && own_raft_->on_disconnect(runtime, peer, lane);
}

}  // namespace eventarium::kafka
