// A trace told event by event, fed into a ledger: short names for what tests of sim/check need.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/ledger.h"

namespace eventarium::check {

constexpr NodeId website{0}, broker{1}, mailer{2}, crm{3}, second{4}, third{5};

inline trace::RecordList ids(std::initializer_list<std::uint64_t> numbers) {
  trace::RecordList list;
  for (const std::uint64_t n : numbers) list.push_back(RecordId{n});
  return list;
}

inline std::vector<std::uint64_t> numbers(const Number& number) {
  std::vector<std::uint64_t> result;
  for (const RecordId id : number.records) result.push_back(id.value);
  return result;
}

struct Story {
  Ledger ledger;
  trace::Sink* before_ledger = nullptr;
  SimTime now{};
  std::uint64_t last = 0;
  std::int64_t epoch = 0, partition_epoch = 0;
  trace::NodeList replicas;

  Story() {
    for (const auto& [id, name] :
         {std::pair{website, "website"}, std::pair{broker, "broker-1"}, std::pair{mailer, "mailer"},
          std::pair{crm, "crm"}, std::pair{second, "broker-2"}, std::pair{third, "broker-3"}})
      tell(NodeId{}, trace::NodeDeclared{.index = id, .name = name});
  }
  void tell(NodeId node, trace::EventBody body) {
    const trace::Event event{EventId{++last}, now, node, EventId{}, std::move(body)};
    if (before_ledger) before_ledger->on_event(event);
    ledger.on_event(event);
  }
  void subscribe(const std::string& channel, std::initializer_list<NodeId> consumers) {
    for (const NodeId node : consumers)
      tell(node, trace::SubscriptionDeclared{"signups", -1, channel});
  }
  void produce(std::uint64_t id, const std::string& key = "") {
    tell(website, trace::RecordProduced{.record = RecordId{id},
                                        .event_id = "sub-" + std::to_string(id),
                                        .event_type = "NewSubscriber",
                                        .partitionkey = key,
                                        .keyed = !key.empty(),
                                        .topic = "signups"});
  }
  void acknowledge(std::initializer_list<std::uint64_t> list) {
    tell(website, trace::RecordsAcknowledged{ids(list), "signups", 0, 0});
  }
  void append(std::int64_t offset, std::initializer_list<std::uint64_t> list) {
    append_at(broker, offset, list, false);
  }
  void append_at(NodeId node, std::int64_t offset, std::initializer_list<std::uint64_t> list,
                 bool as_follower = true) {
    tell(node, trace::BatchAppended{"signups", 0, offset, ids(list), epoch, 100, as_follower});
  }
  /// The controller makes it the leader.
  void elect(NodeId leader, std::int64_t leader_epoch, trace::NodeList isr, bool unclean = false) {
    epoch = leader_epoch;
    tell(NodeId{}, trace::PartitionChanged{.topic = "signups",
                                           .leader = leader,
                                           .leader_epoch = leader_epoch,
                                           .partition_epoch = ++partition_epoch,
                                           .replicas = replicas,
                                           .isr = std::move(isr),
                                           .unclean = unclean});
  }
  void take(NodeId leader, std::int64_t leader_epoch) {
    const ReplicaLog* log = ledger.logs().find("signups", 0)->logs.find(leader);
    tell(leader,
         trace::LeadershipTaken{"signups", 0, leader_epoch, log ? log->log_end_offset() : 0});
  }
  void high_watermark(NodeId node, std::int64_t offset) {
    tell(node, trace::HighWatermarkAdvanced{"signups", 0, offset});
  }
  void deliver(NodeId to, std::initializer_list<std::uint64_t> list) {
    tell(to, trace::RecordsDelivered{ids(list), "signups", 0, -1, 1});
  }
  void finish(NodeId node, std::uint64_t id, const std::string& outcome = "ok") {
    tell(node, trace::ProcessingFinished{RecordId{id}, outcome});
  }
  void kafka(std::initializer_list<NodeId> consumers, std::int64_t from = 0,
             trace::NodeList all = {broker}, std::int64_t min_isr = 1) {
    replicas = all;
    tell(broker, trace::PartitionCreated{"signups", 0, broker, 0, replicas, replicas, min_isr});
    subscribe("kafka", consumers);
    for (const NodeId node : consumers)
      tell(node, trace::PositionReset{"signups", 0, "earliest", from});
  }
};

}  // namespace eventarium::check
