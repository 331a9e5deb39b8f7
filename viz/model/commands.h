// The lines of JSON that the window writes to `eventarium run --serve`. Must not know who reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/base/time.h"

namespace eventarium::viz {

/// A fault as a scenario would write it (do/target/for ...), asked for by the viewer.
struct FaultRequest {
  std::string kind;    // crash, power_loss, stop, start, link_down, link_up, latency, ...
  std::string target;  // name of a node; split: none
  std::string peer;    // cut: the other node
  bool both_ways = false;
  bool heal = false;              // undo this fault instead; the values below don't matter then
  std::optional<SimTime> at;      // absent: at the time that the simulation has reached
  std::optional<Duration> lasts;  // absent: until healed
  std::optional<Duration> latency;
  std::optional<double> bandwidth_bytes_per_s;
  std::optional<double> loss;        // probability
  std::optional<double> factor;      // slow_cpu, slow_disk: below 1; slow_handler: above 1
  std::optional<Duration> patience;  // retry_storm
  std::vector<std::vector<std::string>> sides;  // split: names of nodes
};

/// Administration of the cluster as a scenario would write it, asked for by the viewer.
struct OperationRequest {
  std::string kind;                       // add_broker, remove_broker, rebalance, ...
  std::string broker, topic;              // empty: not said
  std::optional<std::int64_t> partition;  // elect_leader: absent means all of the topic
  std::optional<std::int64_t> partitions, replication_factor;  // the new totals
  bool unclean = false;
  std::string key, value;     // set_config, set_client_config
  std::string client;         // add_consumer: one more like it; remove_consumer: this one
  std::string group, to;      // reset_offsets: to "earliest", "latest", an offset, "-30s"
  std::optional<SimTime> at;  // as for faults
};

/// What a viewer can ask of a running simulation, besides more time.
using LiveRequest = std::variant<FaultRequest, OperationRequest>;

std::string advance_command(SimTime until);
std::string fault_command(const FaultRequest& fault);
std::string operation_command(const OperationRequest& operation);
std::string live_command(const LiveRequest& request);
std::string quit_command();

}  // namespace eventarium::viz
