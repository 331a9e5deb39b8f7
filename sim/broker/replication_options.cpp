#include "sim/broker/replication_options.h"

namespace eventarium::kafka {

ReplicationOptions make_replication_options(NodeId self, const Config& broker,
                                            PlantedFaults planted) {
  const auto time = [&](const char* key) { return config_ms(broker, ConfigScope::broker, key); };
  const auto count = [&](const char* key) {
    return static_cast<std::uint64_t>(config_int(broker, ConfigScope::broker, key));
  };
  ReplicationOptions options;
  options.self = self;
  options.planted = planted;
  options.lag_max = time("replica.lag.time.max.ms");
  options.fetch_wait_max = time("replica.fetch.wait.max.ms");
  options.fetch_backoff = time("replica.fetch.backoff.ms");
  options.socket_timeout = time("replica.socket.timeout.ms");
  options.high_watermark_checkpoint_interval =
      time("replica.high.watermark.checkpoint.interval.ms");
  options.fetch_min_bytes = count("replica.fetch.min.bytes");
  options.fetch_max_bytes = count("replica.fetch.max.bytes");
  options.fetch_response_max_bytes = count("replica.fetch.response.max.bytes");
  options.fetchers_per_leader = static_cast<std::uint32_t>(count("num.replica.fetchers"));
  return options;
}

}  // namespace eventarium::kafka
