// The events of a trace: structs, variant and field visitor, all generated from schema.inl.
// Nothing but events crosses from the simulation to its readers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
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

/// One of the schema's events; std::monostate only in a default-constructed Event.
using EventBody = std::variant<std::monostate
#define EVENT_BEGIN(Name, wire, doc) , Name
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
                               >;

struct Event {
  EventId id;
  SimTime t{};
  NodeId node;    // none for the world
  EventId cause;  // none for what nothing in the simulation led to
  EventBody body;

  template <class Body>
  const Body* as() const {
    return std::get_if<Body>(&body);
  }
  bool operator==(const Event&) const = default;
};

/// Calls visit(name, value) for each field of an event's struct, in the schema's order.
#define EVENT_BEGIN(Name, wire, doc)                    \
  template <class Visitor, class E>                     \
  requires std::is_same_v<std::remove_const_t<E>, Name> \
  void visit_fields([[maybe_unused]] E& event, [[maybe_unused]] Visitor&& visit) {
#define FIELD(Type, name, doc) visit(#name, event.name);
#define EVENT_END(Name) }
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END

struct FieldInfo {
  std::string_view name, type, doc;
};
struct EventInfo {
  std::string_view wire_name, doc;
  std::vector<FieldInfo> fields;
};

/// The schema as data, in its own order; entry i describes alternative i + 1 of EventBody.
const std::vector<EventInfo>& event_table();

/// "message_sent" for a MessageSent; "none" for a default-constructed body.
std::string_view wire_name(const EventBody& body);

/// Receives a run's events in order. The simulation's only way to be observed.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace eventarium::trace
