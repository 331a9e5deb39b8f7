// Kafka's metrics as time series, folded from a trace: what JMX would show, under the same names.
// One value per interval of simulated time: gauges as they were at its end, rates per second over
// it. Reads partitions, logs and roles from the events alone; knows no engine and no window.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/trace/event.h"

namespace eventarium::trace {

enum class Metric : std::uint8_t {
  under_replicated_partitions,
  under_min_isr_partitions,
  offline_partitions,
  preferred_replica_imbalance,
  active_controllers,
  active_brokers,
  fenced_brokers,
  leader_elections,
  leader_election_time,
  unclean_leader_elections,
  isr_shrinks,
  isr_expands,
  messages_in,
  bytes_in,
  bytes_out,
  replication_bytes_in,
  failed_produce_requests,
  replica_max_lag,
  consumer_max_lag,
  groups,
  group_rebalances,
  offset_commits,
  rebalance_total,
  count
};

struct MetricInfo {
  Metric metric;
  std::string_view name;   // Kafka's, e.g. "UnderReplicatedPartitions"
  std::string_view mbean;  // where JMX has it
  std::string_view unit;   // "partitions", "records/s", ...
  std::string_view doc;    // what it says, and of whom it is the sum or the maximum
  double healthy_max;      // more than that deserves a look; below 0: any value is fine
};

/// In the order of Metric.
const std::vector<MetricInfo>& metric_table();
/// Null when no metric has that name.
const MetricInfo* find_metric(std::string_view name);

class Metrics : public Sink {
 public:
  /// `interval` > 0.
  explicit Metrics(Duration interval = std::chrono::seconds(1)) : interval_(interval) {}

  void on_event(const Event& event) override;
  /// Closes all intervals up to `t`: nothing has happened since the last event.
  void advance(SimTime t);

  Duration interval() const { return interval_; }
  /// Value i stands for [i, i + 1) * interval; only whole intervals that have passed.
  const std::vector<double>& series(Metric metric) const {
    return series_[static_cast<std::size_t>(metric)];
  }
  std::size_t size() const { return series_[0].size(); }

 private:
  static constexpr auto metric_count = static_cast<std::size_t>(Metric::count);
  struct Replica {
    NodeId broker;
    Int log_end_offset = 0;
  };
  struct Partition {
    NodeId leader;
    NodeList replicas, isr;
    Int leader_epoch = 0, min_isr = 1;
    std::vector<Replica> logs;
    std::vector<std::pair<NodeId, Int>> positions;  // of consumers
    SimTime without_leader_since{};
    bool led = false;  // somebody has taken the lead
  };
  using Key = std::pair<Text, Int>;

  void add(Metric metric, double value) { sums_[static_cast<std::size_t>(metric)] += value; }
  void sample();
  void on_partition(const Event& event);
  void on_node(const Event& event);
  void on_group(const Event& event);
  void forget_position(NodeId consumer, const Text* topic, Int partition);
  void on_changed(SimTime t, const PartitionChanged& changed);
  void on_taken(SimTime t, const LeadershipTaken& taken);
  void set_end(const Event& event, const Text& topic, Int partition, Int log_end_offset);
  Partition& partition(const Text& topic, Int partition);

  Duration interval_;
  SimTime next_{};  // end of the interval that goes on; set by the first event
  bool begun_ = false;
  std::array<double, metric_count> sums_{};
  std::array<std::vector<double>, metric_count> series_;
  std::map<Key, Partition> partitions_;
  Partition* last_ = nullptr;
  const Key* last_key_ = nullptr;
  std::map<NodeId, bool> fenced_;      // registered brokers
  std::map<NodeId, Int> controllers_;  // who acts as the active one
  std::uint64_t election_times_ = 0;
  std::map<Text, Int> generations_;  // of each group, in which it was stable last
  std::set<NodeId> members_;         // consumers that a group has given partitions
  std::uint64_t rebalances_ended_ = 0;
};

}  // namespace eventarium::trace
