// The narrator's sentences about consumer groups, share groups and transactions. One function per
// type of event; nothing returned means that the event isn't worth a sentence.
#pragma once

#include "sim/trace/cluster_teller.h"

namespace eventarium::trace {

struct GroupTeller : ClusterTeller {
  using ClusterTeller::operator();

  Sentence operator()(const LastStableOffsetAdvanced& e) const;
  Sentence operator()(const CoordinatorLoading& e) const;
  Sentence operator()(const CoordinatorLoaded& e) const;
  Sentence operator()(const CoordinatorUnloaded& e) const;
  Sentence operator()(const GroupStateChanged& e) const;
  Sentence operator()(const GroupMemberJoined& e) const;
  Sentence operator()(const GroupMemberLeft& e) const;
  Sentence operator()(const GroupAssignmentMade& e) const;
  Sentence operator()(const RebalanceJoined& e) const;
  Sentence operator()(const RebalanceEnded& e) const;
  Sentence operator()(const PartitionAssigned& e) const;
  Sentence operator()(const PartitionRevoked& e) const;
  Sentence operator()(const OffsetCommitAsked& e) const;
  Sentence operator()(const OffsetCommitPending& e) const;
  Sentence operator()(const OffsetCommitted& e) const;
  Sentence operator()(const OffsetCommitRefused& e) const;
  Sentence operator()(const OffsetCommitFailed& e) const;
  Sentence operator()(const OffsetExpired& e) const;
  Sentence operator()(const FetchingPaused& e) const;
  Sentence operator()(const FetchingResumed& e) const;
  Sentence operator()(const ShareStartAdvanced& e) const;
  Sentence operator()(const ProducerIdAssigned& e) const;
  Sentence operator()(const TransactionBegun& e) const;
  Sentence operator()(const TransactionEndAsked& e) const;
  Sentence operator()(const TransactionEnded& e) const;
  Sentence operator()(const ProducerFenced& e) const;
  Sentence operator()(const TransactionStateChanged& e) const;

 private:
  const std::string& name(NodeId id) const { return names.name(id); }
  const std::string& self() const { return name(event.node); }
};

}  // namespace eventarium::trace
