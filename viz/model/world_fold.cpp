// World::apply: one function per type of event that changes what is seen. Kafka's partitions,
// brokers and controllers are in cluster_fold.cpp.
#include <algorithm>
#include <array>

#include "sim/base/check.h"
#include "viz/model/cluster_fold.h"
#include "viz/model/group_fold.h"
#include "viz/model/world.h"

namespace eventarium::viz {
namespace {

/// Crash and its kin show as a node that is down; the others stay on until they are healed.
bool lasts(std::string_view fault) {
  static constexpr std::array<std::string_view, 7> moments = {
      "crash", "power_loss", "stop", "start", "restart", "link_up", "poison"};
  return std::find(moments.begin(), moments.end(), fault) == moments.end();
}

void erase_record(std::vector<RecordId>& list, RecordId record) {
  const auto found = std::find(list.begin(), list.end(), record);
  if (found != list.end()) list.erase(found);
}

struct Fold {
  World& world;
  const History& history;
  const trace::Event& event;

  /// The event's node; one that was never declared gets a place all the same.
  NodeView& node() { return node(event.node); }
  NodeView& node(NodeId id) {
    static constexpr std::size_t limit = 1u << 20;
    EVENTARIUM_CHECK(id.valid() && id.value < limit, "events name nodes by small numbers");
    if (world.nodes.size() <= id.value) world.nodes.resize(id.value + 1);
    world.nodes[id.value].id = id;
    return world.nodes[id.value];
  }
  template <class Other>
  void operator()(const Other&) {}

  // ---- the world
  void operator()(const trace::NodeDeclared& e) {
    if (history.node(e.index) == nullptr) return;
    NodeView& view = node(e.index);
    view.declared = true;
    view.role = role_from(e.role);
  }
  void operator()(const trace::NodeStarted& e) {
    NodeView& view = node();
    view.running = true;
    view.incarnation = e.incarnation;
    view.stop_reason.clear();
    view.failure.clear();
    view.changed_at = event.t;
  }
  void operator()(const trace::NodeStopped& e) {
    NodeView& view = node();
    view.running = false;
    view.stop_reason = e.reason;
    view.changed_at = event.t;
    // What was only in the process's memory is gone with it.
    view.receiver.inbox.clear();
    view.receiver.busy.clear();
    view.publisher.pending.clear();
    view.publisher.batches.clear();
    view.station.subscribers.clear();
    std::erase_if(world.stalled, [&](const StalledWay& way) { return way.from == event.node; });
  }
  void operator()(const trace::FaultInjected& e) {
    if (!lasts(e.fault)) return;
    auto& faults = faults_here();
    // The same fault again replaces the earlier one: there is one latency, one loss.
    std::erase_if(faults, [&](const ActiveFault& active) {
      return active.fault == e.fault && active.peer == e.peer;
    });
    faults.push_back({e.fault, e.peer, e.detail, event.t, event.id});
  }
  void operator()(const trace::FaultHealed& e) {
    std::erase_if(faults_here(), [&](const ActiveFault& active) {
      return active.fault == e.fault && active.peer == e.peer;
    });
  }
  /// Of the event's node; of the network as a whole when it names none.
  std::vector<ActiveFault>& faults_here() {
    return event.node.valid() ? node().faults : world.faults;
  }
  void operator()(const trace::ExpectationChecked& e) {
    ++(e.met ? world.expectations_met : world.expectations_broken);
  }
  void operator()(const trace::RunEnded&) { world.ended = true; }

