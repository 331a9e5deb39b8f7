// See metadata_invariants.h.
#include "sim/check/metadata_invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::check {

void MetadataInvariants::on_event(const trace::Event& event) {
  if (const auto* applied = event.as<trace::MetadataApplied>()) {
    committed_metadata_only(event, *applied);
  } else if (const auto* committed = event.as<trace::MetadataCommitted>()) {
    committed_ = std::max(committed_, committed->offset);
    for (const std::uint32_t partition : just_changed_) changed_by_[partition] = committed->offset;
    just_changed_.clear();
  } else if (const auto* changed = event.as<trace::PartitionChanged>()) {
    const std::uint32_t number = ledger_.logs().numbers().find(changed->topic, changed->partition);
    if (number == PartitionNumbers::none) return;
    if (number >= changed_by_.size()) changed_by_.resize(number + 1, -1);
    changed_by_[number] = -1;
    just_changed_.push_back(number);
  }
}

void MetadataInvariants::on_appended(const trace::Event& event,
                                     const trace::BatchAppended& appended) {
  if (!appended.as_follower) knows_a_newer_leader(event, appended);
}

bool MetadataInvariants::knows_latest(NodeId broker, std::uint32_t partition, SimTime now) const {
  if (partition >= changed_by_.size() || changed_by_[partition] < 0) return false;
  const Applied applied = applied_.get(broker);
  return applied.offset >= changed_by_[partition] && applied.t <= now;
}

void MetadataInvariants::committed_metadata_only(const trace::Event& event,
                                                 const trace::MetadataApplied& applied) {
  Applied& known = applied_[event.node];
  known = {applied.offset, event.t};
  if (committed_ < 0 || applied.offset <= committed_) return;
  findings_.violated(Invariant::committed_metadata_only,
                     fmt::format("{} acts on metadata below {}, committed is only what is below {}",
                                 ledger_.names().name(event.node), applied.offset, committed_),
                     {event.node});
}

void MetadataInvariants::knows_a_newer_leader(const trace::Event& event,
                                              const trace::BatchAppended& appended) {
  const std::uint32_t number = ledger_.logs().numbers().find(appended.topic, appended.partition);
  const PartitionState* partition = ledger_.logs().by_number(number);
  if (!partition || appended.leader_epoch >= partition->leader_epoch) return;
  if (!knows_latest(event.node, number, event.t)) return;
  findings_.violated(
      Invariant::knows_a_newer_leader,
      fmt::format("{} writes to {}-{} as the leader of epoch {}, but knows of epoch {}",
                  ledger_.names().name(event.node), appended.topic, appended.partition,
                  appended.leader_epoch, partition->leader_epoch),
      {event.node, partition->leader}, appended.records);
}

}  // namespace eventarium::check
