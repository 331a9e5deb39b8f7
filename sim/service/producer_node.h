// A producer: the place where the outside world's events enter. It knows when things happen (its
// schedule), makes the events and hands them to its publisher; what carries them it doesn't know.
//
// The world does not wait: what would have happened while the process was down has not happened
// (its place in the schedule and in `count` is used up). After a restart the producer goes on
// with the schedule where the world is, and {n} goes on without a gap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sim/bus/channel.h"
#include "sim/engine/node.h"
#include "sim/scenario/scenario.h"
#include "sim/service/breakable.h"

namespace eventarium::service {

class ProducerNode : public engine::Node, public EventSource {
 public:
  /// Times of the schedule are since the start of the run. An interval is at least 1 microsecond,
  /// so that time passes. `publisher` was built with publisher_component.
  ProducerNode(scenario::Producer producer, std::unique_ptr<bus::Publisher> publisher);

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// 10 microseconds of a 1 Gflop/s core: reading an answer from the socket.
  double handling_work_flops(const engine::Message&) const override { return 10e3; }

  void poison_next() override { ++poisons_; }
  bool set_patience(std::optional<Duration> patience) override {
    return publisher_->set_patience(patience);
  }

  /// While the process is down: what carries its events from the next start on.
  void set_publisher(std::unique_ptr<bus::Publisher> publisher) {
    publisher_ = std::move(publisher);
  }

  const bus::Publisher& publisher() const { return *publisher_; }
  std::uint64_t produced() const { return produced_; }

 private:
  std::optional<SimTime> occasion() const;
  void pass_occasion(engine::Runtime& runtime);
  void wait_for_occasion(engine::Runtime& runtime);
  void happen(engine::Runtime& runtime);
  void make_event(engine::Runtime& runtime);
  std::uint64_t events_at_once() const;

  scenario::Producer producer_;
  std::unique_ptr<bus::Publisher> publisher_;
  // The world's, not the process's: they survive a crash.
  SimTime next_{};               // of a schedule without `at`
  std::uint64_t occasions_ = 0;  // that have passed, whether anything was produced or not
  std::uint64_t produced_ = 0;
  std::uint64_t poisons_ = 0;  // so many of the next events will be broken
};

}  // namespace eventarium::service
