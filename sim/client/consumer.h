// A Kafka consumer: poll() after poll(), and its listener gets one record after the other. Alone it
// reads the partitions that it is assigned; with a group.id and topics to subscribe to, a
// membership says what it reads, and positions are committed. Follows KafkaConsumer
// (ClassicKafkaConsumer, 4.1) and the loop of an application around it.
//
//   poll():       rebalance, committed positions, auto-commit; up to max.poll.records from what has
//                 been fetched; then fetches go out, while the application works on what it got
//   a poll()'s records:  [commit: before] each handed out, [commit: each] ... all finished
//                 [commit: after, transaction] and poll() again
//
// A commitSync() that fails is an exception in that loop. With `before` it comes before the work:
// the application seeks back to where that poll() began and polls the same records again; until it
// is a member in good standing it polls only to become one. With `after` and `each` the work is
// done: the application catches it and goes on, and the next commit covers the records.
//
// While the listener is busy answers are kept but nothing is sent, except by the membership's
// background. finished() of the last record is the application's next poll(). An application that
// gets none calls poll() again at once.
//
// A clean stop is an application that stops between two records: what it has not finished it has
// not read, and it commits and leaves the group before it ends.
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
#include "sim/client/coordinator_link.h"
#include "sim/client/fetcher.h"
#include "sim/client/group_membership.h"
#include "sim/client/group_offsets.h"
#include "sim/client/transactional_producer.h"

namespace eventarium::kafka {

/// What to read: single partitions, and all partitions of topics as the metadata knows them. With a
/// group.id and no single partitions, the topics are subscribed to.
struct Assignment {
  std::vector<TopicPartition> partitions;
  std::vector<std::string> topics;
};

/// When the application commits. Anything but `automatic` switches enable.auto.commit off.
enum class CommitPolicy : std::uint8_t {
  automatic,    // enable.auto.commit: inside poll()
  before,       // commitSync() before the first record of a poll(): at most once
  after,        // commitSync() when all records of a poll() are finished: at least once
  each,         // commitSync() after each record
  transaction,  // with a transaction that begins with a poll()'s records and ends after them
  never
};

class Consumer : public bus::Subscriber, private MembershipListener, private TransactionListener {
 public:
  /// Added to a consumer's component: its connection to the group's coordinator.
  static constexpr std::uint16_t coordinator_component = 128;

