// `--set path=value`: changes a scenario's tree before it is read, so that defaults and checks
// apply to the changed values as to written ones.
#pragma once

#include <string>

#include "sim/scenario/loader.h"
#include "sim/scenario/map_reader.h"
#include "sim/scenario/yaml_tree.h"

namespace eventarium::scenario {

/// Places in override i have source i + 1. A path goes through keys, numbers (from 0) and names
/// of list items; after config, consumer_config and producer_config the rest is one key.
void apply_overrides(YamlNode& root, const Overrides& overrides, Problems& problems);

}  // namespace eventarium::scenario
