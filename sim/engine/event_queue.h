// The heap that orders a run: by time, then by sequence number. Items are plain data; what an
// item means is known to whoever pushed it.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "sim/base/time.h"

namespace eventarium::engine {

struct QueueItem {
  std::int64_t t_ns = 0;
  std::uint64_t sequence = 0;
  std::uint32_t kind = 0;
  std::uint32_t a = 0;
  std::uint64_t b = 0;
};

class EventQueue {
 public:
  void push(SimTime t, std::uint32_t kind, std::uint32_t a, std::uint64_t b) {
    heap_.push({to_ns(t), next_sequence_++, kind, a, b});
  }
  /// Behind all items of that time, even those that are pushed later; in order among themselves.
  void push_last(SimTime t, std::uint32_t kind, std::uint32_t a, std::uint64_t b) {
    heap_.push({to_ns(t), last_sequences + next_sequence_++, kind, a, b});
  }
  bool empty() const { return heap_.empty(); }
  SimTime next_time() const { return sim_time_ns(heap_.top().t_ns); }
  QueueItem pop() {
    const QueueItem item = heap_.top();
    heap_.pop();
    return item;
  }
  std::size_t size() const { return heap_.size(); }

 private:
  static constexpr std::uint64_t last_sequences = 1ULL << 63;
  struct Later {
    bool operator()(const QueueItem& x, const QueueItem& y) const {
      return x.t_ns != y.t_ns ? x.t_ns > y.t_ns : x.sequence > y.sequence;
    }
  };
  std::priority_queue<QueueItem, std::vector<QueueItem>, Later> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace eventarium::engine
