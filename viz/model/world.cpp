// See world.h. What is asked of a world, and how one of the past is found again.
#include "viz/model/world.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::viz {

const ReplicaView* PartitionView::replica(NodeId broker) const {
  for (const ReplicaView& view : replicas)
    if (view.broker == broker) return &view;
  return nullptr;
}

ReplicaView* PartitionView::replica(NodeId broker) {
  return const_cast<ReplicaView*>(std::as_const(*this).replica(broker));
}

bool PartitionView::in_sync(NodeId broker) const {
  return std::find(isr.begin(), isr.end(), broker) != isr.end();
}

bool PartitionView::is_assigned(NodeId broker) const {
  for (std::size_t i = 0; i < assigned && i < replicas.size(); ++i)
    if (replicas[i].broker == broker) return true;
  return false;
}

bool PartitionView::stale_leader(const ReplicaView& view) const {
  return view.leads && (view.broker != leader || view.leader_epoch < leader_epoch);
}

std::int64_t PartitionView::lag(const ReplicaView& view) const {
  return std::max<std::int64_t>(0, log_end_offset() - view.log_end_offset);
}

std::int64_t PartitionView::log_end_offset() const {
  if (const ReplicaView* leads = replica(leader)) return leads->log_end_offset;
  std::int64_t end = 0;
  for (const ReplicaView& view : replicas) end = std::max(end, view.log_end_offset);
  return end;
}

std::int64_t PartitionView::high_watermark() const {
  if (const ReplicaView* leads = replica(leader)) return leads->high_watermark;
  std::int64_t mark = 0;
  for (const ReplicaView& view : replicas) mark = std::max(mark, view.high_watermark);
  return mark;
}

std::int64_t PartitionView::last_stable_offset() const {
  const ReplicaView* leads = replica(leader);
  return leads == nullptr ? -1 : leads->last_stable_offset;
}

const ActiveFault* NodeView::fault(std::string_view name) const {
  for (auto active = faults.rbegin(); active != faults.rend(); ++active)
    if (active->fault == name) return &*active;
  return nullptr;
}

const NodeView* World::node(NodeId id) const {
  if (!id.valid() || id.value >= nodes.size() || !nodes[id.value].declared) return nullptr;
  return &nodes[id.value];
}

const PartitionView* World::partition(const PartitionId& id) const {
  const auto found = partitions.find(id);
  return found == partitions.end() ? nullptr : &found->second;
}

const GroupView* World::group(const std::string& name) const {
  const auto found = groups.find(name);
  return found == groups.end() ? nullptr : &found->second;
}

const GroupView* World::group_of(NodeId client) const {
  for (const auto& [name, view] : groups)
    if (view.member(client) != nullptr) return &view;
  return nullptr;
}

namespace {

bool has_fault(const NodeView& node, std::string_view fault, NodeId peer = NodeId{}) {
  return std::any_of(node.faults.begin(), node.faults.end(), [&](const ActiveFault& active) {
    return active.fault == fault && active.peer == peer;
  });
}

}  // namespace

bool World::way_blocked(NodeId from, NodeId to) const {
  for (const NodeId end : {from, to})
    if (const NodeView* view = node(end); view && (view->down() || has_fault(*view, "link_down")))
      return true;
  if (const NodeView* view = node(from); view && has_fault(*view, "cut", to)) return true;
  return std::any_of(stalled.begin(), stalled.end(),
                     [&](const StalledWay& way) { return way.from == from && way.to == to; });
}

std::vector<std::pair<NodeId, std::int64_t>> readers_of(const World& world,
                                                        const PartitionId& partition) {
  std::vector<std::pair<NodeId, std::int64_t>> out;
  for (const NodeView& node : world.nodes)
    for (const ReadPosition& position : node.receiver.positions)
      if (position.partition == partition) out.emplace_back(node.id, position.offset);
  return out;
}

std::vector<GroupLag> lags_of(const World& world, const GroupView& group) {
  std::vector<GroupLag> lags;
  for (const auto& [id, partition] : world.partitions) {
    const auto kept = group.committed.find(id);
    const bool has_kept = kept != group.committed.end();
    if (!has_kept && group.topics.count(id.topic) == 0) continue;
    GroupLag lag;
    lag.partition = id;
    if (has_kept) lag.committed = kept->second;
    if (const ReplicaView* leads = partition.replica(partition.leader))
      lag.log_start = leads->log_start_offset;
    lag.log_end = partition.high_watermark();
    if (const MemberView* reader = group.reader(id))
      if (const NodeView* node = world.node(reader->client))
        for (const ReadPosition& position : node->receiver.positions)
          if (position.partition == id) lag.position = position.offset;
    lags.push_back(std::move(lag));
  }
  return lags;
}

std::int64_t lag_of(const World& world, const GroupView& group) {
  std::int64_t sum = 0;
  for (const GroupLag& lag : lags_of(world, group)) sum += lag.lag();
  return sum;
}

ClusterHealth health_of(const World& world) {
  ClusterHealth health;
  for (const auto& [id, partition] : world.partitions) {
    ++health.partitions;
    if (partition.offline()) ++health.offline;
    if (partition.under_replicated()) ++health.under_replicated;
    if (static_cast<std::int64_t>(partition.isr.size()) < partition.effective_min_isr())
      ++health.under_min_isr;
  }
  for (const NodeView& node : world.nodes) {
    if (!node.declared || node.role != Role::broker || node.member.unregistered) continue;
    ++health.brokers;
    if (node.running) ++health.brokers_up;
    if (node.member.fenced) ++health.brokers_fenced;
  }
  return health;
}

BrokerLoad load_of(const World& world, NodeId broker) {
  BrokerLoad load;
  for (const auto& [id, partition] : world.partitions) {
    if (partition.leader == broker) {
      ++load.led;
      if (partition.under_replicated()) ++load.under_replicated;
    } else if (partition.is_assigned(broker)) {
      ++load.followed;
      if (!partition.in_sync(broker)) ++load.out_of_sync;
    }
  }
  return load;
}

Replay::Replay(Position interval, std::size_t keyframes_max)
    : interval_(interval), first_interval_(interval), keyframes_max_(keyframes_max) {
  EVENTARIUM_CHECK(interval > 0 && keyframes_max > 1, "a replay needs room for keyframes");
}

const World& Replay::seek(const History& history, Position moment, SimTime t) {
  EVENTARIUM_CHECK(moment <= history.size(), "a world can't be ahead of its history");
  auto frame = frames_.upper_bound(moment);
  const bool has_frame = frame != frames_.begin();
  const Position nearest = has_frame ? std::prev(frame)->first : 0;
  if (world_.moment > moment || world_.moment < nearest)
    world_ = has_frame ? std::prev(frame)->second : World{};
  while (world_.moment < moment) {
    world_.apply(history);
    if (world_.moment % interval_ == 0) keep_frame();
  }
  world_.t = t;
  return world_;
}

void Replay::keep_frame() {
  frames_.try_emplace(world_.moment, world_);
  if (frames_.size() <= keyframes_max_) return;
  interval_ *= 2;
  for (auto frame = frames_.begin(); frame != frames_.end();)
    frame = frame->first % interval_ == 0 ? std::next(frame) : frames_.erase(frame);
}

void Replay::clear() {
  frames_.clear();
  world_ = {};
  interval_ = first_interval_;
}

}  // namespace eventarium::viz
