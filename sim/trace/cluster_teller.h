// The narrator's sentences about a cluster: leaders, in-sync sets, controllers, logs. One function
// per type of event; nothing returned means that the event isn't worth a sentence.
#pragma once

#include <optional>
#include <string>

#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::trace {

struct ClusterTeller {
  using Sentence = std::optional<std::string>;

  const NodeNames& names;
  const Event& event;
  bool all;  // housekeeping as well

  Sentence operator()(const OperationAsked& e) const;
  Sentence operator()(const OperationAnswered& e) const;
  Sentence operator()(const InvariantViolated& e) const;
  Sentence operator()(const PartitionChanged& e) const;
  Sentence operator()(const TopicDeleted& e) const;
  Sentence operator()(const TopicConfigChanged& e) const;
  Sentence operator()(const LeadershipTaken& e) const;
  Sentence operator()(const FollowingStarted& e) const;
  Sentence operator()(const IsrChangeProposed& e) const;
  Sentence operator()(const IsrChangeRefused& e) const;
  Sentence operator()(const LogStartAdvanced& e) const;
  Sentence operator()(const SegmentRolled& e) const;
  Sentence operator()(const SegmentDeleted& e) const;
  Sentence operator()(const LogCompacted& e) const;
  Sentence operator()(const LogRecovered& e) const;
  Sentence operator()(const LogDirectoryFailed& e) const;
  Sentence operator()(const HighWatermarkLowered& e) const;
  Sentence operator()(const ProduceTimedOut& e) const;
  Sentence operator()(const ControllerElected& e) const;
  Sentence operator()(const ControllerResigned& e) const;
  Sentence operator()(const BrokerRegistered& e) const;
  Sentence operator()(const BrokerUnfenced& e) const;
  Sentence operator()(const BrokerFenced& e) const;
  Sentence operator()(const BrokerUnregistered& e) const;
  Sentence operator()(const ShutdownAsked& e) const;
  Sentence operator()(const RegistrationRefused& e) const;
  Sentence operator()(const RaftRoleChanged& e) const;
  Sentence operator()(const VoteGranted& e) const;
  Sentence operator()(const VoteRefused& e) const;
  Sentence operator()(const MetadataAppended& e) const;
  Sentence operator()(const MetadataTruncated& e) const;
  Sentence operator()(const MetadataCommitted& e) const;
  Sentence operator()(const MetadataApplied& e) const;
  Sentence operator()(const ZookeeperSessionOpened& e) const;
  Sentence operator()(const ZookeeperSessionExpired& e) const;
  Sentence operator()(const ZnodeChanged& e) const;
  Sentence operator()(const ZookeeperLeaderElected& e) const;

 private:
  const std::string& name(NodeId id) const { return names.name(id); }
  const std::string& self() const { return name(event.node); }
  std::string list(const NodeList& nodes) const;
};

}  // namespace eventarium::trace
