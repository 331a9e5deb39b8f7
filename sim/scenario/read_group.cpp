// Reads what a consumer or service says of its group: which one, how it commits, and how many
// there are of it. A file's one entry with `instances` becomes as many nodes, with numbers.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/client_rules.h"
#include "sim/scenario/clients.h"
#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

/// Reports, under `what`, a setting of Kafka's that this version does not simulate.
bool is_simulated(ConfigScope scope, std::string_view key, const std::string& value,
                  const Place& place, std::string_view what, Draft& draft) {
  const std::string problem = check_config_value(*find_config_key(scope, key), value);
  if (!problem.empty()) draft.problems.add(place, fmt::format("{}: {}", what, problem));
  return problem.empty();
}

/// What has no meaning outside of a group.
void check_without_group(const MapReader& map, Draft& draft) {
  for (const char* key : {"static", "share", "commit"})
    if (map.has(key))
      draft.problems.add(
          map.place_of(key),
          fmt::format("{}: only a member of a group does that; it needs a 'group'", key));
}

/// Settings that would make all instances the same to Kafka.
void check_instances(const MapReader& map, const Service& service, Draft& draft) {
  if (service.consumer_config.count("group.instance.id") != 0)
    draft.problems.add(map.place_of("instances"),
                       "instances: with one group.instance.id each would fence the others; say "
                       "static: true, then each has its own");
  if (service.producer_config.count("transactional.id") != 0)
    draft.problems.add(map.place_of("instances"),
                       "instances: with one transactional.id each would fence the others; leave "
                       "it out and say commit: transaction, then each has its own");
}

/// What a share group has not.
void check_share(const MapReader& map, Service& service, Draft& draft) {
  if (map.has("commit") && service.commit != Commit::after)
    draft.problems.add(map.place_of("commit"),
                       "commit: a share group keeps no positions; each record is acknowledged "
                       "after it was processed: leave it out, or say after");
  service.commit = Commit::after;
  service.consumer_config.erase("enable.auto.commit");
  bool is_static = false;
  if (map.has("static") && map.boolean("static", is_static) && is_static)
    draft.problems.add(map.place_of("static"), "static: a share group has no static members");
}

void complete_membership(const MapReader& map, Service& service, Draft& draft) {
  if (service.group().empty()) {
    if (!map.has("group")) check_without_group(map, draft);
    return;
  }
  const auto auto_commit = service.consumer_config.find("enable.auto.commit");
  if (!map.has("commit") && auto_commit != service.consumer_config.end() &&
      auto_commit->second == "false")
    service.commit = Commit::never;
  if (!service.partitions.empty())
    draft.problems.add(map.place_of("reads"),
                       "partitions: a group assigns partitions itself; leave out either "
                       "'partitions' or 'group'");
  map.boolean("share", service.share_group);
  if (service.share_group) return check_share(map, service, draft);
  if (service.commit != Commit::transaction) return;
  if (!publishes(service))
    draft.problems.add(map.place_of("commit"),
                       "commit: a transaction is about what a service publishes, and this one "
                       "publishes nothing; say after or each");
}

}  // namespace

void read_group(const MapReader& map, Service& service, Draft& draft) {
  std::string group;
  if (!map.name("group", true, group)) return;
  const Place& place = map.place_of("group");
  if (draft.scenario.channel != Channel::kafka) {
    draft.problems.add(place, "group: only Kafka's consumers form groups; there is no Kafka here");
    return;
  }
  is_simulated(ConfigScope::consumer, "group.id", group, place, "group", draft);
  service.consumer_config["group.id"] = group;
  std::string word;
  if (map.choice("commit", word)) service.commit = meant<Commit>("service.commit", word);
  bool share = false;
  if (map.has("share")) map.boolean("share", share);
  if (map.has("commit") && !share)
    service.consumer_config["enable.auto.commit"] =
        service.commit == Commit::automatic ? "true" : "false";
}

