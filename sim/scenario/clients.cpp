// See clients.h.
#include "sim/scenario/clients.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/client_rules.h"
#include "sim/scenario/put_aside_topics.h"
#include "sim/scenario/suggest.h"

namespace eventarium::scenario {
namespace {

template <class Client>
const Client* find_client(const std::vector<Client>& clients, const std::string& name) {
  const auto find_by = [&](std::string Client::*member) {
    const auto found = std::find_if(clients.begin(), clients.end(),
                                    [&](const Client& one) { return one.*member == name; });
    return found == clients.end() ? nullptr : &*found;
  };
  const Client* const found = find_by(&Client::name);
  return found != nullptr ? found : find_by(&Client::family);
}

/// An id that was made of the model's name is made of the new one's.
void rename_key(Config& config, const std::string& key, const std::string& from,
                const std::string& to) {
  const auto found = config.find(key);
  if (found == config.end() || !found->second.starts_with(from)) return;
  found->second.replace(0, from.size(), to);
}

/// What is wrong with the setting in this scope; `config` has it when nothing is.
std::string set_key(Config& config, ConfigScope scope, const std::string& key,
                    const std::string& value) {
  Config changed = config;
  if (value.empty()) {
    changed.erase(key);
  } else {
    if (std::string problem = check_config_value(*find_config_key(scope, key), value);
        !problem.empty())
      return fmt::format("{}: {}", key, problem);
    changed[key] = value;
  }
  if (std::string problem = check_config(scope, changed); !problem.empty()) return problem;
  config = std::move(changed);
  return {};
}

std::string unknown_key(std::initializer_list<ConfigScope> scopes, const std::string& key) {
  std::vector<std::string> known;
  for (const ConfigKey& entry : config_keys())
    if (std::find(scopes.begin(), scopes.end(), entry.scope) != scopes.end())
      known.emplace_back(entry.name);
  const std::string best = nearest(key, known);
  return fmt::format("Kafka has no key '{}' here{}", key,
                     best.empty() ? "" : fmt::format(" (did you mean '{}'?)", best));
}

}  // namespace

const Producer* find_producer(const std::vector<Producer>& all, const std::string& name) {
  return find_client(all, name);
}

const Service* find_service(const std::vector<Service>& all, const std::string& name) {
  return find_client(all, name);
}

std::string next_of_family(const std::string& family,
                           const std::function<bool(const std::string&)>& is_taken) {
  int number = is_taken(family) ? 2 : 1;  // "mailer" is the first one, "mailer-2" the second
  while (is_taken(fmt::format("{}-{}", family, number))) ++number;
  return fmt::format("{}-{}", family, number);
}

bool is_promised(const Scenario& scenario, const std::string& name) {
  return std::any_of(scenario.operations.begin(), scenario.operations.end(),
                     [&](const Operation& operation) {
                       return operation.kind == OperationKind::add_broker ? operation.broker == name
                                                                          : operation.name == name;
                     });
}

Producer one_more(const Producer& model, const std::string& name) {
  Producer one = model;
  if (one.id == model.name + "-{n}") one.id = name + "-{n}";
  rename_key(one.config, "transactional.id", model.name, name);
  one.name = name;
  return one;
}

Service one_more(const Service& model, const std::string& name) {
  Service one = model;
  for (Reaction& reaction : one.reactions)
    for (Emission& emission : reaction.emits)
      if (emission.id == model.name + "-{n}") emission.id = name + "-{n}";
  rename_key(one.consumer_config, "group.instance.id", model.name, name);
  rename_key(one.producer_config, "transactional.id", model.name, name);
  one.name = name;
  return one;
}

bool publishes(const Service& service) {
  return puts_aside(service) ||
         std::any_of(service.reactions.begin(), service.reactions.end(),
                     [](const Reaction& reaction) { return !reaction.emits.empty(); });
}

std::string set_client_key(Producer& client, const std::string& key, const std::string& value) {
  if (find_config_key(ConfigScope::producer, key) == nullptr)
    return unknown_key({ConfigScope::producer}, key);
  Producer changed = client;
  if (std::string problem = set_key(changed.config, ConfigScope::producer, key, value);
      !problem.empty())
    return problem;
  if (const auto wrong = contradictions(changed); !wrong.empty()) return wrong.front().message;
  client = std::move(changed);
  return {};
}

std::string set_client_key(Service& client, const std::string& key, const std::string& value) {
  const bool of_consumers = find_config_key(ConfigScope::consumer, key) != nullptr;
  const bool of_producers =
      publishes(client) && find_config_key(ConfigScope::producer, key) != nullptr;
  if (!of_consumers && !of_producers)
    return publishes(client) ? unknown_key({ConfigScope::consumer, ConfigScope::producer}, key)
                             : unknown_key({ConfigScope::consumer}, key);
  if (std::string problem = fixed_key(client, key); !problem.empty()) return problem;
  Service changed = client;
  std::string problem;
  if (of_consumers) problem = set_key(changed.consumer_config, ConfigScope::consumer, key, value);
  if (of_producers && problem.empty())
    problem = set_key(changed.producer_config, ConfigScope::producer, key, value);
  if (!problem.empty()) return problem;
  if (const auto wrong = contradictions(changed); !wrong.empty()) return wrong.front().message;
  if (key == "enable.auto.commit") {
    const bool automatic = config_bool(changed.consumer_config, ConfigScope::consumer, key);
    if (automatic) changed.commit = Commit::automatic;
    if (!automatic && changed.commit == Commit::automatic) changed.commit = Commit::never;
  }
  client = std::move(changed);
  return {};
}

Parsed<OffsetTarget> parse_offset_target(std::string_view text) {
  OffsetTarget target;
  if (text == "earliest") return target;
  if (text == "latest") {
    target.kind = OffsetTarget::Kind::latest;
    return target;
  }
  const auto number = parse_integer(text);
  const auto* const offset = std::get_if<std::int64_t>(&number);
  if (offset != nullptr && *offset >= 0) {
    target.kind = OffsetTarget::Kind::offset;
    target.offset = *offset;
    return target;
  }
  if (text.starts_with("-") && text.size() > 1) {
    const auto age = parse_duration(text.substr(1));
    if (const auto* const length = std::get_if<Duration>(&age)) {
      target.kind = OffsetTarget::Kind::age;
      target.age = *length;
      return target;
    }
  }
  return UnitError{
      fmt::format("'{}' is no position: earliest, latest, an offset, or -30s for 30 s ago", text)};
}

}  // namespace eventarium::scenario
