// A member of the metadata quorum: a voter (controller), or an observer (broker) that only copies
// the log. Tells its listeners what is committed and who leads. Knows nothing of what the records
// mean. The roles and their transitions stand in quorum_state.h.
//
//   raft_client.cpp       life, timers, disk, what it tells its listeners
//   raft_election.cpp     roles: votes, new leaders, leaders that give up
//   raft_replication.cpp  appending, fetching, committing, truncating
//
// What a voter promises (its vote, its epoch, its copy of an entry) is on its disk before anybody
// hears of it. Follows Kafka's KafkaRaftClient (4.1) with pre-vote (KIP-996), without snapshots
// and with a fixed set of voters.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/controller/components.h"
#include "sim/controller/kraft_bootstrap.h"
#include "sim/controller/metadata_log.h"
#include "sim/controller/quorum_state.h"
#include "sim/controller/raft_leader.h"
#include "sim/controller/raft_protocol.h"
#include "sim/controller/raft_requests.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class RaftListener {
 public:
  virtual ~RaftListener() = default;
  /// The process has started. Everything that is committed comes by on_committed(), from offset 0;
  /// or, with `bootstrap`, from behind its entries, which count as seen.
  virtual void on_begin(engine::Runtime& runtime, const MetadataBootstrap* bootstrap) = 0;
  /// Entries from `base_offset` on hold for good. In order, each once.
  virtual void on_committed(engine::Runtime& runtime, std::int64_t base_offset,
                            const MetadataEntries& entries) = 0;
  /// Who leads; none: nobody is known to. A node is told of its own leadership only after it has
  /// been told all entries before its epoch.
  virtual void on_leader(engine::Runtime& runtime, NodeId leader, std::int32_t epoch) = 0;
};

struct RaftOptions {
  std::vector<NodeId> voters;
  Config config;                                       // scope broker: controller.quorum.*
  std::shared_ptr<const MetadataBootstrap> bootstrap;  // null: the log begins empty
  PlantedFaults planted;
};

class RaftClient {
 public:
  explicit RaftClient(RaftOptions options);

  /// Not owned. Before start(). `uncommitted`: it wrongly hears of entries as they are appended.
  void add_listener(RaftListener& listener, bool uncommitted = false);

  void start(engine::Runtime& runtime);
  /// False: not the quorum's.
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_done(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);
  /// A leader hands over. True when there is nothing to wait for (see has_handed_over()).
  bool begin_shutdown(engine::Runtime& runtime);
  bool has_handed_over() const;
  void stop(engine::StopReason reason);

  /// Leader only. The records go into the log within controller.quorum.append.linger.ms. Returns
  /// the offset that the first will have.
  std::int64_t append(engine::Runtime& runtime, std::vector<NotedRecord> records);
  /// Behind the last entry, including those that linger.
  std::int64_t next_offset() const;

  bool is_leader() const { return quorum_.is_leader(); }
  NodeId leader() const { return quorum_.leader(); }
  std::int32_t epoch() const { return quorum_.epoch(); }
  RaftRole role() const { return quorum_.role(); }
  const QuorumState& quorum() const { return quorum_; }
  const MetadataLog& log() const { return log_; }
  /// Entries below it are known to be committed; -1: not known.
  std::int64_t high_watermark() const { return high_watermark_; }

 private:
  enum Kind : std::uint16_t {  // of tokens
    role_timer,
    request_timer,
    wake_timer,
    begin_epoch_timer,
    linger_timer,
    parked_fetch_timer,
    state_saved,
    log_flushed
  };
  struct Follower {  // a listener
    RaftListener* listener;
    bool uncommitted;
    std::int64_t next_offset = 0;
    NodeId told_leader;
    std::int32_t told_epoch = -1;
  };
  struct Lingering {
    NotedRecord noted;
    EventId cause;
  };
  struct Outgoing {  // waits until the election state is on the disk
    std::uint64_t save = 0;
    NodeId to;
    engine::Lane lane;
    std::unique_ptr<const engine::Payload> payload;
    std::uint64_t size_bytes = 0;
    EventId cause;
  };
  struct ParkedFetch {
    engine::Lane lane;
    Header header;
    std::int64_t fetch_offset = 0, high_watermark = -1;
    std::int32_t last_fetched_epoch = 0;
    TimerId timer;
  };

  // raft_client.cpp
  engine::Token token(Kind kind, std::uint64_t value = 0) const;
  bool is_voter() const { return voter_; }
  void begin_life(engine::Runtime& runtime);
  void arm_role_timer(engine::Runtime& runtime, Duration delay);
  void on_role_timer(engine::Runtime& runtime);
  void wake_at(engine::Runtime& runtime, SimTime when);
  template <class R>
  void send(engine::Runtime& runtime, NodeId to, engine::Lane lane, std::unique_ptr<R> payload);
  template <class R>
  void ask(engine::Runtime& runtime, NodeId peer, std::unique_ptr<R> request);
  template <class R>
  void answer(engine::Runtime& runtime, NodeId to, engine::Lane lane, const Header& header,
              std::unique_ptr<R> response);
  bool write_to_disk(engine::Runtime& runtime, std::uint64_t size_bytes);
  void save_election(engine::Runtime& runtime);
  void on_saved(engine::Runtime& runtime, std::uint64_t save);
  void tell_listeners(engine::Runtime& runtime);
  void tell_committed(engine::Runtime& runtime, Follower& follower);
  void poll(engine::Runtime& runtime);

