// Strong ids. A NodeId can't be passed for a RecordId; each has an explicit "none".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace eventarium {

template <class Tag, class Rep, Rep None>
struct Id {
  using rep = Rep;
  static constexpr Rep none_value = None;

  Rep value = None;

  constexpr Id() = default;
  constexpr explicit Id(Rep v) : value(v) {}
  constexpr bool valid() const { return value != None; }
  constexpr auto operator<=>(const Id&) const = default;
};

/// A node of the virtual network: dense, from 0, in order of declaration.
using NodeId = Id<struct NodeTag, std::uint32_t, std::numeric_limits<std::uint32_t>::max()>;
/// An event of the trace: dense, from 1; 0 is "no cause".
using EventId = Id<struct EventTag, std::uint64_t, 0>;
/// One transmission from a node to a node.
using MessageId = Id<struct MessageTag, std::uint64_t, 0>;
/// One record (one CloudEvent published once). A retry keeps it; publishing again makes a new one.
using RecordId = Id<struct RecordTag, std::uint64_t, 0>;
/// A timer of a node. 0 is "not set".
using TimerId = Id<struct TimerTag, std::uint64_t, 0>;

}  // namespace eventarium

template <class Tag, class Rep, Rep None>
struct std::hash<eventarium::Id<Tag, Rep, None>> {
  std::size_t operator()(eventarium::Id<Tag, Rep, None> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
