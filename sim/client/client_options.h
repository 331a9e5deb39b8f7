// Configuration of producers and consumers, read once from Kafka's keys into plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/time.h"
#include "sim/broker/protocol.h"
#include "sim/client/assignor.h"
#include "sim/client/exponential_backoff.h"

namespace eventarium::kafka {

/// What producers and consumers have in common. Time-outs and pauses are at least 1 ms: with 0
/// Kafka's clients would try again as fast as their machine allows, which takes time there and
/// would take none here.
struct ClientOptions {
  Duration request_timeout;
  ExponentialBackoff retry_backoff, reconnect_backoff;
  ExponentialBackoff connection_setup_timeout;  // longer after each that has passed in vain
  Duration metadata_max_age;
  std::uint32_t max_in_flight_requests = 100;  // per connection; consumers don't configure it
};

struct ProducerOptions {
  ClientOptions client;
  std::int16_t acks;  // 0, 1, -1 (all)
  std::uint32_t retries;
  Duration linger;
  std::uint64_t batch_size_bytes;  // at least 1
  std::uint64_t buffer_memory_bytes;
  Duration max_block;
  Duration delivery_timeout;  // raised to linger.ms + request.timeout.ms unless set
  std::uint64_t max_request_size_bytes;
  bool round_robin;
  bool adaptive;
  Duration availability_timeout;  // 0: off
  bool ignore_keys;
  bool idempotent;
  std::string transactional_id;  // empty: no transactions
  Duration transaction_timeout;
};

/// Of a consumer with a group.id.
struct GroupOptions {
  std::string group;                    // empty: none
  std::string instance_id;              // empty: a dynamic member
  bool consumer_protocol;               // KIP-848; else the classic protocol
  std::string remote_assignor;          // consumer protocol; empty: the coordinator's choice
  std::vector<AssignorKind> assignors;  // classic protocol: preferred ones first
  Duration session_timeout, heartbeat_interval, max_poll_interval;
  bool auto_commit;
  Duration auto_commit_interval;
  Duration api_timeout;           // of commitSync()
  bool explicit_acknowledgement;  // share groups: share.acknowledgement.mode
};

struct ConsumerOptions {
  ClientOptions client;
  std::uint32_t max_poll_records;
  std::uint64_t fetch_min_bytes, fetch_max_bytes, max_partition_fetch_bytes;
  Duration fetch_max_wait;
  enum class Reset { earliest, latest, none, by_duration } auto_offset_reset;
  Duration reset_duration;  // by_duration: how far back
  Isolation isolation;
  GroupOptions group;
};

/// The config must have been checked (config_keys.h).
ProducerOptions make_producer_options(const Config& config);
ConsumerOptions make_consumer_options(const Config& config);

}  // namespace eventarium::kafka
