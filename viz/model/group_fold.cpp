// See group_fold.h: one function per type of event.
#include "viz/model/group_fold.h"

#include <algorithm>
#include <utility>

namespace eventarium::viz {
namespace {

void insert_sorted(std::vector<PartitionId>& list, const PartitionId& id) {
  const auto place = std::lower_bound(list.begin(), list.end(), id);
  if (place == list.end() || *place != id) list.insert(place, id);
}

struct GroupFold {
  World& world;
  const trace::Event& event;

  GroupView& group(const std::string& name) {
    GroupView& view = world.groups[name];
    view.name = name;
    return view;
  }
  static MemberView& member(GroupView& view, NodeId client) {
    if (MemberView* known = view.member(client)) return *known;
    view.members.emplace_back().client = client;
    return view.members.back();
  }
  NodeView* node(NodeId id) {
    return id.valid() && id.value < world.nodes.size() ? &world.nodes[id.value] : nullptr;
  }

  template <class Other>
  void operator()(const Other&) {}

  // ---- who is in a group
  void operator()(const trace::SubscriptionDeclared& e) {
    if (e.group.empty()) return;
    GroupView& view = group(e.group);
    if (!e.group_kind.empty()) view.kind = e.group_kind;
    view.topics.insert(e.topic);
    if (event.node.valid()) member(view, event.node);
  }
  void operator()(const trace::GroupMemberJoined& e) {
    if (!e.client.valid()) return;
    MemberView& one = member(group(e.group), e.client);
    one.id = e.member;
    one.instance_id = e.instance_id;
  }
  void operator()(const trace::GroupMemberLeft& e) {
    // A static member that is replaced comes with its new id first.
    MemberView* one = group(e.group).member(e.client);
    if (one == nullptr || one->id != e.member) return;
    one->id.clear();
    assign(group(e.group), *one, {});
  }
  void operator()(const trace::GroupAssignmentMade& e) {
    if (!e.client.valid()) return;
    MemberView& one = member(group(e.group), e.client);
    one.id = e.member;
    assign(group(e.group), one, partitions_in(e.partitions));
  }
  /// A share group's partitions are nobody's own: its members read what the coordinator names.
  static void assign(const GroupView& view, MemberView& one, std::vector<PartitionId> partitions) {
    if (view.kind == "share") one.held = partitions;
    one.assigned = std::move(partitions);
  }

  // ---- what the coordinator says of it
  void operator()(const trace::GroupStateChanged& e) {
    GroupView& view = group(e.group);
    const bool was_busy = view.rebalancing(), is_busy = is_rebalancing(e.state);
    view.kind = e.kind;
    view.state = e.state;
    view.generation = e.generation;
    if (!e.assignor.empty()) view.assignor = e.assignor;
    view.coordinator = event.node;
    view.changed_at = event.t;
    if (is_busy && !was_busy) begin_rebalance(view, e.reason);
    if (!is_busy && was_busy) end_rebalance(view);
    if (e.state == "Dead") view.committed.clear();
    if (e.members > 0) return;
    for (MemberView& one : view.members) {
      one.id.clear();
      assign(view, one, {});
    }
  }
  void begin_rebalance(GroupView& view, const std::string& reason) {
    RebalanceView next{event.t, {}, event.id, reason, {}};
    for (const auto& [id, shared] : view.partitions)
      if (shared.unread_since)
        next.unread.push_back({id, shared.reader, NodeId{}, *shared.unread_since, {}});
    std::stable_sort(next.unread.begin(), next.unread.end(),
                     [](const UnreadSpan& a, const UnreadSpan& b) { return a.from < b.from; });
    view.rebalance = std::move(next);
    ++view.rebalances;
    for (MemberView& one : view.members) {
      one.stopped_for = Duration{};
      if (one.joined() && !one.has_read) stops(one);
    }
  }
  void end_rebalance(GroupView& view) {
    view.rebalance->ended = event.t;
    // For whom there is nothing waits no more.
    for (MemberView& one : view.members)
      if (one.held.empty() && one.assigned.empty()) goes_on(one);
  }

