// A consumer's membership in a share group (KIP-932): one kind of request, and the coordinator says
// what it is to read. Nothing has to be given up before somebody else may have it. Follows Kafka's
// ShareMembershipManager and ShareHeartbeatRequestManager (4.1).
//
//   joining --heartbeat with epoch 0, answer--> stable, with an epoch and partitions
//   stable  --answer with other partitions--> stable
//   any     --FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID--> joining
//   any     --max.poll.interval.ms: a heartbeat with epoch -1--> stale --poll()--> joining
//   any     --GROUP_MAX_SIZE_REACHED, INCONSISTENT_GROUP_PROTOCOL, ...--> failed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/share_protocol.h"
#include "sim/client/coordinator_link.h"

namespace eventarium::kafka {

class ShareMembership {
 public:
  ShareMembership(const ConsumerOptions& options, std::vector<std::string> topics,
                  CoordinatorLink& link)
      : options_(options), topics_(std::move(topics)), link_(link) {}

  void start(engine::Runtime& runtime);
  /// The application is inside poll().
  void poll(engine::Runtime& runtime);
  /// poll() has returned records: max.poll.interval.ms runs.
  void left_poll(engine::Runtime& runtime);
  /// Runs whenever anything happens to the node, whether the application is busy or not.
  void background(engine::Runtime& runtime);
  /// False when the answer isn't the membership's.
  bool handle_response(engine::Runtime& runtime, const Response& response);
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);
  SimTime next_deadline(SimTime now) const;
  void leave(engine::Runtime& runtime);
  void forget_all();

  const PartitionList& assigned() const { return assigned_; }
  const std::string& member_id() const { return member_id_; }
  /// An exception that Kafka throws out of poll(); empty: none.
  const std::string& failure() const { return failure_; }

 private:
  enum class State : std::uint8_t { joining, stable, stale, left };

  void begin_join(engine::Runtime& runtime, const std::string& reason);
  void assign(engine::Runtime& runtime, PartitionList partitions);
  void send(engine::Runtime& runtime, std::int32_t epoch);
  void on_error(engine::Runtime& runtime, Error error);
  void retry_later(engine::Runtime& runtime);
  const std::string& group() const { return options_.group.group; }
  bool heartbeats() const {
    return failure_.empty() && (state_ == State::joining || state_ == State::stable);
  }

  const ConsumerOptions& options_;
  std::vector<std::string> topics_;
  CoordinatorLink& link_;

  State state_ = State::joining;
  std::string member_id_, failure_;
  std::int32_t epoch_ = join_group_epoch;
  PartitionList assigned_;
  std::uint32_t heartbeat_id_ = 0;
  SimTime heartbeat_at_{};
  Duration interval_{};
  std::uint32_t failures_ = 0;
  std::optional<SimTime> poll_due_;  // max.poll.interval.ms; none while inside poll()
};

}  // namespace eventarium::kafka
