#include <doctest/doctest.h>

#include "trace_builder.h"
#include "viz/model/playback.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

/// A story event (an event is published) at each of 1 s, 2 s and 3 s, chatter 100 ms after each.
TraceBuilder three_events() {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  for (int i = 1; i <= 3; ++i) {
    t.at(1s * i).produce(shop, "orders");
    t.at(1s * i + 100ms).send(shop, broker, "Produce");
  }
  return t;
}

constexpr SimTime far = sim_time(100s);

}  // namespace

TEST_CASE("playback: simulated time passes at the chosen speed, and only while playing") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.tick(t.history, 100ms, far, false);
  CHECK(playback.playhead() == SimTime{});
  CHECK(playback.moment() == 4);  // what happens at 0 is there
  playback.play();
  playback.tick(t.history, 100ms, far, false);
  CHECK(playback.playhead() == sim_time(100ms));
  playback.set_speed(20);
  playback.tick(t.history, 50ms, far, false);
  CHECK(playback.playhead() == sim_time(1100ms));
  CHECK(playback.moment() == 6);
  playback.pause();
  playback.tick(t.history, 50ms, far, false);
  CHECK(playback.playhead() == sim_time(1100ms));
}

TEST_CASE("playback: slow motion loses no time to rounding") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.set_speed(0.001);
  playback.play();
  for (int i = 0; i < 1000; ++i) playback.tick(t.history, Duration{1'234'567}, far, false);
  CHECK(std::abs(to_ns(playback.playhead()) - 1'234'567) <= 1);
}

TEST_CASE("playback: the playhead never passes what the source has reached") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.play();
  for (int i = 0; i < 10; ++i) playback.tick(t.history, 200ms, sim_time(500ms), false);
  CHECK(playback.playhead() == sim_time(500ms));
  CHECK(playback.starved());
  CHECK(playback.playing());
  playback.tick(t.history, 200ms, far, false);
  CHECK_FALSE(playback.starved());
  CHECK(playback.playhead() == sim_time(700ms));
}

TEST_CASE("playback: it stops at the end of a complete run") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.set_speed(1000);
  playback.play();
  playback.tick(t.history, 200ms, sim_time(4s), true);
  CHECK(playback.playhead() == sim_time(4s));
  CHECK(playback.at_end());
  CHECK_FALSE(playback.playing());
  CHECK_FALSE(playback.starved());
  playback.seek(sim_time(1s));
  playback.tick(t.history, 10ms, sim_time(4s), true);
  CHECK_FALSE(playback.at_end());
}

TEST_CASE("playback: a laptop that slept doesn't make the playhead jump") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.play();
  playback.tick(t.history, 3600s, far, false);
  CHECK(playback.playhead() <= sim_time(1s));
  playback.tick(t.history, -5s, far, false);
  CHECK(playback.playhead() >= SimTime{});
}

TEST_CASE("playback: step goes from story event to story event, or through all") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.play();
  playback.tick(t.history, Duration{}, far, false);
  playback.step(t.history, StepKind::story);
  CHECK_FALSE(playback.playing());
  CHECK(playback.playhead() == sim_time(1s));
  CHECK(playback.moment() == 5);
  playback.step(t.history, StepKind::any);
  CHECK(playback.playhead() == sim_time(1100ms));
  playback.step(t.history, StepKind::story);
  CHECK(playback.playhead() == sim_time(2s));
  playback.step_back(t.history, StepKind::any);
  CHECK(playback.playhead() == sim_time(1100ms));
  playback.step_back(t.history, StepKind::story);  // it has moved on since 1 s: back to it
  CHECK(playback.playhead() == sim_time(1s));
  playback.step_back(t.history, StepKind::story);
  CHECK(playback.playhead() == SimTime{});
  playback.step_back(t.history, StepKind::story);
  CHECK(playback.playhead() == SimTime{});
}

