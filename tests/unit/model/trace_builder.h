// Small hand-made traces for the tests of viz/model: events get their ids and times here, nodes
// are declared by role and name, and everything that the window derives is fed as a session would.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/trace/event.h"
#include "viz/model/history.h"
#include "viz/model/scoreboard.h"
#include "viz/model/timeline.h"
#include "viz/model/world.h"

namespace eventarium::viz::testing {

inline constexpr NodeId world_node{};

struct TraceBuilder {
  History history;
  Scoreboard scoreboard;
  Timeline timeline;
  std::vector<trace::Event> events;
  SimTime now{};

  EventId add(NodeId node, trace::EventBody body, EventId cause = EventId{}) {
    trace::Event event;
    event.id = EventId{events.size() + 1};
    event.t = now;
    event.node = node;
    event.cause = cause;
    event.body = std::move(body);
    events.push_back(event);
    history.append(event);
    scoreboard.append(history, history.size() - 1);
    timeline.append(history, history.size() - 1);
    return event.id;
  }
  TraceBuilder& at(Duration t) {
    now = sim_time(t);
    return *this;
  }
  NodeId declare(const std::string& role, const std::string& name, bool start = true) {
    const NodeId id{nodes_++};
    trace::NodeDeclared declared;
    declared.index = id;
    declared.name = name;
    declared.role = role;
    declared.speed_flops = 1e9;
    declared.bandwidth_bytes_per_s = 125e6;
    declared.latency = 50us;
    add(world_node, declared);
    if (start) add(id, trace::NodeStarted{1});
    return id;
  }
  void subscribe(NodeId node, const std::string& topic, const std::string& channel,
                 std::int64_t partition = -1) {
    add(node, trace::SubscriptionDeclared{topic, partition, channel});
  }
  RecordId produce(NodeId producer, const std::string& topic, const std::string& key = "") {
    const RecordId id{++records_};
    trace::RecordProduced produced;
    produced.record = id;
    produced.event_id = "order-" + std::to_string(id.value);
    produced.event_type = "OrderPlaced";
    produced.partitionkey = key;
    produced.keyed = !key.empty();
    produced.topic = topic;
    produced.data = R"({"amount":12})";
    produced.size_bytes = 40;
    add(producer, produced);
    return id;
  }
  MessageId send(NodeId from, NodeId to, const std::string& label,
                 std::vector<RecordId> records = {}, EventId cause = EventId{}) {
    const MessageId id{++messages_};
    last_sent = add(from, trace::MessageSent{id, to, label, 1000, std::move(records)}, cause);
    return id;
  }
  EventId arrive(MessageId message) {
    const MessageInfo* info = history.message(message);
    return add(info->to, trace::MessageArrived{message}, history[info->sent_at].id);
  }
  void lose(MessageId message, const std::string& reason) {
    add(history.message(message)->from, trace::MessageLost{message, reason});
  }
  void partition(const std::string& topic, std::int64_t number, NodeId leader,
                 std::vector<NodeId> replicas, std::int64_t epoch = 0) {
    trace::PartitionCreated created;
    created.topic = topic;
    created.partition = number;
    created.leader = leader;
    created.leader_epoch = epoch;
    created.isr = replicas;
    created.replicas = std::move(replicas);
    add(leader, created);
  }
  EventId append(NodeId broker, const std::string& topic, std::int64_t number, std::int64_t base,
                 std::vector<RecordId> records) {
    return add(broker, trace::BatchAppended{topic, number, base, std::move(records), 0, 100});
  }
  void deliver(NodeId consumer, const std::string& topic, std::int64_t number, std::int64_t base,
               std::vector<RecordId> records, std::uint64_t attempt = 1) {
    add(consumer, trace::RecordsDelivered{std::move(records), topic, number, base, attempt});
  }
  void acknowledge(NodeId producer, const std::string& topic, std::int64_t number,
                   std::int64_t base, std::vector<RecordId> records) {
    add(producer, trace::RecordsAcknowledged{std::move(records), topic, number, base});
  }

  World world() const { return world_at(history.size()); }
  World world_at(Position moment) const {
    World folded;
    while (folded.moment < moment) folded.apply(history);
    return folded;
  }
  std::uint64_t score(Score which) const { return scoreboard.count(which, history.size()); }
  std::vector<RecordId> scored(Score which) const {
    return scoreboard.records(which, history.size());
  }

  EventId last_sent;

 private:
  std::uint32_t nodes_ = 0;
  std::uint64_t records_ = 0, messages_ = 0;
};

/// A trace of `count` events of every kind in a random order that need not make sense: the fold
/// must stand it, and must not depend on how it is read.
void append_random_events(TraceBuilder& trace, std::uint64_t seed, int count);

}  // namespace eventarium::viz::testing
