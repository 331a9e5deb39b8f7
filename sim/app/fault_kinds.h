// The faults' names, in scenario files and in commands, and the values that they may have. Knows
// no nodes and no time.
#pragma once

#include <string>
#include <string_view>

#include "sim/scenario/scenario.h"

namespace eventarium::app {

/// The name used in scenario files and commands, e.g. "power_loss".
std::string_view fault_name(scenario::FaultKind kind);
/// False when there is no such fault.
bool parse_fault(std::string_view name, scenario::FaultKind& kind);
/// All names, for messages: "crash, power_loss, ...".
std::string fault_names();

/// Why the fault can't have these values, with a hint; empty when it can. The limits are those of
/// scenario files.
std::string check_values(const scenario::Fault& fault);

}  // namespace eventarium::app
