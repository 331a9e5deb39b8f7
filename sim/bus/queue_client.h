// The two clients of a queue: QueuePublisher puts records in and asks again until it is told that
// they are in; QueueReceiver asks for one message at a time and acknowledges it when its listener
// has finished it. At least once: a message may be delivered again, never silently lost.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/bus/channel.h"
#include "sim/bus/inbox.h"
#include "sim/bus/protocol.h"

namespace eventarium::bus {

struct QueuePublisherOptions {
  Duration request_timeout = 5s;    // without any acknowledgement: the attempt has failed
  Duration delivery_timeout = 60s;  // since publish(): then SendFailed
  Duration retry_backoff = 100ms;   // doubled for each failure in a row ...
  Duration retry_backoff_max = 1s;  // ... up to this
};

/// Publisher of a queue.
///   sending --publish----------------------> the record goes out at once
///   sending --time-out, connection reset---> pausing   SendRetried for all not acknowledged
///   pausing --backoff has passed-----------> sending   all go out again, in order
/// Retries are safe: the queue stores a record once. A record that failed (SendFailed) may have
/// reached the queue all the same; nobody can know.
class QueuePublisher : public Publisher {
 public:
  QueuePublisher(std::uint16_t component, NodeId queue, QueuePublisherOptions options = {});

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;

  void publish(engine::Runtime& runtime, Record record, const std::string& topic) override;
  std::uint64_t pending() const override { return entries_.size(); }

 private:
  struct Entry {
    Record record;
    std::string topic;
    EventId cause;  // its RecordProduced
    SimTime deadline{};
    bool sent = false;  // in this attempt
  };

  void send(engine::Runtime& runtime, Entry& entry);
  void attempt_failed(engine::Runtime& runtime, const char* reason);
  void expire(engine::Runtime& runtime);
  void arm_expiry(engine::Runtime& runtime);
  bool anything_sent() const;

  std::uint16_t component_;
  NodeId queue_;
  QueuePublisherOptions options_;
  std::deque<Entry> entries_;  // in order of publication; so are the deadlines
  bool pausing_ = false;
  std::uint32_t failures_ = 0;  // in a row
  TimerId request_timer_, retry_timer_, expiry_timer_;
};

struct QueueReceiverOptions {
  Duration receive_timeout = 7s;    // for the answer to a Receive: above the queue's long poll
  Duration retry_backoff = 100ms;   // after a reset connection, doubled ...
  Duration retry_backoff_max = 1s;  // ... up to this
};

/// Subscriber of a queue.
///   idle --asks---------------------------> asking     one Receive, parked at the queue
///   asking --message----------------------> handling   the listener works on it
///   asking --empty answer, time-out-------> asking again
///   asking --connection reset-------------> pausing, then asking again
///   handling --finished-------------------> Acknowledge (or Refuse), then asking
class QueueReceiver : public Subscriber {
 public:
  QueueReceiver(std::uint16_t component, NodeId queue, std::vector<std::string> topics,
                QueueReceiverOptions options = {});

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) override;

 private:
  struct Held {
    RecordId record;
    std::uint64_t receipt = 0;
  };

  void ask(engine::Runtime& runtime);
  void take(engine::Runtime& runtime, const QueueDelivery& delivery);
  void answer(engine::Runtime& runtime, const Held& held, bool ok);

  std::uint16_t component_;
  NodeId queue_;
  std::vector<std::string> topics_;
  QueueReceiverOptions options_;
  std::uint64_t session_ = 0;
  std::uint64_t last_receive_ = 0;
  bool asking_ = false;  // last_receive_ has no answer yet
  std::uint32_t failures_ = 0;
  TimerId receive_timer_, retry_timer_;
  std::map<std::uint64_t, Held> held_;  // by delivery handle
  Inbox inbox_;
};

}  // namespace eventarium::bus
