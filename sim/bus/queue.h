// A queue: keeps each message until one receiver has acknowledged it. One receiver per message;
// who is away misses nothing; a message that is never acknowledged ends in the dead-letter queue.
// Its clients are in queue_client, what it has on disk in queue_store.
//
// A message:
//   (published) --journal flushed--> waiting                     QueueStored, publisher is told
//   waiting --a receiver asks------> leased, hidden              QueueLeased
//   leased --acknowledged----------> removing --flushed--> gone  QueueDeleted
//   waiting --acknowledged late----> removing                    by the receipt of its last lease
//   leased --visibility time-out, refused, connection reset, queue restarted--
//            delivered fewer than max_deliveries times: waiting, at its old place  QueueReturned
//            else: burying --flushed--> dead                     QueueDeadLettered
//
// An acknowledgement counts only with the receipt of the latest lease: who comes after the
// visibility timeout can't delete a message that somebody else has got meanwhile. A record that
// is published again within the deduplication window (a retry of its publisher) is acknowledged
// and not stored twice. A killed queue finds all of this in its journal; after a power loss it
// finds what was flushed, which is at least all that it had acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/bus/protocol.h"
#include "sim/bus/queue_store.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::bus {

struct QueueOptions {
  Duration visibility_timeout = 30s;  // a lease lasts this long
  int max_deliveries = 5;             // then the dead-letter queue; at least 1
  Duration long_poll_wait = 5s;       // a Receive is parked this long, then answered empty
  Duration deduplication_window = std::chrono::minutes(5);  // as Amazon SQS FIFO queues
};

class QueueNode : public engine::Node {
 public:
  explicit QueueNode(QueueOptions options = {});

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// 30 microseconds of a 1 Gflop/s core and 1 flop per byte: some 30,000 messages a second, what
  /// a queue broker does with one core.
  double handling_work_flops(const engine::Message& message) const override;

  /// Messages that a receiver could have now.
  std::uint64_t waiting() const;
  std::uint64_t leased() const { return leases_.size(); }
  /// Kept until somebody looks at them, in order of arrival.
  const std::map<std::uint64_t, QueuedMessage>& dead_letters() const {
    return store_.written().dead_letters;
  }

 private:
  struct Lease {
    NodeId receiver;
    std::uint64_t session = 0;
    TimerId timer;
  };
  struct Parked {
    std::uint64_t ticket = 0;
    NodeId receiver;
    std::uint64_t session = 0, receive_id = 0;
    std::vector<std::string> topics;
    TimerId timer;
  };
  /// A journal entry that takes effect when it is flushed.
  struct Pending {
    std::uint64_t number = 0;  // in the journal
    QueueOp::Kind kind = QueueOp::Kind::store;
    std::uint64_t sequence = 0;
    RecordId record;
    std::uint32_t attempts = 0;
    std::string topic;
    NodeId publisher;  // store: to be told; none when it is not known any more
    EventId cause;
  };

  void handle_publish(engine::Runtime& runtime, NodeId publisher, const Publish& publish);
  void handle_receive(engine::Runtime& runtime, NodeId receiver, const Receive& receive);
  void handle_acknowledge(engine::Runtime& runtime, const Acknowledge& acknowledge);

  void append(engine::Runtime& runtime, QueueOp op, NodeId publisher);
  void flush_pending(engine::Runtime& runtime);
  void settle(engine::Runtime& runtime, const Pending& pending);
  void recover_pending();

  void become_visible(std::uint64_t sequence, EventId because);
  void hide(std::uint64_t sequence);
  void serve(engine::Runtime& runtime);
  bool serve_one(engine::Runtime& runtime, const Parked& parked, bool asked_now);
  void lease(engine::Runtime& runtime, const Parked& parked, std::uint64_t sequence);
  void end_lease(engine::Runtime& runtime, std::uint64_t sequence);
  void give_back(engine::Runtime& runtime, std::uint64_t sequence, const char* reason);
  void give_back_all_of(engine::Runtime& runtime, NodeId receiver, std::uint64_t except_session);
  void unpark(engine::Runtime& runtime, NodeId receiver);
  void remove(engine::Runtime& runtime, std::uint64_t sequence, QueueOp::Kind kind);
  const QueuedMessage& message(std::uint64_t sequence) const;

  QueueOptions options_;
  QueueStore store_;  // survives the process
  // Volatile. A message is in exactly one of: pending_ (being stored or removed), visible_,
  // leases_.
  std::deque<Pending> pending_;
  std::map<std::string, std::map<std::uint64_t, EventId>> visible_;  // topic, sequence, because
  std::map<std::uint64_t, Lease> leases_;                            // by sequence
  std::deque<Parked> parked_;                                        // who asked first is first
  std::uint64_t last_ticket_ = 0;
  bool flushing_ = false;
  std::uint64_t flush_target_ = 0;
  // What the trace says is leased. Not the queue's knowledge: after a restart it tells observers
  // which leases have ended, also those whose journal entry was lost with the power.
  std::set<RecordId> told_leased_;
};

}  // namespace eventarium::bus
