// Helpers of the group coordinator's tests: brokers that are nothing but group coordinators, over
// logs that all of them have; clients that send what a test says, and members that behave as a
// consumer of the classic protocol does.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/coordinator/group_coordinator.h"
#include "tests/unit/coordinator/part_host.h"

namespace eventarium::kafka::test {

inline const TopicPartition kept_in{"__consumer_offsets", 0};

/// Joins, synchronizes, sends heartbeats; as the leader deals "orders" out, one partition to each
/// member in turn.
class GroupMember : public engine::Node {
 public:
  struct Options {
    std::string group = "billing";
    std::string instance_id;
    Duration session_timeout = 45s, rebalance_timeout = 300s, heartbeat_interval = 3s;
    std::vector<std::string> assignors = {"range"};
    std::int32_t partitions = 2;
  };

  GroupMember(Options options, const NodeId& coordinator)
      : options_(std::move(options)), coordinator_(coordinator) {}

  void on_start(engine::Runtime& runtime) override {
    runtime_ = &runtime;
    member_id.clear();
    generation = -1;
    join();
  }
  void on_message(engine::Runtime&, engine::Message message) override {
    if (const auto* joined = message.as<JoinGroupResponse>()) on_joined(*joined);
    if (const auto* synced = message.as<SyncGroupResponse>()) on_synced(*synced);
    if (const auto* beat = message.as<HeartbeatResponse>()) on_beat(beat->error);
    if (const auto* committed = message.as<OffsetCommitResponse>())
      commits.push_back(committed->partitions.front().error);
  }
  void on_timer(engine::Runtime&, engine::Token token) override {
    if (token.kind == 1) return join();
    if (token.value != beats_ || !in_group || silent) return;
    HeartbeatRequest request;
    request.group = options_.group;
    request.generation = generation;
    request.member_id = member_id;
    request.instance_id = options_.instance_id;
    send(std::move(request));
    schedule_beat();
  }

  void leave() {
    LeaveGroupRequest request;
    request.group = options_.group;
    request.member_id = member_id;
    request.instance_id = options_.instance_id;
    in_group = false;
    send(std::move(request));
  }
  void commit(const TopicPartition& tp, std::int64_t offset) {
    OffsetCommitRequest request;
    request.group = options_.group;
    request.generation = generation;
    request.member_id = member_id;
    request.instance_id = options_.instance_id;
    request.partitions.push_back({tp, {offset, 0}});
    send(std::move(request));
  }

  std::string member_id;
  std::int32_t generation = -1;
  PartitionList assignment;
  bool in_group = false, silent = false;
  std::vector<std::pair<SimTime, PartitionList>> assignments;  // each with its time
  std::vector<Error> commits, errors;

 private:
  template <class R>
  void send(R request) {
    const std::uint64_t size_bytes = request.size_bytes();
    runtime_->send(coordinator_, std::make_unique<R>(std::move(request)), size_bytes,
                   {runtime_->self(), 1});
  }
  void join() {
    JoinGroupRequest request;
    request.group = options_.group;
    request.member_id = member_id;
    request.instance_id = options_.instance_id;
    request.session_timeout = options_.session_timeout;
    request.rebalance_timeout = options_.rebalance_timeout;
    for (const std::string& name : options_.assignors)
      request.protocols.push_back({name, {{"orders"}, assignment, generation}});
    in_group = false;
    send(std::move(request));
  }
  void failed(Error error) {
    errors.push_back(error);
    if (error == Error::fenced_instance_id) return;
    if (error == Error::unknown_member_id || error == Error::illegal_generation) {
      member_id.clear();
      generation = -1;
      assignment.clear();
    }
    const bool retry_later = error == Error::not_coordinator ||
                             error == Error::coordinator_load_in_progress ||
                             error == Error::coordinator_not_available;
    if (!retry_later) return join();
    runtime_->set_timer(100ms, {1, 1, 0});
  }
  void on_joined(const JoinGroupResponse& response) {
    if (response.error == Error::member_id_required) {
      member_id = response.member_id;
      return join();
    }
    if (response.error != Error::none) return failed(response.error);
    member_id = response.member_id;
    generation = response.generation;
    SyncGroupRequest request;
    request.group = options_.group;
    request.generation = generation;
    request.member_id = member_id;
    request.instance_id = options_.instance_id;
    request.protocol = response.protocol;
    if (!response.skip_assignment && response.leader == member_id) deal(response, request);
    in_group = true;
    schedule_beat();
    send(std::move(request));
  }
  void deal(const JoinGroupResponse& response, SyncGroupRequest& request) {
    for (const auto& member : response.members)
      request.assignments.push_back({member.member_id, {}});
    for (std::int32_t p = 0; p < options_.partitions; ++p)
      request.assignments[static_cast<std::size_t>(p) % request.assignments.size()]
          .second.push_back({"orders", p});
  }
  void on_synced(const SyncGroupResponse& response) {
    if (response.error != Error::none) return failed(response.error);
    assignment = response.assignment;
    assignments.emplace_back(runtime_->now(), assignment);
  }
  void on_beat(Error error) {
    if (!in_group || error == Error::none) return;
    if (error == Error::not_coordinator || error == Error::coordinator_load_in_progress) return;
    failed(error);
  }
  void schedule_beat() { runtime_->set_timer(options_.heartbeat_interval, {1, 0, ++beats_}); }

