// Reads operations: how the cluster is administered while it runs.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/clients.h"
#include "sim/scenario/draft.h"

namespace eventarium::scenario {
namespace {

OperationKind kind_of(const std::string& word) {
  const std::vector<std::string>& words = choices("operation.do");
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == word) return static_cast<OperationKind>(i);
  return OperationKind::add_broker;
}

/// The keys that a kind needs, and those that it may have besides; in words of " a b ".
struct Keys {
  std::string_view needed, allowed;
};

Keys keys_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::add_broker:
      return {" ", " broker "};
    case OperationKind::remove_broker:
      return {" broker ", " "};
    case OperationKind::rebalance:
      return {" ", " topic "};
    case OperationKind::reassign:
      return {" topic partition replicas ", " "};
    case OperationKind::replication_factor:
      return {" topic replication_factor ", " "};
    case OperationKind::add_partitions:
      return {" topic partitions ", " "};
    case OperationKind::create_topic:
      return {" topic ", " partitions replication_factor config "};
    case OperationKind::delete_topic:
      return {" topic ", " "};
    case OperationKind::elect_leader:
      return {" topic ", " partition unclean "};
    case OperationKind::set_config:
      return {" topic key ", " value "};
    case OperationKind::add_producer:
    case OperationKind::remove_producer:
    case OperationKind::add_consumer:
    case OperationKind::remove_consumer:
      return {" client ", " "};
    case OperationKind::set_client_config:
      return {" client key ", " value "};
    case OperationKind::reset_offsets:
      return {" group topic to ", " "};
  }
  return {" ", " "};
}

void check_keys(const MapReader& map, const std::string& word, OperationKind kind, Draft& draft) {
  const Keys keys = keys_of(kind);
  for (const Key& key : block("operation").keys) {
    if (key.required) continue;
    const std::string name = " " + key.name + " ";
    const bool needed = keys.needed.find(name) != std::string_view::npos;
    const bool allowed = needed || keys.allowed.find(name) != std::string_view::npos;
    if (map.has(key.name) && !allowed)
      draft.problems.add(map.place_of(key.name),
                         fmt::format("{}: has no meaning with do: {}", key.name, word));
    if (!map.has(key.name) && needed)
      draft.problems.add(map.place(), fmt::format("do: {} needs '{}'", word, key.name));
  }
}

