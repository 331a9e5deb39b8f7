// Brings leaders' proposals of other in-sync sets to the controller, in one request at a time, and
// asks again until there is an answer. Follows Kafka's AlterPartitionManager (4.1).
//
//   proposal --> waiting --request leaves--> in flight --answer--> told, forgotten
//   in flight --no answer, not the controller, stale broker epoch--> waiting
#pragma once

#include <map>
#include <vector>

#include "sim/broker/cluster_protocol.h"
#include "sim/controller/controller_channel.h"

namespace eventarium::kafka {

class AlterPartitionManager {
 public:
  AlterPartitionManager();

  /// Replaces an earlier proposal for the partition, whose answer will not be told any more.
  void propose(AlterPartitionRequest::Partition wish);
  /// Sends what waits, if there is something and nothing is in flight.
  void run(engine::Runtime& runtime, NodeId controller, std::int64_t broker_epoch);
  /// The answers to pass on, or nothing when the message is not for it.
  bool on_message(engine::Runtime& runtime, const engine::Message& message,
                  std::vector<AlterPartitionResponse::Partition>& answers);
  /// True: its own; run() then.
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);
  void stop();

 private:
  enum Kind : std::uint16_t { channel_kinds };

  struct Proposal {
    AlterPartitionRequest::Partition wish;
    bool asked = false;  // in the request in flight
  };
  ControllerChannel channel_;
  std::map<TopicPartition, Proposal> proposals_;
};

}  // namespace eventarium::kafka
