// See put_aside_topics.h. What a service reads is extended by its retry topics; topics that the
// file doesn't declare get the partitions, replicas and configuration of the topic they belong to,
// so that a key has the same partition number everywhere.
#include "sim/scenario/put_aside_topics.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

const Topic* find_topic(const Scenario& scenario, const std::string& name) {
  const auto found = std::ranges::find(scenario.topics, name, &Topic::name);
  return found == scenario.topics.end() ? nullptr : &*found;
}

bool declare_like(Scenario& scenario, const std::string& model, const std::string& name) {
  const Topic* const source = find_topic(scenario, model);
  if (source == nullptr || find_topic(scenario, name) != nullptr) return false;
  Topic topic = *source;
  topic.name = name;
  scenario.topics.push_back(std::move(topic));
  return true;
}

/// Whether what is in the topic was put aside out of another one that the service reads: it goes
/// where that one's failures go.
bool is_own_detour(const Service& service, const std::vector<std::string>& sources,
                   const std::string& topic) {
  return std::ranges::any_of(sources, [&](const std::string& source) {
    if (topic == dead_letter_topic(source)) return true;
    for (int number = 1; number < service.retry.attempts; ++number)
      if (service.on_failure == OnFailure::retry_topics && topic == retry_topic(source, number))
        return true;
    return false;
  });
}

}  // namespace

std::string retry_topic(const std::string& topic, int number) {
  return fmt::format("{}-retry-{}", topic, number);
}

std::string dead_letter_topic(const std::string& topic) { return topic + "-dlt"; }

void declare_put_aside_topics(Draft& draft) {
  std::map<std::string, std::string> retried_by;  // a topic: the family
  for (Service& service : draft.scenario.services) {
    if (!puts_aside(service)) continue;
    std::string declared;
    const auto declare = [&](const std::string& model, const std::string& name) {
      if (declare_like(draft.scenario, model, name))
        declared += (declared.empty() ? "" : ", ") + name;
    };
    const auto place = draft.nodes.find(service.name);
    const Place& at = place == draft.nodes.end() ? Place{} : place->second;
    const std::vector<std::string> sources = service.topics;
    for (const std::string& topic : sources) {
      if (is_own_detour(service, sources, topic)) continue;
      if (service.on_failure == OnFailure::retry_topics) {
        const auto [entry, added] = retried_by.emplace(topic, service.family);
        if (!added && entry->second != service.family)
          draft.problems.add(at,
                             fmt::format("on_failure: '{}' and '{}' would share the retry topics "
                                         "of '{}', and each would get the other's failures",
                                         entry->second, service.family, topic));
        for (int number = 1; number < service.retry.attempts; ++number) {
          declare(topic, retry_topic(topic, number));
          if (std::ranges::find(service.topics, retry_topic(topic, number)) == service.topics.end())
            service.topics.push_back(retry_topic(topic, number));
        }
      }
      declare(topic, dead_letter_topic(topic));
    }
    if (!declared.empty())
      draft.remarks.emplace_back(
          at,
          fmt::format("'{}' puts aside what it fails with; declared for it, with the partitions "
                      "and replicas of what it reads: {}",
                      service.family, declared));
  }
}

}  // namespace eventarium::scenario
