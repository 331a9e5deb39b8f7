// Reads cluster: Kafka in one of its two modes, and names its nodes. Keys of one mode have no
// meaning in the other and are refused there.
#include <array>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {
namespace {

/// Kafka's keys that only one of the modes looks at; a '.' at the end stands for all that begin so.
struct ModeKey {
  std::string_view key;
  ClusterMode mode;
};

constexpr std::array mode_keys = {
    ModeKey{"controller.quorum.", ClusterMode::kraft},
    ModeKey{"broker.heartbeat.interval.ms", ClusterMode::kraft},
    ModeKey{"broker.session.timeout.ms", ClusterMode::kraft},
    ModeKey{"initial.broker.registration.timeout.ms", ClusterMode::kraft},
    ModeKey{"metadata.", ClusterMode::kraft},
    ModeKey{"unclean.leader.election.interval.ms", ClusterMode::kraft},
    ModeKey{"eligible.leader.replicas.", ClusterMode::kraft},
    ModeKey{"zookeeper.", ClusterMode::zookeeper},
    ModeKey{"controlled.shutdown.enable", ClusterMode::zookeeper},
    ModeKey{"controlled.shutdown.max.retries", ClusterMode::zookeeper},
    ModeKey{"controlled.shutdown.retry.backoff.ms", ClusterMode::zookeeper},
    ModeKey{"leader.imbalance.per.broker.percentage", ClusterMode::zookeeper},
};

const char* name_of(ClusterMode mode) { return mode == ClusterMode::kraft ? "kraft" : "zookeeper"; }

void check_mode_keys(const YamlNode& config, ClusterMode mode, Draft& draft) {
  if (!config.is_map()) return;
  for (const YamlPair& pair : config.pairs)
    for (const ModeKey& known : mode_keys) {
      const bool meant =
          known.key.back() == '.' ? pair.key.starts_with(known.key) : pair.key == known.key;
      if (meant && known.mode != mode)
        draft.problems.add(pair.key_place,
                           fmt::format("{}: only mode: {} looks at it, this cluster is mode: {}",
                                       pair.key, name_of(known.mode), name_of(mode)));
    }
}

std::string owner_of(std::string_view name) {
  if (name.starts_with("controller-")) return "a controller";
  if (name.starts_with("zookeeper-")) return "a node of ZooKeeper's ensemble";
  return "a broker";
}

}  // namespace

void read_cluster(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "cluster", draft.problems);
  Cluster& cluster = draft.scenario.cluster;
  std::string mode;
  if (map.choice("mode", mode) && mode == "zookeeper") cluster.mode = ClusterMode::zookeeper;
  map.integer("brokers", cluster.brokers);
  if (cluster.mode == ClusterMode::zookeeper && map.has("controllers"))
    draft.problems.add(map.place_of("controllers"),
                       "controllers: with mode: zookeeper one of the brokers is the controller; "
                       "'zookeepers' says how many nodes the ensemble has");
  else
    map.integer("controllers", cluster.controllers);
  if (cluster.mode == ClusterMode::kraft && map.has("zookeepers"))
    draft.problems.add(map.place_of("zookeepers"),
                       "zookeepers: only mode: zookeeper has an ensemble; with mode: kraft "
                       "'controllers' says how many machines are controllers only");
  else
    map.integer("zookeepers", cluster.zookeepers);
  std::string size;
  if (map.text("disk_size", size)) {
    const Parsed<double> bytes = parse_disk_size(size);
    if (const auto* error = std::get_if<UnitError>(&bytes))
      draft.problems.add(map.place_of("disk_size"), "disk_size: " + error->message);
    else
      cluster.disk_size_bytes = std::get<double>(bytes);
  }
  if (map.config("config", ConfigScope::broker, cluster.config))
    check_mode_keys(*map.get("config"), cluster.mode, draft);
}

void declare_cluster(Draft& draft) {
  const Scenario& scenario = draft.scenario;
  if (scenario.channel != Channel::kafka) return;
  const auto declare = [&](const char* role, int count) {
    for (int i = 1; i <= count; ++i) draft.declare_node(fmt::format("{}-{}", role, i), {0, 0, 0});
  };
  declare("broker", scenario.cluster.brokers);
  if (scenario.cluster.mode == ClusterMode::kraft)
    declare("controller", scenario.cluster.controllers);
  else
    declare("zookeeper", scenario.cluster.zookeepers);
}

void Draft::declare_node(const std::string& name, const Place& place) {
  if (name == "admin" && scenario.channel == Channel::kafka) {
    problems.add(place, "the name 'admin' belongs to whoever administers the cluster");
    return;
  }
  const auto [existing, added] = nodes.emplace(name, place);
  if (added) return;
  problems.add(place, existing->second.line == 0
                          ? fmt::format("the name '{}' belongs to {}", name, owner_of(name))
                          : fmt::format("the name '{}' is taken already (line {})", name,
                                        existing->second.line));
}

}  // namespace eventarium::scenario
