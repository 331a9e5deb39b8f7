// Faults in people's words, where a trace has the keyword of the scenario file (power_loss,
// link_down). Knows the keywords and nothing of what a fault does.
#pragma once

#include <string>
#include <string_view>

namespace eventarium::trace {

/// The fault as a short noun for a label: "power loss" for power_loss, "unplugged cable" for
/// link_down. A fault that is not known keeps its name, with spaces for underscores.
std::string fault_words(std::string_view fault);

/// What happens to `node`, without a full stop: "crm loses power". `peer` is the other side of a
/// fault between two nodes and not looked at otherwise.
std::string fault_sentence(std::string_view fault, std::string_view node, std::string_view peer);

/// What it is like when the fault is over: "the cable of crm is plugged in again".
std::string healed_sentence(std::string_view fault, std::string_view node, std::string_view peer);

}  // namespace eventarium::trace
