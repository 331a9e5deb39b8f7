// Time is stretched while events fly, and only then; what happens stays the same.
#include "viz/model/slow_motion.h"

#include <doctest/doctest.h>

#include "sim/trace/event.h"

using namespace eventarium;
using namespace eventarium::viz;

namespace {

/// Two nodes and a message that carries a record, on its way from 1 s to 1.0002 s.
History one_flight(std::size_t records) {
  History history;
  std::uint64_t id = 0;
  const auto emit = [&](SimTime t, NodeId node, trace::EventBody body) {
    history.append({EventId{++id}, t, node, EventId{}, std::move(body)});
  };
  for (const std::uint32_t index : {0U, 1U}) {
    trace::NodeDeclared node;
    node.index = NodeId{index};
    node.name = index == 0 ? "a" : "b";
    node.role = "service";
    emit(SimTime{}, NodeId{}, node);
  }
  trace::MessageSent sent{MessageId{1}, NodeId{1}, "Call", 100, {}};
  for (std::size_t i = 0; i < records; ++i) sent.records.push_back(RecordId{i + 1});
  emit(sim_time(1s), NodeId{0}, sent);
  emit(sim_time(1s + 200us), NodeId{1}, trace::MessageArrived{MessageId{1}});
  return history;
}

/// Frames of 10 ms from `t` until the playhead passes `end`.
int frames_until(const History& history, SimTime t, SimTime end, double speed) {
  int frames = 0;
  for (; t < end && frames < 100000; ++frames) {
    const SlowMotion slow = slow_motion(history, t, 10ms, speed);
    CHECK(slow.viewer_time <= 10ms);
    t += from_seconds(to_seconds(slow.viewer_time) * speed);
  }
  return frames;
}

}  // namespace

TEST_CASE("where nothing flies, time runs as it should") {
  const History history = one_flight(1);
  const SlowMotion slow = slow_motion(history, sim_time(2s), 10ms, 1);
  CHECK(slow.viewer_time == 10ms);
  CHECK(!slow.slowed);
}

TEST_CASE("a short flight takes about 0.7 s of the viewer's time") {
  const History history = one_flight(1);
  const int with = frames_until(history, sim_time(900ms), sim_time(1100ms), 1);
  CHECK(with >= 20 + 65);
  CHECK(with <= 20 + 75);
}

TEST_CASE("a message without records is not waited for") {
  const History history = one_flight(0);
  CHECK(frames_until(history, sim_time(900ms), sim_time(1100ms), 1) == 20);
}

TEST_CASE("at a speed at which the flight is seen anyway, nothing is changed") {
  const History history = one_flight(1);
  CHECK(!slow_motion(history, sim_time(1s + 100us), 10ms, 0.0002).slowed);
}

TEST_CASE("a flight whose arrival is not known yet does not stop the playhead") {
  const History whole = one_flight(1);
  History history;
  for (Position i = 0; i + 1 < whole.size(); ++i) history.append(whole[i]);
  CHECK(slow_motion(history, sim_time(1s), 10ms, 1).viewer_time == 10ms);
}