  // ---- what its members say
  void operator()(const trace::RebalanceJoined& e) {
    if (!event.node.valid()) return;
    GroupView& view = group(e.group);
    view.protocol = e.protocol;
    MemberView& one = member(view, event.node);
    one.rejoining = true;
    if (one.held.empty()) stops(one);
  }
  void operator()(const trace::RebalanceEnded& e) {
    if (!event.node.valid()) return;
    GroupView& view = group(e.group);
    MemberView& one = member(view, event.node);
    one.rejoining = false;
    // Told to wait for what others are to give up, it waits on.
    if (e.partitions > 0 || !view.rebalancing()) goes_on(one);
  }
  void stops(MemberView& one) {
    if (one.stopped_since) return;
    one.stopped_since = event.t;
    one.was_reading = one.has_read;
  }
  void goes_on(MemberView& one) {
    if (one.stopped_since) one.stopped_for += event.t - *one.stopped_since;
    one.stopped_since.reset();
  }
  void operator()(const trace::PartitionAssigned& e) {
    if (!event.node.valid()) return;
    GroupView& view = group(e.group);
    MemberView& one = member(view, event.node);
    goes_on(one);
    one.has_read = true;
    const PartitionId id{e.topic, e.partition};
    insert_sorted(one.held, id);
    SharedPartition& shared = view.partitions[id];
    shared.reader_before = shared.reader;
    shared.reader = event.node;
    shared.since = event.t;
    if (!shared.unread_since) return;
    shared.unread_since.reset();
    if (!view.rebalance) return;
    for (UnreadSpan& span : view.rebalance->unread)
      if (span.partition == id && !span.to) {
        span.to = event.t;
        span.after = event.node;
      }
  }
  void operator()(const trace::PartitionRevoked& e) {
    if (!event.node.valid()) return;
    GroupView& view = group(e.group);
    MemberView& one = member(view, event.node);
    give_up(view, one, {e.topic, e.partition});
    if (one.held.empty() && e.reason != "closed") stops(one);
  }
  void give_up(GroupView& view, MemberView& one, const PartitionId& id) {
    std::erase(one.held, id);
    std::erase(one.paused, id);
    forget_position(one.client, id);
    SharedPartition& shared = view.partitions[id];
    // What was lost may have a new reader already, which goes on.
    if (shared.reader.valid() && shared.reader != one.client) return;
    shared.reader = one.client;
    if (shared.unread_since) return;
    shared.unread_since = event.t;
    if (view.rebalance) view.rebalance->unread.push_back({id, one.client, NodeId{}, event.t, {}});
  }
  /// Where a consumer is in a partition is known to it alone, and only while it has it.
  void forget_position(NodeId client, const PartitionId& id) {
    if (NodeView* view = node(client))
      std::erase_if(view->receiver.positions,
                    [&](const ReadPosition& position) { return position.partition == id; });
  }
  void operator()(const trace::NodeStopped&) {
    for (auto& [name, view] : world.groups) {
      MemberView* one = view.member(event.node);
      if (one == nullptr) continue;
      if (view.kind == "share") one->held.clear();
      for (const PartitionId& id : std::vector<PartitionId>(one->held)) give_up(view, *one, id);
      one->stopped_since.reset();
      one->rejoining = false;
      one->has_read = false;
    }
  }
  void operator()(const trace::FetchingPaused& e) {
    const PartitionId id{e.topic, e.partition};
    for (auto& [name, view] : world.groups)
      if (MemberView* one = view.member(event.node); one && one->holds(id))
        insert_sorted(one->paused, id);
  }
  void operator()(const trace::FetchingResumed& e) {
    for (auto& [name, view] : world.groups)
      if (MemberView* one = view.member(event.node))
        std::erase(one->paused, PartitionId{e.topic, e.partition});
  }

