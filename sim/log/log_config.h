// What a topic's configuration says about its logs: segments, retention, flushing, compaction.
// The topic's own value, else the broker's default under the broker's name of the key, else
// Kafka's default. Knows no log. Follows Kafka's LogConfig (4.1).
#pragma once

#include <cstdint>
#include <limits>

#include "sim/base/config_keys.h"
#include "sim/base/time.h"

namespace eventarium::kafka {

/// Durations are those of the keys; Duration::max() and int64's maximum mean "never".
struct LogConfig {
  static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

  std::uint64_t segment_bytes = 1'073'741'824;
  Duration segment_ms = 168h;
  Duration segment_jitter_ms{};
  std::int64_t retention_bytes = -1;  // -1: no limit
  Duration retention_ms = 168h;       // negative: forever
  Duration file_delete_delay_ms = 60s;
  bool delete_policy = true;    // cleanup.policy contains delete
  bool compact_policy = false;  // cleanup.policy contains compact
  double min_cleanable_dirty_ratio = 0.5;
  Duration delete_retention_ms = 24h;
  Duration min_compaction_lag_ms{};
  Duration max_compaction_lag_ms = Duration::max();
  std::int64_t flush_messages = no_limit;
  Duration flush_ms = Duration::max();

  bool operator==(const LogConfig&) const = default;
  /// The active segment of a compacted topic is closed in time for max.compaction.lag.ms.
  Duration max_segment_ms() const;
};

/// Both configs must have been checked.
LogConfig make_log_config(const Config& topic, const Config& broker);

}  // namespace eventarium::kafka
