#include "sim/app/routine_lines.h"

#include <doctest/doctest.h>

namespace eventarium::app {
namespace {

using Lines = std::vector<std::string>;

struct Story {
  RoutineLines routine;
  trace::NodeNames names;
  std::uint64_t id = 0;

  Story() { names.declare(NodeId{0}, "shop"); }
  trace::Event event(Duration t, trace::EventBody body) {
    trace::Event made;
    made.id = EventId{++id};
    made.t = SimTime{} + t;
    made.node = NodeId{0};
    made.body = std::move(body);
    return made;
  }
  Lines published(Duration t, const std::string& sentence) {
    return routine.tell(event(t, trace::RecordProduced{}), sentence, names);
  }
  Lines crashed(Duration t) {
    return routine.tell(event(t, trace::NodeStopped{}), "it crashed", names);
  }
};

}  // namespace

TEST_CASE("routine: what happens seldom is told in full, what happens often once a second") {
  Story story;
  CHECK(story.published(1s, "a") == Lines{"a"});
  CHECK(story.published(3s, "b") == Lines{"b"});
  CHECK(story.published(3200ms, "c").empty());
  CHECK(story.published(3900ms, "d").empty());
  CHECK(story.published(4s, "e") == Lines{"shop published 3 more"});
  CHECK(story.published(6s, "f") == Lines{"f"});
}

TEST_CASE("routine: nothing is kept back when something happens, and no count is lost") {
  Story story;
  CHECK(story.published(1s, "a") == Lines{"a"});
  CHECK(story.published(1100ms, "b").empty());
  CHECK(story.published(1200ms, "c").empty());
  CHECK(story.crashed(1300ms) == Lines{"shop published 2 more", "it crashed"});
  CHECK(story.crashed(1400ms) == Lines{"it crashed"});
  CHECK(story.published(1500ms, "d").empty());
  CHECK(story.published(2000ms, "e") == Lines{"shop published 2 more"});
}

TEST_CASE("routine: what is done twice or delivered again is no routine") {
  Story story;
  trace::SideEffectDone again;
  again.times = 2;
  trace::RecordsDelivered redelivered;
  redelivered.attempt = 2;
  for (Duration t : {1s, 1s}) {
    CHECK(story.routine.tell(story.event(t, again), "twice", story.names) == Lines{"twice"});
    CHECK(story.routine.tell(story.event(t, redelivered), "again", story.names) == Lines{"again"});
  }
}

}  // namespace eventarium::app
