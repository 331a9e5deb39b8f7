// A node that records what reaches it and does what a test tells it to; shared by engine tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/engine/lean_engine.h"

namespace eventarium::engine {

struct Text final : Payload {
  explicit Text(std::string t) : text(std::move(t)) {}
  std::string_view label() const override { return "Text"; }
  std::string text;
};

/// Everything a Probe has seen, as "12.5ms b<-a hello" lines and single values.
struct Probe : Node {
  std::function<void(Runtime&)> start;
  std::function<void(Runtime&, const Message&, const std::string&)> message;
  std::function<void(Runtime&, Token)> timer, done;
  std::function<void(Runtime&, StopReason)> stopped;
  std::function<bool(Runtime&)> stop_requested;
  double work_flops = 0;

  std::vector<std::string> heard;
  std::vector<SimTime> heard_at;
  std::vector<NodeId> disconnected;
  std::vector<Lane> disconnected_lanes;
  int starts = 0;

  void on_start(Runtime& runtime) override {
    ++starts;
    if (start) start(runtime);
  }
  void on_message(Runtime& runtime, Message m) override {
    const std::string text = m.as<Text>()->text;
    heard.push_back(text);
    heard_at.push_back(runtime.now());
    if (message) message(runtime, m, text);
  }
  void on_timer(Runtime& runtime, Token token) override {
    if (timer) timer(runtime, token);
  }
  void on_done(Runtime& runtime, Token token) override {
    if (done) done(runtime, token);
  }
  void on_disconnect(Runtime&, NodeId peer, Lane lane) override {
    disconnected.push_back(peer);
    disconnected_lanes.push_back(lane);
  }
  bool on_stop_request(Runtime& runtime) override {
    return !stop_requested || stop_requested(runtime);
  }
  void on_stop(Runtime& runtime, StopReason reason) override {
    if (stopped) stopped(runtime, reason);
  }
  double handling_work_flops(const Message&) const override { return work_flops; }
};

inline void say(Runtime& runtime, NodeId to, std::string text, std::uint64_t size_bytes = 1000) {
  runtime.send(to, std::make_unique<Text>(std::move(text)), size_bytes);
}

struct Recorder : trace::Sink {
  std::vector<trace::Event> events;
  void on_event(const trace::Event& event) override { events.push_back(event); }
  template <class Body>
  std::vector<Body> all() const {
    std::vector<Body> found;
    for (const auto& event : events)
      if (const auto* body = event.as<Body>()) found.push_back(*body);
    return found;
  }
};

/// Two probes, a and b, on a default network.
template <class SomeEngine>
struct PairOn {
  SomeEngine engine{7};
  Probe* a = nullptr;
  Probe* b = nullptr;
  NodeId id_a, id_b;
  Recorder trace;

  PairOn() {
    auto first = std::make_unique<Probe>(), second = std::make_unique<Probe>();
    a = first.get();
    b = second.get();
    id_a = engine.add_node({"a", "probe", "", {}, {}}, std::move(first));
    id_b = engine.add_node({"b", "probe", "", {}, {}}, std::move(second));
    engine.add_sink(trace);
  }
  void at(Duration t, std::function<void()> action) {
    engine.schedule(sim_time(t), std::move(action));
  }
  void run(Duration until) { engine.run_until(sim_time(until)); }
};

using Pair = PairOn<LeanEngine>;

}  // namespace eventarium::engine
