#include "sim/trace/event.h"

namespace eventarium::trace {

const std::vector<EventInfo>& event_table() {
  static const std::vector<EventInfo> table = {
#define EVENT_BEGIN(Name, wire, doc) {#wire, doc, {
#define FIELD(Type, name, doc) {#name, #Type, doc},
#define EVENT_END(Name) \
  }                     \
  }                     \
  ,
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
  };
  return table;
}

std::string_view wire_name(const EventBody& body) {
  if (body.index() == 0) return "none";
  return event_table()[body.index() - 1].wire_name;
}

}  // namespace eventarium::trace
