// A consumer's membership in a group by the consumer protocol (KIP-848): one kind of request, and
// the coordinator says what it is to read. Follows Kafka's ConsumerMembershipManager and
// ConsumerHeartbeatRequestManager (4.1).
//
//   joining  --heartbeat with epoch 0, answer--> stable, with an epoch
//   stable   --answer with another assignment than it has--> reconciling
//   reconciling --poll(): commit, revoke, then assign--> acknowledging: a heartbeat at once says
//               what it has now
//   acknowledging --sent--> stable
//   any      --FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID--> fenced --poll(): all is lost--> joining
//   any      --max.poll.interval.ms: a heartbeat with epoch -1 (static: -2)--> stale --poll(): all
//               is lost--> joining
//   any      --UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID, UNSUPPORTED_ASSIGNOR, ...--> failed
//
// What can be left out of a heartbeat because the coordinator knows it is left out, until one gets
// lost: then the next one says everything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/client/coordinator_link.h"
#include "sim/client/group_membership.h"

namespace eventarium::kafka {

class ConsumerMembership final : public GroupMembership {
 public:
  ConsumerMembership(const ConsumerOptions& options, std::vector<std::string> topics,
                     CoordinatorLink& link, MembershipListener& listener)
      : options_(options),
        group_(options.group),
        topics_(std::move(topics)),
        link_(link),
        listener_(listener) {}

  void start(engine::Runtime& runtime) override;
  void poll(engine::Runtime& runtime) override;
  void left_poll(engine::Runtime& runtime) override;
  void background(engine::Runtime& runtime) override;
  bool handle_response(engine::Runtime& runtime, const Response& response) override;
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost) override;
  SimTime next_deadline(SimTime now) const override;
  bool speaks_consumer_protocol() const override { return true; }
  Standing standing() const override;
  const std::string& member_id() const override { return member_id_; }
  std::int32_t generation() const override { return epoch_; }
  /// The next heartbeat will tell what is wrong.
  void commit_refused(engine::Runtime&, Error, std::int32_t) override {}
  void leave(engine::Runtime& runtime) override;
  void forget_all() override;
  const std::string& failure() const override { return failure_; }

 private:
  enum class State : std::uint8_t {
    joining,
    stable,
    reconciling,
    acknowledging,
    fenced,
    stale,
    left
  };

  void begin_join(engine::Runtime& runtime, const std::string& reason);
  void reconcile(engine::Runtime& runtime);
  void send_heartbeat(engine::Runtime& runtime);
  void send_goodbye(engine::Runtime& runtime);
  void on_heartbeat(engine::Runtime& runtime, const ConsumerGroupHeartbeatResponse& response);
  void on_error(engine::Runtime& runtime, Error error);
  void retry_later(engine::Runtime& runtime);
  bool heartbeats() const {
    return state_ != State::fenced && state_ != State::stale && state_ != State::left;
  }

  const ConsumerOptions& options_;
  const GroupOptions& group_;
  std::vector<std::string> topics_;
  CoordinatorLink& link_;
  MembershipListener& listener_;

  State state_ = State::joining;
  std::string member_id_;
  std::int32_t epoch_ = join_group_epoch;
  std::string failure_;
  std::string lost_because_;  // fenced, stale
  PartitionList target_;      // what the coordinator wants it to read
  EventId target_cause_;
  bool says_everything_ = true;  // in the next heartbeat
  std::uint32_t heartbeat_id_ = 0;
  SimTime heartbeat_at_{};
  Duration interval_{};
  std::uint32_t failures_ = 0;
  std::optional<SimTime> poll_due_;  // max.poll.interval.ms; none while inside poll()
};

}  // namespace eventarium::kafka
