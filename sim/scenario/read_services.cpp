// Reads consumers (which only read) and services (which react to events).
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

void subscribe(const std::string& topic, const Place& place, Service& service, Draft& draft) {
  if (std::find(service.topics.begin(), service.topics.end(), topic) != service.topics.end()) {
    draft.problems.add(place, fmt::format("reads: '{}' stands twice", topic));
    return;
  }
  draft.refer(Reference::To::topic, topic, place, "reads");
  service.topics.push_back(topic);
}

/// {topic: clicks, partitions: [0, 2]}
void read_subscription(const YamlNode& node, Service& service, Draft& draft) {
  const MapReader map(node, "subscription", draft.problems);
  std::string topic;
  if (!map.name("topic", true, topic)) return;
  subscribe(topic, map.place_of("topic"), service, draft);
  const YamlNode* const partitions = map.get("partitions");
  if (partitions == nullptr) return;
  if (draft.scenario.channel != Channel::kafka) {
    draft.problems.add(partitions->place, "partitions: only Kafka's topics have partitions");
    return;
  }
  for (const YamlNode& item : read_list(*partitions, "partitions", draft.problems)) {
    std::int64_t number = 0;
    if (!read_integer(item, "partitions", 0, 999, number, draft.problems)) continue;
    const PartitionRef partition{topic, static_cast<int>(number)};
    draft.partitions.push_back({partition, item.place});
    if (std::find(service.partitions.begin(), service.partitions.end(), partition) !=
        service.partitions.end())
      draft.problems.add(item.place, fmt::format("partitions: {} stands twice", number));
    else
      service.partitions.push_back(partition);
  }
}

void read_reads(const YamlNode& node, Service& service, Draft& draft) {
  const auto read_one = [&](const YamlNode& item) {
    if (item.is_map()) {
      read_subscription(item, service, draft);
      return;
    }
    std::string topic;
    if (read_name(item, "reads", true, topic, draft.problems))
      subscribe(topic, item.place, service, draft);
  };
  if (!node.is_sequence()) {
    read_one(node);
    return;
  }
  for (const YamlNode& item : node.items) read_one(item);
  if (node.items.empty()) draft.problems.add(node.place, "reads: at least one topic is expected");
}

void read_effects(const YamlNode& node, const TemplateUse& around, Reaction& reaction,
                  Draft& draft) {
  for (const YamlNode& item : read_list(node, "does", draft.problems)) {
    SideEffect effect;
    if (item.is_scalar()) {
      read_name(item, "does", false, effect.name, draft.problems);
    } else {
      const MapReader map(item, "side_effect", draft.problems);
      map.name("effect", false, effect.name);
      map.text("text", effect.text);
      map.text("key", effect.key);
      note_template(map, "text", around, draft);
      note_template(map, "key", around, draft);
    }
    if (effect.text.empty()) effect.text = effect.name;
    if (effect.key.empty()) effect.key = effect.name + ":{id}";
    if (!effect.name.empty()) reaction.effects.push_back(effect);
  }
}

void read_emissions(const YamlNode& node, const std::string& service, const TemplateUse& around,
                    Reaction& reaction, Draft& draft) {
  for (const YamlNode& item : read_list(node, "emits", draft.problems)) {
    const MapReader map(item, "emission", draft.problems);
    Emission emission;
    if (map.name("topic", true, emission.topic))
      draft.refer(Reference::To::topic, emission.topic, map.place_of("topic"), "emits");
    map.text("event", emission.event);
    emission.id = service + "-{n}";
    map.text("id", emission.id);
    map.text("key", emission.key);
    TemplateUse use = around;
    use.attributes.push_back("n");
    if (const YamlNode* const data = map.get("data")) {
      emission.copy_data = false;
      emission.data = read_data(*data, use, draft);
    }
    note_template(map, "id", use, draft);
    note_template(map, "key", use, draft);
    reaction.emits.push_back(emission);
  }
}

void read_reaction(const YamlNode& node, Service& service, Draft& draft) {
  const MapReader map(node, "reaction", draft.problems);
  Reaction reaction;
  if (map.text("event", reaction.event)) {
    for (const Reaction& other : service.reactions) {
      if (other.event == reaction.event)
        draft.problems.add(map.place_of("event"),
                           fmt::format("'{}' reacts twice to '{}'; put both under one 'on'",
                                       service.name, reaction.event));
      else if (other.event == "*")
        draft.problems.add(map.place_of("event"),
                           fmt::format("event: the \"*\" above takes every event, '{}' never "
                                       "comes here; put \"*\" last",
                                       reaction.event));
    }
    draft.reactions.push_back(
        {reaction.event, service.name, map.place_of("event"), service.topics});
  }
  TemplateUse around;
  around.attributes = {"id", "key", "source", "time", "type"};
  around.event = reaction.event;
  around.topics = service.topics;
  map.distribution("service_time", reaction.service_time);
  if (const YamlNode* const does = map.get("does")) read_effects(*does, around, reaction, draft);
  if (const YamlNode* const emits = map.get("emits"))
    read_emissions(*emits, service.name, around, reaction, draft);
  if (const YamlNode* const fails = map.get("fails"))
    read_transient_failure(*fails, reaction, draft);
  service.reactions.push_back(reaction);
}

void read_lifetime(const MapReader& map, Service& service, Draft& draft) {
  map.duration("start", service.start);
  map.duration("stop", service.stop);
  if (service.stop && *service.stop <= service.start)
    draft.problems.add(map.place_of("stop"), "stop: must come after the start");
  for (const char* key : {"start", "stop"}) {
    Duration time{};
    if (map.duration(key, time) && time > draft.scenario.duration)
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: lies after the end of the run ({})", key,
                                     format_duration(draft.scenario.duration)));
  }
}

void read_service(const YamlNode& node, bool is_consumer, Draft& draft) {
  const MapReader map(node, is_consumer ? "consumer" : "service", draft.problems);
  Service service;
  service.is_consumer = is_consumer;
  map.name("name", false, service.name);
  if (const YamlNode* const reads = map.get("reads")) read_reads(*reads, service, draft);
  read_lifetime(map, service, draft);
  if (is_consumer) map.distribution("service_time", service.service_time);
  if (const YamlNode* const on = is_consumer ? nullptr : map.get("on"))
    for (const YamlNode& item : read_list(*on, "on", draft.problems))
      read_reaction(item, service, draft);

  if (!is_consumer) read_on_failure(map, service, draft);
  read_group(map, service, draft);
  const auto config = [&](std::string_view key, ConfigScope scope, Config& out) {
    if (map.has(key) && draft.scenario.channel != Channel::kafka)
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: holds Kafka's keys; there is no Kafka here", key));
    else
      map.config(key, scope, out);
  };
  if (is_consumer) {
    config("config", ConfigScope::consumer, service.consumer_config);
  } else {
    config("consumer_config", ConfigScope::consumer, service.consumer_config);
    config("producer_config", ConfigScope::producer, service.producer_config);
  }
  check_on_failure(map, service, draft);
  complete_group(map, service, draft);
  expand_service(map, service, draft);
}

}  // namespace

void read_services(const YamlNode& node, bool is_consumer, Draft& draft) {
  const char* const what = is_consumer ? "consumers" : "services";
  for (const YamlNode& item : read_list(node, what, draft.problems))
    read_service(item, is_consumer, draft);
}

}  // namespace eventarium::scenario
