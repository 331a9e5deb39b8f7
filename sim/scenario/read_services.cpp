// Reads consumers (which only read) and services (which react to events).
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/clients.h"
#include "sim/scenario/condition.h"
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

/// "<left> <operator> <right>"
void read_condition(const MapReader& map, const TemplateUse& around, std::string& when,
                    Draft& draft) {
  if (!map.text("when", when)) return;
  note_template(map, "when", around, draft);
  if (!parse_condition(when))
    draft.problems.add(map.place_of("when"),
                       fmt::format("when: '{}' compares nothing; e.g. \"{{amount_eur}} <= 60\", "
                                   "with = != < <= > or >= between spaces",
                                   when));
}

bool read_database_row(const MapReader& map, const TemplateUse& around, DatabaseWrite& row,
                       Draft& draft) {
  note_template(map, "key", around, draft);
  const bool has_table = map.name("table", false, row.table);
  return map.text("key", row.key) && has_table;
}

void read_writes(const YamlNode& node, const TemplateUse& around, Reaction& reaction,
                 Draft& draft) {
  for (const YamlNode& item : read_list(node, "writes", draft.problems)) {
    const MapReader map(item, "database_write", draft.problems);
    DatabaseWrite write;
    const bool right = read_database_row(map, around, write, draft);
    read_condition(map, around, write.when, draft);
    if (right) reaction.writes.push_back(write);
  }
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
      read_condition(map, around, effect.when, draft);
    }
    if (effect.text.empty()) effect.text = effect.name;
    if (effect.key.empty()) effect.key = effect.name + ":{id}";
    if (!effect.name.empty()) reaction.effects.push_back(effect);
  }
}

/// `emits`, `asks` or `replies`.
void read_emissions(const MapReader& of, Emission::Role role, const std::string& service,
                    const TemplateUse& around, Reaction& reaction, Draft& draft) {
  static constexpr std::pair<const char*, const char*> names[] = {
      {"emits", "emission"}, {"asks", "question"}, {"replies", "answer"}};
  const auto& [key, block] = names[static_cast<std::size_t>(role)];
  const YamlNode* const node = of.get(key);
  if (node == nullptr) return;
  for (const YamlNode& item : read_list(*node, key, draft.problems)) {
    const MapReader map(item, block, draft.problems);
    Emission emission;
    emission.role = role;
    if (role != Emission::Role::answer && map.name("topic", true, emission.topic))
      draft.refer(Reference::To::topic, emission.topic, map.place_of("topic"), key);
    if (role == Emission::Role::question) read_question(map, emission, draft);
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
    read_condition(map, around, emission.when, draft);
    reaction.emits.push_back(emission);
  }
}

void read_reaction(const YamlNode& node, Service& service, Draft& draft) {
  const MapReader map(node, "reaction", draft.problems);
  Reaction reaction;
  if (read_unanswered(map, reaction, draft)) {
  } else if (map.text("event", reaction.event)) {
    for (const Reaction& other : service.reactions) {
      if (other.unanswered) continue;
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
  if (reaction.unanswered) around.unanswered_by = service.name;
  map.distribution("service_time", reaction.service_time);
  if (const YamlNode* const row = map.get("looks_up")) {
    const MapReader wanted(*row, "database_read", draft.problems);
    reaction.looks_up.emplace();
    if (read_database_row(wanted, around, *reaction.looks_up, draft))
      around.looks_up = LookUp{service.name, reaction.looks_up->table};
  }
  if (const YamlNode* const writes = map.get("writes"))
    read_writes(*writes, around, reaction, draft);
  if (const YamlNode* const does = map.get("does")) read_effects(*does, around, reaction, draft);
  for (const auto role : {Emission::Role::event, Emission::Role::question, Emission::Role::answer})
    read_emissions(map, role, service.name, around, reaction, draft);
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

/// How the service uses its database: against doing things twice, and to publish.
void read_database_use(const MapReader& map, Service& service, Draft& draft) {
  std::string word;
  if (map.choice("dedup", word))
    service.deduplication = word == "key" ? Deduplication::key : Deduplication::id;
  if (!map.choice("publish", word) || word != "outbox") return;
  service.outbox = true;
  const Place& place = map.place_of("publish");
  if (draft.scenario.channel != Channel::kafka)
    draft.problems.add(place, "publish: an outbox publishes to Kafka; there is no Kafka here");
  if (service.commit == Commit::transaction)
    draft.problems.add(place,
                       "publish: the relay publishes outside of the transactions of commit: "
                       "transaction; say commit: after");
  if (!publishes(service))
    draft.problems.add(place, "publish: no reaction emits anything that an outbox could hold");
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
  if (!is_consumer) read_database_use(map, service, draft);
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
  complete_group(map, service, draft);
  if (!is_consumer) {
    check_on_failure(map, service, draft);
    read_work_queue(map, service, draft);
    check_questions(map, service, draft);
  }
  expand_service(map, service, draft);
}

}  // namespace

void read_services(const YamlNode& node, bool is_consumer, Draft& draft) {
  const char* const what = is_consumer ? "consumers" : "services";
  for (const YamlNode& item : read_list(node, what, draft.problems))
    read_service(item, is_consumer, draft);
}

}  // namespace eventarium::scenario
