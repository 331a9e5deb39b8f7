// What brokers know of the metadata, and whether they act on it: they may be behind, but never
// ahead of what is committed, and who has learned that it leads no more must stop. Says nothing in
// ZooKeeper mode, where nothing tells how far a broker has learned.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class MetadataInvariants {
 public:
  MetadataInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  void on_event(const trace::Event& event);
  void on_appended(const trace::Event& event, const trace::BatchAppended& appended);

  /// The broker has acted on the latest change of the partition.
  bool knows_latest(NodeId broker, std::uint32_t partition, SimTime now) const;

 private:
  void committed_metadata_only(const trace::Event& event, const trace::MetadataApplied& applied);
  void knows_a_newer_leader(const trace::Event& event, const trace::BatchAppended& appended);

  struct Applied {
    std::int64_t offset = -1;
    SimTime t{};
  };
  const Ledger& ledger_;
  const Findings& findings_;
  std::int64_t committed_ = -1;
  ByNode<Applied> applied_;
  // By number of the partition: the metadata offset by which its latest change is known. Set by the
  // first commit that is told after the change.
  std::vector<std::int64_t> changed_by_;
  std::vector<std::uint32_t> just_changed_;
};

}  // namespace eventarium::check
