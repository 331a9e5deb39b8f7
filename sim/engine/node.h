// A Node is a plain state machine: broker, producer, queue, service, ... It has no threads, no
// clock, no I/O and no global state; all it can do, it does through the Runtime& it is given.
//
//   (declared) --start--> running --stop(clean)-------> stopped --start--> running ...
//                            |----stop(crash)---------> stopped   volatile state is lost
//                            '----stop(power_loss)----> stopped   unflushed disk is lost as well
// A stopped process's machine can still lose power: on_stop(power_loss) is called once more.
//
// After on_stop no timer, completion or message of that incarnation reaches the node.
#pragma once

#include <cstdint>

#include "sim/engine/message.h"

namespace eventarium::engine {

class Runtime;

/// Comes back with a timer or a finished piece of work. `component` lets parts of one node (its
/// producer, its consumer) tell their tokens apart; `kind` and `value` are theirs.
struct Token {
  std::uint16_t component = 0;
  std::uint16_t kind = 0;
  std::uint64_t value = 0;
  bool operator==(const Token&) const = default;
};

enum class StopReason : std::uint8_t {
  clean,       // asked to end: on_stop may still send
  crash,       // process killed: on_stop must forget volatile state and can't send
  power_loss,  // machine off: as crash, and the page cache is gone too
};

class Node {
 public:
  virtual ~Node() = default;

  virtual void on_start(Runtime& runtime) = 0;
  virtual void on_message(Runtime& runtime, Message message) = 0;
  virtual void on_timer(Runtime&, Token) {}
  /// compute() or fsync() with this token has finished.
  virtual void on_done(Runtime&, Token) {}
  /// The connection to `peer` was reset (its process died or was restarted). Messages on the way
  /// are lost. A peer that is cut off or powered down says nothing: time-outs are the node's job.
  virtual void on_disconnect(Runtime&, NodeId /*peer*/, Lane) {}
  /// The process is asked to end (SIGTERM). True: it ends now, by on_stop(clean). False: it has
  /// something to hand over first and will call Runtime::exit() itself.
  virtual bool on_stop_request(Runtime&) { return true; }
  virtual void on_stop(Runtime&, StopReason) {}

  /// CPU work that the message costs before on_message sees it. Messages of a node are handled in
  /// order of arrival, one after the other. 0 = at once.
  virtual double handling_work_flops(const Message&) const { return 0; }
};

}  // namespace eventarium::engine
