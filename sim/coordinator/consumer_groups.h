// The groups of the consumer protocol (KIP-848) that this broker coordinates: takes their
// heartbeats, has what changes kept before it answers, and removes members whose session is over or
// who don't give up in time what they have to. What becomes of a group is decided in
// consumer_group.h.
//
//   heartbeat --> ConsumerGroup --changes--> __consumer_offsets --kept--> answer
//   group.consumer.session.timeout.ms without heartbeat: the member is removed
//   told to give up partitions, and still has them after its max.poll.interval.ms: removed (fenced)
//
// Follows Kafka's GroupMetadataManager, its consumer groups' half (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/coordinator/consumer_group.h"
#include "sim/coordinator/group_manager.h"

namespace eventarium::kafka {

class ConsumerGroups : public GroupManager {
 public:
  /// `context` outlives the manager.
  explicit ConsumerGroups(GroupContext& context) : context_(context) {}

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
  Error check_commit(const CommitSender& sender) const override;
  Error check_fetch(const std::string& group, const std::string& member_id,
                    std::int32_t member_epoch) const override;
  OffsetLifetime offset_lifetime(const std::string& group) const override;

  /// Null when there is none.
  const ConsumerGroup* find(const std::string& group) const;

 private:
  struct Told {  // what the trace knows of a group
    std::string state;
    std::int32_t epoch = -1;
  };
  /// An answer that waits until what it says is kept.
  struct Waiting {
    std::string group;
    RequestTicket ticket;
    Header header;
    std::unique_ptr<ConsumerGroupHeartbeatResponse> response;  // null: nobody is to be answered
  };

  void heartbeat(engine::Runtime& runtime, RequestTicket ticket,
                 const ConsumerGroupHeartbeatRequest& request, NodeId client);
  void refuse(engine::Runtime& runtime, RequestTicket ticket, Header header, Error error);
  void remove(engine::Runtime& runtime, const std::string& group, const std::string& member,
              const std::string& why);
  void tell(engine::Runtime& runtime, const ConsumerGroup& group,
            const ConsumerGroup::Outcome& outcome, const std::string& why);
  void keep(engine::Runtime& runtime, ConsumerGroup& group, std::vector<CoordinatorEntry> first,
            Waiting waiting);
  void watch(engine::Runtime& runtime, const ConsumerGroup& group, const std::string& member);
  void forget_timers(engine::Runtime& runtime, const std::string& group, const std::string& member);
  TopicSizes topics() const;
  Duration config(const char* key) const;

  GroupContext& context_;
  std::map<std::string, ConsumerGroup> groups_;
  std::map<std::string, Told> told_;
  std::map<std::uint64_t, Waiting> waiting_;  // by the log's token
};

}  // namespace eventarium::kafka
