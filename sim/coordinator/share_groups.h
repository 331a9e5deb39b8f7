// The coordinator's manager of share groups (KIP-932): answers ShareGroupHeartbeat, keeps what has
// changed before it answers, watches the sessions. What a group is, and what a heartbeat does to
// it, stands in share_group.h. It knows nothing of records: those are with the leaders of
// partitions (share_leader.h), and what has become of them with the share coordinator.
//
//   heartbeat --ShareGroup--> nothing changed: answered at once
//             --ShareGroup--> changed: written, answered when it is replicated
//   session over, -1 --> removed
//
// Follows Kafka's GroupMetadataManager, its share groups' part (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/coordinator/group_manager.h"
#include "sim/coordinator/share_group.h"

namespace eventarium::kafka {

class ShareGroups : public GroupManager {
 public:
  /// `context` outlives the manager.
  explicit ShareGroups(GroupContext& context) : context_(context) {}

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
  /// Share groups have no positions of this kind.
  Error check_commit(const CommitSender&) const override { return Error::group_id_not_found; }
  OffsetLifetime offset_lifetime(const std::string&) const override { return {}; }

  /// Null when there is none.
  const ShareGroup* find(const std::string& group) const;

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
    std::unique_ptr<ShareGroupHeartbeatResponse> response;  // null: nobody is to be answered
  };

  void heartbeat(engine::Runtime& runtime, RequestTicket ticket,
                 const ShareGroupHeartbeatRequest& request, NodeId client);
  void refuse(engine::Runtime& runtime, RequestTicket ticket, Header header, Error error);
  void expire(engine::Runtime& runtime, const std::string& group, const std::string& member);
  void tell(engine::Runtime& runtime, const ShareGroup& group, const ShareGroup::Outcome& outcome);
  void keep(engine::Runtime& runtime, ShareGroup& group, std::vector<CoordinatorEntry> first,
            Waiting waiting);
  void watch(engine::Runtime& runtime, const std::string& group, const std::string& member);
  TopicSizes topics() const;
  Duration config(const char* key) const;

  GroupContext& context_;
  std::map<std::string, ShareGroup> groups_;
  std::map<std::string, Told> told_;
  std::map<std::uint64_t, Waiting> waiting_;  // by the log's token
};

}  // namespace eventarium::kafka
