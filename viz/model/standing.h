// Where the records of Kafka's partitions stand: in the logs of which replicas, and which of these
// logs count. Folded from the trace for the scoreboard; the definitions are those of the report's
// ledger. Knows nothing of publishers and readers.
//
//   a partition   PartitionCreated/Changed: leader L, epoch e
//   ------------------------------------------------------------------------------------------
//   settled       LeadershipTaken(L, e), and L's process lives: L's log alone counts
//   not settled   no leader, or one that has yet to take over, or has ended: the logs of the last
//                 leader and of all that may lead (in sync or eligible) count
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "viz/model/history.h"

namespace eventarium::viz {

class Standing {
 public:
  /// Adds to `touched` the records whose answers below may have changed.
  void on_event(const trace::Event& event, std::vector<RecordId>& touched);

  /// It stands in the log of some replica.
  bool in_some_log(RecordId record) const;
  /// It stands in a log that counts: it can be read, or may come back.
  bool in_counting_log(RecordId record) const;
  /// Calls visit(partition, offset) for each place in the partition's log: the leader's, or of who
  /// is next to be it.
  template <class Visit>
  void for_each_place(RecordId record, Visit&& visit) const {
    const auto found = places_.find(record);
    if (found == places_.end()) return;
    for (const Place& place : found->second)
      if (partitions_[place.partition].head == place.broker)
        visit(partitions_[place.partition].id, place.offset);
  }
  /// Of the partition's log; 0 when nothing is known of it.
  std::int64_t log_end_offset(const PartitionId& partition) const;
  /// Calls visit(record) for each record of the topic in a log that counts; some more than once.
  template <class Visit>
  void for_each_counting(const std::string& topic, Visit&& visit) const {
    for (const Partition& partition : partitions_) {
      if (partition.id.topic != topic) continue;
      for (const Log& log : partition.logs)
        for (const NodeId broker : partition.counting)
          if (broker == log.broker)
            for (const RecordId record : log.records)
              if (record.valid()) visit(record);
    }
  }
  /// Calls visit(offset, record) for each record of the partition's log.
  template <class Visit>
  void for_each_in(const PartitionId& partition, Visit&& visit) const {
    const auto found = numbers_.find(partition);
    if (found == numbers_.end()) return;
    const Partition& known = partitions_[found->second];
    for (const Log& log : known.logs) {
      if (log.broker != known.head) continue;
      for (std::size_t i = 0; i < log.records.size(); ++i)
        if (log.records[i].valid()) visit(log.base + static_cast<std::int64_t>(i), log.records[i]);
    }
  }

 private:
  struct Place {
    std::uint32_t partition;
    NodeId broker;
    std::int64_t offset;
    bool operator==(const Place&) const = default;
  };
  struct Log {
    NodeId broker;
    std::int64_t base = 0;
    std::vector<RecordId> records;  // by offset from `base` on; none: compacted away
    std::int64_t end() const { return base + static_cast<std::int64_t>(records.size()); }
  };
  struct Partition {
    PartitionId id;
    NodeId leader;
    std::int64_t leader_epoch = 0;
    std::vector<NodeId> replicas, isr, elr;
    NodeId taken_by;
    std::int64_t taken_epoch = -1;
    std::uint32_t taken_life = 0;
    std::vector<Log> logs;         // in order of their first append
    std::vector<NodeId> counting;  // brokers whose logs count
    NodeId head;                   // whose log is the partition's
    bool deleted = false;

    Log* log(NodeId broker);
    const Log* log(NodeId broker) const;
    bool may_lead(NodeId broker) const;
  };
  struct Fold;  // one function per type of event: standing.cpp

  std::uint32_t number(const PartitionId& id);
  std::uint32_t life(NodeId node) const;
  bool settled(const Partition& partition) const;
  NodeId head_of(const Partition& partition) const;
  std::vector<NodeId> counting_of(const Partition& partition) const;

  std::vector<Partition> partitions_;
  std::map<PartitionId, std::uint32_t> numbers_;
  std::vector<std::uint32_t> lives_;                         // even: runs; +1 at each end and start
  std::unordered_map<RecordId, std::vector<Place>> places_;  // looked up only
};

}  // namespace eventarium::viz
