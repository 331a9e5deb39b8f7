// What makes a process a controller: a voter of the metadata quorum, and the controller that the
// quorum's leader is. A node of its own (controller_node) or a broker's process (combined_server)
// holds it.
#pragma once

#include "sim/controller/quorum_controller.h"
#include "sim/controller/raft_client.h"

namespace eventarium::kafka {

class ControllerCore {
 public:
  ControllerCore(RaftOptions raft, bool elr = true);

  RaftClient& raft() { return raft_; }
  const RaftClient& raft() const { return raft_; }
  const QuorumController& controller() const { return controller_; }

  void start(engine::Runtime& runtime);
  /// False: not a controller's; so with all of these.
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_done(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);
  /// The process is to end. True: now; false: it exits by itself once another voter leads.
  bool begin_shutdown(engine::Runtime& runtime);
  /// A leader that ends cleanly still tells the others so.
  void stop(engine::Runtime& runtime, engine::StopReason reason);

  static bool is_for_controllers(const engine::Message& message);

 private:
  void exit_when_handed_over(engine::Runtime& runtime);

  RaftClient raft_;
  QuorumController controller_;
  bool leaving_ = false;
};

}  // namespace eventarium::kafka
