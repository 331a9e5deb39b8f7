// See cluster_teller.h.
#include "sim/trace/cluster_teller.h"

#include <fmt/format.h>

namespace eventarium::trace {
namespace {

using Sentence = ClusterTeller::Sentence;

template <class E>
std::string partition_of(const E& e) {
  return fmt::format("{}-{}", e.topic, e.partition);
}

std::string records(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "record" : "records");
}

}  // namespace

std::string ClusterTeller::list(const NodeList& nodes) const {
  if (nodes.empty()) return "nobody";
  std::string out;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    out += (i == 0 ? "" : i + 1 == nodes.size() ? " and " : ", ") + name(nodes[i]);
  return out;
}

// ---- the world

Sentence ClusterTeller::operator()(const OperationAsked& e) const {
  return fmt::format("operation: {}{}{}", e.operation, e.detail.empty() ? "" : ": ", e.detail);
}
Sentence ClusterTeller::operator()(const OperationAnswered& e) const {
  if (e.error.empty()) {
    if (!all) return std::nullopt;
    return fmt::format("{} is accepted{}{}", e.operation, e.text.empty() ? "" : ": ", e.text);
  }
  return fmt::format("{} is refused ({}): {}", e.operation, e.error, e.text);
}
Sentence ClusterTeller::operator()(const InvariantViolated& e) const {
  return fmt::format("BROKEN RULE: {}: {}", e.invariant, e.text);
}

// ---- partitions

Sentence ClusterTeller::operator()(const PartitionChanged& e) const {
  const std::string leader =
      e.leader.valid() ? "is led by " + name(e.leader) : std::string("has no leader");
  return fmt::format("{} {} (epoch {}), in sync: {}{}: {}", partition_of(e), leader, e.leader_epoch,
                     list(e.isr), e.unclean ? ", UNCLEAN" : "", e.reason);
}
Sentence ClusterTeller::operator()(const TopicDeleted& e) const {
  return "topic " + e.topic + " is deleted";
}
Sentence ClusterTeller::operator()(const TopicConfigChanged& e) const {
  if (e.value.empty()) return fmt::format("{} of {} is the default again", e.key, e.topic);
  return fmt::format("{} of {} is {} now", e.key, e.topic, e.value);
}
Sentence ClusterTeller::operator()(const LeadershipTaken& e) const {
  if (!all && e.leader_epoch <= 0) return std::nullopt;
  return fmt::format("{} begins to lead {} (epoch {}, from offset {})", self(), partition_of(e),
                     e.leader_epoch, e.start_offset);
}
Sentence ClusterTeller::operator()(const FollowingStarted& e) const {
  if (!all) return std::nullopt;
  if (!e.leader.valid())
    return fmt::format("{} has nobody to follow in {}", self(), partition_of(e));
  return fmt::format("{} follows {} in {} (epoch {})", self(), name(e.leader), partition_of(e),
                     e.leader_epoch);
}
Sentence ClusterTeller::operator()(const IsrChangeProposed& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} wants {} in sync for {}: {}", self(), list(e.isr), partition_of(e),
                     e.reason);
}
Sentence ClusterTeller::operator()(const IsrChangeRefused& e) const {
  return fmt::format("{} may not change the in-sync set of {}: {}", self(), partition_of(e),
                     e.error);
}

// ---- logs

Sentence ClusterTeller::operator()(const LogStartAdvanced& e) const {
  if (!all && e.records.empty()) return std::nullopt;
  return fmt::format("{} deleted {} at the beginning of {}, which starts at offset {} now ({})",
                     self(), records(e.records.size()), partition_of(e), e.log_start_offset,
                     e.reason);
}
Sentence ClusterTeller::operator()(const SegmentRolled& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} begins a new segment of {} at offset {} ({})", self(), partition_of(e),
                     e.base_offset, e.reason);
}
Sentence ClusterTeller::operator()(const SegmentDeleted& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} removed the file of segment {} of {} ({} bytes)", self(), e.base_offset,
                     partition_of(e), e.size_bytes);
}
Sentence ClusterTeller::operator()(const LogCompacted& e) const {
  return fmt::format("{} compacted {} below offset {}: {} gone", self(), partition_of(e),
                     e.clean_offset, records(e.records.size()));
}
Sentence ClusterTeller::operator()(const LogRecovered& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} checked {} from offset {}; it ends at {}, high watermark {}", self(),
                     partition_of(e), e.from_offset, e.log_end_offset, e.high_watermark);
}
Sentence ClusterTeller::operator()(const LogDirectoryFailed& e) const {
  return fmt::format("{} can't write to its disk and halts: {}", self(), e.reason);
}
Sentence ClusterTeller::operator()(const HighWatermarkLowered& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{}'s high watermark of {} falls to {}: {}", self(), partition_of(e),
                     e.high_watermark, e.reason);
}
Sentence ClusterTeller::operator()(const ProduceTimedOut& e) const {
  return fmt::format("{} wrote {} to {} but can't promise them: {}", self(),
                     records(e.records.size()), partition_of(e), e.error);
}

