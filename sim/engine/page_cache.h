// What a machine's system holds in memory of the files that its processes have written: dirty
// until an fsync or the system's own writeback has brought it to the disk. It survives the death
// of a process, not that of the machine. It knows ages and sizes, not contents.
//
//   append --> dirty --fsync, or older than dirty_expire--> being written --> on the disk
//                ^------------------------- the write failed ----'
// Follows Linux: vm.dirty_expire_centisecs = 3000, vm.dirty_writeback_centisecs = 500.
#pragma once

#include <cstdint>
#include <deque>

#include "sim/base/time.h"

namespace eventarium::engine {

class PageCache {
 public:
  static constexpr Duration dirty_expire = 30s;
  static constexpr Duration writeback_interval = 5s;

  void append(SimTime now, std::uint64_t size_bytes) {
    if (size_bytes == 0) return;
    if (!dirty_.empty() && now - dirty_.back().oldest < merged) {
      dirty_.back().newest = now;
      dirty_.back().size_bytes += size_bytes;
    } else {
      dirty_.push_back({now, now, size_bytes});
    }
  }

  /// All that was appended before this time is on the disk; `now` when nothing is dirty.
  SimTime written_before(SimTime now) const {
    if (writing_.size_bytes > 0) return writing_.oldest;
    return dirty_.empty() ? now : dirty_.front().oldest;
  }
  bool has_dirty() const { return !dirty_.empty(); }
  /// When the system will next find something to write back, given that it looks at multiples of
  /// writeback_interval. has_dirty() must hold.
  SimTime next_writeback() const {
    const Duration due = (dirty_.front().newest + dirty_expire).time_since_epoch();
    return SimTime{(due / writeback_interval + 1) * writeback_interval};
  }

  /// Begins to write all that is dirty, or all that was appended until `newest`; one write at a
  /// time. Returns its size, which may be 0.
  std::uint64_t begin_write(SimTime newest = SimTime::max()) {
    writing_ = {};
    while (!dirty_.empty() && dirty_.front().newest <= newest) {
      const Pages& pages = dirty_.front();
      if (writing_.size_bytes == 0) writing_.oldest = pages.oldest;
      writing_.newest = pages.newest;
      writing_.size_bytes += pages.size_bytes;
      dirty_.pop_front();
    }
    return writing_.size_bytes;
  }
  void end_write(bool ok) {
    if (!ok && writing_.size_bytes > 0) dirty_.push_front(writing_);
    writing_ = {};
  }

  /// The machine loses power.
  void clear() {
    dirty_.clear();
    writing_ = {};
  }

 private:
  static constexpr Duration merged = 1s;  // ages are told apart to this, for a short list
  struct Pages {
    SimTime oldest{}, newest{};
    std::uint64_t size_bytes = 0;
  };
  std::deque<Pages> dirty_;  // oldest first
  Pages writing_;            // size 0: nothing
};

}  // namespace eventarium::engine
