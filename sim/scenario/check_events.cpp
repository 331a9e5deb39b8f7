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

/// The fields of the events of that type in those topics.
void add_fields(const Streams& streams, const std::vector<std::string>& topics,
                const std::string& event, Fields& fields) {
  for (const auto& [stream, its_fields] : streams)
    if (reads(topics, stream, event)) fields.insert(its_fields.begin(), its_fields.end());
}

template <class Visit>
void for_each_question(const std::vector<Service>& services, Visit&& visit) {
  for (const Service& service : services)
    for (const Reaction& reaction : service.reactions)
      for (const Emission& emission : reaction.emits)
        if (emission.role == Emission::Role::question) visit(service, emission);
}

/// Topics in which the service asks questions of that type.
std::vector<std::string> asked_in(const Service& service, const std::string& event) {
  std::vector<std::string> topics;
  for_each_question({service}, [&](const Service&, const Emission& question) {
    if (question.event == event) topics.push_back(question.topic);
  });
  return topics;
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
    for (const auto& entry : more)
      if (std::ranges::any_of(scenario.topics,
                              [&](const Topic& topic) { return topic.name == entry.first.topic; }))
        streams[entry.first].insert(entry.second.begin(), entry.second.end());
  }
  return streams.size() != before;
}

/// Topics from which the service gets what the reaction is to.
std::vector<std::string> sources(const Service& service, const Reaction& reaction) {
  return reaction.unanswered ? asked_in(service, reaction.event) : service.topics;
}

/// Topics to which the emission goes: an answer to wherever questions want it.
std::vector<std::string> targets(const Scenario& scenario, const Reaction& reaction,
                                 const Emission& emission) {
  if (emission.role != Emission::Role::answer) return {emission.topic};
  std::vector<std::string> topics;
  for_each_question(scenario.services, [&](const Service&, const Emission& question) {
    if (reaction.event == "*" || reaction.event == question.event)
      topics.push_back(question.reply_to);
  });
  return topics;
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
          add_fields(streams, sources(service, reaction), reaction.event, fields);
        for (const std::string& topic : targets(scenario, reaction, emission)) {
          const auto [entry, added] = streams.try_emplace({topic, emission.event});
          const std::size_t before = entry->second.size();
          entry->second.insert(fields.begin(), fields.end());
          changed = changed || added || entry->second.size() != before;
        }
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

/// The fields of whatever the service writes into the table.
void add_rows(const Scenario& scenario, const LookUp& table, const Streams& streams,
              Fields& fields) {
  for (const Service& service : scenario.services)
    for (const Reaction& reaction : service.reactions)
      for (const DatabaseWrite& write : reaction.writes) {
        if (service.family != table.service || write.table != table.table) continue;
        add_fields(streams, sources(service, reaction), reaction.event, fields);
      }
}

void check_template(const TemplateUse& use, const Streams& streams, Draft& draft) {
  Fields known(use.attributes.begin(), use.attributes.end());
  known.insert(use.own_fields.begin(), use.own_fields.end());
  if (use.event && use.unanswered_by.empty()) add_fields(streams, use.topics, *use.event, known);
  for (const Service& service : draft.scenario.services)
    if (use.event && service.family == use.unanswered_by)
      add_fields(streams, asked_in(service, *use.event), *use.event, known);
  if (use.looks_up) add_rows(draft.scenario, *use.looks_up, streams, known);
  for (const std::string& name : placeholders(use.text))
    if (known.count(name) == 0)
      draft.problems.add(use.place, fmt::format("{}: nothing fills {{{}}}{}", use.what, name,
                                                did_you_mean(name, {known.begin(), known.end()})));
}

/// Answers to what nobody asks.
void check_answers(Draft& draft) {
  std::vector<std::string> told;
  for (const Service& service : draft.scenario.services)
    for (const Reaction& reaction : service.reactions)
      for (const Emission& emission : reaction.emits) {
        if (emission.role != Emission::Role::answer ||
            !targets(draft.scenario, reaction, emission).empty() ||
            std::ranges::find(told, service.family) != told.end())
          continue;
        const auto place = draft.nodes.find(service.name);
        if (place == draft.nodes.end()) continue;  // its name is refused, which is told already
        told.push_back(service.family);
        draft.problems.add(place->second,
                           fmt::format("replies: nobody asks with '{}'; who wants an answer says "
                                       "asks: [{{event: {}, reply_to: ...}}]",
                                       reaction.event, reaction.event));
      }
}

}  // namespace

void check_events(Draft& draft) {
  const Streams streams = find_streams(draft.scenario);
  check_reactions(streams, draft);
  check_answers(draft);
  for (const TemplateUse& use : draft.templates) check_template(use, streams, draft);
}

}  // namespace eventarium::scenario