  // ---- positions that are kept
  void operator()(const trace::OffsetCommitted& e) {
    group(e.group).committed[{e.topic, e.partition}] = e.offset;
  }
  void operator()(const trace::ShareStartAdvanced& e) {
    GroupView& view = group(e.group);
    view.committed[{e.topic, e.partition}] = e.offset;
    auto& accepted = view.shares[{e.topic, e.partition}].accepted;
    accepted.erase(accepted.begin(), accepted.lower_bound(e.offset));
  }
  void operator()(const trace::RecordsAcquired& e) {
    SharePartition& share = group(e.group).shares[{e.topic, e.partition}];
    for (std::size_t i = 0; i < e.records.size(); ++i)
      share.locked[e.base_offset + static_cast<std::int64_t>(i)] = {
          e.client, e.delivery_count, e.delivery_limit, event.t + e.lock};
    share.given_out += e.records.size();
  }
  void operator()(const trace::RecordsSettled& e) {
    SharePartition& share = group(e.group).shares[{e.topic, e.partition}];
    for (std::size_t i = 0; i < e.records.size(); ++i) {
      const std::int64_t offset = e.base_offset + static_cast<std::int64_t>(i);
      share.locked.erase(offset);
      if (e.outcome == "accepted" && share.accepted.insert(offset).second) ++share.done;
      if (e.outcome == "rejected" || e.outcome == "archived") share.archived.insert(offset);
    }
  }
  /// Who was working on what is known to the old leader only.
  void operator()(const trace::LeadershipTaken& e) {
    for (auto& [name, view] : world.groups)
      if (const auto share = view.shares.find({e.topic, e.partition}); share != view.shares.end())
        share->second.locked.clear();
  }
  void operator()(const trace::OffsetExpired& e) {
    group(e.group).committed.erase({e.topic, e.partition});
  }
  void operator()(const trace::TopicDeleted& e) {
    const auto gone = [&](const auto& entry) { return entry.first.topic == e.topic; };
    for (auto& [name, view] : world.groups) {
      std::erase_if(view.committed, gone);
      std::erase_if(view.partitions, gone);
      std::erase_if(view.shares, gone);
    }
  }

  // ---- transactions
  TransactionView& transaction(const std::string& id) {
    TransactionView& view = world.transactions[id];
    view.id = id;
    view.changed_at = event.t;
    return view;
  }
  void operator()(const trace::ProducerIdAssigned& e) {
    if (e.transactional_id.empty()) return;
    TransactionView& view = transaction(e.transactional_id);
    view.producer = event.node;
    view.producer_id = e.producer_id;
    view.producer_epoch = e.producer_epoch;
    if (view.fenced_producer == event.node) view.fenced.clear();
  }
  void operator()(const trace::TransactionBegun& e) {
    TransactionView& view = transaction(e.transactional_id);
    view.producer = event.node;
    view.begun = event.t;
    view.outcome.clear();
    view.reason.clear();
  }
  void operator()(const trace::TransactionEnded& e) {
    TransactionView& view = transaction(e.transactional_id);
    view.begun.reset();
    view.outcome = e.outcome;
    view.reason = e.reason;
    ++(e.outcome == "committed" ? view.committed : view.aborted);
  }
  void operator()(const trace::TransactionStateChanged& e) {
    TransactionView& view = transaction(e.transactional_id);
    view.coordinator = event.node;
    view.producer_id = e.producer_id;
    view.producer_epoch = e.producer_epoch;
    view.state = e.state;
    view.partitions = partitions_in(e.partitions);
    // Its producer may be gone, or learns it later. Not so when a commit is complete: the next
    // transaction may have begun by then.
    if (e.state == "PrepareAbort" || e.state == "PrepareEpochFence") view.begun.reset();
  }
  void operator()(const trace::ProducerFenced& e) {
    TransactionView& view = transaction(e.transactional_id);
    view.fenced = e.error;
    view.fenced_producer = event.node;
    if (view.producer == event.node) view.begun.reset();
  }

  // ---- what of transactions stands in logs
  PartitionView& partition(const std::string& topic, std::int64_t number) {
    PartitionView& view = world.partitions[{topic, number}];
    view.id = {topic, number};
    return view;
  }
  void operator()(const trace::BatchAppended& e) {
    if (e.as_follower || !e.transactional) return;
    auto& open = partition(e.topic, e.partition).open_transactions;
    const auto found = std::find_if(open.begin(), open.end(), [&](const OpenTransaction& one) {
      return one.producer_id == e.producer_id;
    });
    if (!e.control.empty()) {
      if (found != open.end()) open.erase(found);
    } else if (found == open.end()) {
      open.push_back({e.producer_id, e.base_offset});
    }
  }
  void operator()(const trace::LogTruncated& e) {
    PartitionView& view = partition(e.topic, e.partition);
    if (view.leader == event.node)
      std::erase_if(view.open_transactions, [&](const OpenTransaction& one) {
        return one.first_offset >= e.log_end_offset;
      });
  }
  void operator()(const trace::LastStableOffsetAdvanced& e) {
    PartitionView& view = partition(e.topic, e.partition);
    ReplicaView* copy = view.replica(event.node);
    if (copy != nullptr) copy->last_stable_offset = e.last_stable_offset;
  }
};

}  // namespace

void fold_groups(World& world, const trace::Event& event) {
  trace::visit(GroupFold{world, event}, event.body);
}

}  // namespace eventarium::viz
