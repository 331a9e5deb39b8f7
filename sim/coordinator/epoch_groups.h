// What the managers of consumer groups (KIP-848) and of share groups (KIP-932) are both: one
// heartbeat does everything, what it changes is kept in __consumer_offsets before it is answered,
// and a member that sends none is removed when its session is over. What becomes of a group is
// decided in consumer_group.h and share_group.h. epoch_groups.cpp makes both kinds.
//
//   heartbeat --> Group --changes--> __consumer_offsets --kept--> answer
//             --> Group --no change--> answer
//   group.<kind>.session.timeout.ms without heartbeat: the member is removed
//
// Follows Kafka's GroupMetadataManager (4.1): consumerGroupHeartbeat and shareGroupHeartbeat.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/coordinator/consumer_group.h"
#include "sim/coordinator/group_manager.h"
#include "sim/coordinator/share_group.h"

namespace eventarium::kafka {

struct ConsumerProtocol {
  using Group = ConsumerGroup;
  using Member = ConsumerGroupMember;
  using Request = ConsumerGroupHeartbeatRequest;
  using Response = ConsumerGroupHeartbeatResponse;
  static constexpr const char* kind = "consumer";
  static std::string assignor(const Group& group) { return group.assignor(); }
  static std::string instance_id(const Member& member) { return member.instance_id; }
  static std::string replaced(const Group::Outcome& outcome) { return outcome.replaced; }
};

struct ShareProtocol {
  using Group = ShareGroup;
  using Member = ShareGroupMember;
  using Request = ShareGroupHeartbeatRequest;
  using Response = ShareGroupHeartbeatResponse;
  static constexpr const char* kind = "share";
  static std::string assignor(const Group&) { return "simple"; }
  static std::string instance_id(const Member&) { return {}; }       // it has no static members,
  static std::string replaced(const Group::Outcome&) { return {}; }  // so nobody takes a place
};

template <class Protocol>
class EpochGroups : public GroupManager {
 public:
  using Group = typename Protocol::Group;

  /// `context` outlives the manager.
  explicit EpochGroups(GroupContext& context) : context_(context) {}

  void stop() override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;
  bool replay(const GroupEntryKey& key, const std::optional<std::string>& value) override;
  void on_loaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition) override;
  bool on_written(engine::Runtime& runtime, std::uint64_t token, Error error) override;
  bool has(const std::string& group) const override { return groups_.contains(group); }
  std::vector<std::string> groups(std::int32_t partition) const override;
  bool give_up(engine::Runtime& runtime, const std::string& group,
               std::vector<CoordinatorEntry>& entries) override;

  /// Null when there is none.
  const Group* find(const std::string& group) const;

 protected:
  /// The member's session, and what else it has time for, begins anew.
  virtual void watch(engine::Runtime& runtime, const Group& group, const std::string& member);
  virtual void forget_timers(engine::Runtime& runtime, const std::string& group,
                             const std::string& member);
  void remove(engine::Runtime& runtime, const std::string& group, const std::string& member,
              const std::string& why);

  GroupContext& context_;

 private:
  using Request = typename Protocol::Request;
  using Response = typename Protocol::Response;
  using Outcome = typename Group::Outcome;
  struct Told {  // what the trace knows of a group
    std::string state;
    std::int32_t epoch = -1;
  };
  /// An answer that waits until what it says is kept.
  struct Waiting {
    std::string group;
    RequestTicket ticket;
    Header header;
    std::unique_ptr<Response> response;  // null: nobody is to be answered
  };

  void heartbeat(engine::Runtime& runtime, RequestTicket ticket, const Request& request,
                 NodeId client);
  void refuse(engine::Runtime& runtime, RequestTicket ticket, Header header, Error error);
  void tell(engine::Runtime& runtime, const Group& group, const Outcome& outcome, NodeId client);
  void keep(engine::Runtime& runtime, Group& group, std::vector<CoordinatorEntry> first,
            Waiting waiting);
  TopicSizes topics() const;
  Duration config(const char* key) const;

  std::map<std::string, Group> groups_;
  std::map<std::string, Told> told_;
  std::map<std::uint64_t, Waiting> waiting_;  // by the log's token
};

}  // namespace eventarium::kafka
