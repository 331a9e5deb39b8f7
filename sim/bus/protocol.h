// What travels on the channels without Kafka: calls and replies, a queue's requests, a station's
// broadcasts. Plain immutable payloads; who sends which when is in direct_call, queue, broadcast.
//
//   direct call   caller -- Call --> receiver             receiver -- CallReply --> caller
//   queue         publisher -- Publish --> queue          queue -- PublishAck --> publisher
//                 receiver -- Receive --> queue           queue -- Delivery --> receiver
//                 receiver -- Acknowledge or Refuse --> queue
//   broadcast     publisher -- Publish --> station        station -- PublishAck --> publisher
//                 subscriber -- TuneIn, KeepAlive, TuneOut --> station -- TunedIn --> subscriber
//                 station -- Broadcast --> subscriber
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/cloud_event.h"
#include "sim/engine/message.h"

namespace eventarium::bus {

/// Bytes of a message besides the record: headers, ids, topic. About what an HTTP/1.1 request
/// with few headers or an AMQP frame with its properties takes.
constexpr std::uint64_t envelope_bytes = 100;

inline std::uint64_t wire_size_bytes(const Record& record) {
  return envelope_bytes + record.size_bytes;
}

/// Payload with a fixed label and no records.
class PlainPayload : public engine::Payload {
 public:
  explicit PlainPayload(std::string_view label) : label_(label) {}
  std::string_view label() const override { return label_; }

 private:
  std::string_view label_;  // of a string literal
};

/// Payload that carries one record whole.
class RecordPayload : public PlainPayload {
 public:
  RecordPayload(std::string_view label, Record carried, std::string channel)
      : PlainPayload(label), record(std::move(carried)), topic(std::move(channel)) {}
  void append_records(std::vector<RecordId>& records) const override {
    records.push_back(record.id);
  }

  Record record;
  std::string topic;
};

// ---- direct call

struct Call final : RecordPayload {
  Call(Record carried, std::string channel, std::uint32_t nth)
      : RecordPayload("Call", std::move(carried), std::move(channel)), attempt(nth) {}
  std::uint32_t attempt;  // from 1; (record, attempt) names the call for its reply
};

struct CallReply final : PlainPayload {
  CallReply(RecordId called_with, std::uint32_t nth, bool succeeded)
      : PlainPayload("CallReply"), record(called_with), attempt(nth), ok(succeeded) {}
  RecordId record;
  std::uint32_t attempt;
  bool ok;
};

// ---- queue and broadcast: publishing

struct Publish final : RecordPayload {
  Publish(Record carried, std::string channel)
      : RecordPayload("Publish", std::move(carried), std::move(channel)) {}
};

struct PublishAck final : PlainPayload {
  PublishAck(std::string channel, std::vector<RecordId> accepted)
      : PlainPayload("PublishAck"), topic(std::move(channel)), records(std::move(accepted)) {}
  std::string topic;
  std::vector<RecordId> records;
};

// ---- queue: receiving

/// Asks for one message of one of the topics; parked at the queue until there is one.
struct Receive final : PlainPayload {
  Receive(std::uint64_t of_session, std::uint64_t id, std::vector<std::string> channels)
      : PlainPayload("Receive"), session(of_session), receive_id(id), topics(std::move(channels)) {}
  std::uint64_t session;     // new for each life of the receiver's process
  std::uint64_t receive_id;  // unique within the session; both come back in the answer
  std::vector<std::string> topics;
};

/// The answer to a Receive: a leased message.
struct QueueDelivery final : RecordPayload {
  QueueDelivery(Record carried, std::string channel, std::uint64_t of_session, std::uint64_t id,
                std::uint64_t lease_receipt, std::uint32_t nth)
      : RecordPayload("Delivery", std::move(carried), std::move(channel)),
        session(of_session),
        receive_id(id),
        receipt(lease_receipt),
        attempt(nth) {}
  std::uint64_t session;
  std::uint64_t receive_id;
  std::uint64_t receipt;  // names this lease; never given out twice
  std::uint32_t attempt;  // deliveries of this message so far, this one included
};

/// The answer to a Receive when nothing came while it was parked.
struct EmptyDelivery final : PlainPayload {
  EmptyDelivery(std::uint64_t of_session, std::uint64_t id)
      : PlainPayload("EmptyDelivery"), session(of_session), receive_id(id) {}
  std::uint64_t session;
  std::uint64_t receive_id;
};

/// Ends a lease: the message is done with, or refused and to be delivered again.
struct Acknowledge final : PlainPayload {
  Acknowledge(RecordId received, std::uint64_t lease_receipt, bool done)
      : PlainPayload(done ? "Acknowledge" : "Refuse"),
        record(received),
        receipt(lease_receipt),
        ok(done) {}
  RecordId record;
  std::uint64_t receipt;
  bool ok;
};

// ---- broadcast: listening

/// Tunes in, or says that the subscriber still listens. `session` is new for each life of the
/// subscriber's process, so that a restarted one never hears what its former life had tuned in to.
struct TuneIn final : PlainPayload {
  TuneIn(std::uint64_t of_session, std::vector<std::string> channels, bool keep_alive)
      : PlainPayload(keep_alive ? "KeepAlive" : "TuneIn"),
        session(of_session),
        topics(std::move(channels)) {}
  std::uint64_t session;
  std::vector<std::string> topics;
};

struct TunedIn final : PlainPayload {
  explicit TunedIn(std::uint64_t of_session) : PlainPayload("TunedIn"), session(of_session) {}
  std::uint64_t session;
};

struct TuneOut final : PlainPayload {
  explicit TuneOut(std::uint64_t of_session) : PlainPayload("TuneOut"), session(of_session) {}
  std::uint64_t session;
};

struct Broadcast final : RecordPayload {
  Broadcast(Record carried, std::string channel, std::uint64_t of_session)
      : RecordPayload("Broadcast", std::move(carried), std::move(channel)), session(of_session) {}
  std::uint64_t session;
};

}  // namespace eventarium::bus
