// The inbox: one at a time, in order, no recursion, no confusion of handles.
#include "sim/bus/inbox.h"

#include <doctest/doctest.h>

#include "sim/bus/cause_scope.h"
#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::bus;

namespace {

/// Runs `test` inside a node.
void inside(const std::function<void(engine::Runtime&)>& test) {
  World w;
  auto raw = std::make_unique<Raw>();
  raw->start = test;
  w.add("node", std::move(raw));
  w.run(1ms);
}

struct Hasty : Listener {
  Inbox* inbox = nullptr;
  bool finishes = true;
  int depth = 0, deepest = 0;
  std::vector<RecordId> seen;
  std::vector<std::uint64_t> handles;
  void on_delivery(engine::Runtime& runtime, const Delivery& delivery) override {
    deepest = std::max(deepest, ++depth);
    seen.push_back(delivery.record.id);
    handles.push_back(delivery.handle);
    if (finishes) {
      CHECK(inbox->finish(delivery.handle));
      inbox->feed(runtime, *this);
    }
    --depth;
  }
};

Delivery of(std::uint64_t record) {
  return {.record = make_record(RecordId{record}), .topic = "t"};
}

}  // namespace

TEST_CASE("a listener that finishes at once gets the next one from the same loop") {
  inside([](engine::Runtime& runtime) {
    Inbox inbox;
    Hasty listener;
    listener.inbox = &inbox;
    for (std::uint64_t i = 1; i <= 1000; ++i) inbox.add(runtime, of(i));
    inbox.feed(runtime, listener);
    CHECK(listener.seen.size() == 1000);
    CHECK(std::is_sorted(listener.seen.begin(), listener.seen.end()));
    CHECK(listener.deepest == 1);
    CHECK(inbox.idle());
  });
}

TEST_CASE("only the delivery at hand can be finished, once; handles are never used again") {
  inside([](engine::Runtime& runtime) {
    Inbox inbox;
    Hasty listener;
    listener.inbox = &inbox;
    listener.finishes = false;
    const auto first = inbox.add(runtime, of(1));
    const auto second = inbox.add(runtime, of(2));
    inbox.feed(runtime, listener);
    inbox.feed(runtime, listener);
    CHECK(listener.seen.size() == 1);
    CHECK_FALSE(inbox.finish(second));
    CHECK_FALSE(inbox.finish(0));
    CHECK(inbox.finish(first));
    CHECK_FALSE(inbox.finish(first));
    CHECK_FALSE(inbox.idle());
    inbox.clear();
    CHECK(inbox.idle());
    CHECK(inbox.add(runtime, of(3)) > second);
    inbox.feed(runtime, listener);
    CHECK_FALSE(inbox.finish(first));
  });
}

TEST_CASE("a delivery's cause is what brought it, also when it has waited") {
  inside([](engine::Runtime& runtime) {
    const EventId before = runtime.current_cause();
    const EventId arrival = runtime.emit(trace::ClientWarning{"arrival"});
    struct Watch : Listener {
      EventId cause;
      void on_delivery(engine::Runtime& r, const Delivery&) override { cause = r.current_cause(); }
    } listener;
    Inbox inbox;
    {
      const CauseScope scope(runtime, arrival);
      inbox.add(runtime, of(1));
    }
    CHECK(runtime.current_cause() == before);
    inbox.feed(runtime, listener);
    CHECK(listener.cause.value == arrival.value + 1);  // the RecordsDelivered event
    CHECK(runtime.current_cause() == before);
  });
}