  // raft_election.cpp
  void entered_role(engine::Runtime& runtime);
  void become_unattached(engine::Runtime& runtime, std::int32_t epoch);
  void become_follower(engine::Runtime& runtime, std::int32_t epoch, NodeId leader);
  void become_prospective(engine::Runtime& runtime);
  void lose_pre_vote(engine::Runtime& runtime);
  void become_candidate(engine::Runtime& runtime);
  void become_leader(engine::Runtime& runtime);
  void resign(engine::Runtime& runtime);
  void learn(engine::Runtime& runtime, std::int32_t epoch, NodeId leader);
  Duration election_timeout(engine::Runtime& runtime);
  void count_votes(engine::Runtime& runtime);
  void ask_for_votes(engine::Runtime& runtime);
  void announce_epoch(engine::Runtime& runtime);
  void announce_end(engine::Runtime& runtime);
  void on_vote(engine::Runtime& runtime, const engine::Message& message, const VoteRequest& ask);
  void on_vote_answer(engine::Runtime& runtime, NodeId voter, const VoteResponse& response);
  void on_begin_epoch(engine::Runtime& runtime, const engine::Message& message,
                      const BeginQuorumEpochRequest& request);
  void on_end_epoch(engine::Runtime& runtime, const engine::Message& message,
                    const EndQuorumEpochRequest& request);
  bool on_response(engine::Runtime& runtime, const engine::Message& message);

  // raft_replication.cpp
  void append_lingering(engine::Runtime& runtime);
  void write_entry(engine::Runtime& runtime, NotedRecord noted, EventId cause);
  void flush_log(engine::Runtime& runtime);
  void on_flushed(engine::Runtime& runtime, std::int64_t end_offset);
  /// What this node may claim to have: what is on its disk.
  std::int64_t own_end() const;
  void commit(engine::Runtime& runtime);
  void raise_high_watermark(engine::Runtime& runtime, std::int64_t high_watermark);
  void fetch(engine::Runtime& runtime);
  std::optional<NodeId> whom_to_fetch_from(engine::Runtime& runtime);
  void on_fetch(engine::Runtime& runtime, const engine::Message& message,
                const FetchMetadataRequest& request);
  void answer_fetch(engine::Runtime& runtime, NodeId replica, const ParkedFetch& fetch);
  void answer_parked(engine::Runtime& runtime, bool all);
  void on_fetched(engine::Runtime& runtime, const FetchMetadataResponse& response);
  void truncate(engine::Runtime& runtime, EpochEnd diverging);

  // durable, or as durable as flushed
  RaftOptions options_;
  MetadataLog log_;
  ElectionState saved_;    // on the disk
  ElectionState written_;  // valid while the process is down: in the file, perhaps not on the disk
  bool begun_ = false;     // it has been started once

  // of this life
  Duration fetch_timeout_, election_timeout_, election_backoff_max_, append_linger_;
  bool voter_ = false, halted_ = false, shutting_down_ = false;
  QuorumState quorum_;
  std::optional<RaftLeader> leader_;  // while it leads
  std::vector<NodeId> successors_;    // while it is resigned: whom to tell
  RaftRequests requests_;
  std::int64_t high_watermark_ = -1;
  std::vector<Follower> listeners_;
  std::vector<Lingering> lingering_;
  std::map<NodeId, ParkedFetch> parked_;
  std::deque<Outgoing> outbox_;
  std::deque<ElectionState> saving_;
  std::uint64_t saves_ = 0;
  SimTime role_deadline_{};
  TimerId role_timer_, wake_timer_, linger_timer_, begin_epoch_timer_;
  SimTime wake_at_{};
  std::uint32_t roles_entered_ = 0;
};

template <class R>
void RaftClient::send(engine::Runtime& runtime, NodeId to, engine::Lane lane,
                      std::unique_ptr<R> payload) {
  const std::uint64_t size_bytes = payload->size_bytes();
  if (saving_.empty()) {
    runtime.send(to, std::move(payload), size_bytes, lane);
  } else {
    outbox_.push_back({saves_, to, lane, std::move(payload), size_bytes, runtime.current_cause()});
  }
}

template <class R>
void RaftClient::ask(engine::Runtime& runtime, NodeId peer, std::unique_ptr<R> request) {
  request->header = {raft_component, requests_.begin(runtime, peer)};
  send(runtime, peer, engine::Lane{runtime.self(), raft_lane}, std::move(request));
}

template <class R>
void RaftClient::answer(engine::Runtime& runtime, NodeId to, engine::Lane lane,
                        const Header& header, std::unique_ptr<R> response) {
  response->header = header;
  response->epoch = quorum_.epoch();
  response->leader = quorum_.role() == RaftRole::resigned ? NodeId{} : quorum_.leader();
  send(runtime, to, lane, std::move(response));
}

}  // namespace eventarium::kafka
