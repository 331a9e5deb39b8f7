// Reads the blocks that describe the world: info, network, cluster or bus, topics, view.
#include <set>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {
namespace {

std::vector<std::string> read_texts(const YamlNode* node, std::string_view what,
                                    Problems& problems) {
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  for (const YamlNode& item : read_list(*node, what, problems)) {
    std::string text;
    if (read_text(item, what, text, problems)) texts.push_back(text);
  }
  return texts;
}

/// Each replica is on a broker of its own; and a floor above the replicas is legal, but not what
/// it looks like (Kafka 3.7 and later: Partition.effectiveMinIsr).
void check_replicas(const MapReader& map, const Topic& topic, Draft& draft) {
  const Cluster& cluster = draft.scenario.cluster;
  if (topic.replicas > cluster.brokers) {
    draft.problems.add(
        map.place_of("replicas"),
        fmt::format("replicas: {} replicas need {} brokers, the cluster has {}; each "
                    "replica is on a broker of its own",
                    topic.replicas, topic.replicas, cluster.brokers));
    return;
  }
  const char* const key = "min.insync.replicas";
  const auto own = topic.config.find(key), common = cluster.config.find(key);
  const Config& config = own != topic.config.end() ? topic.config : cluster.config;
  if (own == topic.config.end() && common == cluster.config.end()) return;
  const auto scope = own != topic.config.end() ? ConfigScope::topic : ConfigScope::broker;
  const ConfigKey* const known = find_config_key(scope, key);
  if (known == nullptr || !check_config_value(*known, config.at(key)).empty()) return;
  const std::int64_t floor = config_int(config, scope, key);
  if (floor > topic.replicas)
    draft.remarks.emplace_back(
        map.place(),
        fmt::format("{}: {} is above the {} replica{} of '{}'; in effect it is {}", key, floor,
                    topic.replicas, topic.replicas == 1 ? "" : "s", topic.name, topic.replicas));
}

}  // namespace

void read_info(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "info", draft.problems);
  Info& info = draft.scenario.info;
  map.text("title", info.title);
  map.text("promise", info.promise);
  map.integer("minutes", info.minutes);
  map.text("what", info.what);
  map.text("how", info.how);
  map.text("use", info.use);
  map.text("extend", info.extend);
  info.notice = read_texts(map.get("notice"), "notice", draft.problems);
  info.attempt = read_texts(map.get("try"), "try", draft.problems);
}

void read_network(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "network", draft.problems);
  Network& network = draft.scenario.network;
  map.bandwidth("bandwidth", network.bandwidth_bytes_per_s);
  map.duration("latency", network.latency);
  if (map.probability("loss", network.loss) && network.loss > 0.5)
    draft.problems.add(map.place_of("loss"),
                       "loss: above 0.5 no TCP connection lives; use the fault link_down");
}

void read_bus(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "bus", draft.problems);
  Bus& bus = draft.scenario.bus;
  draft.scenario.channel = Channel::queue;  // until the kind is known
  std::string kind;
  const bool kind_known = map.choice("kind", kind);
  if (kind == "direct") draft.scenario.channel = Channel::direct;
  if (kind == "broadcast") draft.scenario.channel = Channel::broadcast;

  const auto only_for = [&](std::string_view key, std::string_view its_kind) {
    if (map.has(key) && kind_known && kind != its_kind)
      draft.problems.add(map.place_of(key), fmt::format("{}: has no meaning with kind: {}, only "
                                                        "with kind: {}",
                                                        key, kind, its_kind));
  };
  only_for("call_timeout", "direct");
  only_for("call_attempts", "direct");
  only_for("visibility_timeout", "queue");
  only_for("max_deliveries", "queue");
  if (map.has("name") && kind == "direct")
    draft.problems.add(map.place_of("name"),
                       "name: direct calls have no node in the middle that could bear a name");

  map.duration("call_timeout", bus.call_timeout);
  map.integer("call_attempts", bus.call_attempts);
  map.duration("visibility_timeout", bus.visibility_timeout);
  map.integer("max_deliveries", bus.max_deliveries);
  for (const char* key : {"call_timeout", "visibility_timeout"}) {
    Duration value = 1s;
    if (map.duration(key, value) && value == Duration{0})
      draft.problems.add(map.place_of(key), fmt::format("{}: must be more than 0", key));
  }
  if (draft.scenario.channel == Channel::direct) return;
  bus.name = draft.scenario.channel == Channel::queue ? "queue" : "station";
  map.name("name", false, bus.name);
  draft.declare_node(bus.name, map.place_of("name"));
}

void read_topics(const YamlNode& node, Draft& draft) {
  draft.topics_given = true;
  std::set<std::string> seen;
  for (const YamlNode& item : read_list(node, "topics", draft.problems)) {
    Topic topic;
    if (item.is_scalar()) {
      read_name(item, "a topic", true, topic.name, draft.problems);
    } else {
      const MapReader map(item, "topic", draft.problems);
      map.name("name", true, topic.name);
      map.integer("partitions", topic.partitions);
      map.integer("replicas", topic.replicas);
      map.config("config", ConfigScope::topic, topic.config);
      if (draft.scenario.channel != Channel::kafka) {
        for (const char* key : {"partitions", "replicas", "config"})
          if (map.has(key))
            draft.problems.add(map.place_of(key),
                               fmt::format("{}: only Kafka's topics have that, not a bus", key));
      } else {
        check_replicas(map, topic, draft);
      }
    }
    if (topic.name.empty()) continue;
    if (!seen.insert(topic.name).second) {
      draft.problems.add(item.place, fmt::format("topic '{}' is declared twice", topic.name));
      continue;
    }
    draft.scenario.topics.push_back(topic);
  }
}

void read_view(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "view", draft.problems);
  std::string text;
  if (!map.text("speed", text)) return;
  const Parsed<double> speed = parse_number(text);
  const double* const value = std::get_if<double>(&speed);
  if (value == nullptr || *value < 0.001 || *value > 1000) {
    draft.problems.add(map.place_of("speed"),
                       "speed: a number from 0.001 to 1000 is expected, simulated seconds in a "
                       "second of the viewer");
    return;
  }
  draft.scenario.view.speed = *value;
}

}  // namespace eventarium::scenario