void complete_group(const MapReader& map, Service& service, Draft& draft) {
  complete_membership(map, service, draft);
  for (const auto& [key, message] : contradictions(service))
    draft.problems.add(map.place_of(key), message);
}

void expand_service(const MapReader& map, const Service& service, Draft& draft) {
  std::optional<int> instances;
  const bool counted = map.integer("instances", instances);
  bool is_static = false;
  map.boolean("static", is_static);
  if (counted) check_instances(map, service, draft);
  for (int i = 1; i <= instances.value_or(1); ++i) {
    Service one =
        counted ? one_more(service, fmt::format("{}-{}", service.name, i)) : Service(service);
    one.family = service.name;
    if (!service.name.empty()) draft.declare_node(one.name, map.place_of("name"));
    if (is_static && !service.group().empty()) {
      is_simulated(ConfigScope::consumer, "group.instance.id", one.name, map.place_of("static"),
                   "static", draft);
      one.consumer_config["group.instance.id"] = one.name;
    }
    if (one.commit == Commit::transaction) {
      const std::string id =
          one.producer_config.try_emplace("transactional.id", one.name + "-tx").first->second;
      is_simulated(ConfigScope::producer, "transactional.id", id, map.place_of("commit"), "commit",
                   draft);
    }
    draft.scenario.services.push_back(std::move(one));
  }
}

void expand_producer(const MapReader& map, const Producer& producer, Draft& draft) {
  std::optional<int> instances;
  const bool counted = map.integer("instances", instances);
  if (counted && map.has("id") && producer.id.find("{source}") == std::string::npos)
    draft.problems.add(map.place_of("id"),
                       "id: with instances, events of two of them would have the same id; let "
                       "{source} stand in it");
  for (const auto& [key, message] : contradictions(producer))
    draft.problems.add(map.place_of(key), message);
  for (int i = 1; i <= instances.value_or(1); ++i) {
    Producer one =
        counted ? one_more(producer, fmt::format("{}-{}", producer.name, i)) : Producer(producer);
    one.family = producer.name;
    if (!producer.name.empty()) draft.declare_node(one.name, map.place_of("name"));
    draft.scenario.producers.push_back(std::move(one));
  }
}

void check_group_protocols(Draft& draft) {
  if (draft.scenario.cluster.mode != ClusterMode::zookeeper) return;
  std::vector<std::string> told;
  for (const Service& service : draft.scenario.services) {
    const auto protocol = service.consumer_config.find("group.protocol");
    if (protocol == service.consumer_config.end() || protocol->second != "consumer") continue;
    const auto place = draft.nodes.find(service.name);
    if (place == draft.nodes.end()) continue;  // its name is refused, which is told already
    if (std::find(told.begin(), told.end(), service.group()) != told.end()) continue;
    told.push_back(service.group());
    draft.problems.add(place->second,
                       fmt::format("'{}' has group.protocol: consumer (KIP-848), which brokers "
                                   "have with KRaft only; leave it out, or say mode: kraft",
                                   service.name));
  }
}

void remark_groups(Draft& draft) {
  std::vector<std::string> told;
  for (const Service& service : draft.scenario.services) {
    const char* const reset = service.share_group ? "share.auto.offset.reset" : "auto.offset.reset";
    if (service.group().empty() || service.consumer_config.count(reset) != 0) continue;
    const auto place = draft.nodes.find(service.name);
    if (place == draft.nodes.end()) continue;  // its name is refused, which is told already
    if (std::find(told.begin(), told.end(), service.group()) != told.end()) continue;
    told.push_back(service.group());
    draft.remarks.emplace_back(
        place->second,
        fmt::format("'{}' reads from the end ({}: latest is Kafka's default): what "
                    "is published before its group has its partitions, some seconds after the "
                    "start, is not for it; earliest reads all",
                    service.name, reset));
  }
}

}  // namespace eventarium::scenario
