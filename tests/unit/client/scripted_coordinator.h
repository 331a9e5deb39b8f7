// A broker that does what a test says: it leads all partitions and coordinates one group, of which
// the consumer under test is the only member that is really there.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/engine/lean_engine.h"
#include "tests/unit/client/client_cluster.h"

namespace eventarium::kafka::test {

class ScriptedCoordinator : public engine::Node {
 public:
  // What it has and says; errors are given once each, then all is well.
  std::map<std::string, std::int32_t> topics{{"orders", 2}};
  std::map<TopicPartition, std::vector<RecordBatch>> logs;
  std::map<TopicPartition, std::vector<AbortedTransaction>> aborted;
  std::map<TopicPartition, OffsetAndEpoch> committed;
  std::deque<Error> find_errors, join_errors, sync_errors, heartbeat_errors, commit_errors,
      fetch_offsets_errors;
  bool consumer_leads = true;
  PartitionList assignment;         // of a consumer that doesn't lead
  bool answers_commits = true;      // false: silence
  GroupMembers others;              // further members, told to a leader
  std::deque<Error> member_errors;  // consumer protocol
  std::optional<PartitionList> new_assignment = PartitionList{{"orders", 0}, {"orders", 1}};
  std::int32_t member_epoch = 1;
  std::int32_t generation = 0;

  template <class R>
  std::vector<std::pair<SimTime, const R*>> all() const {
    std::vector<std::pair<SimTime, const R*>> list;
    for (const Received& received : received_)
      if (const auto* request = dynamic_cast<const R*>(received.payload.get()))
        list.emplace_back(received.at, request);
    return list;
  }

  void on_start(engine::Runtime&) override { held_.clear(); }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    const auto* request = dynamic_cast<const Request*>(message.payload.get());
    const Asker asker{message.source, message.lane, request->header};
    received_.push_back({runtime.now(), std::move(message.payload)});
    answer_cluster(runtime, asker, *request);
    answer_group(runtime, asker, *request);
    answer_offsets(runtime, asker, *request);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    const auto held = held_.extract(token.value);
    reply(runtime, held.mapped().first, FetchResponse(held.mapped().second));
  }

 private:
  struct Asker {
    NodeId node;
    engine::Lane lane;
    Header header;
  };

  template <class R>
  void reply(engine::Runtime& runtime, const Asker& asker, R response) {
    response.header = asker.header;
    const std::uint64_t size_bytes = response.size_bytes();
    runtime.send(asker.node, std::make_unique<R>(std::move(response)), size_bytes, asker.lane);
  }
  static Error next(std::deque<Error>& errors) {
    if (errors.empty()) return Error::none;
    const Error error = errors.front();
    errors.pop_front();
    return error;
  }

  void answer_cluster(engine::Runtime& runtime, const Asker& asker, const Request& request) {
    if (dynamic_cast<const ApiVersionsRequest*>(&request))
      reply(runtime, asker, ApiVersionsResponse{});
    if (const auto* metadata = dynamic_cast<const MetadataRequest*>(&request)) {
      MetadataResponse response;
      response.brokers = {runtime.self()};
      for (const std::string& name : metadata->topics) {
        MetadataResponse::Topic topic{Error::none, name, {}};
        if (!topics.contains(name)) topic.error = Error::unknown_topic_or_partition;
        for (std::int32_t p = 0; topics.contains(name) && p < topics[name]; ++p)
          topic.partitions.push_back({Error::none, p, runtime.self(), 0, {}, {}});
        response.topics.push_back(topic);
      }
      reply(runtime, asker, response);
    }
    if (const auto* offsets = dynamic_cast<const ListOffsetsRequest*>(&request)) {
      ListOffsetsResponse response;
      for (const auto& p : offsets->partitions) {
        const bool latest = p.target == ListOffsetsRequest::Target::latest;
        const auto& log = logs[p.tp];
        const std::int64_t end = log.empty() ? 0 : log.back().next_offset();
        const bool no_such_time = p.target == ListOffsetsRequest::Target::timestamp;
        response.partitions.push_back({p.tp,
                                       Error::none,
                                       no_such_time ? -1
                                       : latest     ? end
                                                    : 0,
                                       {},
                                       0});
      }
      reply(runtime, asker, response);
    }
    if (const auto* fetch = dynamic_cast<const FetchRequest*>(&request))
      answer_fetch(runtime, asker, *fetch);
  }

  void answer_fetch(engine::Runtime& runtime, const Asker& asker, const FetchRequest& request) {
    FetchResponse response;
    bool any = false;
    for (const auto& p : request.partitions) {
      FetchResponse::Partition answer;
      answer.tp = p.tp;
      for (const RecordBatch& batch : logs[p.tp])
        if (batch.next_offset() > p.fetch_offset) answer.batches.push_back(batch);
      if (request.isolation == Isolation::read_committed) answer.aborted = aborted[p.tp];
      any = any || !answer.batches.empty();
      response.partitions.push_back(std::move(answer));
    }
    if (any) return reply(runtime, asker, std::move(response));
    held_[++last_held_] = {asker, std::move(response)};
    runtime.set_timer(request.max_wait, {0, 0, last_held_});
  }

