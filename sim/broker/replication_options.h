// How a broker replicates: the values of its replica.* keys, and what tests plant into it.
// Follows Kafka's ReplicationConfigs (4.1).
#pragma once

#include <cstdint>

#include "sim/base/config_keys.h"
#include "sim/base/ids.h"
#include "sim/base/planted_fault.h"
#include "sim/base/time.h"

namespace eventarium::kafka {

struct ReplicationOptions {
  NodeId self;
  PlantedFaults planted;
  Duration lag_max{};                             // replica.lag.time.max.ms
  Duration fetch_wait_max{};                      // replica.fetch.wait.max.ms
  Duration fetch_backoff{};                       // replica.fetch.backoff.ms
  Duration socket_timeout{};                      // replica.socket.timeout.ms
  Duration high_watermark_checkpoint_interval{};  // replica.high.watermark.checkpoint.interval.ms
  std::uint64_t fetch_min_bytes = 1;              // replica.fetch.min.bytes
  std::uint64_t fetch_max_bytes = 0;              // replica.fetch.max.bytes, of one partition
  std::uint64_t fetch_response_max_bytes = 0;     // replica.fetch.response.max.bytes
  std::uint32_t fetchers_per_leader = 1;          // num.replica.fetchers
};

/// `broker` has the broker scope and has been checked.
ReplicationOptions make_replication_options(NodeId self, const Config& broker,
                                            PlantedFaults planted);

}  // namespace eventarium::kafka
