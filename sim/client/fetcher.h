// What a consumer reads and how far it is: a position in each of its partitions, and the requests
// that find where to begin and fetch by long poll. Follows Kafka's SubscriptionState,
// OffsetFetcher, AbstractFetch and FetchCollector (4.1). Knows nothing of groups; whoever owns it
// says which partitions are to be read, and where those begin that have a committed position.
//
//   a partition:  committed? --start_at()----------------------------> position
//                 committed? --start_by_reset()--> to be looked up
//                 to be looked up --ListOffsets (auto.offset.reset, a time)--> position
//                 position --Fetch--> buffered --take() has handed all of it out--> position
//                 position --OFFSET_OUT_OF_RANGE--> to be looked up
//                 any --seek()--> position
//
// One fetch is in flight per broker; a partition with buffered records is not fetched again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/client/client_core.h"
#include "sim/client/fetch_buffer.h"

namespace eventarium::kafka {

class Fetcher {
 public:
  Fetcher(const ConsumerOptions& options, ClientCore& core) : options_(options), core_(core) {}

  /// Reads the partition from now on; nothing happens when it does already. `committed`: the owner
  /// says where it begins, by start_at() or start_by_reset().
  void assign(const TopicPartition& tp, bool committed);
  void unassign(const TopicPartition& tp);
  std::vector<TopicPartition> assigned() const;
  bool is_assigned(const TopicPartition& tp) const { return positions_.contains(tp); }

  /// Those of which the owner has to say where they begin.
  std::vector<TopicPartition> awaiting_committed() const;
  void start_at(engine::Runtime& runtime, const TopicPartition& tp, std::int64_t offset,
                std::int32_t leader_epoch);
  void start_by_reset(const TopicPartition& tp);

  /// The partition must be assigned; what is buffered of it is dropped.
  void seek(engine::Runtime& runtime, const TopicPartition& tp, std::int64_t offset);
  /// To the first record that is not older; to the end when there is none.
  void seek_to_time(const TopicPartition& tp, SimTime time);
  /// A paused partition is not fetched, and keeps what is buffered of it.
  void pause(engine::Runtime& runtime, const TopicPartition& tp, const std::string& reason);
  void resume(engine::Runtime& runtime, const TopicPartition& tp);

  /// The offset that take() returns next; none before it is known or when it isn't assigned.
  std::optional<std::int64_t> position(const TopicPartition& tp) const;
  /// Of all that have one, with the leader epoch of the last record before it: what a commit of
  /// everything returned keeps (SubscriptionState.allConsumed).
  std::map<TopicPartition, std::pair<std::int64_t, std::int32_t>> consumed() const;

  /// Up to that many records; positions move behind them.
  std::vector<RecordSlice> take(std::size_t max_records);
  /// Sends what can be sent now.
  void tick(engine::Runtime& runtime);
  bool handle_response(engine::Runtime& runtime, const Response& response);
  void requests_lost(const std::vector<std::uint32_t>& lost);
  /// When something that waits may be tried again.
  SimTime next_retry(SimTime now) const;

  /// An exception that Kafka throws out of poll(); empty: none.
  const std::string& failure() const { return failure_; }
  void forget_all();

 private:
  using Target = ListOffsetsRequest::Target;
  enum class Begin : std::uint8_t { committed, reset, target };  // while there is no position
  struct Position {
    std::optional<std::int64_t> offset;
    std::int32_t epoch = -1;            // of the last record before it; -1: none has been read
    std::int32_t validated_epoch = -1;  // of the leader whose log is known to have that record
    Begin begin = Begin::reset;
    Target target = Target::latest;  // Begin::target
    SimTime time{};                  // Target::timestamp
    bool none_so_young = false;      // there is no record of that time: the end
    bool paused = false;
    std::uint32_t request = 0;  // in flight: a ListOffsets, OffsetForLeaderEpoch or Fetch; 0: none
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

  enum class Need : std::uint8_t { lookup, fetch };
  std::map<NodeId, std::vector<TopicPartition>> sendable(engine::Runtime& runtime, Need need);
  void send(engine::Runtime& runtime, NodeId node, std::unique_ptr<kafka::Request> request,
            Request sent);
  void send_list_offsets(engine::Runtime& runtime);
  void send_fetches(engine::Runtime& runtime);
  std::pair<Target, SimTime> target_of(const Position& position, SimTime now) const;
  void on_list_offsets(engine::Runtime& runtime, const ListOffsetsResponse& response);
  void on_fetch(engine::Runtime& runtime, const FetchResponse& response);
  void on_fetch_error(engine::Runtime& runtime, const FetchResponse::Partition& answer);
  // is the position still in the log? fetcher_validation.cpp
  bool needs_validation(const TopicPartition& tp, const Position& position) const;
  void send_validations(engine::Runtime& runtime);
  void on_epoch_ends(engine::Runtime& runtime, const OffsetForLeaderEpochResponse& response);
  void on_truncation(engine::Runtime& runtime, const TopicPartition& tp, Position& position,
                     EpochEnd end);

  void retry_later(engine::Runtime& runtime, Position& position, Error error);
  bool fetches_from(NodeId node) const;
  /// The partition whose request `id` is answered; null when it has nothing to do with it any more.
  Position* answered(const TopicPartition& tp, std::uint32_t id);
  /// These two keep idle_ true.
  void set_idle(Positions::iterator entry);
  void set_in_flight(Positions::iterator entry, std::uint32_t id);

  const ConsumerOptions& options_;
  ClientCore& core_;
  Positions positions_;
  // Those with nothing in flight, which are few: in the order in which they are asked for. Those
  // that brought data last go last.
  std::map<std::uint64_t, Positions::iterator> idle_;
  std::uint64_t last_turn_ = 0;
  std::map<std::uint32_t, Request> requests_;  // by correlation id
  FetchBuffer buffer_;
  std::string failure_;
};

}  // namespace eventarium::kafka
