// A Kafka producer: publish() puts records into batches, a sender makes requests of them, and
// every record ends acknowledged or failed. Follows KafkaProducer and Sender (4.1).
//
//   publish --topic or memory missing--> waiting (max.block.ms) --> SendFailed
//   publish --partition chosen--> batch --linger.ms, batch.size--> in flight --> acknowledged
//                                   ^----- retriable error, back-off -----'  '-> SendFailed
//
// Each call of publish() is a send() in a thread of its own: while some wait, the node goes on.
// Memory is given in the order of the calls; only calls for the same topic wait for each other's
// metadata.
//
// With idempotence batches are numbered (transaction_manager.h): retries keep their order, and
// what is written already is recognised. Without it a retry may overtake and may write twice:
// batches that fail together are put back newest first, as Kafka does; only
// max.in.flight.requests.per.connection=1 keeps the order.
//
// With a transactional.id records can be published between begin_transaction() and its end only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bus/channel.h"
#include "sim/client/client_core.h"
#include "sim/client/record_accumulator.h"
#include "sim/client/transaction_manager.h"

namespace eventarium::kafka {

class Producer : public bus::Publisher, public TransactionalProducer {
 public:
  /// `component` is unique among the parts of the node. `config` has the producer scope and has
  /// been checked. `bootstrap`: brokers to ask for metadata, at least one.
  Producer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap);

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  /// clean: sends what it has; a stopping process can't wait for answers as KafkaProducer.close()
  /// does, so what isn't acknowledged by then fails, as with close() after its time-out. What was
  /// sent may be stored all the same.
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;

  void publish(engine::Runtime& runtime, Record record, const std::string& topic) override;
  /// As publish(), to a partition of the caller's choice (>= 0). Waits while the topic has not
  /// that many.
  void publish_to(engine::Runtime& runtime, Record record, const std::string& topic,
                  std::int32_t partition);
  std::uint64_t pending() const override { return pending_; }
  /// request.timeout.ms becomes `patience`, retry.backoff.ms and reconnect.backoff.ms 1 ms: what
  /// an impatient client does to a slow cluster. Requests on their way keep their time-out.
  bool set_patience(std::optional<Duration> patience) override;

  // ---- with a transactional.id (producer_transactions.cpp)
  void set_transaction_listener(TransactionListener& listener) override { listener_ = &listener; }
  bool can_begin() const override;
  bool in_transaction() const override;
  bool must_abort() const override;
  void begin_transaction(engine::Runtime& runtime) override;
  void send_offsets_to_transaction(engine::Runtime& runtime, GroupPositions positions) override;
  void commit_transaction(engine::Runtime& runtime) override;
  void abort_transaction(engine::Runtime& runtime, const std::string& reason) override;

  /// Null without idempotence.
  const TransactionManager* transactions() const { return manager_ ? &*manager_ : nullptr; }
  const ProducerOptions& options() const { return options_; }
  const RecordAccumulator& accumulator() const { return accumulator_; }

 private:
  /// A send() that has not returned.
  struct Waiting {
    Record record;
    std::string topic;
    std::optional<std::int32_t> explicit_partition;
    std::optional<std::int32_t> round_robin;  // drawn once
    EventId cause;
    SimTime deadline{};
    bool for_memory = false;  // else for metadata
  };
  enum class Placed { yes, failed, waits };
  using Ask = TransactionManager::Ask;
  struct InFlightAsk {
    Ask ask;
    std::uint32_t correlation_id;
  };

  void accept(engine::Runtime& runtime, Waiting call);
  Placed place(engine::Runtime& runtime, Waiting& call);
  std::pair<std::optional<std::int32_t>, const char*> choose(Waiting& call,
                                                             const TopicPartitions& topic);
  void give_up(engine::Runtime& runtime, const Waiting& call);
  void fail_unacknowledged(engine::Runtime& runtime);
  void place_waiting(engine::Runtime& runtime);
  bool waits_for_memory() const;

  // the sender: producer_sender.cpp
  void tick(engine::Runtime& runtime);
  void expire_batches(engine::Runtime& runtime);
  bool send_ready(engine::Runtime& runtime, bool flush, SimTime& next);
  void send_batches(engine::Runtime& runtime, NodeId node, std::vector<BatchPtr> batches);
  void on_produce_response(engine::Runtime& runtime, const ProduceResponse& response);
  void requests_failed(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost,
                       Error error);
  void attempt_failed(engine::Runtime& runtime, const BatchPtr& batch, Error error);
  void connection_lost(engine::Runtime& runtime, NodeId node, Error error);
  void acknowledge(engine::Runtime& runtime, ProducerBatch& batch, std::int64_t base_offset);
  void fail(engine::Runtime& runtime, ProducerBatch& batch, std::string error);
  void finish(ProducerBatch& batch);
  bool keeps_order() const { return options_.client.max_in_flight_requests == 1; }

  // producer id and transactions: producer_transactions.cpp
  bool takes_records() const;
  bool run_transactions(engine::Runtime& runtime);
  void tell_failure(engine::Runtime& runtime);
  void fail_unsent(engine::Runtime& runtime, const std::string& why, bool unnumbered);
  void tell_producer_id(engine::Runtime& runtime, std::string reason);
  void end_transaction(engine::Runtime& runtime, ProducerIdAndEpoch next);
  void abort_at_close(engine::Runtime& runtime);
  std::optional<NodeId> node_for(engine::Runtime& runtime, Ask ask);
  bool ask_next(engine::Runtime& runtime);
  std::unique_ptr<Request> make_request(engine::Runtime& runtime, Ask ask);
  SimTime next_ask(SimTime now) const;
  void on_answer(engine::Runtime& runtime, const Response& response);
  void answered(engine::Runtime& runtime, Ask ask, const Response& response);
  bool goes_on(engine::Runtime& runtime, Ask ask, Error error);
  bool can_be_aborted(Ask ask) const;
  void on_positions_answer(engine::Runtime& runtime, const TxnOffsetCommitResponse& response);

  ProducerOptions options_;
  std::optional<ClientOptions> configured_;  // while set_patience() has changed options_
  ClientCore core_;
  RecordAccumulator accumulator_;
  std::map<std::string, RoundRobinPartitioner> round_robin_;
  std::deque<Waiting> waiting_;
  std::map<std::uint32_t, std::vector<BatchPtr>> in_flight_;  // by correlation id
  std::uint64_t pending_ = 0;

  std::optional<TransactionManager> manager_;  // with idempotence
  TransactionListener* listener_ = nullptr;
  std::optional<InFlightAsk> asked_;
  std::optional<Ask> paused_;  // is not asked again before pause_ends_
  SimTime pause_ends_{};
  bool ending_ = false;        // commit or abort was called
  bool end_told_ = false;      // and the coordinator asked
  bool failure_told_ = false;  // there will be no more calls of the listener
  std::string abort_reason_;
  EventId end_cause_;
};

}  // namespace eventarium::kafka
