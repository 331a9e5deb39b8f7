// A Kafka consumer of explicitly assigned partitions: it keeps a position in each, fetches by
// long poll, and gives its listener one record at a time. Follows KafkaConsumer without a group,
// Fetcher and OffsetFetcher (4.1).
//
//   a partition:  no position --ListOffsets (auto.offset.reset)--> position --Fetch--> buffered
//                 position <--poll() has handed all of it out-- buffered
//                 position --OFFSET_OUT_OF_RANGE--> no position
//   poll():       up to max.poll.records from the buffer; then fetches for what isn't buffered,
//                 one in flight per broker, while the application works on what it got
//
// As in Kafka there is no background work: while the listener is busy, answers are kept but
// nothing is sent. finished() of the last record of a slice is the application's next poll().
// Without a group nothing is committed: a consumer that restarts begins by auto.offset.reset.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/bus/channel.h"
#include "sim/client/client_core.h"
#include "sim/client/fetch_buffer.h"

namespace eventarium::kafka {

/// What to read: single partitions, and all partitions of topics as the metadata knows them.
struct Assignment {
  std::vector<TopicPartition> partitions;
  std::vector<std::string> topics;
};

class Consumer : public bus::Subscriber {
 public:
  /// `component` is unique among the parts of the node. `config` has the consumer scope and has
  /// been checked. `bootstrap`: brokers to ask for metadata, at least one.
  Consumer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap,
           Assignment assignment);

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// `ok` makes no difference: Kafka keeps no account of single records. A handle that isn't the
  /// current delivery's is ignored.
  void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) override;

  /// The offset that poll() returns next; none before it is known or for a partition that isn't
  /// assigned.
  std::optional<std::int64_t> position(const TopicPartition& tp) const;
  /// An error that Kafka throws out of poll() has ended the application's loop.
  bool has_failed() const { return failed_; }

 private:
  struct Position {
    std::optional<std::int64_t> offset;
    std::int32_t epoch = -1;            // of the last record before it; -1: none has been read
    std::int32_t validated_epoch = -1;  // of the leader whose log is known to have that record
    bool in_flight = false;             // a ListOffsets, OffsetForLeaderEpoch or Fetch for it
    SimTime retry_at{};
    std::uint64_t turn = 0;  // its key in idle_ while nothing is in flight
  };
  using Positions = std::map<TopicPartition, Position>;
  struct Request {
    NodeId node;
    std::vector<TopicPartition> partitions;
    bool is_fetch = false;
    std::map<TopicPartition, std::int64_t> fetch_offsets;
  };

  void run(engine::Runtime& runtime);
  bool poll(engine::Runtime& runtime);
  void hand_out(engine::Runtime& runtime);

  // talking to brokers: consumer_fetcher.cpp
  void tick(engine::Runtime& runtime);
  void assign_topics(engine::Runtime& runtime);
  void assign(const TopicPartition& tp);
  void send_list_offsets(engine::Runtime& runtime);
  void send_fetches(engine::Runtime& runtime);
  std::map<NodeId, std::vector<TopicPartition>> sendable(engine::Runtime& runtime,
                                                         bool with_position);
  void on_list_offsets(engine::Runtime& runtime, const ListOffsetsResponse& response);
  // is the position still in the log? consumer_validation.cpp
  bool needs_validation(const TopicPartition& tp, const Position& position) const;
  void send_validations(engine::Runtime& runtime);
  void on_epoch_ends(engine::Runtime& runtime, const OffsetForLeaderEpochResponse& response);
  void on_truncation(engine::Runtime& runtime, const TopicPartition& tp, Position& position,
                     EpochEnd end);
  void on_fetch(engine::Runtime& runtime, const FetchResponse& response);
  void on_fetch_error(engine::Runtime& runtime, const FetchResponse::Partition& answer);
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);
  void retry_later(engine::Runtime& runtime, Position& position, Error error);
  bool fetches_from(NodeId node) const;
  /// The only one to change Position::in_flight: it keeps idle_ true.
  void set_in_flight(Positions::iterator entry, bool in_flight);
  void throw_out_of_poll(engine::Runtime& runtime, std::string text);
  SimTime next_retry(SimTime now) const;

  ConsumerOptions options_;
  ClientCore core_;
  Assignment assignment_;
  Positions positions_;
  // Those with nothing in flight, which are few: in the order in which they are asked for. Those
  // that brought data last go last.
  std::map<std::uint64_t, Positions::iterator> idle_;
  std::uint64_t last_turn_ = 0;
  std::map<std::uint32_t, Request> requests_;  // by correlation id
  std::map<std::string, bool> warned_missing_;
  FetchBuffer buffer_;
  struct Item {
    bus::Delivery delivery;
    EventId cause;  // its RecordsDelivered
  };
  std::deque<Item> slice_;     // of the current poll(), not yet handed out
  std::uint64_t current_ = 0;  // handle the listener works on; 0: none
  std::uint64_t last_handle_ = 0;
  bool running_ = false;  // inside run()
  bool failed_ = false;
};

}  // namespace eventarium::kafka
