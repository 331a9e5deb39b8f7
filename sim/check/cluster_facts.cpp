// See cluster_facts.h.
#include "sim/check/cluster_facts.h"

namespace eventarium::check {

NodeId ClusterFacts::controller() const {
  NodeId newest;
  std::int64_t epoch = 0;
  for (const auto& [node, its_epoch] : controllers_) {
    if (newest.valid() && its_epoch <= epoch) continue;
    newest = node;
    epoch = its_epoch;
  }
  return newest;
}

void ClusterFacts::on_changed(const trace::PartitionChanged& changed, const LogState& logs) {
  const PartitionState* before = logs.find(changed.topic, changed.partition);
  if (!changed.leader.valid() || (before && before->leader == changed.leader)) return;
  OfPartition& partition = partitions_[{changed.topic, changed.partition}];
  ++partition.leader_changes;
  if (changed.unclean) ++partition.unclean_elections;
}

void ClusterFacts::on_event(const trace::Event& event, const LogState& logs) {
  groups_.on_event(event);
  services_.on_event(event);
  if (const auto* changed = event.as<trace::PartitionChanged>()) {
    on_changed(*changed, logs);
  } else if (const auto* elected = event.as<trace::ControllerElected>()) {
    controllers_[event.node] = elected->epoch;
    if (event.t > SimTime{}) ++controller_changes_;
  } else if (event.as<trace::ControllerResigned>() || event.as<trace::NodeStopped>()) {
    controllers_.erase(event.node);
  } else if (const auto* refused = event.as<trace::ProduceRefused>()) {
    ++partitions_[{refused->topic, refused->partition}].refused;
  } else if (const auto* failed = event.as<trace::SendFailed>()) {
    failed_sends_ += failed->records.size();
  } else if (event.as<trace::ConsumerFailed>()) {
    ++failed_consumers_;
  } else if (const auto* violated = event.as<trace::InvariantViolated>()) {
    violations_.push_back(*violated);
  }
}

}  // namespace eventarium::check
