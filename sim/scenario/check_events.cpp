// Follows events from who publishes them to who reacts, to find reactions to what nothing
// publishes and {placeholders} that nothing fills.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/put_aside_topics.h"
#include "sim/scenario/suggest.h"

namespace eventarium::scenario {
namespace {

/// A type of event in a topic.
struct Stream {
  std::string topic, event;
  auto operator<=>(const Stream&) const = default;
};

using Fields = std::set<std::string>;
using Streams = std::map<Stream, Fields>;  // the fields that its data may have

bool reads(const std::vector<std::string>& topics, const Stream& stream, const std::string& event) {
  return (event == "*" || event == stream.event) &&
         std::find(topics.begin(), topics.end(), stream.topic) != topics.end();
}

Fields fields_of(const DataTemplate& data) {
  Fields fields;
  for (const auto& [name, value] : data) fields.insert(name);
  return fields;
}

/// What is published is published to its retry and dead-letter topics as well.
bool add_put_aside(const Scenario& scenario, Streams& streams) {
  const std::size_t before = streams.size();
  for (const Service& service : scenario.services) {
    if (!puts_aside(service)) continue;
    Streams more;
    for (const auto& [stream, fields] : streams) {
      if (std::ranges::find(service.topics, stream.topic) == service.topics.end()) continue;
      more[{dead_letter_topic(stream.topic), stream.event}] = fields;
      for (int number = 1; number < service.retry.attempts; ++number)
        if (reads(service.topics, {retry_topic(stream.topic, number), ""}, "*"))
          more[{retry_topic(stream.topic, number), stream.event}] = fields;
    }
    for (auto& [stream, fields] : more)
      if (std::ranges::any_of(scenario.topics,
                              [&](const Topic& topic) { return topic.name == stream.topic; }))
        streams[stream].insert(fields.begin(), fields.end());
  }
  return streams.size() != before;
}

/// One pass over all reactions; true when a stream or a field was new. An emission that copies
/// has the fields of whatever is reacted to, so passes are repeated until nothing is new.
bool add_emissions(const Scenario& scenario, Streams& streams) {
  bool changed = false;
  for (const Service& service : scenario.services)
    for (const Reaction& reaction : service.reactions)
      for (const Emission& emission : reaction.emits) {
        Fields fields = fields_of(emission.data);
        if (emission.copy_data)
          for (const auto& [stream, its_fields] : streams)
            if (reads(service.topics, stream, reaction.event))
              fields.insert(its_fields.begin(), its_fields.end());
        const auto [entry, added] = streams.try_emplace({emission.topic, emission.event});
        const std::size_t before = entry->second.size();
        entry->second.insert(fields.begin(), fields.end());
        changed = changed || added || entry->second.size() != before;
      }
  return add_put_aside(scenario, streams) || changed;
}

Streams find_streams(const Scenario& scenario) {
  Streams streams;
  for (const Producer& producer : scenario.producers) {
    const Fields fields = fields_of(producer.data);
    streams[{producer.topic, producer.event}].insert(fields.begin(), fields.end());
  }
  while (add_emissions(scenario, streams)) {
  }
  return streams;
}

void check_reactions(const Streams& streams, Draft& draft) {
  for (const ReactionUse& use : draft.reactions) {
    const auto heard = std::any_of(streams.begin(), streams.end(), [&](const auto& entry) {
      return reads(use.topics, entry.first, use.event);
    });
    // Without a topic to read from, that is the problem, and has been reported.
    if (heard || use.topics.empty() || use.event == "*") continue;
    std::vector<std::string> published;
    for (const auto& [stream, fields] : streams)
      if (reads(use.topics, stream, "*")) published.push_back(stream.event);
    draft.problems.add(use.place,
                       fmt::format("event: nothing publishes '{}' to what '{}' reads{}", use.event,
                                   use.service, did_you_mean(use.event, published)));
  }
}

/// The names in {braces} of a template, in order; {{ and }} are the braces themselves.
std::vector<std::string> placeholders(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '{') continue;
    if (text[i + 1] == '{') {
      ++i;
      continue;
    }
    const std::size_t close = text.find_first_of("{}", i + 1);
    if (close == std::string::npos) break;
    if (text[close] == '{') continue;
    names.push_back(text.substr(i + 1, close - i - 1));
    i = close;
  }
  return names;
}

void check_template(const TemplateUse& use, const Streams& streams, Draft& draft) {
  Fields known(use.attributes.begin(), use.attributes.end());
  known.insert(use.own_fields.begin(), use.own_fields.end());
  if (use.event)
    for (const auto& [stream, fields] : streams)
      if (reads(use.topics, stream, *use.event)) known.insert(fields.begin(), fields.end());
  for (const std::string& name : placeholders(use.text))
    if (known.count(name) == 0)
      draft.problems.add(use.place, fmt::format("{}: nothing fills {{{}}}{}", use.what, name,
                                                did_you_mean(name, {known.begin(), known.end()})));
}

}  // namespace

void check_events(Draft& draft) {
  const Streams streams = find_streams(draft.scenario);
  check_reactions(streams, draft);
  for (const TemplateUse& use : draft.templates) check_template(use, streams, draft);
}

}  // namespace eventarium::scenario
