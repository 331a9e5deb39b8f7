// Component numbers of the parts inside a producer or service node: whoever builds the node gives
// them to the parts, so that timers find their way back.
#pragma once

#include <cstdint>

namespace eventarium::service {

constexpr std::uint16_t own_component = 0;
constexpr std::uint16_t publisher_component = 1;
constexpr std::uint16_t subscriber_component = 2;
constexpr std::uint16_t relay_component = 3;
constexpr std::uint16_t requests_component = 4;

/// Kinds of the requests_component's timers.
constexpr std::uint16_t question_overdue = 0;  // its value: the question's number
constexpr std::uint16_t look_for_orphans = 1;

}  // namespace eventarium::service
