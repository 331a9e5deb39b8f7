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

struct Known {
  std::vector<std::string> topics, nodes, producers, readers, effects;
};

Known known_names(const Draft& draft) {
  Known known;
  std::set<std::string> effects;
  for (const Topic& topic : draft.scenario.topics) known.topics.push_back(topic.name);
  for (const auto& [name, place] : draft.nodes) known.nodes.push_back(name);
  for (const Producer& producer : draft.scenario.producers)
    known.producers.push_back(producer.name);
  for (const Service& service : draft.scenario.services) {
    known.readers.push_back(service.name);
    for (const Reaction& reaction : service.reactions)
      for (const SideEffect& effect : reaction.effects) effects.insert(effect.name);
    // A service publishes too: its own events can be counted like a producer's.
    known.producers.push_back(service.name);
  }
  known.effects.assign(effects.begin(), effects.end());
  return known;
}

void check_references(Draft& draft) {
  const Known known = known_names(draft);
  const auto check = [&](const Reference& reference, const std::vector<std::string>& names,
                         std::string_view kind) {
    if (std::find(names.begin(), names.end(), reference.name) != names.end()) return;
    draft.problems.add(reference.place,
                       fmt::format("{}: there is no {} '{}'{}", reference.what, kind,
                                   reference.name, did_you_mean(reference.name, names)));
  };
  for (const Reference& reference : draft.references) {
    switch (reference.to) {
      case Reference::To::topic:
        check(reference, known.topics, "topic");
        break;
      case Reference::To::node:
        check(reference, known.nodes, "node");
        break;
      case Reference::To::producer:
        check(reference, known.producers, "producer");
        break;
      case Reference::To::reader:
        check(reference, known.readers, "consumer or service");
        break;
      case Reference::To::effect:
        check(reference, known.effects, "side effect");
        break;
    }
  }
}

void check_partitions(Draft& draft) {
  for (const PartitionUse& use : draft.partitions)
    for (const Topic& topic : draft.scenario.topics)
      if (topic.name == use.partition.topic && use.partition.partition >= topic.partitions)
        draft.problems.add(
            use.place, fmt::format("topic '{}' has {} partition{}, numbered from 0; "
                                   "there is no {}",
                                   topic.name, topic.partitions, topic.partitions == 1 ? "" : "s",
                                   use.partition.partition));
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

void Draft::declare_node(const std::string& name, const Place& place) {
  const auto [existing, added] = nodes.emplace(name, place);
  if (added) return;
  problems.add(place, existing->second.line == 0
                          ? fmt::format("the name '{}' belongs to a broker", name)
                          : fmt::format("the name '{}' is taken already (line {})", name,
                                        existing->second.line));
}

void Draft::refer(Reference::To to, const std::string& name, const Place& place, std::string what) {
  references.push_back({to, name, place, std::move(what)});
}

void resolve(Draft& draft) {
  declare_topics_in_use(draft);
  check_references(draft);
  check_partitions(draft);
  check_events(draft);
  complete_assignments(draft.scenario);
  default_until(draft.scenario);
}

}  // namespace eventarium::scenario