TEST_CASE("playback: steps within one moment of time show each event") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  for (int i = 0; i < 3; ++i) t.at(1s).produce(shop, "orders");
  Playback playback;
  playback.tick(t.history, Duration{}, far, false);
  for (Position expected = 3; expected <= 5; ++expected) {
    playback.step(t.history, StepKind::any);
    CHECK(playback.moment() == expected);
    CHECK(playback.playhead() == sim_time(1s));
    playback.tick(t.history, 16ms, far, false);  // a frame in between changes nothing
    CHECK(playback.moment() == expected);
  }
  playback.step_back(t.history, StepKind::any);
  CHECK(playback.moment() == 4);
}

TEST_CASE("playback: a step waits for an event that isn't simulated yet") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  Playback playback;
  SimTime reached{};
  playback.tick(t.history, 16ms, reached, false);
  playback.step(t.history, StepKind::story);
  CHECK(playback.step_pending());
  for (int i = 0; i < 5; ++i) {
    CHECK(playback.wanted() > reached);
    reached = playback.wanted();
    playback.tick(t.history, 16ms, reached, false);
  }
  t.at(800ms).produce(shop, "orders");
  playback.tick(t.history, 16ms, sim_time(900ms), false);
  CHECK_FALSE(playback.step_pending());
  CHECK(playback.playhead() == sim_time(800ms));
  // At the end of a run there is nothing to wait for.
  playback.step(t.history, StepKind::story);
  playback.tick(t.history, 16ms, sim_time(900ms), true);
  CHECK_FALSE(playback.step_pending());
  CHECK(playback.at_end());
}

TEST_CASE("playback: seek goes anywhere that is known, and waits for the rest") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.seek(sim_time(2500ms));
  playback.tick(t.history, 16ms, far, false);
  CHECK(playback.playhead() == sim_time(2500ms));
  CHECK(playback.moment() == 8);
  playback.seek(sim_time(500ms));
  playback.tick(t.history, 16ms, far, false);
  CHECK(playback.moment() == 4);
  playback.seek(sim_time(20s));
  CHECK(playback.wanted() >= sim_time(20s));
  playback.tick(t.history, 16ms, sim_time(4s), false);
  CHECK(playback.starved());
  CHECK(playback.playhead() == sim_time(4s));
  playback.tick(t.history, 16ms, sim_time(30s), false);
  CHECK(playback.playhead() == sim_time(20s));
  playback.seek(sim_time(-5s));
  playback.tick(t.history, 16ms, sim_time(30s), false);
  CHECK(playback.playhead() == SimTime{});
}

TEST_CASE("playback: run until a time pauses there") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.set_speed(100);
  playback.run_until(sim_time(2s));
  for (int i = 0; i < 10; ++i) playback.tick(t.history, 16ms, far, false);
  CHECK(playback.playhead() == sim_time(2s));
  CHECK_FALSE(playback.playing());
  CHECK(playback.wanted() <= sim_time(2s) + 10ms);
}

TEST_CASE("playback: the source is asked for a little more than the playhead needs") {
  const TraceBuilder t = three_events();
  Playback playback;
  playback.tick(t.history, 16ms, far, false);
  CHECK(playback.wanted() > SimTime{});
  CHECK(playback.wanted() <= sim_time(5ms));  // paused
  playback.play();
  CHECK(playback.wanted() <= sim_time(200ms));
  playback.set_speed(0.001);
  CHECK(playback.wanted() <= sim_time(5ms));
  playback.set_speed(100);
  CHECK(playback.wanted() >= sim_time(2s));
}

TEST_CASE("playback: speeds have steps, limits and words") {
  CHECK(faster(1) == 2);
  CHECK(faster(0.02) == 0.05);
  CHECK(faster(3) == 5);
  CHECK(slower(3) == 2);
  CHECK(slower(1) == 0.5);
  CHECK(faster(1000) == 1000);
  CHECK(slower(0.001) == 0.001);
  double speed = speed_min;
  for (int i = 0; i < 18; ++i) speed = faster(speed);
  CHECK(speed == speed_max);
  CHECK(speed_words(0.02) == "1 s here = 20 ms there");
  Playback playback;
  playback.set_speed(1e9);
  CHECK(playback.speed() == speed_max);
  playback.set_speed(0);
  CHECK(playback.speed() == speed_min);
}
