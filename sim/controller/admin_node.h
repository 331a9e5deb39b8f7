// An administrator's machine (kafka-topics.sh, kafka-reassign-partitions.sh ...): carries out
// operations on the cluster, one after another. It asks one controller (or, with ZooKeeper, broker)
// after another until the active one answers. Follows Kafka's KafkaAdminClient (4.1).
//
//   idle --operation--> asking
//   asking --NOT_CONTROLLER, connection gone, no answer in 30 s--> asks the next one, 100 ms later
//   asking --answer, or none for 60 s--> told (OperationAnswered, callback), next operation
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/admin_protocol.h"
#include "sim/controller/offset_resetter.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class AdminNode final : public engine::Node {
 public:
  struct Task {
    AdminOperation operation;
    /// For the trace's OperationAsked, e.g. "add_partitions" and "orders to 6 partitions". An empty
    /// name: part of something that was told already.
    std::string name, detail;
    /// Called with the answer; it may ask for more.
    std::function<void(const AdminResponse&)> done;
  };

  /// Whom to ask, in this order, beginning with who answered last. `brokers`: who knows about
  /// groups; none: nobody does.
  explicit AdminNode(std::vector<NodeId> targets, std::vector<NodeId> brokers = {});

  void add_target(NodeId target) { targets_.push_back(target); }
  /// From outside of the node's handlers or from a `done`. While the process is down the task
  /// waits for its start.
  void perform(Task task);
  /// Besides what else it is asked for: it has connections of its own. There must be brokers.
  void reset_offsets(OffsetResetter::Reset reset);
  bool idle() const { return tasks_.empty(); }

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;

 private:
  enum Kind : std::uint16_t { request_timer, retry_timer, task_timer };
  struct Waiting {
    Task task;
    EventId cause;  // OperationAsked, or what led to it
  };

  void begin();
  void ask();
  void try_next();
  void finish(const AdminResponse& response);

  std::optional<OffsetResetter> resetter_;
  std::vector<NodeId> targets_;
  std::size_t target_ = 0;
  std::deque<Waiting> tasks_;           // the first is being carried out
  engine::Runtime* runtime_ = nullptr;  // while the process runs
  std::uint32_t correlation_id_ = 0;
  bool in_flight_ = false;
  TimerId request_timer_, retry_timer_, task_timer_;
};

}  // namespace eventarium::kafka
