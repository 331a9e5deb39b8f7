// All partitions of one broker: follows the cluster's metadata into and out of leadership, and
// does what requests ask of its partitions: append, read, look up offsets. It answers in the
// protocol's terms and never waits: what a change may have made possible for requests that do wait
// is left in touched(). What changed is put into the trace.
//
//   replica_manager.cpp       life, metadata, in-sync replicas, fetchers
//   replica_requests.cpp      append, fetch, offsets
//
// Follows Kafka's ReplicaManager and ReplicaFetcherManager (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/broker/cluster_link.h"
#include "sim/broker/delayed_produce.h"
#include "sim/broker/group_protocol.h"
#include "sim/broker/partition.h"
#include "sim/broker/protocol.h"
#include "sim/broker/replica_fetcher.h"
#include "sim/broker/replication_options.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

struct AppendOutcome {
  std::vector<ProduceResponse::Partition> answers;
  std::vector<DelayedProduce::Batch> batches;  // that are in the log
  std::vector<EventId> events;                 // their BatchAppended or BatchRecognised
  bool failed = false;                         // any partition was refused
  bool must_flush = false;                     // fsync before complete_append()
  EventId last_event;                          // what the answer is due to
};

/// What a fetch meets, partition by partition, before anything is read.
struct FetchPlan {
  struct Read {
    Partition* partition = nullptr;  // null: not here
    Partition::ReadCheck check;
    std::int64_t high_watermark = -1;  // as it will be told
  };
  std::vector<Read> reads;
  bool answer_now = false;  // no reason to wait: data, an error, a diverging epoch
};

class ReplicaManager {
 public:
  /// Something about the partition has changed that requests may wait for; `cause` says what.
  struct Touched {
    std::uint32_t partition = 0;
    EventId cause;
  };

  /// This broker has begun to lead the partition in that epoch; -1: it leads it no more.
  struct LeadershipChange {
    TopicPartition tp;
    std::int32_t epoch = -1;
    EventId cause;
  };

  /// `config` has the broker scope and has been checked. `logs` outlives the manager.
  ReplicaManager(Config config, LogManager& logs);

  // ---- life
  /// The process has started. No partition has a role before the metadata says so.
  void start(engine::Runtime& runtime, ClusterLink& link, PlantedFaults planted);
  /// The log manager has loaded the logs: their high watermarks are those of the checkpoint, and
  /// the trace is told of those that had been higher.
  void on_logs_loaded(engine::Runtime& runtime);
  /// The process has ended: forgets everything.
  void stop();
  /// Every replica.high.watermark.checkpoint.interval.ms, and at a clean end.
  void checkpoint_high_watermarks();
  const ReplicationOptions& options() const { return options_; }