  Options options_;
  const NodeId& coordinator_;
  engine::Runtime* runtime_ = nullptr;
  std::uint64_t beats_ = 0;
};

struct GroupWorld {
  explicit GroupWorld(Config config = {}, int brokers = 1, PlantedFaults planted = {}) {
    std::vector<NodeId> ids;
    for (int i = 0; i < brokers; ++i) ids.push_back(NodeId{static_cast<std::uint32_t>(i)});
    store.image = make_cluster_image(
        ids, {{"__consumer_offsets", 1, 1, {}}, {"orders", 2, 1, {}}, {"audit", 1, 1, {}}});
    store.config = std::move(config);
    engine.add_sink(trace);
    for (int i = 0; i < brokers; ++i)
      add("broker-" + std::to_string(i + 1),
          std::make_unique<PartHost>(store, std::make_unique<GroupCoordinator>(planted)));
    client_node = add("client", std::make_unique<ScriptedClient>());
    run(1ms);
    lead(0);
    run(10ms);
  }

  NodeId add(std::string name, std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = std::move(name);
    return engine.add_node(spec, std::move(node));
  }
  /// Its process starts now.
  GroupMember& member(std::string name, GroupMember::Options options = {}) {
    const NodeId id = add(std::move(name), std::make_unique<GroupMember>(options, coordinator));
    nodes[engine.names().name(id)] = id;
    engine.start(id);
    return dynamic_cast<GroupMember&>(engine.node(id));
  }
  NodeId node(const std::string& name) const { return nodes.at(name); }
  PartHost& host(std::uint32_t broker = 0) {
    return dynamic_cast<PartHost&>(engine.node(NodeId{broker}));
  }
  GroupCoordinator& part(std::uint32_t broker = 0) {
    return dynamic_cast<GroupCoordinator&>(host(broker).part());
  }
  const ClassicGroup* group(const std::string& id = "billing", std::uint32_t broker = 0) {
    return part(broker).classic().find(id);
  }
  ScriptedClient& client() { return dynamic_cast<ScriptedClient&>(engine.node(client_node)); }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  void run_until(Duration since_start) { engine.run_until(sim_time(since_start)); }
  void at(const std::function<void()>& action) {
    engine.schedule(engine.now() + 1us, action);
    run(2us);
  }
  void lead(std::uint32_t broker) {
    at([&] {
      host(broker).lead(kept_in, ++epoch);
      coordinator = NodeId{broker};
    });
  }
  void resign(std::uint32_t broker) {
    at([&] { host(broker).resign(kept_in); });
  }

  /// Sends a prepared request; the answer, when there is one within a second.
  template <class Answer, class R>
  const Answer* ask(R request) {
    const std::size_t before = client().received.size();
    at([&] { client().send(coordinator, std::move(request)); });
    run(1s);
    return client().received.size() == before ? nullptr : client().last<Answer>();
  }
  Error commit(const std::string& group, const TopicPartition& tp, std::int64_t offset,
               std::int32_t generation = -1, const std::string& member_id = {},
               const std::string& instance_id = {}) {
    OffsetCommitRequest request;
    request.group = group;
    request.generation = generation;
    request.member_id = member_id;
    request.instance_id = instance_id;
    request.partitions.push_back({tp, {offset, 0}});
    const auto* answer = ask<OffsetCommitResponse>(std::move(request));
    return answer ? answer->partitions.front().error : Error::unknown_server_error;
  }
  OffsetFetchResponse::Partition position(const std::string& group, const TopicPartition& tp) {
    OffsetFetchRequest request;
    request.group = group;
    request.partitions = {tp};
    const auto* answer = ask<OffsetFetchResponse>(std::move(request));
    if (!answer || answer->partitions.empty())
      return {tp, answer ? answer->error : Error::unknown_server_error, {}};
    return answer->partitions.front();
  }
  /// "Stable 2", state and generation, in the order in which the group took them.
  std::vector<std::string> states(const std::string& id = "billing") const {
    std::vector<std::string> all;
    for (const auto& [event, body] : trace.all<trace::GroupStateChanged>())
      if (body.group == id) all.push_back(body.state + " " + std::to_string(body.generation));
    return all;
  }

  Trace trace;
  Store store;
  engine::LeanEngine engine{42};
  NodeId coordinator{0}, client_node;
  std::int32_t epoch = -1;
  std::map<std::string, NodeId> nodes;
};

inline PartitionList orders(std::vector<std::int32_t> numbers) {
  PartitionList list;
  for (const std::int32_t p : numbers) list.push_back({"orders", p});
  return list;
}

}  // namespace eventarium::kafka::test
