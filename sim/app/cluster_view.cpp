// See cluster_view.h.
#include "sim/app/cluster_view.h"

namespace eventarium::app {

int ClusterView::partition_count(const std::string& topic) const {
  int count = 0;
  for (auto found = partitions_.lower_bound({topic, 0});
       found != partitions_.end() && found->first.first == topic; ++found)
    ++count;
  return count;
}

void ClusterView::on_event(const trace::Event& event) {
  names_.apply(event);
  if (const auto* declared = event.as<trace::NodeDeclared>()) {
    // Brokers that are there from the beginning are registered and unfenced.
    if (declared->role == "broker" && event.t == SimTime{}) brokers_[declared->index];
    if (declared->role == "controller" || declared->label.ends_with(", controller"))
      voters_[declared->index];
    return;
  }
  if (event.as<trace::NodeStarted>()) running_[event.node] = event.t;
  if (event.as<trace::NodeStopped>()) running_.erase(event.node);
  on_cluster_event(event);
  on_quorum_event(event);
}

void ClusterView::on_cluster_event(const trace::Event& event) {
  if (const auto* e = event.as<trace::PartitionCreated>()) {
    PartitionView& partition = partitions_[{e->topic, static_cast<int>(e->partition)}];
    partition = {e->leader, e->leader_epoch, e->replicas, e->isr, {}, {}, {}};
  } else if (const auto* changed = event.as<trace::PartitionChanged>()) {
    PartitionView& partition = partitions_[{changed->topic, static_cast<int>(changed->partition)}];
    partition = {changed->leader, changed->leader_epoch, changed->replicas, changed->isr,
                 changed->elr,    changed->adding,       changed->removing};
  } else if (const auto* deleted = event.as<trace::TopicDeleted>()) {
    std::erase_if(partitions_,
                  [&](const auto& entry) { return entry.first.first == deleted->topic; });
    configs_.erase(deleted->topic);
  } else if (const auto* config = event.as<trace::TopicConfigChanged>()) {
    configs_[config->topic][config->key] = config->value;
  } else if (const auto* registered = event.as<trace::BrokerRegistered>()) {
    brokers_[registered->broker] = {true, false, registered->broker_epoch};
  } else if (const auto* unfenced = event.as<trace::BrokerUnfenced>()) {
    brokers_[unfenced->broker].fenced = false;
    brokers_[unfenced->broker].in_controlled_shutdown = false;
  } else if (const auto* fenced = event.as<trace::BrokerFenced>()) {
    brokers_[fenced->broker].fenced = true;
  } else if (const auto* gone = event.as<trace::BrokerUnregistered>()) {
    brokers_.erase(gone->broker);
  } else if (event.as<trace::ShutdownAsked>()) {
    const auto found = brokers_.find(event.node);
    if (found != brokers_.end()) found->second.in_controlled_shutdown = true;
  }
}

void ClusterView::on_quorum_event(const trace::Event& event) {
  if (const auto* elected = event.as<trace::ControllerElected>()) {
    controller_ = event.node;
    controller_epoch_ = elected->epoch;
  } else if (event.as<trace::ControllerResigned>() || event.as<trace::NodeStopped>()) {
    if (controller_ == event.node) controller_ = NodeId{};
    if (event.as<trace::NodeStopped>() && voters_.count(event.node) != 0)
      voters_[event.node].role = "unattached";
  } else if (const auto* role = event.as<trace::RaftRoleChanged>()) {
    voters_[event.node].role = role->role;
    voters_[event.node].epoch = role->epoch;
  } else if (const auto* appended = event.as<trace::MetadataAppended>()) {
    voters_[event.node].log_end_offset = appended->offset + 1;
  } else if (const auto* truncated = event.as<trace::MetadataTruncated>()) {
    voters_[event.node].log_end_offset = truncated->end_offset;
  } else if (const auto* committed = event.as<trace::MetadataCommitted>()) {
    committed_ = committed->offset;
  } else if (const auto* applied = event.as<trace::MetadataApplied>()) {
    metadata_offsets_[event.node] = applied->offset;
  }
}

std::int64_t ClusterView::metadata_offset(NodeId broker) const {
  const auto found = metadata_offsets_.find(broker);
  return found == metadata_offsets_.end() ? 0 : found->second;
}

}  // namespace eventarium::app
