// What an event says: one of the structs that schema.inl lists, or nothing yet. A variant of its
// own, because std::variant instantiates its special members for more than a hundred alternatives
// in every file that sees an event: here they are compiled once, in event_body.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace eventarium::trace {

// Types that schema.inl may use for a field.
using Int = std::int64_t;
using Count = std::uint64_t;
using Real = double;
using Text = std::string;
using Time = SimTime;
using Span = Duration;
using NodeList = std::vector<NodeId>;
using RecordList = std::vector<RecordId>;

#define EVENT_BEGIN(Name, wire, doc) \
  struct Name {                      \
    static constexpr std::string_view wire_name = #wire;
#define FIELD(Type, name, doc) Type name{};
#define EVENT_END(Name)                         \
  bool operator==(const Name&) const = default; \
  }                                             \
  ;
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

/// The schema's entries, numbered from 1 in its order; 0: nothing.
enum class EventNumber : std::uint16_t {
  nothing,
#define EVENT_BEGIN(Name, wire, doc) Name,
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
  count
};

/// EventNumber of one of the schema's structs; `nothing` for every other type.
template <class E>
inline constexpr EventNumber event_number = EventNumber::nothing;
#define EVENT_BEGIN(Name, wire, doc) \
  template <>                        \
  inline constexpr EventNumber event_number<Name> = EventNumber::Name;
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

template <class E>
concept EventStruct = event_number<E>
!= EventNumber::nothing;

class EventBody {
 public:
  EventBody() = default;
  template <EventStruct E>
  EventBody(E event) : number_(event_number<E>) {
    std::construct_at(reinterpret_cast<E*>(storage_), std::move(event));
  }
  EventBody(const EventBody& other);
  EventBody(EventBody&& other) noexcept;
  EventBody& operator=(const EventBody& other);
  EventBody& operator=(EventBody&& other) noexcept;
  ~EventBody();
  bool operator==(const EventBody& other) const;

  EventNumber number() const { return number_; }
  std::size_t index() const { return static_cast<std::size_t>(number_); }
  /// Null when it is another one.
  template <EventStruct E>
  const E* as() const {
    return number_ == event_number<E> ? reinterpret_cast<const E*>(storage_) : nullptr;
  }
  template <EventStruct E>
  E* as() {
    return number_ == event_number<E> ? reinterpret_cast<E*>(storage_) : nullptr;
  }

 private:
  static constexpr std::size_t size_max = std::max({std::size_t{1}
#define EVENT_BEGIN(Name, wire, doc) , sizeof(Name)
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
  });

  void destroy();

  EventNumber number_ = EventNumber::nothing;
  alignas(std::max_align_t) std::byte storage_[size_max];
};

/// Calls visitor(struct) for what the body holds, visitor(std::monostate) for nothing.
template <class Visitor, class Body>
requires std::is_same_v<std::remove_const_t<Body>, EventBody>
decltype(auto) visit(Visitor&& visitor, Body& body) {
  switch (body.number()) {
#define EVENT_BEGIN(Name, wire, doc) \
  case EventNumber::Name:            \
    return visitor(*body.template as<Name>());
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    case EventNumber::nothing:
    case EventNumber::count:
      break;
  }
  return visitor(std::monostate{});
}

}  // namespace eventarium::trace
