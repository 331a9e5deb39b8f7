// What a queue has on its disk: a journal of operations, and the messages that follow from it.
// Operations are written to the page cache first; what a killed process had written survives,
// what a machine without power had not flushed is gone. Knows no time-outs, receivers or network.
//
// Decide, then apply: the queue appends an Op, and State::apply is the only place that changes a
// State. Two States are kept, so that nothing has to be replayed from the beginning: `written`
// (all operations) and `flushed` (those that are on the disk for good).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/base/cloud_event.h"

namespace eventarium::bus {

struct QueuedMessage {
  Record record;
  std::string topic;
  std::uint32_t attempts = 0;  // deliveries so far
  std::uint64_t receipt = 0;   // of the latest lease; 0 before the first
};

/// One entry of the journal.
struct QueueOp {
  enum class Kind {
    store,        // message, at: keep it, and remember its record against a second publish
    lease,        // sequence, receipt: one more delivery
    remove,       // sequence: acknowledged
    dead_letter,  // sequence: delivered too often
  } kind = Kind::store;
  std::uint64_t sequence = 0;  // place of the message in the order of arrival, from 1
  QueuedMessage message;
  std::uint64_t receipt = 0;
  SimTime at{};

  /// In the journal: 32 bytes of header, and the record of a store.
  std::uint64_t size_bytes() const {
    return 32 + (kind == Kind::store ? message.record.size_bytes : 0);
  }
};

struct QueueState {
  std::map<std::uint64_t, QueuedMessage> messages;      // by sequence
  std::map<std::uint64_t, QueuedMessage> dead_letters;  // by sequence
  std::map<RecordId, std::uint64_t> sequence_of;        // of `messages`
  std::map<RecordId, SimTime> published;                // deduplication: when it was stored first
  std::deque<RecordId> published_order;                 // oldest first
  std::uint64_t last_sequence = 0;

  void apply(const QueueOp& op, Duration deduplication_window);
};

class QueueStore {
 public:
  explicit QueueStore(Duration deduplication_window) : window_(deduplication_window) {}

  /// Writes the operation; returns its number in the journal, from 1.
  std::uint64_t append(QueueOp op);
  /// Everything up to this number is on the disk.
  void flushed_to(std::uint64_t number);
  /// The machine lost power: only what was flushed is left.
  void lose_unflushed();

  const QueueState& written() const { return written_; }
  /// Operations that a power loss would undo, oldest first; the first has the number
  /// last_number() - unflushed().size() + 1.
  const std::deque<QueueOp>& unflushed() const { return unflushed_; }
  std::uint64_t last_number() const { return last_number_; }

 private:
  Duration window_;
  QueueState written_, flushed_;
  std::deque<QueueOp> unflushed_;
  std::uint64_t last_number_ = 0;
};

}  // namespace eventarium::bus
