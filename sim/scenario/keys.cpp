#include "sim/scenario/keys.h"

#include <array>

#include "sim/base/check.h"

namespace eventarium::scenario {
namespace {

constexpr bool required = true;

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
      {"scenario",
       "a scenario",
       {{"version", required},
        {"info"},
        {"seed"},
        {"duration"},
        {"network"},
        {"cluster"},
        {"bus"},
        {"topics"},
        {"producers"},
        {"consumers"},
        {"services"},
        {"faults"},
        {"expect"},
        {"view"}}},
      {"info",
       "info",
       {{"title"},
        {"promise"},
        {"minutes"},
        {"what"},
        {"how"},
        {"use"},
        {"notice"},
        {"try"},
        {"extend"}}},
      {"network", "network", {{"bandwidth"}, {"latency"}, {"loss"}}},
      {"cluster", "cluster", {{"brokers"}, {"config"}}},
      {"bus",
       "bus",
       {{"kind", required},
        {"name"},
        {"call_timeout"},
        {"call_attempts"},
        {"visibility_timeout"},
        {"max_deliveries"}}},
      {"topic", "a topic", {{"name", required}, {"partitions"}, {"replicas"}, {"config"}}},
      {"producer",
       "a producer",
       {{"name", required},
        {"topic", required},
        {"event"},
        {"id"},
        {"key"},
        {"data"},
        {"size"},
        {"start"},
        {"every"},
        {"rate"},
        {"count"},
        {"until"},
        {"at"},
        {"config"}}},
      {"consumer",
       "a consumer",
       {{"name", required},
        {"reads", required},
        {"service_time"},
        {"start"},
        {"stop"},
        {"config"}}},
      {"service",
       "a service",
       {{"name", required},
        {"reads", required},
        {"on", required},
        {"start"},
        {"stop"},
        {"consumer_config"},
        {"producer_config"}}},
      {"subscription", "reads", {{"topic", required}, {"partitions", required}}},
      {"reaction", "a reaction", {{"event", required}, {"service_time"}, {"does"}, {"emits"}}},
      {"side_effect", "does", {{"effect", required}, {"text"}, {"key"}}},
      {"emission", "emits", {{"topic", required}, {"event", required}, {"id"}, {"key"}, {"data"}}},
      {"fault",
       "a fault",
       {{"at", required},
        {"do", required},
        {"target", required},
        {"peer"},
        {"both_ways"},
        {"for"},
        {"latency"},
        {"bandwidth"},
        {"loss"}}},
      {"expectation",
       "an expectation",
       {{"produced"},
        {"acknowledged"},
        {"delivered"},
        {"processed"},
        {"side_effects"},
        {"side_effects_repeated"},
        {"lost"},
        {"duplicated"},
        {"out_of_order"},
        {"undelivered"},
        {"failed"},
        {"dead_lettered"},
        {"latency_p50"},
        {"latency_p95"},
        {"latency_p99"},
        {"log_end_offset"},
        {"high_watermark"},
        {"to"},
        {"from"},
        {"effect"},
        {"topic"},
        {"partition"},
        {"at"}}},
      {"view", "view", {{"speed"}}},
      {"distribution", "a distribution", {{"fixed"}, {"uniform"}, {"exponential"}, {"log_normal"}}},
      {"log_normal", "log_normal", {{"median", required}, {"sigma", required}}},
      {"range", "a random number", {{"between", required}}},
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
      {"fault.do",
       {"crash", "power_loss", "stop", "start", "link_down", "link_up", "latency", "bandwidth",
        "cut", "loss"}},
  };
  return list;
}

const std::vector<std::string>& choices(std::string_view name) {
  return named(all_choices(), name).words;
}

const std::vector<Bounds>& all_bounds() {
  static const std::vector<Bounds> list = {
      {"scenario.version", 1, 1},           {"info.minutes", 1, 600},
      {"cluster.brokers", 1, 100},          {"bus.call_attempts", 1, 1000},
      {"bus.max_deliveries", 1, 1'000'000}, {"topic.partitions", 1, 1000},
      {"topic.replicas", 1, 100},           {"producer.count", 0, 10'000'000},
      {"expectation.partition", 0, 999},
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
      Slip{"fault", "node", "target"},
      Slip{"fault", "kind", "do"},
      Slip{"fault", "lasts", "for"},
      Slip{"fault", "duration", "for"},
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
