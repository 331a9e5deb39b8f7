// Producers that are known by an id, and transactions: nothing is written twice, nothing by who has
// been replaced, and a transaction counts whole or not at all. invariant_list.cpp says each in
// words.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class TransactionInvariants {
 public:
  TransactionInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  /// A batch with a producer id.
  void on_appended(const trace::Event& event, const trace::BatchAppended& appended);
  void on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered);
  /// All other kinds.
  void on_event(const trace::Event& event);
  /// Consumers with isolation.level=read_committed; a trace doesn't say who they are.
  void set_read_committed(std::set<std::string> consumers) {
    read_committed_ = std::move(consumers);
  }

 private:
  struct Open {
    std::int64_t first_offset = 0;
    std::vector<RecordId> records;
  };
  struct Producer {
    std::int64_t epoch = -1;  // the highest that the leader has written
  };
  struct OfPartition {
    std::map<std::int64_t, Producer> producers;
    std::map<std::int64_t, Open> open;  // by producer id
    std::int64_t leader_epoch = -1;     // of who has taken over last
  };
  struct Ending {
    std::set<std::string> wants_marker;  // "orders-0"
    std::int64_t producer_id = 0;
  };

  void written_once(const trace::Event& event, const trace::BatchAppended& appended);
  void older_producers_are_refused(const trace::Event& event, const trace::BatchAppended& appended,
                                   OfPartition& partition);
  void all_or_nothing(const trace::Event& event, const trace::BatchAppended& marker);
  void stable_offset_stops_at_open(const trace::Event& event,
                                   const trace::LastStableOffsetAdvanced& advanced);
  void read_committed_reads_committed(const trace::Event& event,
                                      const trace::RecordsDelivered& delivered);
  void every_partition_gets_its_marker(const trace::Event& event,
                                       const trace::TransactionStateChanged& changed);
  void close(OfPartition& partition, std::int64_t producer_id);
  void new_leader(const trace::LeadershipTaken& taken);
  const std::string& named(NodeId node) const { return ledger_.names().name(node); }

  const Ledger& ledger_;
  const Findings& findings_;
  std::map<PartitionKey, OfPartition> partitions_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> kind_of_marker_;  // by id and epoch
  std::map<std::string, Ending> ending_;                                         // transactional id
  std::set<std::string> read_committed_;
  std::unordered_set<RecordId> open_records_;  // looked up only
};

}  // namespace eventarium::check