  // ---- the network
  void operator()(const trace::MessageSent& e) {
    const auto place = std::lower_bound(world.in_flight.begin(), world.in_flight.end(), e.message);
    world.in_flight.insert(place, e.message);
    auto& batches = node().publisher.batches;
    for (PendingBatch& batch : batches)
      if (!batch.records.empty() &&
          std::find(e.records.begin(), e.records.end(), batch.records.front()) != e.records.end())
        batch.sent = true;
  }
  void operator()(const trace::MessageArrived& e) {
    forget(e.message);
    if (const MessageInfo* message = history.message(e.message)) unstall(message->from, event.node);
  }
  void operator()(const trace::MessageLost& e) { forget(e.message); }
  void forget(MessageId id) {
    const auto place = std::lower_bound(world.in_flight.begin(), world.in_flight.end(), id);
    if (place != world.in_flight.end() && *place == id) world.in_flight.erase(place);
  }
  void operator()(const trace::ConnectionStalled& e) {
    SimTime since = event.t;
    for (const StalledWay& way : world.stalled)
      if (way.from == event.node && way.to == e.destination) since = way.since;
    unstall(event.node, e.destination);
    const StalledWay way{event.node, e.destination, e.reason, since, event.t + e.retry_in};
    const auto place = std::lower_bound(world.stalled.begin(), world.stalled.end(), way,
                                        [](const auto& x, const auto& y) {
                                          return std::pair(x.from, x.to) < std::pair(y.from, y.to);
                                        });
    world.stalled.insert(place, way);
  }
  void operator()(const trace::ConnectionClosed& e) {
    unstall(event.node, e.peer);
    unstall(e.peer, event.node);
  }
  void unstall(NodeId from, NodeId to) {
    std::erase_if(world.stalled,
                  [&](const StalledWay& way) { return way.from == from && way.to == to; });
  }

  // ---- publishing
  void operator()(const trace::RecordProduced& e) {
    PublisherView& publisher = node().publisher;
    ++publisher.produced;
    publisher.pending.push_back(e.record);
  }
  void operator()(const trace::RecordBatched& e) {
    auto& batches = node().publisher.batches;
    const PartitionId id{e.topic, e.partition};
    const auto found = std::find_if(batches.begin(), batches.end(), [&](const PendingBatch& b) {
      return b.number == e.batch && b.partition == id;
    });
    if (found != batches.end())
      found->records.push_back(e.record);
    else
      batches.push_back({id, e.batch, false, {e.record}});
  }
  void operator()(const trace::RecordsAcknowledged& e) {
    PublisherView& publisher = node().publisher;
    publisher.acknowledged += e.records.size();
    settle(publisher, e.records);
  }
  void operator()(const trace::SendFailed& e) {
    PublisherView& publisher = node().publisher;
    publisher.failed += e.records.size();
    settle(publisher, e.records);
  }
  void operator()(const trace::SendRetried& e) {
    PublisherView& publisher = node().publisher;
    ++publisher.retries;
    for (PendingBatch& batch : publisher.batches)
      if (!batch.records.empty() &&
          std::find(e.records.begin(), e.records.end(), batch.records.front()) != e.records.end())
        batch.sent = false;
  }
  static void settle(PublisherView& publisher, const std::vector<RecordId>& records) {
    for (const RecordId record : records) {
      erase_record(publisher.pending, record);
      for (PendingBatch& batch : publisher.batches) erase_record(batch.records, record);
    }
    std::erase_if(publisher.batches, [](const PendingBatch& b) { return b.records.empty(); });
  }

  // ---- receiving
  void operator()(const trace::RecordsDelivered& e) {
    ReceiverView& receiver = node().receiver;
    receiver.delivered += e.records.size();
    receiver.inbox.insert(receiver.inbox.end(), e.records.begin(), e.records.end());
    if (e.base_offset >= 0)
      set_position(receiver, {e.topic, e.partition},
                   e.base_offset + static_cast<std::int64_t>(e.records.size()));
  }
  static void set_position(ReceiverView& receiver, const PartitionId& id, std::int64_t offset) {
    auto& positions = receiver.positions;
    const auto place = std::lower_bound(
        positions.begin(), positions.end(), id,
        [](const ReadPosition& p, const PartitionId& wanted) { return p.partition < wanted; });
    if (place != positions.end() && place->partition == id)
      place->offset = offset;
    else
      positions.insert(place, {id, offset});
  }
  void operator()(const trace::PositionReset& e) {
    set_position(node().receiver, {e.topic, e.partition}, e.offset);
  }
  void operator()(const trace::ProcessingStarted& e) {
    ReceiverView& receiver = node().receiver;
    erase_record(receiver.inbox, e.record);
    receiver.busy.push_back({e.record, event.t, event.t + e.service_time});
  }
  void operator()(const trace::ProcessingFinished& e) {
    ReceiverView& receiver = node().receiver;
    erase_record(receiver.inbox, e.record);
    std::erase_if(receiver.busy, [&](const Busy& busy) { return busy.record == e.record; });
    ++(e.outcome == "ok"        ? receiver.processed
       : e.outcome == "ignored" ? receiver.ignored
                                : receiver.failed);
  }
  void operator()(const trace::RecordSkipped&) { ++node().receiver.skipped; }
  void operator()(const trace::RecordDropped& e) {
    ++node().receiver.dropped;
    erase_record(node().receiver.inbox, e.record);
  }
  void operator()(const trace::RecordPutAside& e) {
    ++node().receiver.put_aside;
    if (e.dead_letter) ++node().receiver.dead_lettered;
  }
  void operator()(const trace::ReplyMatched&) { ++node().receiver.answered; }
  void operator()(const trace::ReplyMissed&) { ++node().receiver.unanswered; }
  void operator()(const trace::SideEffectDone& e) {
    auto& effects = node().receiver.effects;
    auto found = std::find_if(effects.begin(), effects.end(),
                              [&](const EffectView& view) { return view.name == e.effect; });
    if (found == effects.end()) found = effects.insert(effects.end(), {e.effect, 0, 0, "", {}});
    ++found->times;
    if (e.times > 1) ++found->repeated;
    found->latest = e.text;
    found->latest_at = event.t;
  }
  void operator()(const trace::ConsumerFailed& e) { node().failure = e.error; }
  void operator()(const trace::ClientWarning& e) {
    node().warning = e.text;
    node().warning_at = event.t;
  }