// ---- controllers and brokers

Sentence ClusterTeller::operator()(const ControllerElected& e) const {
  if (!all && to_ns(event.t) == 0) return std::nullopt;
  return fmt::format("{} is the active controller (epoch {})", self(), e.epoch);
}
Sentence ClusterTeller::operator()(const ControllerResigned& e) const {
  return fmt::format("{} is not the active controller any more: {}", self(), e.reason);
}
Sentence ClusterTeller::operator()(const BrokerRegistered& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} is registered (epoch {})", name(e.broker), e.broker_epoch);
}
Sentence ClusterTeller::operator()(const BrokerUnfenced& e) const {
  return fmt::format("the controller counts on {}", name(e.broker));
}
Sentence ClusterTeller::operator()(const BrokerFenced& e) const {
  return fmt::format("the controller counts on {} no more: {}", name(e.broker), e.reason);
}
Sentence ClusterTeller::operator()(const BrokerUnregistered& e) const {
  return fmt::format("the controller has forgotten {}", name(e.broker));
}
Sentence ClusterTeller::operator()(const ShutdownAsked&) const {
  return fmt::format("{} is about to stop and hands over what it leads", self());
}
Sentence ClusterTeller::operator()(const RegistrationRefused& e) const {
  return fmt::format("{} may not come back yet ({}); it asks again in {}", self(), e.error,
                     format_duration(e.retry_in));
}

// ---- KRaft

Sentence ClusterTeller::operator()(const RaftRoleChanged& e) const {
  if (!all && (to_ns(event.t) == 0 || e.role == "voted")) return std::nullopt;
  if (e.role == "follower" && e.leader.valid())
    return all ? Sentence(fmt::format("{} follows {} in the quorum (epoch {})", self(),
                                      name(e.leader), e.epoch))
               : std::nullopt;
  return fmt::format("{} is {} in the quorum (epoch {})", self(), e.role, e.epoch);
}
Sentence ClusterTeller::operator()(const VoteGranted& e) const {
  if (e.pre_vote && !all) return std::nullopt;
  return fmt::format("{} {} for {} (epoch {})", self(), e.pre_vote ? "would vote" : "votes",
                     name(e.candidate), e.epoch);
}
Sentence ClusterTeller::operator()(const VoteRefused& e) const {
  if (e.pre_vote && !all) return std::nullopt;
  return fmt::format("{} {} for {} (epoch {}): {}", self(),
                     e.pre_vote ? "would not vote" : "does not vote", name(e.candidate), e.epoch,
                     e.reason);
}
Sentence ClusterTeller::operator()(const MetadataAppended& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} wrote entry {} of the metadata log ({}){}{}", self(), e.offset, e.kind,
                     e.text.empty() ? "" : ": ", e.text);
}
Sentence ClusterTeller::operator()(const MetadataTruncated& e) const {
  return fmt::format("{} cut its metadata log off at {}: a newer leader has another", self(),
                     e.end_offset);
}
Sentence ClusterTeller::operator()(const MetadataCommitted& e) const {
  if (!all) return std::nullopt;
  return fmt::format("the metadata log holds for good up to {}", e.offset);
}
Sentence ClusterTeller::operator()(const MetadataApplied& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} acts on the metadata log up to {}", self(), e.offset);
}

// ---- ZooKeeper

Sentence ClusterTeller::operator()(const ZookeeperSessionOpened& e) const {
  if (!all && to_ns(event.t) == 0) return std::nullopt;
  return fmt::format("{} has a session with ZooKeeper (number {})", self(), e.session);
}
Sentence ClusterTeller::operator()(const ZookeeperSessionExpired& e) const {
  return fmt::format("ZooKeeper gave up the session of {}: what it had registered is gone",
                     name(e.owner));
}
Sentence ClusterTeller::operator()(const ZnodeChanged& e) const {
  if (!all) return std::nullopt;
  return fmt::format("ZooKeeper: {} {}{}{}", e.path, e.change, e.data.empty() ? "" : ": ", e.data);
}
Sentence ClusterTeller::operator()(const ZookeeperLeaderElected& e) const {
  if (!all && to_ns(event.t) == 0) return std::nullopt;
  return fmt::format("{} leads the ZooKeeper ensemble (epoch {})", self(), e.epoch);
}

}  // namespace eventarium::trace