  /// `component` is unique among the parts of the node and below 128. `config` has the consumer
  /// scope and has been checked. `bootstrap`: brokers to ask for metadata, at least one.
  /// `producer`: for CommitPolicy::transaction, outlives the consumer.
  Consumer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap,
           Assignment assignment, CommitPolicy commit = CommitPolicy::automatic,
           TransactionalProducer* producer = nullptr);

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// `ok` makes no difference: Kafka keeps no account of single records. A handle that isn't the
  /// current delivery's is ignored.
  void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) override;
  /// The application hands the record to another thread. Positions that it commits itself stay
  /// before what is not finished, as with Confluent's Parallel Consumer; enable.auto.commit knows
  /// nothing of it and commits all that poll() has returned.
  bool take_over(engine::Runtime& runtime, std::uint64_t handle) override;
  /// pause() of the delivery's partition; what poll() has returned of it waits in the application,
  /// as with Spring Kafka's error handlers that don't seek, and the position stays before it.
  bool hold(engine::Runtime& runtime, std::uint64_t handle, const std::string& reason) override;
  /// resume(), and what waits comes with the next poll().
  void release(engine::Runtime& runtime, const std::string& topic, std::int64_t partition) override;
  /// KafkaConsumer.close(): commits what has been finished, waits for that for 30 s at most, and
  /// leaves the group.
  bool begin_close(engine::Runtime& runtime) override;
  bool is_closed() const override { return closed_; }

  /// The offset that poll() returns next; none before it is known or for a partition that isn't
  /// assigned.
  std::optional<std::int64_t> position(const TopicPartition& tp) const {
    return fetcher_.position(tp);
  }
  std::vector<TopicPartition> assigned() const { return fetcher_.assigned(); }
  /// KafkaConsumer.seek; records that poll() has returned already are still handed out. False when
  /// the partition isn't assigned.
  bool seek(engine::Runtime& runtime, const TopicPartition& tp, std::int64_t offset);
  /// offsetsForTimes and seek: to the first record that is not older, or to the end.
  bool seek_to_time(engine::Runtime& runtime, const TopicPartition& tp, SimTime time);
  /// All partitions, also those that a rebalance brings meanwhile: no more records after those that
  /// poll() has returned.
  bool pause(engine::Runtime& runtime, const std::string& reason) override;
  void resume(engine::Runtime& runtime) override;
  /// Member id in the group, empty when it is in none.
  std::string member_id() const { return membership_ ? membership_->member_id() : std::string{}; }
  /// An error that Kafka throws out of poll() has ended the application's loop.
  bool has_failed() const { return failed_; }

 private:
  void run(engine::Runtime& runtime);
  bool next_records(engine::Runtime& runtime);
  void poll(engine::Runtime& runtime);
  void hand_out(engine::Runtime& runtime);
  void tick(engine::Runtime& runtime);
  void assign_topics(engine::Runtime& runtime);
  void throw_out_of_poll(engine::Runtime& runtime, std::string text);
  bool is_busy() const { return current_ != 0 || blocked(); }
  bool blocked() const { return (offsets_ && offsets_->waits()) || ending_transaction_; }
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);
  void background(engine::Runtime& runtime);
  void wake_when_due(engine::Runtime& runtime);

  // groups and commits: consumer_commits.cpp
  Offsets consumed() const;
  bool commits_what_is_finished() const {
    return commit_ == CommitPolicy::after || commit_ == CommitPolicy::each;
  }
  bool records_polled(engine::Runtime& runtime);
  bool all_finished(engine::Runtime& runtime);
  void commit_sync(engine::Runtime& runtime, Offsets offsets);
  void settle_commit(engine::Runtime& runtime);
  void auto_commit(engine::Runtime& runtime);
  void rewind(engine::Runtime& runtime);
  bool waits_to_be_member();
  void end_transaction(engine::Runtime& runtime);
  void close(engine::Runtime& runtime);
  Offsets finished_offsets() const;
  bool commits_on_close() const;
  void forget_rebalance_commit();
  void go_on_closing(engine::Runtime& runtime);
  PartitionList assigned_partitions() const override { return fetcher_.assigned(); }
  bool commit_before_rebalance(engine::Runtime& runtime) override;
  void revoke_partitions(engine::Runtime& runtime, const PartitionList& partitions,
                         RevokeReason reason) override;
  void assign_partitions(engine::Runtime& runtime, const PartitionList& partitions,
                         std::int32_t generation) override;
  void on_transactions_ready(engine::Runtime& runtime) override;
  void on_transaction_ended(engine::Runtime& runtime, bool committed) override;
  void on_transactions_failed(engine::Runtime& runtime, Error error) override;

  ConsumerOptions options_;
  ClientCore core_;
  Assignment assignment_;
  Fetcher fetcher_;
  CommitPolicy commit_;
  TransactionalProducer* producer_;
  std::unique_ptr<CoordinatorLink> link_;        // null without a group
  std::unique_ptr<GroupMembership> membership_;  // null when it isn't a member
  std::unique_ptr<GroupOffsets> offsets_;        // null without a group
  std::map<std::string, bool> warned_missing_;

  struct Item {
    bus::Delivery delivery;
    std::int32_t leader_epoch = -1;
    EventId cause;  // its RecordsDelivered
    TopicPartition place() const {
      return {delivery.topic, static_cast<std::int32_t>(delivery.partition)};
    }
  };
  struct Held {
    std::deque<Item> items;
    bool released = false;
  };
  void take_released();
  void drop_held(engine::Runtime& runtime, const TopicPartition& tp);

  std::deque<Item> slice_;               // of the current poll(), not yet handed out
  std::map<TopicPartition, Held> held_;  // that the listener doesn't want yet: consumer_held.cpp
  std::optional<Item> in_hand_;          // what the listener works on
  std::map<std::uint64_t, Item> taken_;  // over by the listener and not finished, by handle
  bool finished_apart_ = false;          // some of them have been, since the last commit
  Offsets committed_;                    // what commitSync() has been called with last
  std::optional<std::string> paused_;    // all partitions, and why
  bool has_records_ = false;      // poll() has returned some, and they are not all dealt with
  bool refused_ = false;          // commit: before has failed, and no poll() brought records since
  Offsets began_at_;              // positions before that poll()
  GroupPositions group_at_poll_;  // who it was in the group then
  std::uint64_t current_ = 0;     // handle the listener works on; 0: none
  std::uint64_t last_handle_ = 0;
  bool running_ = false;  // inside run()
  bool failed_ = false;
  bool closing_ = false, closed_ = false;

  SimTime auto_commit_at_{};
  enum class Waiting : std::uint8_t { nothing, before, after, each, rebalance };
  Waiting waiting_ = Waiting::nothing;  // what the commit under way is for
  bool ending_transaction_ = false;
};

}  // namespace eventarium::kafka
