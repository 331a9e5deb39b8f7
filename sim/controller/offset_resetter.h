// Moves the positions of a group in a topic, as kafka-consumer-groups.sh --reset-offsets does: it
// asks the partitions' leaders where to, and the group's coordinator to keep it. A part of the
// administrator's node. Nobody may be in the group: a member would go on where it is and commit
// over it, so the coordinator refuses. Follows ConsumerGroupCommand and KafkaAdminClient (4.1).
//
//   idle --reset--> finding: who leads what, who coordinates the group    (Metadata,
//                   FindCoordinator, one broker after the other)
//   finding --both known--> listing: where the log begins, ends, passes a time  (ListOffsets)
//   listing --all known--> committing                         (OffsetCommit, generation -1)
//   committing --kept, or refused for good--> told (OperationAnswered), next reset
//   any --retriable error, connection gone, no answer for 30 s--> finding, 100 ms later
//   any --60 s--> told: REQUEST_TIMED_OUT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class OffsetResetter {
 public:
  struct Reset {
    enum class To { earliest, latest, offset, time } to = To::earliest;
    std::string group, topic;
    std::int64_t offset = 0;  // to offset; at least where the log begins, at most its end
    SimTime time{};           // to time: the first record that is not older, else the end
    /// For the trace's OperationAsked, e.g. "reset_offsets" and "billing in orders to earliest".
    std::string name, detail;
  };

  /// `brokers`: who can be asked for metadata, at least one.
  explicit OffsetResetter(std::vector<NodeId> brokers);

  /// While the process is down the reset waits for its start.
  void perform(Reset reset);

  void start(engine::Runtime& runtime);
  void stop();
  bool handle_message(engine::Runtime& runtime, const engine::Message& message);
  bool handle_timer(engine::Runtime& runtime, engine::Token token);
  bool handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);

 private:
  enum Kind : std::uint16_t { request_timer, retry_timer, reset_timer };
  enum class Stage { idle, finding, listing, committing };
  struct Waiting {
    Reset reset;
    EventId cause;  // OperationAsked, or what led to it
  };
  struct Known {
    NodeId leader;
    std::int32_t leader_epoch = -1;
    std::map<ListOffsetsRequest::Target, ListOffsetsResponse::Partition> answers;
  };

  void begin();
  void find();
  void list();
  void commit();
  void send(NodeId to, std::unique_ptr<Request> request);
  void on_metadata(const MetadataResponse& response);
  void on_coordinator(const FindCoordinatorResponse& response);
  void on_offsets(const ListOffsetsResponse& response);
  void on_commit(const OffsetCommitResponse& response);
  void failed(Error error);
  void try_again();
  void forget_requests();
  void finish(Error error, const std::string& text);
  std::set<ListOffsetsRequest::Target> targets() const;
  OffsetAndEpoch position(const Known& partition) const;

  std::vector<NodeId> brokers_;
  std::size_t broker_ = 0;
  std::deque<Waiting> resets_;  // the first is being carried out
  engine::Runtime* runtime_ = nullptr;
  Stage stage_ = Stage::idle;
  std::uint32_t correlation_id_ = 0;
  std::map<std::uint32_t, NodeId> in_flight_;                  // whom we asked
  std::map<std::uint32_t, ListOffsetsRequest::Target> asked_;  // of those that list offsets
  NodeId coordinator_;
  std::map<std::int32_t, Known> partitions_;
  TimerId request_timer_, retry_timer_, reset_timer_;
};

}  // namespace eventarium::kafka
