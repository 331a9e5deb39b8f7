// The seam between a broker and what else its process does: the coordinators of groups, of
// transactions and of share groups (sim/coordinator). The broker knows neither of them: it gives
// them the requests that it does not know itself, and tells them which partitions it leads.
//
//   request --> broker --handle()--> the part that knows it --respond(), now or later--> client
//   part --append()--> the broker's log, acks=all --on_appended()--> part
//   metadata --> broker --on_leadership()--> part: it loads what is kept in the partition
//   WriteTxnMarkers --> broker --marker in the log--> on_marker()
//
// Follows what Kafka's KafkaApis, GroupCoordinator, TransactionCoordinator and ReplicaManager
// (appendRecords, 4.1) are to each other.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/broker/cluster_image.h"
#include "sim/broker/errors.h"
#include "sim/broker/protocol.h"
#include "sim/broker/request_channel.h"
#include "sim/broker/transaction_protocol.h"
#include "sim/engine/message.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"
#include "sim/log/partition_log.h"

namespace eventarium::kafka {

/// What a part asks of its broker.
class BrokerServices {
 public:
  virtual ~BrokerServices() = default;

  virtual const ClusterImage& image() const = 0;
  virtual const Config& config() const = 0;  // broker scope, checked
  /// One that no broker has given or ever will give to another producer; > 0 (Kafka's
  /// ProducerIdManager).
  virtual std::int64_t new_producer_id() = 0;

  /// Answers a request that handle() took; nothing happens when who asked has gone. The response's
  /// header is set from the request's.
  virtual void respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
                       std::unique_ptr<Response> response) = 0;
  /// False when who asked has gone.
  virtual bool in_hand(RequestTicket ticket) const = 0;

  /// The log of a replica on this broker; null when it has none.
  virtual const PartitionLog* log(const TopicPartition& tp) const = 0;
  /// The epoch in which this broker leads the partition; -1 when it doesn't.
  virtual std::int32_t led_epoch(const TopicPartition& tp) const = 0;

  /// Writes the batch at the end of a partition's log, as the leader, as a produce request with
  /// acks=all would; `token` comes back with on_appended() in every case, though never from inside
  /// this call: when the in-sync replicas have it, or with the error (NOT_LEADER_OR_FOLLOWER,
  /// NOT_ENOUGH_REPLICAS, ..., REQUEST_TIMED_OUT after `timeout`: it may be in the log then).
  /// Returns the base offset, -1 when it was refused at once.
  virtual std::int64_t append(engine::Runtime& runtime, const TopicPartition& tp, RecordBatch batch,
                              Duration timeout, std::uint64_t token) = 0;
};

/// A part that lives in a broker's process. Its tokens have its own component numbers, the
/// connections that it opens its own lanes (components.h).
class BrokerPart {
 public:
  virtual ~BrokerPart() = default;

  virtual void start(engine::Runtime& runtime, BrokerServices& services) = 0;
  /// The process has ended; nothing may be sent.
  virtual void stop(engine::Runtime& runtime, engine::StopReason reason) = 0;

  /// A client's request. False when the part doesn't know such requests. Who takes it answers it,
  /// now or later, exactly once.
  virtual bool handle(engine::Runtime& runtime, RequestTicket ticket,
                      const engine::Message& message) = 0;
  /// A message on a connection that the part has opened itself. False: not the part's.
  virtual bool on_message(engine::Runtime&, const engine::Message&) { return false; }
  virtual bool on_timer(engine::Runtime&, engine::Token) { return false; }
  virtual bool on_done(engine::Runtime&, engine::Token) { return false; }
  virtual bool on_disconnect(engine::Runtime&, NodeId /*peer*/, engine::Lane) { return false; }
  /// Who asked has gone; the request that handle() took will not be answered.
  virtual void on_request_gone(engine::Runtime&, RequestTicket) {}

  /// A client's connection is gone, whether it has asked for something or not.
  virtual void on_client_gone(engine::Runtime&, NodeId /*client*/, engine::Lane) {}
  /// More of a partition on this broker may be readable than before.
  virtual void on_touched(engine::Runtime&, const TopicPartition&) {}

  /// This broker has begun to lead the partition in that epoch (-1: it leads it no more). Called
  /// for every partition, internal or not, after the log knows of it.
  virtual void on_leadership(engine::Runtime&, const TopicPartition&, std::int32_t /*epoch*/) {}
  /// services.image() is new: topics or partitions may have come or gone.
  virtual void on_metadata(engine::Runtime&) {}
  /// What append() has come to. `error` none: all in-sync replicas have it.
  virtual void on_appended(engine::Runtime&, std::uint64_t /*token*/, Error) {}
  /// The marker of a transaction is in the log of a partition led here and below its high
  /// watermark.
  virtual void on_marker(engine::Runtime&, const TopicPartition&, ProducerIdAndEpoch,
                         bool /*commit*/) {}
};

}  // namespace eventarium::kafka
