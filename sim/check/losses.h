// How acknowledged records were lost: for each record that left the log of its partition, what
// sealed it. Knows nothing of acknowledgements and consumers; the ledger asks it about the records
// that it finds lost.
//
//   a record in the last leader's log ──LeadershipTaken by one that lacks it──► left behind
//        │                                                                        │ LogTruncated
//        └──LogTruncated (power loss, nothing else held it)──► cut off ◄───────────┘
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/check/log_state.h"
#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::check {

/// For people and programs: one lost record, and why.
struct LossReport {
  RecordId record;
  std::string event_id, topic;
  std::int64_t partition = -1, offset = -1;
  SimTime acknowledged{};
  NodeId producer;     // who was told that it is in
  NodeId last_leader;  // in whose log it stood; none: never in a log
  NodeId new_leader;   // who took over without it; none: nobody
  EventId sealed_by;   // the event after which it couldn't be read any more; none: unknown
  EventId cut_by;      // the event that removed the last known copy; none: a copy is left
  std::string why;     // in plain words
};

class Losses {
 public:
  struct Seal {
    EventId event;
    SimTime t{};
    NodeId last_leader, new_leader;
    std::int64_t offset = -1;
    bool unclean = false;     // the election
    bool power_lost = false;  // the new leader's, or its own, machine lost power
    bool only_copy = false;   // no other replica held it
    EventId cut_event;
    SimTime cut_t{};
    NodeId cut_on;
    std::string cut_reason;
  };

  /// Records that stand in the former leader's log and not in that of who takes over. Asked before
  /// the event is folded into `logs`. Calls `left(record)` for each.
  template <class Visit>
  void on_taken(const trace::Event& event, const trace::LeadershipTaken& taken,
                const LogState& logs, Visit&& left) {
    for (const RecordId record : left_behind(event, taken, logs)) left(record);
  }
  void on_truncated(const trace::Event& event, const trace::LogTruncated& truncated,
                    const LogState& logs);
  /// It was written again.
  void forget(RecordId record) { seals_.erase(record); }
  const Seal* find(RecordId record) const;

 private:
  std::vector<RecordId> left_behind(const trace::Event& event, const trace::LeadershipTaken& taken,
                                    const LogState& logs);

  std::unordered_map<RecordId, Seal> seals_;  // looked up only, never iterated
};

/// "order-17 was acknowledged at 00:12.345 ... broker-2 became the leader without it ...".
std::string loss_text(const LossReport& report, const Losses::Seal* seal,
                      const trace::NodeNames& names);

}  // namespace eventarium::check
