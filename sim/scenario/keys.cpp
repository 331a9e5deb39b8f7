#include "sim/scenario/keys.h"

#include <algorithm>
#include <array>

#include "sim/base/check.h"

namespace eventarium::scenario {
namespace {

/// `words`: the keys, separated by spaces, '!' after those that are required.
Block make_block(const char* name, const char* in_words, std::string_view words) {
  Block block{name, in_words, {}};
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    std::string word(words.substr(0, space));
    const bool required = word.back() == '!';
    if (required) word.pop_back();
    block.keys.push_back({word, required});
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return block;
}

template <class T>
const T& named(const std::vector<T>& list, std::string_view name) {
  for (const T& entry : list)
    if (entry.name == name) return entry;
  EVENTARIUM_CHECK(false, name);
  return list.front();
}

}  // namespace

const std::vector<Block>& blocks() {
  static const std::vector<Block> list = {
      make_block("scenario", "a scenario",
                 "version! info seed duration network cluster bus topics producers consumers "
                 "services operations faults expect view"),
      make_block("info", "info", "title promise minutes what how use notice try extend"),
      make_block("network", "network", "bandwidth latency loss"),
      make_block("cluster", "cluster", "mode brokers controllers zookeepers disk_size config"),
      make_block("bus", "bus",
                 "kind! name call_timeout call_attempts visibility_timeout max_deliveries"),
      make_block("topic", "a topic", "name! partitions replicas config"),
      make_block(
          "producer", "a producer",
          "name! topic! event id key data tombstone size start every rate per_tick count until at "
          "instances config"),
      make_block("consumer", "a consumer",
                 "name! reads! group commit instances static share service_time start stop config"),
      make_block("service", "a service",
                 "name! reads! on! group commit instances static share dedup publish on_failure "
                 "retry workers queue when_full pending_requests start stop consumer_config "
                 "producer_config"),
      make_block("subscription", "reads", "topic! partitions!"),
      make_block("reaction", "a reaction",
                 "event unanswered service_time looks_up does writes emits asks replies fails"),
      make_block("fails", "fails", "every! times"),
      make_block("retry", "retry", "attempts backoff factor"),
      make_block("database_write", "writes", "table! key! when"),
      make_block("database_read", "looks_up", "table! key!"),
      make_block("side_effect", "does", "effect! text key when"),
      make_block("emission", "emits", "topic! event! id key data when"),
      make_block("question", "asks", "topic! event! reply_to! within id key data when"),
      make_block("answer", "replies", "event! id key data when"),
      make_block("operation", "an operation",
                 "at! do! broker topic partition partitions replicas replication_factor unclean "
                 "key value config client group to"),
      make_block("fault", "a fault",
                 "at! do! target peer both_ways sides for latency bandwidth loss factor patience"),
      make_block(
          "expectation", "an expectation",
          "produced acknowledged delivered processed side_effects side_effects_repeated "
          "side_effects_distinct "
          "skipped states_without_event lost duplicated out_of_order undelivered expired "
          "failed dead_lettered put_aside "
          "latency_p50 latency_p95 latency_p99 log_end_offset high_watermark "
          "log_start_offset leader leader_changes isr_size replicas_size partitions "
          "unclean_elections offline_partitions under_replicated_partitions controller "
          "controller_changes client_errors truncated compacted refused rebalances members "
          "longest_stop lag committed group_state invariants_violated to from effect group topic "
          "partition at"),
      make_block("view", "view", "speed"),
      make_block("distribution", "a distribution", "fixed uniform exponential log_normal"),
      make_block("log_normal", "log_normal", "median! sigma!"),
      make_block("range", "a random number", "between!"),
  };
  return list;
}

const Block& block(std::string_view name) { return named(blocks(), name); }

std::vector<std::string> key_names(const Block& block) {
  std::vector<std::string> names;
  for (const Key& key : block.keys) names.push_back(key.name);
  return names;
}

const std::vector<Choices>& all_choices() {
  static const std::vector<Choices> list = {
      {"bus.kind", {"direct", "queue", "broadcast"}},
      {"cluster.mode", {"kraft", "zookeeper"}},
      {"operation.do",
       {"add_broker", "remove_broker", "rebalance", "reassign", "replication_factor",
        "add_partitions", "create_topic", "delete_topic", "elect_leader", "set_config",
        "add_producer", "remove_producer", "add_consumer", "remove_consumer", "set_client_config",
        "reset_offsets"}},
      {"consumer.commit", {"auto", "before", "after", "each", "transaction", "never"}},
      {"service.commit", {"auto", "before", "after", "each", "transaction", "never"}},
      {"service.dedup", {"key", "id"}},
      {"service.publish", {"direct", "outbox"}},
      {"service.when_full", {"wait", "pause", "drop", "grow"}},
      {"service.pending_requests", {"memory", "database"}},
      {"service.on_failure", {"skip", "retry", "retry_topics", "dead_letter", "stop"}},
      {"expectation.group_state",
       {"Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "Stable",
        "Dead"}},
      {"fault.do",
       {"crash", "power_loss", "stop", "start", "pause", "slow_cpu", "slow_disk", "disk_full",
        "disk_failure", "link_down", "link_up", "latency", "bandwidth", "cut", "split", "loss",
        "slow_handler", "poison", "retry_storm"}},
  };
  return list;
}

const std::vector<std::string>& choices(std::string_view name) {
  return named(all_choices(), name).words;
}

const std::vector<Bounds>& all_bounds() {
  static const std::vector<Bounds> list = {
      {"scenario.version", 1, 1},           {"info.minutes", 1, 600},
      {"cluster.brokers", 1, 100},          {"cluster.controllers", 1, 9},
      {"cluster.zookeepers", 1, 9},         {"bus.call_attempts", 1, 1000},
      {"producer.per_tick", 1, 100'000},    {"operation.partition", 0, 999},
      {"operation.partitions", 1, 1000},    {"operation.replication_factor", 1, 100},
      {"bus.max_deliveries", 1, 1'000'000}, {"topic.partitions", 1, 1000},
      {"topic.replicas", 1, 100},           {"producer.count", 0, 10'000'000},
      {"expectation.partition", 0, 999},    {"producer.instances", 1, 1000},
      {"consumer.instances", 1, 1000},      {"service.instances", 1, 1000},
      {"fails.every", 1, 1'000'000},        {"fails.times", 1, 1000},
      {"retry.attempts", 1, 100},           {"service.workers", 1, 1000},
      {"service.queue", 0, 1'000'000},
  };
  return list;
}

const Bounds& bounds(std::string_view name) { return named(all_bounds(), name); }

std::string usual_slip(std::string_view block, std::string_view key) {
  struct Slip {
    std::string_view block, written, meant;
  };
  static constexpr std::array slips = {
      Slip{"topic", "replication_factor", "replicas"},
      Slip{"topic", "replication", "replicas"},
      Slip{"producer", "interval", "every"},
      Slip{"producer", "frequency", "rate"},
      Slip{"producer", "type", "event"},
      Slip{"producer", "to", "topic"},
      Slip{"producer", "publishes", "topic"},
      Slip{"producer", "producer_config", "config"},
      Slip{"consumer", "topics", "reads"},
      Slip{"consumer", "topic", "reads"},
      Slip{"consumer", "subscribes", "reads"},
      Slip{"consumer", "consumer_config", "config"},
      Slip{"service", "topics", "reads"},
      Slip{"service", "topic", "reads"},
      Slip{"service", "config", "consumer_config"},
      Slip{"service", "reactions", "on"},
      Slip{"reaction", "type", "event"},
      Slip{"reaction", "effects", "does"},
      Slip{"reaction", "publishes", "emits"},
      Slip{"emission", "type", "event"},
      Slip{"side_effect", "name", "effect"},
      Slip{"side_effect", "idempotency_key", "key"},
      Slip{"producer", "burst", "per_tick"},
      Slip{"consumer", "group_id", "group"},
      Slip{"consumer", "group.id", "group"},
      Slip{"consumer", "members", "instances"},
      Slip{"consumer", "replicas", "instances"},
      Slip{"service", "deduplication", "dedup"},
      Slip{"service", "group_id", "group"},
      Slip{"service", "group.id", "group"},
      Slip{"service", "members", "instances"},
      Slip{"service", "replicas", "instances"},
      Slip{"operation", "consumer", "client"},
      Slip{"operation", "producer", "client"},
      Slip{"operation", "service", "client"},
      Slip{"expectation", "state", "group_state"},
      Slip{"expectation", "generations", "rebalances"},
      Slip{"cluster", "zookeeper", "zookeepers"},
      Slip{"cluster", "quorum", "controllers"},
      Slip{"operation", "target", "broker"},
      Slip{"operation", "count", "partitions"},
      Slip{"operation", "replica", "replicas"},
      Slip{"fault", "node", "target"},
      Slip{"fault", "kind", "do"},
      Slip{"fault", "lasts", "for"},
      Slip{"fault", "duration", "for"},
      Slip{"fault", "groups", "sides"},
      Slip{"expectation", "consumer", "to"},
      Slip{"expectation", "service", "to"},
      Slip{"expectation", "producer", "from"},
      Slip{"scenario", "expectations", "expect"},
      Slip{"scenario", "failures", "faults"},
      Slip{"scenario", "brokers", "cluster"},
      Slip{"scenario", "until", "duration"},
  };
  for (const Slip& slip : slips)
    if (slip.block == block && slip.written == key) return std::string(slip.meant);
  return "";
}

}  // namespace eventarium::scenario