bool is_broker_name(const std::string& name) {
  constexpr std::string_view prefix = "broker-";
  const std::string digits = name.starts_with(prefix) ? name.substr(prefix.size()) : "";
  return !digits.empty() && digits.size() < 5 && digits[0] != '0' &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Declares a broker that joins while the run goes on; without a name it has the next number.
void read_new_broker(const MapReader& map, Operation& operation, Draft& draft) {
  if (map.has("broker")) {
    if (!map.name("broker", false, operation.broker)) return;
    if (!is_broker_name(operation.broker)) {
      draft.problems.add(map.place_of("broker"), "broker: a broker is called broker-<number>");
      return;
    }
  } else {
    int number = 1;
    while (draft.nodes.count(fmt::format("broker-{}", number)) != 0) ++number;
    operation.broker = fmt::format("broker-{}", number);
  }
  draft.declare_node(operation.broker, map.place());
  draft.joins.emplace(operation.broker, operation.at);
}

void read_replicas(const MapReader& map, Operation& operation, Draft& draft) {
  const YamlNode* const list = map.get("replicas");
  if (list == nullptr) return;
  for (const YamlNode& item : read_list(*list, "replicas", draft.problems)) {
    std::string name;
    if (!read_name(item, "replicas", false, name, draft.problems)) continue;
    draft.refer(Reference::To::broker, name, item.place, "replicas", operation.at);
    if (std::find(operation.replicas.begin(), operation.replicas.end(), name) !=
        operation.replicas.end())
      draft.problems.add(item.place, fmt::format("replicas: '{}' stands twice", name));
    operation.replicas.push_back(name);
  }
  if (list->is_sequence() && list->items.empty())
    draft.problems.add(list->place, "replicas: at least one broker is expected");
}

/// A key of the topic's configuration; without a value it goes back to its default.
void read_setting(const MapReader& map, Operation& operation, Draft& draft) {
  if (!map.text("key", operation.key)) return;
  const ConfigKey* const key = find_config_key(ConfigScope::topic, operation.key);
  if (key == nullptr) {
    draft.problems.add(map.place_of("key"),
                       fmt::format("key: Kafka's topics have no key '{}'", operation.key));
    return;
  }
  if (!map.text("value", operation.value)) return;
  if (const std::string error = check_config_value(*key, operation.value); !error.empty())
    draft.problems.add(map.place_of("value"), fmt::format("{}: {}", operation.key, error));
}

bool is_about_producers(OperationKind kind) {
  return kind == OperationKind::add_producer || kind == OperationKind::remove_producer;
}

/// Declares one more of a family; the nodes that are there from the beginning are known.
void add_client(const MapReader& map, Operation& operation, Draft& draft) {
  const Producer* const producer = is_about_producers(operation.kind)
                                       ? find_producer(draft.scenario.producers, operation.client)
                                       : nullptr;
  const Service* const service = is_about_producers(operation.kind)
                                     ? nullptr
                                     : find_service(draft.scenario.services, operation.client);
  if (producer == nullptr && service == nullptr) return;
  const std::string& family = producer != nullptr ? producer->family : service->family;
  operation.name =
      next_of_family(family, [&](const std::string& name) { return draft.nodes.count(name) != 0; });
  draft.declare_node(operation.name, map.place());
  draft.late_clients[operation.name] = {operation.at, producer != nullptr};
}

/// The client, which must be there, and what is to become of it.
void read_client(const MapReader& map, Operation& operation, Draft& draft) {
  if (!map.name("client", false, operation.client)) return;
  const bool adds = operation.kind == OperationKind::add_producer ||
                    operation.kind == OperationKind::add_consumer;
  auto to = Reference::To::client;
  if (is_about_producers(operation.kind)) to = Reference::To::source;
  if (operation.kind == OperationKind::remove_consumer) to = Reference::To::reading_node;
  if (!adds)
    return draft.refer(to, operation.client, map.place_of("client"), "client", operation.at);
  add_client(map, operation, draft);
  if (operation.name.empty())
    draft.refer(
        is_about_producers(operation.kind) ? Reference::To::source : Reference::To::reading_node,
        operation.client, map.place_of("client"), "client");
}

/// A key of the client's configuration; without a value it goes back to its default.
void read_client_setting(const MapReader& map, Operation& operation, Draft& draft) {
  if (!map.text("key", operation.key)) return;
  map.text("value", operation.value);
  std::string problem;
  if (const Producer* const found = find_producer(draft.scenario.producers, operation.client)) {
    Producer client = *found;
    problem = set_client_key(client, operation.key, operation.value);
  } else if (const Service* const service =
                 find_service(draft.scenario.services, operation.client)) {
    Service client = *service;
    problem = set_client_key(client, operation.key, operation.value);
  }
  if (!problem.empty())
    draft.problems.add(map.place_of(map.has("value") ? "value" : "key"), std::move(problem));
}

void read_reset(const MapReader& map, Operation& operation, Draft& draft) {
  if (map.name("group", true, operation.group)) {
    draft.refer(Reference::To::group, operation.group, map.place_of("group"), "group");
    if (std::ranges::any_of(draft.scenario.services, [&](const Service& service) {
          return service.share_group && service.group() == operation.group;
        }))
      draft.problems.add(map.place_of("group"),
                         fmt::format("group: '{}' is a share group, which has no positions that "
                                     "could be reset",
                                     operation.group));
  }
  if (!map.text("to", operation.to)) return;
  const Parsed<OffsetTarget> target = parse_offset_target(operation.to);
  if (const auto* const error = std::get_if<UnitError>(&target))
    draft.problems.add(map.place_of("to"), "to: " + error->message);
}

void read_operation(const YamlNode& node, Draft& draft) {
  const MapReader map(node, "operation", draft.problems);
  Operation operation;
  operation.line = node.place.line;
  std::string word;
  const bool known = map.choice("do", word);
  operation.kind = kind_of(word);
  if (known) check_keys(map, word, operation.kind, draft);
  if (map.duration("at", operation.at) && operation.at > draft.scenario.duration)
    draft.problems.add(map.place_of("at"), fmt::format("at: lies after the end of the run ({})",
                                                       format_duration(draft.scenario.duration)));
  if (operation.kind == OperationKind::add_broker)
    read_new_broker(map, operation, draft);
  else if (map.name("broker", false, operation.broker))
    draft.refer(Reference::To::broker, operation.broker, map.place_of("broker"), "broker",
                operation.at);
  map.name("topic", true, operation.topic);
  map.integer("partition", operation.partition);
  read_replicas(map, operation, draft);
  operation.count = 1;
  map.integer("partitions", operation.count);
  map.integer("replication_factor", operation.replicas_count);
  if (operation.kind == OperationKind::replication_factor)
    operation.count = operation.replicas_count;
  map.boolean("unclean", operation.unclean);
  read_client(map, operation, draft);
  if (operation.kind == OperationKind::set_client_config)
    read_client_setting(map, operation, draft);
  else
    read_setting(map, operation, draft);
  read_reset(map, operation, draft);
  map.config("config", ConfigScope::topic, operation.config);
  if (!known) return;
  draft.scenario.operations.push_back(operation);
  draft.operation_places.push_back({map.place(), map.place_of("broker"), map.place_of("topic"),
                                    map.place_of("partition"), map.place_of("partitions"),
                                    map.place_of("replicas"), map.place_of("replication_factor"),
                                    map.place_of("value"), map.place_of("client")});
}

}  // namespace

void read_operations(const YamlNode& node, Draft& draft) {
  if (draft.scenario.channel != Channel::kafka)
    draft.problems.add(node.place, "operations: only a Kafka cluster is administered");
  for (const YamlNode& item : read_list(node, "operations", draft.problems))
    read_operation(item, draft);
}

}  // namespace eventarium::scenario