  void answer_group(engine::Runtime& runtime, const Asker& asker, const Request& request) {
    if (dynamic_cast<const FindCoordinatorRequest*>(&request)) {
      FindCoordinatorResponse response;
      response.error = next(find_errors);
      if (response.error == Error::none) response.coordinator = runtime.self();
      reply(runtime, asker, response);
    }
    if (const auto* join = dynamic_cast<const JoinGroupRequest*>(&request))
      reply(runtime, asker, joined(*join));
    if (const auto* sync = dynamic_cast<const SyncGroupRequest*>(&request)) {
      SyncGroupResponse response{};
      response.error = next(sync_errors);
      response.assignment = assignment;
      for (const auto& [member, partitions] : sync->assignments)
        if (member == sync->member_id) response.assignment = partitions;
      reply(runtime, asker, response);
    }
    if (dynamic_cast<const HeartbeatRequest*>(&request)) {
      HeartbeatResponse response;
      response.error = next(heartbeat_errors);
      reply(runtime, asker, response);
    }
    if (const auto* beat = dynamic_cast<const ConsumerGroupHeartbeatRequest*>(&request)) {
      ConsumerGroupHeartbeatResponse response;
      response.error = next(member_errors);
      response.member_id = beat->member_id;
      response.member_epoch = beat->member_epoch < 0 ? beat->member_epoch : member_epoch;
      response.heartbeat_interval = 5s;
      if (response.error == Error::none && beat->member_epoch >= 0)
        response.assignment = std::exchange(new_assignment, std::nullopt);
      reply(runtime, asker, response);
    }
    if (dynamic_cast<const LeaveGroupRequest*>(&request))
      reply(runtime, asker, LeaveGroupResponse{});
  }

  JoinGroupResponse joined(const JoinGroupRequest& join) {
    JoinGroupResponse response;
    response.error = next(join_errors);
    response.member_id = join.member_id;
    if (response.error == Error::none && join.member_id.empty() && join.instance_id.empty())
      response.error = Error::member_id_required;
    if (join.member_id.empty()) response.member_id = "member-" + std::to_string(++ids_);
    if (response.error != Error::none) return response;
    response.generation = ++generation;
    response.protocol = join.protocols.front().name;
    response.leader = consumer_leads ? response.member_id : "somebody";
    if (!consumer_leads) return response;
    response.members = others;
    response.members.push_back(
        {response.member_id, join.instance_id, join.protocols.front().subscription});
    return response;
  }

  void answer_offsets(engine::Runtime& runtime, const Asker& asker, const Request& request) {
    if (const auto* commit = dynamic_cast<const OffsetCommitRequest*>(&request);
        commit && answers_commits) {
      OffsetCommitResponse response;
      const Error error = next(commit_errors);
      for (const auto& p : commit->partitions) {
        if (error == Error::none) committed[p.tp] = p.committed;
        response.partitions.push_back({p.tp, error});
      }
      reply(runtime, asker, response);
    }
    if (const auto* fetch = dynamic_cast<const OffsetFetchRequest*>(&request)) {
      OffsetFetchResponse response;
      const Error error = next(fetch_offsets_errors);
      for (const TopicPartition& tp : fetch->partitions)
        response.partitions.push_back(
            {tp, error, committed.contains(tp) ? committed[tp] : OffsetAndEpoch{}});
      reply(runtime, asker, response);
    }
  }

  std::vector<Received> received_;
  std::map<std::uint64_t, std::pair<Asker, FetchResponse>> held_;
  std::uint64_t last_held_ = 0;
  int ids_ = 0;
};

/// The scripted broker (node 0) and one consumer of the group "billing" (node 1).
class ScriptedGroup {
 public:
  explicit ScriptedGroup(Config config = {}, CommitPolicy commit = CommitPolicy::automatic,
                         TransactionalProducer* producer = nullptr,
                         Assignment what = {{}, {"orders"}}) {
    config.try_emplace("group.id", "billing");
    config.try_emplace("auto.offset.reset", "earliest");
    engine.add_sink(trace);
    engine::NodeSpec spec;
    spec.name = "broker-1";
    engine.add_node(spec, std::make_unique<ScriptedCoordinator>());
    spec.name = "billing-1";
    spec.start_at = sim_time(100ms);
    engine.add_node(spec, std::make_unique<ConsumerHost>(config, std::vector{NodeId{0}},
                                                         std::move(what), commit, producer));
  }

  ScriptedCoordinator& broker() {
    return dynamic_cast<ScriptedCoordinator&>(engine.node(NodeId{0}));
  }
  ConsumerHost& host() { return dynamic_cast<ConsumerHost&>(engine.node(NodeId{1})); }
  Consumer& consumer() { return host().consumer; }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  /// `count` records at the end of a partition.
  void append(std::int32_t p, std::size_t count, ProducerStamp producer = {}) {
    auto& log = broker().logs[{"orders", p}];
    RecordBatch batch = make_batch(++records_ * 1000, count);
    batch.base_offset = log.empty() ? 0 : log.back().next_offset();
    batch.producer = producer;
    log.push_back(std::move(batch));
  }
  std::int64_t committed(std::int32_t p) {
    const auto found = broker().committed.find({"orders", p});
    return found == broker().committed.end() ? -1 : found->second.offset;
  }
  /// Offsets of partition 0 that a commit was asked for.
  std::vector<std::int64_t> offsets_asked(std::string_view how) const {
    std::vector<std::int64_t> list;
    for (const auto& [event, asked] : trace.all<trace::OffsetCommitAsked>())
      if (asked.how == how && asked.partition == 0) list.push_back(asked.offset);
    return list;
  }
  std::vector<std::int64_t> delivered() {
    std::vector<std::int64_t> list;
    for (const bus::Delivery& delivery : host().deliveries) list.push_back(delivery.offset);
    return list;
  }
  template <class Body>
  std::size_t count() const {
    return trace.all<Body>().size();
  }

  Trace trace;
  engine::LeanEngine engine{42};

 private:
  std::uint64_t records_ = 0;
};

}  // namespace eventarium::kafka::test
