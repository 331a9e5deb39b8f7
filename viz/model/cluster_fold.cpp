// See cluster_fold.h: one function per type of event.
#include "viz/model/cluster_fold.h"

#include <algorithm>

namespace eventarium::viz {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

struct ClusterFold {
  World& world;
  const trace::Event& event;

  /// Null for a node that a trace made by hand never declared.
  NodeView* node(NodeId id) {
    if (!id.valid() || id.value >= world.nodes.size()) return nullptr;
    return &world.nodes[id.value];
  }
  PartitionView& partition(const std::string& topic, std::int64_t number) {
    PartitionView& view = world.partitions[{topic, number}];
    view.id = {topic, number};
    return view;
  }
  static ReplicaView& replica(PartitionView& view, NodeId broker) {
    if (ReplicaView* known = view.replica(broker)) return *known;
    view.replicas.emplace_back().broker = broker;
    return view.replicas.back();
  }
  template <class E>
  ReplicaView& own_replica(const E& e) {
    return replica(partition(e.topic, e.partition), event.node);
  }

  template <class Other>
  void operator()(const Other&) {}

  // ---- what the controller says of a partition
  void operator()(const trace::PartitionCreated& e) {
    PartitionView& view = partition(e.topic, e.partition);
    view.min_isr = e.min_isr;
    change(view, e);
    // A cluster that runs at the start has told its brokers already.
    for (ReplicaView& copy : view.replicas) {
      copy.leads = copy.broker == e.leader;
      copy.leader_epoch = e.leader_epoch;
      copy.follows = copy.leads ? NodeId{} : e.leader;
    }
  }
  void operator()(const trace::PartitionChanged& e) {
    PartitionView& view = partition(e.topic, e.partition);
    view.partition_epoch = e.partition_epoch;
    view.elr = e.elr;
    view.adding = e.adding;
    view.removing = e.removing;
    view.reason = e.reason;
    if (e.unclean || view.leader != e.leader) view.unclean = e.unclean;
    change(view, e);
  }
  template <class E>
  void change(PartitionView& view, const E& e) {
    view.leader = e.leader;
    view.leader_epoch = e.leader_epoch;
    std::vector<ReplicaView> replicas;
    for (const NodeId broker : e.replicas) {
      const ReplicaView* known = view.replica(broker);
      replicas.push_back(known != nullptr ? *known : ReplicaView{});
      ReplicaView& copy = replicas.back();
      copy.broker = broker;
      if (known == nullptr || view.in_sync(broker) != contains(e.isr, broker))
        copy.isr_changed_at = event.t;
    }
    view.assigned = replicas.size();
    // What is left of a copy that was given up stays in sight until the broker has deleted it.
    for (const ReplicaView& old : view.replicas)
      if (!contains(e.replicas, old.broker) && old.log_end_offset > old.log_start_offset &&
          contains(view.removing, old.broker))
        replicas.push_back(old);
    view.replicas = std::move(replicas);
    view.isr = e.isr;
    view.changed_at = event.t;
  }
  void operator()(const trace::TopicConfigChanged& e) {
    for (auto it = world.partitions.lower_bound({e.topic, 0});
         it != world.partitions.end() && it->first.topic == e.topic; ++it)
      it->second.min_isr = e.min_isr;
  }
  void operator()(const trace::TopicDeleted& e) {
    std::erase_if(world.partitions,
                  [&](const auto& entry) { return entry.first.topic == e.topic; });
  }

  // ---- what a broker believes
  void operator()(const trace::LeadershipTaken& e) {
    ReplicaView& copy = own_replica(e);
    copy.leads = true;
    copy.leader_epoch = e.leader_epoch;
    copy.follows = NodeId{};
  }
  void operator()(const trace::FollowingStarted& e) {
    ReplicaView& copy = own_replica(e);
    copy.leads = false;
    copy.leader_epoch = e.leader_epoch;
    copy.follows = e.leader;
    copy.last_stable_offset = -1;  // only a leader says where it is
  }

  // ---- logs
  void operator()(const trace::BatchAppended& e) {
    own_replica(e).log_end_offset = e.base_offset + static_cast<std::int64_t>(e.records.size());
  }
  void operator()(const trace::LogTruncated& e) {
    ReplicaView& copy = own_replica(e);
    copy.log_end_offset = e.log_end_offset;
    copy.log_start_offset = std::min(copy.log_start_offset, e.log_end_offset);
    copy.high_watermark = std::min(copy.high_watermark, e.log_end_offset);
  }
  void operator()(const trace::LogStartAdvanced& e) {
    ReplicaView& copy = own_replica(e);
    copy.log_start_offset = e.log_start_offset;
    // A follower that was too far behind begins anew where the leader's log begins.
    copy.log_end_offset = std::max(copy.log_end_offset, e.log_start_offset);
    copy.high_watermark = std::max(copy.high_watermark, e.log_start_offset);
  }
  void operator()(const trace::SegmentRolled& e) { ++own_replica(e).segments; }
  void operator()(const trace::SegmentDeleted& e) {
    ReplicaView& copy = own_replica(e);
    copy.segments = std::max<std::uint64_t>(copy.segments, 2) - 1;
  }
  void operator()(const trace::LogRecovered& e) {
    ReplicaView& copy = own_replica(e);
    copy.log_end_offset = e.log_end_offset;
    copy.high_watermark = e.high_watermark;
  }
  void operator()(const trace::HighWatermarkAdvanced& e) {
    own_replica(e).high_watermark = e.high_watermark;
  }
  void operator()(const trace::HighWatermarkLowered& e) {
    own_replica(e).high_watermark = e.high_watermark;
  }