  // ---- metadata and followers
  /// These partitions have changed in the link's image; `all`: it holds no others.
  void apply_metadata(engine::Runtime& runtime, const std::vector<TopicPartition>& changed,
                      bool all);
  /// Every replica.lag.time.max.ms / 2: who lags leaves the in-sync sets.
  void shrink_isr(engine::Runtime& runtime);
  void on_partition_altered(engine::Runtime& runtime,
                            const AlterPartitionResponse::Partition& answer);
  /// The answer to a fetcher's request; others are left alone.
  void on_response(engine::Runtime& runtime, const engine::Message& message);
  void on_timer(engine::Runtime& runtime, engine::Token token);
  void on_done(engine::Runtime& runtime, engine::Token token);
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);

  // ---- requests
  /// Writes to the page cache. complete_append() is the next step, at once or after an fsync.
  /// `unverified`: why the transaction's coordinator doesn't know of a partition. A batch that its
  /// producer has sent before counts as appended where it was then.
  AppendOutcome append(engine::Runtime& runtime,
                       const std::vector<ProduceRequest::Partition>& batches, std::int16_t acks,
                       const std::map<TopicPartition, Error>& unverified = {});
  /// Partitions led here to which the request brings the first batch of a transaction.
  PartitionList to_verify(const ProduceRequest& request) const;
  /// The appended batches are as safe as configured: advances the high watermarks.
  void complete_append(engine::Runtime& runtime, AppendOutcome& outcome);
  /// A fetch arrives. A follower's tells how far it is, which may advance high watermarks and
  /// in-sync sets.
  FetchPlan take_fetch(engine::Runtime& runtime, const FetchRequest& request);
  /// A fetch that was parked for these partitions is answered now, whatever there is.
  FetchPlan plan_again(const FetchRequest& request, const std::vector<std::uint32_t>& partitions);
  /// True when a parked fetch can be answered because of what happened to one of its partitions.
  bool is_satisfied(const FetchRequest& request, const std::vector<std::uint32_t>& partitions,
                    std::uint32_t touched) const;
  /// What the fetch gets, within its own limits and the broker's.
  std::vector<FetchResponse::Partition> read(const FetchRequest& request,
                                             const FetchPlan& plan) const;
  ListOffsetsResponse::Partition list_offset(
      const ListOffsetsRequest::Partition& asked, NodeId replica,
      Isolation isolation = Isolation::read_uncommitted) const;
  OffsetForLeaderEpochResponse::Partition epoch_end(
      const OffsetForLeaderEpochRequest::Partition& asked) const;
  /// Who leads, as far as this broker knows.
  LeaderHint leader_hint(const TopicPartition& tp) const;

  /// What has changed since the last call of clear(); the broker looks at all of it.
  std::vector<Touched>& touched() { return touched_; }
  /// What this broker has begun and ceased to lead since the last call, in the order of events.
  std::vector<LeadershipChange> take_leadership_changes();

  // ---- looking
  const std::map<TopicPartition, Partition*>& partitions() const { return hosted_; }
  /// Null when this broker has no replica of it.
  const Partition* find(const TopicPartition& tp) const;
  /// Null when the broker has it no more.
  const Partition* at(std::uint32_t number) const { return by_number_[number]; }

 private:
  const ClusterImage& image() const { return link_->image(); }
  Partition* find_mutable(const TopicPartition& tp);
  Error why_not_here(const TopicPartition& tp) const;
  void apply_one(engine::Runtime& runtime, const TopicPartition& tp);
  void become_leader(engine::Runtime& runtime, Partition& partition, PartitionState state);
  void become_follower(engine::Runtime& runtime, Partition& partition, PartitionState state);
  Partition& host(engine::Runtime& runtime, const TopicPartition& tp, const TopicImage& topic);
  void drop(engine::Runtime& runtime, const TopicPartition& tp);
  void start_fetching(Partition& partition);
  void stop_fetching(const Partition& partition);
  ReplicaFetcher& fetcher_for(NodeId leader, const TopicPartition& tp);
  void run_fetchers(engine::Runtime& runtime);
  void propose(engine::Runtime& runtime, Partition::IsrProposal proposal,
               const std::string& reason);
  void advance(engine::Runtime& runtime, Partition& partition);
  void touch(engine::Runtime& runtime, const Partition& partition);
  void note_leadership(engine::Runtime& runtime, const TopicPartition& tp, std::int32_t epoch);
  Error append_one(engine::Runtime& runtime, const ProduceRequest::Partition& asked,
                   std::int16_t acks, Error unverified, AppendOutcome& outcome);
  Error check_producer(const Partition& partition, const RecordBatch& batch, Error unverified,
                       std::optional<ProducerState::Batch>& former) const;
  void recognise(engine::Runtime& runtime, const ProduceRequest::Partition& asked,
                 const Partition& partition, const ProducerState::Batch& former,
                 AppendOutcome& outcome);
  FetchPlan::Read plan_read(Partition* partition, const FetchRequest::Partition& asked,
                            NodeId replica) const;
  void plan_wait(const FetchRequest& request, FetchPlan& plan) const;
  void follow_up_fetch(engine::Runtime& runtime, const FetchRequest& request,
                       const FetchRequest::Partition& asked, Partition& partition);

  Config config_;
  ReplicationOptions options_;
  std::uint64_t fetch_max_bytes_;
  ClusterLink* link_ = nullptr;
  LogManager& logs_;
  std::map<TopicPartition, std::int64_t> former_high_watermarks_;  // of the process before
  // Volatile from here on. A partition that is dropped keeps its number until the process ends.
  std::vector<std::unique_ptr<Partition>> all_;
  std::vector<Partition*> by_number_;  // null: dropped
  std::map<TopicPartition, Partition*> hosted_;
  std::vector<std::unique_ptr<ReplicaFetcher>> fetchers_;
  std::map<std::pair<NodeId, engine::Lane>, std::size_t> fetcher_by_lane_;
  std::vector<Touched> touched_;
  std::vector<LeadershipChange> leadership_changes_;
};

}  // namespace eventarium::kafka
