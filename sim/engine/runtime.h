// All that a node can do to the world. One Runtime per node, given to each of its handlers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/base/ids.h"
#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/engine/message.h"
#include "sim/engine/node.h"
#include "sim/trace/event.h"

namespace eventarium::engine {

enum class DiskResult : std::uint8_t { ok, full, failed };

class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual SimTime now() const = 0;
  virtual NodeId self() const = 0;
  virtual const std::string& name() const = 0;
  virtual const std::string& name_of(NodeId node) const = 0;
  virtual bool clean_start() const = 0;  // false when the previous stop was a crash or power loss

  /// Hands the payload to the TCP-like connection to `destination`: in order, reliable while both
  /// ends live; stalled and retransmitted while the way is cut. To oneself: arrives at once.
  virtual MessageId send(NodeId destination, std::unique_ptr<const Payload> payload,
                         std::uint64_t size_bytes, Lane lane = {}) = 0;
  /// Drops that connection to `peer` in both directions; what waits or travels on it is lost. The
  /// peer's on_disconnect is called when the close reaches it; this node's is not.
  virtual void disconnect(NodeId peer, Lane lane = {}) = 0;

  /// The process ends itself, after the handler that runs now: on_stop(reason) follows.
  virtual void exit(StopReason reason) = 0;

  /// on_timer(token) after `delay` (>= 0). Timers die with the incarnation that set them.
  virtual TimerId set_timer(Duration delay, Token token) = 0;
  /// Nothing happens when it has fired already or is not set. Sets `timer` to none.
  virtual void cancel_timer(TimerId& timer) = 0;

  /// Occupies the node's CPU for work/speed; on_done(token) then. Pieces of work run one by one.
  virtual void compute(double work_flops, Token token) = 0;

  /// Page cache: takes no time and is volatile until a fsync() that started later has finished,
  /// but it takes space at once. Not ok: nothing was written (ENOSPC, EIO).
  virtual DiskResult append_to_disk(std::uint64_t size_bytes) = 0;
  /// Files of that size were deleted.
  virtual void free_disk(std::uint64_t size_bytes) = 0;
  /// All that was appended before this time is on the disk, brought there by fsync() or by the
  /// system, which writes back what is older than 30 s. In on_stop(power_loss): what was appended
  /// then or later is lost.
  virtual SimTime written_before() const = 0;
  /// Writes all appended bytes through the disk's bandwidth; on_done(token) then, also when the
  /// disk has failed meanwhile: ask disk().
  virtual void fsync(Token token) = 0;
  /// What append_to_disk() of one byte would say now.
  virtual DiskResult disk() const = 0;

  /// This node's own stream for a purpose, e.g. "backoff". The reference stays valid.
  virtual RandomStream& random(std::string_view purpose) = 0;
  virtual RecordId new_record() = 0;

  /// Puts an event of this node into the trace. Its cause is current_cause().
  virtual EventId emit(trace::EventBody body) = 0;
  /// What led to the code that runs now: the message's arrival, or what was current when the
  /// timer was set or the work begun. set_cause() replaces it until the handler returns.
  virtual EventId current_cause() const = 0;
  virtual void set_cause(EventId cause) = 0;

  /// emit() with another cause, without changing the current one.
  EventId emit_because(EventId cause, trace::EventBody body) {
    const EventId before = current_cause();
    set_cause(cause);
    const EventId id = emit(std::move(body));
    set_cause(before);
    return id;
  }
};

}  // namespace eventarium::engine
