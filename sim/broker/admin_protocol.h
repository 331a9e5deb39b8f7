// What an administrator asks of the controller (Kafka's AdminClient, 4.1). In both modes any
// broker or controller takes it and answers NOT_CONTROLLER when it is not the active one; the
// admin node (sim/controller) tries the next. One request holds one operation.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/broker/protocol.h"

namespace eventarium::kafka {

struct CreateTopic {  // CreateTopics
  NewTopic topic;
};
struct AddPartitions {  // CreatePartitions; `count` is the new total
  std::string topic;
  int count = 0;
};
struct ReassignPartition {  // AlterPartitionReassignments; no replicas: cancel
  TopicPartition tp;
  std::vector<NodeId> replicas;
};
struct ElectLeader {  // ElectLeaders
  TopicPartition tp;
  bool unclean = false;
};
struct AlterTopicConfig {  // IncrementalAlterConfigs; an empty value deletes
  std::string topic;
  std::string key, value;
};
struct UnregisterBroker {  // UnregisterBroker: must not run any more
  NodeId broker;
};
struct DeleteTopic {  // DeleteTopics
  std::string topic;
};

using AdminOperation = std::variant<CreateTopic, AddPartitions, ReassignPartition, ElectLeader,
                                    AlterTopicConfig, UnregisterBroker, DeleteTopic>;

struct AdminRequest final : Request {
  AdminOperation operation;
  Duration timeout{};

  std::string_view label() const override;  // "CreateTopics", ...
  std::uint64_t size_bytes() const override;
};

struct AdminResponse final : Response {
  Error error = Error::none;
  std::string text;  // why, in plain words; empty without an error

  std::string_view label() const override { return "AdminResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