  void operator()(const trace::ProduceRefused&) { ++node().refused; }

  // ---- queue
  void operator()(const trace::QueueStored& e) {
    ++node().queue.stored;
    node().queue.visible.push_back(e.record);
  }
  void operator()(const trace::QueueLeased& e) {
    QueueView& queue = node().queue;
    erase_record(queue.visible, e.record);
    drop_lease(queue, e.record);
    queue.leased.push_back({e.record, e.receiver, e.attempt, event.t + e.visibility_timeout});
  }
  void operator()(const trace::QueueReturned& e) {
    QueueView& queue = node().queue;
    drop_lease(queue, e.record);
    erase_record(queue.visible, e.record);
    queue.visible.push_back(e.record);
  }
  void operator()(const trace::QueueDeleted& e) {
    QueueView& queue = node().queue;
    ++queue.deleted;
    drop_lease(queue, e.record);
    erase_record(queue.visible, e.record);
  }
  void operator()(const trace::QueueDeadLettered& e) {
    QueueView& queue = node().queue;
    drop_lease(queue, e.record);
    erase_record(queue.visible, e.record);
    queue.dead_letters.push_back(e.record);
  }
  static void drop_lease(QueueView& queue, RecordId record) {
    std::erase_if(queue.leased, [record](const Lease& lease) { return lease.record == record; });
  }

  // ---- station
  void operator()(const trace::SubscriberJoined& e) {
    auto& subscribers = node().station.subscribers;
    std::erase(subscribers, e.subscriber);
    subscribers.push_back(e.subscriber);
  }
  void operator()(const trace::SubscriberLeft& e) {
    std::erase(node().station.subscribers, e.subscriber);
  }
  void operator()(const trace::BroadcastSent& e) {
    ++node().station.sent;
    if (e.subscribers.empty()) ++node().station.unheard;
  }
};

/// True when the body's function may write to the event's node.
bool names_its_node(const trace::Event& event) {
  return event.node.valid() && event.node.value < (1u << 20);
}

bool is_of_the_world(const trace::Event& event) {
  return event.as<trace::NodeDeclared>() || event.as<trace::ExpectationChecked>() ||
         event.as<trace::RunEnded>() ||
         (!event.node.valid() &&
          (event.as<trace::FaultInjected>() || event.as<trace::FaultHealed>()));
}

}  // namespace

void World::apply(const History& history) {
  EVENTARIUM_CHECK(moment < history.size(), "there is no event to fold in");
  const trace::Event& event = history[moment];
  // A trace may be made by hand or by a later version: an event without its node changes nothing.
  if (names_its_node(event) || is_of_the_world(event))
    trace::visit(Fold{*this, history, event}, event.body);
  fold_cluster(*this, event);
  fold_groups(*this, event);
  if (history.is_story(moment)) narrated = moment;
  ++moment;
  t = event.t;
}

}  // namespace eventarium::viz
