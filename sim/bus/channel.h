// The seam between services and whatever carries their events. The same service runs on direct
// calls, a queue, a broadcast station or Kafka: each brings a Publisher and a Subscriber, parts
// that live inside a node and are fed that node's messages and timers.
//
//   ServiceNode / ProducerNode
//     |-- Publisher   publish(record) ------------------> outcome: acknowledged / failed
//     '-- Subscriber  --> Listener::on_delivery(delivery)   the handler may take its time
//                     <-- finished(handle, ok)              then the next one comes
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/base/cloud_event.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::bus {

/// A part of a node. handle_* return true when the message, token or peer was theirs. A message
/// is inspected by reference: parts take what is theirs and leave the rest to the next part.
class Part {
 public:
  virtual ~Part() = default;
  virtual void start(engine::Runtime& runtime) = 0;
  virtual bool handle_message(engine::Runtime& runtime, const engine::Message& message) = 0;
  virtual bool handle_timer(engine::Runtime& runtime, engine::Token token) = 0;
  virtual void handle_disconnect(engine::Runtime&, NodeId /*peer*/, engine::Lane) {}
  /// clean: say goodbye. crash, power_loss: forget everything volatile, send nothing.
  virtual void stop(engine::Runtime& runtime, engine::StopReason reason) = 0;
};

/// Hears how each publication has ended. It only notes that: it is called from inside the publisher
/// and must not call it.
class PublicationListener {
 public:
  virtual ~PublicationListener() = default;
  /// `event` is the RecordsAcknowledged or SendFailed.
  virtual void on_published(RecordId record, bool acknowledged, EventId event) = 0;
};

/// Publishes records. Each publish() ends in exactly one RecordsAcknowledged or SendFailed event,
/// unless the node dies first. Emits what its protocol does on the way (RecordBatched, ...).
class Publisher : public Part {
 public:
  /// `topic` is a topic or channel name. RecordProduced has been emitted already and is the
  /// current cause.
  virtual void publish(engine::Runtime& runtime, Record record, const std::string& topic) = 0;
  /// A publisher that loses its patience: answers are waited for no longer than that, and there is
  /// no pause before the next attempt. Nothing: as configured. False when this kind of publisher
  /// has no such thing.
  virtual bool set_patience(std::optional<Duration>) { return false; }
  /// Accepted and neither acknowledged nor failed yet: 0 means idle.
  virtual std::uint64_t pending() const = 0;
  /// Only Kafka's producer tells; nobody else needs it yet.
  void set_publication_listener(PublicationListener& listener) { publications_ = &listener; }

 protected:
  void tell_published(const trace::RecordList& records, bool acknowledged, EventId event) {
    if (publications_ == nullptr) return;
    for (const RecordId record : records) publications_->on_published(record, acknowledged, event);
  }

 private:
  PublicationListener* publications_ = nullptr;
};

struct Delivery {
  Record record;
  std::string topic;
  std::int64_t partition = -1;  // -1: the channel has none
  std::int64_t offset = -1;
  std::uint32_t attempt = 1;
  std::uint64_t handle = 0;  // give back to finished()
};

class Listener {
 public:
  virtual ~Listener() = default;
  /// One delivery at a time: the next comes only after finished() for this one, or take_over().
  virtual void on_delivery(engine::Runtime& runtime, const Delivery& delivery) = 0;
};

/// Receives records, emits RecordsDelivered, and feeds its listener one at a time.
class Subscriber : public Part {
 public:
  void set_listener(Listener& listener) { listener_ = &listener; }
  /// The handler is done with the delivery; ok false asks for redelivery where there is such a
  /// thing (queue), or answers the caller with a failure (direct call).
  virtual void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) = 0;
  /// The handler keeps the current delivery for later and can have the next one; finished() follows
  /// at some time, in any order. False when the channel has no such thing.
  virtual bool take_over(engine::Runtime&, std::uint64_t /*handle*/) { return false; }
  /// Nothing more is wanted, after what has been received already, before resume(). False when the
  /// channel has no such thing.
  virtual bool pause(engine::Runtime&, const std::string& /*reason*/) { return false; }
  virtual void resume(engine::Runtime&) {}
  /// The handler will not have the current delivery, nor what follows it in its partition, before
  /// release(). False when the channel has no such thing; the delivery is still in hand then.
  virtual bool hold(engine::Runtime&, std::uint64_t /*handle*/, const std::string& /*reason*/) {
    return false;
  }
  virtual void release(engine::Runtime&, const std::string& /*topic*/, std::int64_t /*partition*/) {
  }
  /// The process has been asked to end: nothing more is handed over, and what is to be said before
  /// it ends is said. True when that is done; else is_closed() says when, and the owner goes on
  /// feeding it until then.
  virtual bool begin_close(engine::Runtime&) { return true; }
  virtual bool is_closed() const { return true; }

 protected:
  Listener* listener_ = nullptr;
};

}  // namespace eventarium::bus
