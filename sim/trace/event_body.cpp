// See event_body.h.
#include "sim/trace/event_body.h"

namespace eventarium::trace {
namespace {

template <class E>
void place(void* storage, E&& event) {
  using Struct = std::remove_cvref_t<E>;
  std::construct_at(static_cast<Struct*>(storage), std::forward<E>(event));
}

}  // namespace

EventBody::EventBody(const EventBody& other) : number_(other.number_) {
  visit(
      [this]<class E>(const E& event) {
        if constexpr (EventStruct<E>) place(storage_, event);
      },
      other);
}

EventBody::EventBody(EventBody&& other) noexcept : number_(other.number_) {
  visit(
      [this]<class E>(E&& event) {
        if constexpr (EventStruct<std::remove_cvref_t<E>>) place(storage_, std::move(event));
      },
      other);
}

EventBody& EventBody::operator=(const EventBody& other) {
  if (this != &other) *this = EventBody(other);
  return *this;
}

EventBody& EventBody::operator=(EventBody&& other) noexcept {
  if (this == &other) return *this;
  destroy();
  std::construct_at(this, std::move(other));
  return *this;
}

EventBody::~EventBody() { destroy(); }

void EventBody::destroy() {
  visit(
      []<class E>(E&& event) {
        if constexpr (EventStruct<std::remove_cvref_t<E>>) std::destroy_at(&event);
      },
      *this);
  number_ = EventNumber::nothing;
}

bool EventBody::operator==(const EventBody& other) const {
  if (number_ != other.number_) return false;
  return visit(
      [&other]<class E>(const E& event) {
        if constexpr (EventStruct<E>) return event == *other.as<E>();
        return true;
      },
      *this);
}

}  // namespace eventarium::trace
