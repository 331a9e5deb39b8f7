// The parts of a broker's process (broker_part.h): which of them a request, a message or a timer
// belongs to, which requests they have in hand, what they have appended and still wait for. Each
// part has its own services, so that the tokens of two parts can be the same.
// It knows no group, no transaction; the broker calls it, and it calls nothing of the broker.
//
//   append() --refused--> reported        append() --in the log--> fsync, if configured --> waits
//   waits --in-sync replicas have it, leadership lost, time over--> reported by report_next()
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/broker/broker_part.h"
#include "sim/broker/cluster_link.h"
#include "sim/broker/delayed_append.h"
#include "sim/broker/replica_manager.h"
#include "sim/broker/request_channel.h"

namespace eventarium::kafka {

/// Sends the answer to a request that is in hand, and gives the next one of its connection a turn.
/// Nothing happens when who asked has gone.
void send_response(engine::Runtime& runtime, RequestChannel& channel, RequestTicket ticket,
                   Header header, std::unique_ptr<Response> response);

class BrokerParts {
 public:
  /// All of the arguments outlive the parts. `config` has the broker scope.
  BrokerParts(const Config& config, ClusterLink& link, RequestChannel& channel,
              ReplicaManager& replicas);
  ~BrokerParts();

  /// Before the process starts for the first time.
  void add(std::unique_ptr<BrokerPart> part);

  void start(engine::Runtime& runtime);
  void stop(engine::Runtime& runtime, engine::StopReason reason);

  /// False: no part knows such requests.
  bool handle(engine::Runtime& runtime, RequestTicket ticket, const engine::Message& message);
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_done(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);
  /// Who asked has gone.
  void request_gone(engine::Runtime& runtime, RequestTicket ticket);
  void client_gone(engine::Runtime& runtime, NodeId client, engine::Lane lane);
  /// The replicas have taken up what the metadata says: tells who leads what, and that it is new.
  void on_metadata(engine::Runtime& runtime);

  /// Something has happened to the partition that appends may wait for.
  void check(engine::Runtime& runtime, std::uint32_t number);
  /// Tells one part what one append has come to. False when there is nothing to tell.
  bool report_next(engine::Runtime& runtime);

  /// A marker is in the log of a partition led here and below its high watermark.
  void tell_marker(engine::Runtime& runtime, const TopicPartition& tp, ProducerIdAndEpoch producer,
                   bool commit);

  std::int64_t new_producer_id();

 private:
  class Services;
  struct Host {
    std::unique_ptr<BrokerPart> part;
    std::unique_ptr<Services> services;
  };
  struct Append {
    std::size_t part = 0;
    std::uint64_t token = 0;
    Duration timeout{};
    TimerId timer;          // while it waits for followers
    AppendOutcome outcome;  // while it is on its way to the disk
  };
  struct Report {
    std::uint64_t id = 0;
    Error error = Error::none;
    EventId cause;
  };
  enum TokenKind : std::uint16_t { append_timeout, append_flushed };

  void respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
               std::unique_ptr<Response> response);
  std::int64_t append(engine::Runtime& runtime, std::size_t part, const TopicPartition& tp,
                      RecordBatch batch, Duration timeout, std::uint64_t token);
  void finish_append(engine::Runtime& runtime, std::uint64_t id);

  const Config& config_;
  ClusterLink& link_;
  RequestChannel& channel_;
  ReplicaManager& replicas_;
  std::vector<Host> parts_;
  std::int64_t producer_ids_given_ = 0;  // in the broker's whole life, restarts included
  // Volatile.
  std::map<std::uint64_t, std::size_t> in_hand_;  // part by the serial of its request
  std::map<std::uint64_t, Append> appends_;
  std::uint64_t last_append_ = 0;
  DelayedAppends delayed_;
  std::deque<Report> reports_;
};

}  // namespace eventarium::kafka
