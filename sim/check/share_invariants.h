// Share groups: who has a record, how often it was given out, and that what is finished stays so.
// What a leader says of a partition that another one has taken over counts for nothing: it does
// not know yet. invariant_list.cpp says each in words.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class ShareInvariants {
 public:
  ShareInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  void on_event(const trace::Event& event);

 private:
  struct Held {
    NodeId client;
    SimTime until{};
  };
  struct Share {
    // Of the present leader: forgotten when another one takes over.
    NodeId leader;
    std::map<std::int64_t, Held> held;
    std::map<std::int64_t, std::uint64_t> given;  // deliveries, as told last
    std::int64_t start = -1;
    // Kept with the share coordinator: whoever leads knows it.
    std::map<std::int64_t, std::uint64_t> ended;  // deliveries that ended in a release
    std::set<std::int64_t> finished;
  };

  void on_acquired(const trace::Event& event, const trace::RecordsAcquired& acquired);
  void on_settled(const trace::Event& event, const trace::RecordsSettled& settled);
  void on_start(const trace::Event& event, const trace::ShareStartAdvanced& advanced);
  /// Null: said by somebody who leads no more, or of a log whose past has changed.
  Share* share(const trace::Event& event, const std::string& group, const std::string& topic,
               std::int64_t partition);
  const std::string& named(NodeId node) const { return ledger_.names().name(node); }

  const Ledger& ledger_;
  const Findings& findings_;
  std::map<std::pair<std::string, PartitionKey>, Share> shares_;
  std::map<PartitionKey, NodeId> leaders_;
};

}  // namespace eventarium::check
