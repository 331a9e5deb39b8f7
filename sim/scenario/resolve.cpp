// Judges a scenario as a whole once every block has been read: names that nobody declares,
// defaults that come from other blocks. Topics need not be declared when no topics: is given;
// then every topic that something publishes to exists, with one partition.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/suggest.h"

namespace eventarium::scenario {
namespace {

bool has_topic(const Scenario& scenario, const std::string& name) {
  return std::any_of(scenario.topics.begin(), scenario.topics.end(),
                     [&](const Topic& topic) { return topic.name == name; });
}

void declare_topics_in_use(Draft& draft) {
  if (draft.topics_given) return;
  Scenario& scenario = draft.scenario;
  const auto declare = [&](const std::string& name) {
    if (name.empty() || has_topic(scenario, name)) return;
    Topic topic;
    topic.name = name;
    scenario.topics.push_back(topic);
  };
  for (const Producer& producer : scenario.producers) declare(producer.topic);
  for (const Service& service : scenario.services)
    for (const Reaction& reaction : service.reactions)
      for (const Emission& emission : reaction.emits) declare(emission.topic);
}

using Names = std::vector<std::string>;

/// The names that each kind of reference may use.
struct Known {
  Names topics, nodes, brokers, controllers, producers, sources, readers, effects, disks, groups,
      clients, reading_nodes;

  struct Kind {
    const Names& names;
    std::string_view in_words;
  };
  Kind of(Reference::To to) const {
    switch (to) {
      case Reference::To::topic:
        return {topics, "topic"};
      case Reference::To::node:
        return {nodes, "node"};
      case Reference::To::broker:
      case Reference::To::leader:
        return {brokers, "broker"};
      case Reference::To::controller:
        return {controllers, "controller"};
      case Reference::To::producer:
      case Reference::To::source:
        return {to == Reference::To::producer ? producers : sources, "producer"};
      case Reference::To::reader:
        return {readers, "consumer or service"};
      case Reference::To::reading_node:
        return {reading_nodes, "consumer or service"};
      case Reference::To::group:
        return {groups, "group"};
      case Reference::To::client:
        return {clients, "producer, consumer or service"};
      case Reference::To::disk:
        return {disks, "node with files on a disk"};
      case Reference::To::effect:
        break;
    }
    return {effects, "side effect"};
  }
};

Known known_names(const Draft& draft) {
  const Scenario& scenario = draft.scenario;
  Known known;
  for (const auto& [name, history] : draft.topic_history) known.topics.push_back(name);
  for (const auto& [name, place] : draft.nodes) {
    known.nodes.push_back(name);
    const bool joins = draft.joins.count(name) != 0;
    const bool of_cluster = (place.line == 0 && scenario.channel == Channel::kafka) || joins;
    if (of_cluster) known.disks.push_back(name);
    if (of_cluster && name.starts_with("broker-")) known.brokers.push_back(name);
    if (of_cluster && name.starts_with("controller-")) known.controllers.push_back(name);
  }
  if (scenario.channel == Channel::queue) known.disks.push_back(scenario.bus.name);
  if (known.controllers.empty()) known.controllers = known.brokers;
  for (const Producer& producer : scenario.producers) known.sources.push_back(producer.name);
  for (const auto& [name, late] : draft.late_clients)
    (late.is_producer ? known.sources : known.readers).push_back(name);
  known.producers = known.sources;
  std::set<std::string> effects;
  for (const Service& service : scenario.services) {
    known.readers.push_back(service.name);
    if (!service.group().empty()) known.groups.push_back(service.group());
    for (const Reaction& reaction : service.reactions)
      for (const SideEffect& effect : reaction.effects) effects.insert(effect.name);
    // A service publishes too: its own events can be counted like a producer's.
    known.producers.push_back(service.name);
  }
  known.effects.assign(effects.begin(), effects.end());
  for (const auto& [name, late] : draft.late_clients)
    if (!late.is_producer) known.producers.push_back(name);
  known.reading_nodes = known.readers;
  known.clients = known.sources;
  known.clients.insert(known.clients.end(), known.readers.begin(), known.readers.end());
  known.readers.insert(known.readers.end(), known.groups.begin(), known.groups.end());
  return known;
}

void check_references(Draft& draft) {
  const Known known = known_names(draft);
  for (const Reference& reference : draft.references) {
    const auto& [names, in_words] = known.of(reference.to);
    const bool may_be_none =
        reference.to == Reference::To::leader || reference.to == Reference::To::controller;
    if (may_be_none && reference.name == "none") continue;
    if (std::find(names.begin(), names.end(), reference.name) == names.end()) {
      draft.problems.add(reference.place,
                         fmt::format("{}: there is no {} '{}'{}", reference.what, in_words,
                                     reference.name, did_you_mean(reference.name, names)));
      continue;
    }
    const auto joins = draft.joins.find(reference.name);
    if (reference.at && joins != draft.joins.end() && *reference.at < joins->second)
      draft.problems.add(reference.place,
                         fmt::format("{}: '{}' joins the cluster only at {}", reference.what,
                                     reference.name, format_duration(joins->second)));
    const auto late = draft.late_clients.find(reference.name);
    if (reference.at && late != draft.late_clients.end() && *reference.at < late->second.at)
      draft.problems.add(reference.place,
                         fmt::format("{}: '{}' is there only at {}", reference.what, reference.name,
                                     format_duration(late->second.at)));
  }
}

void check_partitions(Draft& draft) {
  for (const PartitionUse& use : draft.partitions) {
    const auto found = draft.topic_history.find(use.partition.topic);
    if (found == draft.topic_history.end()) continue;
    const int count = found->second.partitions_max;
    if (use.partition.partition < count) continue;
    draft.problems.add(
        use.place,
        fmt::format("topic '{}' has {} partition{}, numbered from 0; there is no {}",
                    use.partition.topic, count, count == 1 ? "" : "s", use.partition.partition));
  }
}

/// Who assigns partitions of one topic and reads others whole, reads all partitions of those.
void complete_assignments(Scenario& scenario) {
  for (Service& service : scenario.services) {
    if (service.partitions.empty()) continue;
    for (const std::string& name : service.topics) {
      const bool assigned = std::any_of(service.partitions.begin(), service.partitions.end(),
                                        [&](const PartitionRef& p) { return p.topic == name; });
      if (assigned) continue;
      for (const Topic& topic : scenario.topics)
        if (topic.name == name)
          for (int i = 0; i < topic.partitions; ++i) service.partitions.push_back({name, i});
    }
  }
}

/// Producers fall silent in time for everything to arrive before the run ends.
void default_until(Scenario& scenario) {
  constexpr Duration quiet = 5s;
  for (Producer& producer : scenario.producers)
    if (!producer.until && !producer.count && producer.at.empty())
      producer.until = scenario.duration > quiet ? scenario.duration - quiet : scenario.duration;
}

}  // namespace

void Draft::refer(Reference::To to, const std::string& name, const Place& place, std::string what,
                  std::optional<Duration> at) {
  references.push_back({to, name, place, std::move(what), at});
}

void resolve(Draft& draft) {
  declare_topics_in_use(draft);
  declare_put_aside_topics(draft);
  check_operations(draft);
  check_references(draft);
  check_partitions(draft);
  check_events(draft);
  complete_assignments(draft.scenario);
  default_until(draft.scenario);
  check_group_protocols(draft);
  remark_groups(draft);
}

}  // namespace eventarium::scenario
