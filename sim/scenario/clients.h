// Producers, consumers and services of a scenario by name, and how one of them is changed or
// multiplied while a run goes on. Shared by the loader, which checks operations, and by whoever
// carries them out; knows no node.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {

/// The one of that name, or the first of a family of that name; null when there is none.
const Producer* find_producer(const std::vector<Producer>& all, const std::string& name);
const Service* find_service(const std::vector<Service>& all, const std::string& name);

/// What one more of the family is called: the first number that is free, "billing-4".
std::string next_of_family(const std::string& family,
                           const std::function<bool(const std::string&)>& is_taken);

/// Whether one of the file's operations adds a node of that name: expectations and faults of the
/// file mean that one, also before it is there.
bool is_promised(const Scenario& scenario, const std::string& name);

/// One more like `model`, called `name`: its own ids, group.instance.id and transactional.id.
Producer one_more(const Producer& model, const std::string& name);
Service one_more(const Service& model, const std::string& name);

/// Sets a key of Kafka's for the client; an empty value goes back to the default. A service takes
/// keys of consumers and, when it publishes, of producers. Returns what is wrong, with a hint, and
/// changes nothing then.
std::string set_client_key(Producer& client, const std::string& key, const std::string& value);
std::string set_client_key(Service& client, const std::string& key, const std::string& value);

/// "earliest", "latest", "120", "-30s".
Parsed<OffsetTarget> parse_offset_target(std::string_view text);

/// Whether any reaction publishes something.
bool publishes(const Service& service);

}  // namespace eventarium::scenario
