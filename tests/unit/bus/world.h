// A small world for tests of channels: sources that publish by a timetable through any Publisher,
// sinks that work on what any Subscriber brings, on the lean engine, with a recorded trace.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/bus/channel.h"
#include "sim/engine/lean_engine.h"

namespace eventarium::bus {

constexpr std::uint16_t test_component = 7;  // of the part inside a test node

inline Record make_record(RecordId id, std::uint32_t size_bytes = 100) {
  auto event = std::make_shared<CloudEvent>();
  event->id = fmt::format("event-{}", id.value);
  event->type = "Test";
  return {id, std::move(event), size_bytes};
}

/// Publishes one record of `topic` at each of `times`; those missed while it is down are skipped.
struct Source : engine::Node {
  std::unique_ptr<Publisher> publisher;
  std::vector<Duration> times;
  std::string topic = "news";
  std::vector<RecordId> published;

  void on_start(engine::Runtime& runtime) override {
    publisher->start(runtime);
    for (const Duration at : times)
      if (sim_time(at) > runtime.now()) runtime.set_timer(sim_time(at) - runtime.now(), {});
  }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    publisher->handle_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    if (publisher->handle_timer(runtime, token)) return;
    Record record = make_record(runtime.new_record());
    published.push_back(record.id);
    runtime.set_cause(runtime.emit(trace::RecordProduced{record.id, record.event->id, "Test", "",
                                                         false, topic, "{}", record.size_bytes}));
    publisher->publish(runtime, std::move(record), topic);
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    publisher->handle_disconnect(runtime, peer, lane);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    publisher->stop(runtime, reason);
  }
};

/// Works on each delivery for `work`, then notes it in `done` (the outside world's memory: it
/// survives crashes) and finishes it as `accepts` says.
struct Sink : engine::Node, Listener {
  std::unique_ptr<Subscriber> subscriber;
  Duration work = 10ms;
  std::function<bool(RecordId)> accepts = [](RecordId) { return true; };
  std::vector<RecordId> begun, done;
  std::vector<std::uint32_t> attempts;
  std::map<std::uint64_t, RecordId> handled;  // by handle
  int busy = 0, busiest = 0;

  void on_start(engine::Runtime& runtime) override {
    subscriber->set_listener(*this);
    subscriber->start(runtime);
  }
  void on_delivery(engine::Runtime& runtime, const Delivery& delivery) override {
    busiest = std::max(busiest, ++busy);
    begun.push_back(delivery.record.id);
    attempts.push_back(delivery.attempt);
    handled[delivery.handle] = delivery.record.id;
    if (work < Duration::zero()) return finish(runtime, delivery.handle);
    runtime.set_timer(work, {0, 0, delivery.handle});
  }
  void finish(engine::Runtime& runtime, std::uint64_t handle) {
    --busy;
    done.push_back(handled.at(handle));
    subscriber->finished(runtime, handle, accepts(handled.at(handle)));
  }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    subscriber->handle_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    if (!subscriber->handle_timer(runtime, token)) finish(runtime, token.value);
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    subscriber->handle_disconnect(runtime, peer, lane);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    busy = 0;
    subscriber->stop(runtime, reason);
  }
};

/// Speaks a protocol by hand: does what the test tells it to.
struct Raw : engine::Node {
  std::function<void(engine::Runtime&)> start = [](engine::Runtime&) {};
  std::function<void(engine::Runtime&, const engine::Message&)> message =
      [](engine::Runtime&, const engine::Message&) {};
  std::function<void(engine::Runtime&)> timer = [](engine::Runtime&) {};
  std::vector<std::string> labels;  // of what it was sent

  void on_start(engine::Runtime& runtime) override { start(runtime); }
  void on_message(engine::Runtime& runtime, engine::Message m) override {
    labels.emplace_back(m.payload->label());
    message(runtime, m);
  }
  void on_timer(engine::Runtime& runtime, engine::Token) override { timer(runtime); }
};

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
  template <class Body>
  std::size_t count() const {
    return all<Body>().size();
  }
  std::size_t sent(std::string_view label) const {
    std::size_t n = 0;
    for (const auto& message : all<trace::MessageSent>()) n += message.label == label;
    return n;
  }
  /// Records named in the `records` of all events of a type, in order.
  template <class Body>
  std::vector<RecordId> records() const {
    std::vector<RecordId> found;
    for (const Body& body : all<Body>())
      found.insert(found.end(), body.records.begin(), body.records.end());
    return found;
  }
};

struct World {
  engine::LeanEngine engine;
  Recorder trace;

  explicit World(std::uint64_t seed = 1) : engine(seed) { engine.add_sink(trace); }

  NodeId next_id() const { return NodeId{static_cast<NodeId::rep>(engine.node_count())}; }
  template <class N>
  N& add(const std::string& name, std::unique_ptr<N> node, SimTime start_at = SimTime{}) {
    N& reference = *node;
    engine.add_node({name, "test", "", {}, start_at}, std::move(node));
    return reference;
  }
  Source& add_source(const std::string& name, std::unique_ptr<Publisher> publisher,
                     std::vector<Duration> times) {
    auto node = std::make_unique<Source>();
    node->publisher = std::move(publisher);
    node->times = std::move(times);
    return add(name, std::move(node));
  }
  Sink& add_sink(const std::string& name, std::unique_ptr<Subscriber> subscriber,
                 SimTime start_at = SimTime{}) {
    auto node = std::make_unique<Sink>();
    node->subscriber = std::move(subscriber);
    return add(name, std::move(node), start_at);
  }
  void at(Duration t, std::function<void()> action) {
    engine.schedule(sim_time(t), std::move(action));
  }
  void stop(NodeId node, Duration t, engine::StopReason reason, Duration down_for) {
    at(t, [this, node, reason] { engine.stop(node, reason); });
    at(t + down_for, [this, node] { engine.start(node); });
  }
  void cut(NodeId node, Duration t, Duration lasts) {
    at(t, [this, node] { engine.set_link_up(node, false); });
    at(t + lasts, [this, node] { engine.set_link_up(node, true); });
  }
  void run(Duration until) { engine.run_until(sim_time(until)); }

  /// Random crashes, power losses, clean stops and cuts of the nodes between `from` and `to`; all
  /// is healed by `to` + 3 s.
  void storm(const std::vector<NodeId>& nodes, Duration from, Duration to, int faults) {
    RandomStream& random = storm_random_;
    for (int i = 0; i < faults; ++i) {
      const NodeId node = nodes[random.below(nodes.size())];
      const Duration t = from + Duration{static_cast<std::int64_t>(
                                    random.below(static_cast<std::uint64_t>((to - from).count())))};
      const Duration lasts{static_cast<std::int64_t>(random.exponential(6e8)) % 3'000'000'000};
      switch (random.below(4)) {
        case 0:
          stop(node, t, engine::StopReason::crash, lasts);
          break;
        case 1:
          stop(node, t, engine::StopReason::power_loss, lasts);
          break;
        case 2:
          stop(node, t, engine::StopReason::clean, lasts);
          break;
        default:
          cut(node, t, lasts);
      }
    }
  }

 private:
  RandomStream storm_random_{engine.seed(), "storm"};
};

inline std::vector<Duration> every(Duration interval, int count, Duration first = 100ms) {
  std::vector<Duration> times;
  for (int i = 0; i < count; ++i) times.push_back(first + interval * i);
  return times;
}

template <class T>
std::size_t times_in(const std::vector<T>& list, const T& value) {
  std::size_t n = 0;
  for (const T& item : list) n += item == value ? 1 : 0;
  return n;
}

}  // namespace eventarium::bus
