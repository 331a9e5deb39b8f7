// A trace told event by event, fed into a ledger: short names for what tests of sim/check need.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/ledger.h"

namespace eventarium::check {

constexpr NodeId website{0}, broker{1}, mailer{2}, crm{3};

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
  SimTime now{};
  std::uint64_t last = 0;

  Story() {
    for (const auto& [id, name] : {std::pair{website, "website"}, std::pair{broker, "broker-1"},
                                   std::pair{mailer, "mailer"}, std::pair{crm, "crm"}})
      tell(NodeId{}, trace::NodeDeclared{.index = id, .name = name});
  }
  void tell(NodeId node, trace::EventBody body) {
    ledger.on_event({EventId{++last}, now, node, EventId{}, std::move(body)});
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
    tell(broker, trace::BatchAppended{"signups", 0, offset, ids(list), 0, 100});
  }
  void deliver(NodeId to, std::initializer_list<std::uint64_t> list) {
    tell(to, trace::RecordsDelivered{ids(list), "signups", 0, -1, 1});
  }
  void finish(NodeId node, std::uint64_t id, const std::string& outcome = "ok") {
    tell(node, trace::ProcessingFinished{RecordId{id}, outcome});
  }
  void kafka(std::initializer_list<NodeId> consumers, std::int64_t from = 0) {
    tell(NodeId{}, trace::PartitionCreated{"signups", 0, broker, 0, {broker}, {broker}});
    subscribe("kafka", consumers);
    for (const NodeId node : consumers)
      tell(node, trace::PositionReset{"signups", 0, "earliest", from});
  }
};

}  // namespace eventarium::check
