// The lanes under the picture: faults, broken invariants, groups, controllers, operations, leaders,
// in-sync sets, queue depth, rates, side effects, as intervals, marks and samples over the whole
// run read so far. Incremental; knows no playhead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/time.h"
#include "viz/model/history.h"

namespace eventarium::viz {

enum class LaneKind {
  faults,
  violations,
  groups,
  stopped,
  controller,
  operations,
  leaders,
  in_sync,
  subscribers,
  queue_depth,
  effects,
  produced_rate,
  delivered_rate
};

enum class Tone { neutral, good, wait, trouble, accent };

struct Interval {
  SimTime from{};
  std::optional<SimTime> to;  // absent: still so
  std::string text;           // "crash broker-2", "orders-1: broker-2"
  Tone tone = Tone::neutral;
  NodeId node;    // what it is about, when it is about a node
  EventId event;  // what began it
};

struct Mark {
  SimTime t{};
  std::string text;
  Tone tone = Tone::neutral;
  NodeId node;
  EventId event;
};

/// Steps: the value holds from t until the next sample. Rates: `value` is per second, over the
/// bucket that begins at t.
struct Sample {
  SimTime t{};
  double value = 0;
};

struct Lane {
  LaneKind kind{};
  std::string name;  // "faults", "records/s delivered"
  std::string unit;  // of samples
  /// Rows of intervals that don't overlap, each in order of time; what is about the same thing
  /// stays in the same row where it can.
  std::vector<std::vector<Interval>> rows;
  std::vector<Mark> marks;
  std::uint64_t marks_left_out = 0;  // beyond Timeline::marks_max
  std::vector<Sample> samples;
  bool steps = false;    // samples hold until the next one
  double value_max = 0;  // of samples
};

class Timeline {
 public:
  void append(const History& history, Position position);
  /// These will fill: they have their place from the beginning.
  void expect(std::vector<LaneKind> kinds) { expected_ = std::move(kinds); }
  /// Lanes with something in them, and those expected, in the order of LaneKind.
  std::vector<const Lane*> lanes() const;
  const Lane& lane(LaneKind kind) const { return lanes_[static_cast<std::size_t>(kind)]; }
  /// Width of a rate's bucket; grows with the run so that there are at most `buckets_max`.
  Duration bucket() const { return bucket_; }
  static constexpr std::size_t buckets_max = 1024;
  static constexpr std::size_t marks_max = 4096;  // of a lane

  Timeline();

 private:
  void on_fault(const trace::Event& event, const History& history);
  void on_stop_or_start(const trace::Event& event, const History& history);
  void on_partition(const trace::Event& event, const History& history);
  void on_cluster(const trace::Event& event, const History& history);
  void on_group(const trace::Event& event);
  void on_channel(const trace::Event& event, const History& history);
  void add_to_rate(LaneKind kind, SimTime t, std::uint64_t records);
  void widen_buckets();
  void set_depth(NodeId queue, std::uint64_t depth, SimTime t);
  void add_mark(LaneKind kind, Mark mark);
  /// Begins an interval in the key's usual row if that is free, else in the first free one.
  void open(LaneKind kind, const std::string& key, Interval interval);
  void close(LaneKind kind, const std::string& key, SimTime t);
  const Interval* open_interval(LaneKind kind, const std::string& key) const;
  Lane& lane_at(LaneKind kind) { return lanes_[static_cast<std::size_t>(kind)]; }

  std::vector<Lane> lanes_;
  std::vector<LaneKind> expected_;
  std::map<std::pair<LaneKind, std::string>, std::size_t> rows_;  // usual row of a key
  std::map<std::pair<LaneKind, std::string>, std::pair<std::size_t, std::size_t>> open_;
  std::map<NodeId, std::uint64_t> depths_;
  std::map<std::string, std::string> group_states_;
  std::map<std::string, NodeId> led_by_;  // partition by name; none: nobody
  Duration bucket_;
};

}  // namespace eventarium::viz