  // ---- brokers
  void operator()(const trace::NodeStopped&) {
    NodeView* stopped = node(event.node);
    if (stopped == nullptr) return;
    stopped->controller.active = false;
    stopped->controller.leads_ensemble = false;
    stopped->controller.raft_role.clear();
    stopped->member.leaving = false;
    if (world.controller == event.node) world.controller = NodeId{};
    if (stopped->role != Role::broker) return;
    for (auto& [id, view] : world.partitions)
      if (ReplicaView* copy = view.replica(event.node)) {
        copy->leads = false;
        copy->follows = NodeId{};
        copy->last_stable_offset = -1;
      }
  }
  MembershipView* member(NodeId broker) {
    NodeView* view = node(broker);
    if (view == nullptr) return nullptr;
    view->member.changed_at = event.t;
    return &view->member;
  }
  void operator()(const trace::BrokerRegistered& e) {
    if (MembershipView* view = member(e.broker)) {
      const SimTime now = view->changed_at;
      *view = MembershipView{};
      view->changed_at = now;
      view->fenced = true;
      view->epoch = e.broker_epoch;
      view->reason = "registered, not caught up yet";
    }
  }
  void operator()(const trace::BrokerUnfenced& e) {
    if (MembershipView* view = member(e.broker)) {
      view->fenced = false;
      view->reason.clear();
    }
  }
  void operator()(const trace::BrokerFenced& e) {
    if (MembershipView* view = member(e.broker)) {
      view->fenced = true;
      view->reason = e.reason;
    }
  }
  void operator()(const trace::ZookeeperSessionExpired& e) {
    if (MembershipView* view = member(e.owner)) view->expired = true;
  }
  void operator()(const trace::ZookeeperSessionOpened&) {
    if (NodeView* view = node(event.node)) view->member.expired = false;
  }
  void operator()(const trace::BrokerUnregistered& e) {
    if (MembershipView* view = member(e.broker)) view->unregistered = true;
  }
  void operator()(const trace::ShutdownAsked&) {
    if (MembershipView* view = member(event.node)) view->leaving = true;
  }
  void operator()(const trace::RegistrationRefused& e) {
    if (MembershipView* view = member(event.node)) view->reason = e.error;
  }

  // ---- controllers
  ControllerView* controller() {
    NodeView* view = node(event.node);
    return view == nullptr ? nullptr : &view->controller;
  }
  void operator()(const trace::ControllerElected& e) {
    ControllerView* view = controller();
    if (view == nullptr) return;
    view->active = true;
    view->epoch = e.epoch;
    view->changed_at = event.t;
    world.controller = event.node;
    world.controller_epoch = e.epoch;
  }
  void operator()(const trace::ControllerResigned&) {
    if (world.controller == event.node) world.controller = NodeId{};
    if (ControllerView* view = controller()) {
      view->active = false;
      view->changed_at = event.t;
    }
  }
  void operator()(const trace::RaftRoleChanged& e) {
    ControllerView* view = controller();
    if (view == nullptr) return;
    if (e.epoch != view->raft_epoch) view->voted_for = NodeId{};
    view->raft_role = e.role;
    view->raft_epoch = e.epoch;
    view->raft_leader = e.leader;
    view->changed_at = event.t;
  }
  void operator()(const trace::VoteGranted& e) {
    if (e.pre_vote) return;
    if (ControllerView* view = controller()) {
      view->raft_epoch = e.epoch;
      view->voted_for = e.candidate;
    }
  }
  void operator()(const trace::MetadataAppended& e) {
    if (ControllerView* view = controller()) view->log_end_offset = e.offset + 1;
  }
  void operator()(const trace::MetadataTruncated& e) {
    if (ControllerView* view = controller()) view->log_end_offset = e.end_offset;
  }
  void operator()(const trace::MetadataCommitted& e) { world.metadata_committed = e.offset; }
  void operator()(const trace::MetadataApplied& e) {
    if (ControllerView* view = controller()) view->applied = e.offset;
  }
  void operator()(const trace::ZookeeperLeaderElected& e) {
    for (NodeView& other : world.nodes) other.controller.leads_ensemble = false;
    if (ControllerView* view = controller()) {
      view->leads_ensemble = true;
      view->ensemble_epoch = static_cast<std::int64_t>(e.epoch);
      view->changed_at = event.t;
    }
  }
};

/// The events above that say something of their node.
bool concerns_a_node(const trace::Event& event) {
  return event.as<trace::PartitionCreated>() == nullptr &&
         event.as<trace::PartitionChanged>() == nullptr;
}

}  // namespace

void fold_cluster(World& world, const trace::Event& event) {
  if (!event.node.valid() && concerns_a_node(event)) return;
  trace::visit(ClusterFold{world, event}, event.body);
}

}  // namespace eventarium::viz
