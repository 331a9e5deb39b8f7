// An event of a trace, and the schema as data; all generated from schema.inl. Nothing but events
// crosses from the simulation to its readers.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sim/trace/event_body.h"

namespace eventarium::trace {

struct Event {
  EventId id;
  SimTime t{};
  NodeId node;    // none for the world
  EventId cause;  // none for what nothing in the simulation led to
  EventBody body;

  template <class Body>
  const Body* as() const {
    return body.as<Body>();
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

/// The schema as data, in its own order; entry i describes the body whose index is i + 1.
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
