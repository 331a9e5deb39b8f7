// Kafka's settings that a viewer can change of a running producer or consumer: for each key the
// value that shows an effect within seconds and the default that leads back. Knows what has been
// asked for in this run, not what the scenario's file says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "viz/model/world.h"

namespace eventarium::viz {

struct ClientSetting {
  std::string_view key;    // as Kafka spells it
  std::string_view value;  // one whose effect is seen
  std::string_view default_value;
  std::string_view effect;  // a sentence about `value`
  std::string why_not;      // Kafka has no use for it with this kind of client; empty: it has
  bool changed = false;     // it has been set to `value` in this run
};

/// Empty for what is no client of Kafka's.
std::vector<ClientSetting> settings_of(const History& history, const World& world,
                                       const NodeView& node);

/// What the client's key was set to last by set_client_config, "(default)" included.
std::optional<std::string> value_asked(const History& history, Position moment,
                                       const std::string& client, std::string_view key);

}  // namespace eventarium::viz
