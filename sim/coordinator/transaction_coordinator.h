// The part of a broker that coordinates transactions: those whose transactional.id belongs to a
// partition of __transaction_state that this broker leads. It answers InitProducerId,
// AddPartitionsToTxn and EndTxn, aborts what takes too long, and sees to it that every partition
// of an ended transaction gets its marker. What is decided about one id stands in
// transaction_metadata.h; here it is written, applied and answered.
//
//   request --decide_*--> refused, or known already --> answered at once
//           --decide_*--> written to the log --all in-sync replicas have it--> applied, answered
//   prepare_* applied --> markers (transaction_markers.h) --all there--> complete_* written
//   every transaction.abort.timed.out.transaction.cleanup.interval.ms: who has taken too long?
//   leadership gained: the log is read, what is being ended goes on    lost: all is forgotten
//
// Follows Kafka's TransactionCoordinator and TransactionStateManager (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sim/broker/broker_part.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/coordinator/transaction_markers.h"
#include "sim/coordinator/transaction_metadata.h"

namespace eventarium::kafka {

class TransactionCoordinator : public BrokerPart, private CoordinatorLog::Owner {
 public:
  TransactionCoordinator();

  void start(engine::Runtime& runtime, BrokerServices& services) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;
  bool on_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_done(engine::Runtime& runtime, engine::Token token) override;
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                     std::int32_t epoch) override;
  void on_metadata(engine::Runtime& runtime) override;
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override;

  /// Null when this broker does not coordinate the id.
  const TransactionMetadata* find(const std::string& id) const;

 private:
  static constexpr std::uint16_t write_again = 1;  // kind of a timer; 0: looks for overdue ones
  enum class Asked : std::uint8_t { nothing, init, add, end };
  /// Who is to be answered when a change has been written.
  struct Change {
    std::string id;
    TransactionMetadata next;
    Asked asked = Asked::nothing;
    RequestTicket ticket;
    Header header;
    Error answer = Error::none;  // when it has been written
    std::string reason;          // for the trace
  };
  struct Known {
    TransactionMetadata now;
    std::int32_t partition = 0;
    bool changing = false;  // a change of it is being written
  };

  // CoordinatorLog::Owner
  void replay(std::int32_t partition, const CoordinatorEntry& entry,
              const ProducerStamp& stamp) override;
  void replay_marker(std::int32_t, const ProducerStamp&) override {}
  void on_loaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_written(engine::Runtime& runtime, std::uint64_t token, Error error) override;
  std::size_t entries(std::int32_t partition) const override;

  void init_producer(engine::Runtime& runtime, RequestTicket ticket,
                     const InitProducerIdRequest& request);
  void add_partitions(engine::Runtime& runtime, RequestTicket ticket,
                      const AddPartitionsToTxnRequest& request);
  void end_transaction(engine::Runtime& runtime, RequestTicket ticket,
                       const EndTxnRequest& request);
  Known* known(const std::string& id);
  void carry_out(engine::Runtime& runtime, Known& known, const TransactionDecision& decision,
                 Change change);
  void answer(engine::Runtime& runtime, const Change& change, Error error,
              ProducerIdAndEpoch producer);
  void write(engine::Runtime& runtime, Known& known, Change change);
  void postpone(engine::Runtime& runtime, Known& entry, Change change);
  void write_postponed(engine::Runtime& runtime);
  void apply(engine::Runtime& runtime, Known& known, const Change& change);
  void complete_finished(engine::Runtime& runtime);
  void abort_overdue(engine::Runtime& runtime);
  Duration timeout_max() const;

  CoordinatorLog log_;
  TransactionMarkers markers_;
  BrokerServices* services_ = nullptr;
  std::map<std::string, Known> known_;
  std::map<std::uint64_t, Change> writing_;  // by the log's token
  /// Could not be written, are to be tried again; with the leader epoch in which that was.
  std::vector<std::pair<std::int32_t, Change>> postponed_;
};

}  // namespace eventarium::kafka
