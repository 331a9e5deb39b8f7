// Brings the markers of ended transactions to the leaders of their partitions, on connections of
// its own, and tries again until each partition has its marker. It knows what is to be written and
// who leads; not why.
//
//   add() --> waits --leader known, its connection free--> asked --NONE--> done
//             ^------ any other error, no answer, back-off 100 ms ------'
//   asked --INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED--> given up: a newer coordinator
//           takes care of it
//   A partition whose topic is deleted needs no marker.
//
// Follows Kafka's TransactionMarkerChannelManager and TransactionMarkerRequestCompletionHandler
// (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/broker/broker_part.h"
#include "sim/coordinator/transaction_metadata.h"

namespace eventarium::kafka {

class TransactionMarkers {
 public:
  /// `component`: of its timers.
  explicit TransactionMarkers(std::uint16_t component) : component_(component) {}

  void start(engine::Runtime& runtime, BrokerServices& services);
  void stop();

  /// The transaction's decision is in the log of partition `kept_in` of __transaction_state, which
  /// is led in `coordinator_epoch`.
  void add(engine::Runtime& runtime, const TransactionMetadata& decided, std::int32_t kept_in,
           std::int32_t coordinator_epoch);
  /// Somebody else coordinates what is kept there now.
  void forget(std::int32_t kept_in);

  /// Ids whose markers are all written since the last call.
  std::vector<std::string> take_finished();

  /// An answer to one of its requests. False: the message is not for it.
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);
  /// Leaders or topics have changed.
  void send_all(engine::Runtime& runtime);
  std::size_t waiting() const { return transactions_.size(); }

 private:
  struct Pending {
    ProducerIdAndEpoch producer;
    bool commit = false;
    std::int32_t kept_in = 0, coordinator_epoch = 0;
    std::set<TopicPartition> left;
    EventId cause;
  };
  struct Asked {
    std::uint32_t correlation_id = 0;
    std::vector<std::pair<std::string, TopicPartition>> markers;  // by transactional id
    SimTime deadline{};
  };

  engine::Lane lane(const engine::Runtime& runtime) const;
  void drop_deleted_topics();
  bool is_asked(const std::string& id, const TopicPartition& tp) const;
  void send(engine::Runtime& runtime, NodeId leader,
            const std::map<std::string, PartitionList>& markers);
  void on_answer(const std::string& id, const TopicPartition& tp, Error error);
  void wake_in(engine::Runtime& runtime, Duration delay);

  std::uint16_t component_;
  BrokerServices* services_ = nullptr;
  std::map<std::string, Pending> transactions_;
  std::map<NodeId, Asked> asked_;  // at most one request to each broker
  std::vector<std::string> finished_;
  std::uint32_t last_correlation_id_ = 0;
  TimerId timer_;
  SimTime wakes_at_{};
};

}  // namespace eventarium::kafka
