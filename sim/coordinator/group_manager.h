// What the group coordinator and the managers of its groups are to each other. A manager holds the
// groups of one protocol together: classic groups, consumer groups (KIP-848), share groups. The
// coordinator owns what they share: the log, the timers, the positions. A group.id is one group,
// of one manager, as long as it has members; positions outlive that.
//
//   request --> coordinator --> the manager whose request it is --> respond(), now or later
//   OffsetCommit --> coordinator --check_commit()--> the group's manager; the positions are kept
//   log --replay(), on_loaded()--> manager          manager --log.write()--> on_written()
//
// Follows Kafka's GroupCoordinatorShard and GroupMetadataManager (4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/base/planted_fault.h"
#include "sim/broker/broker_part.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/coordinator/coordinator_timers.h"
#include "sim/coordinator/group_entry.h"

namespace eventarium::kafka {

class GroupManager;

/// What managers share; made by the coordinator, outlives them.
struct GroupContext {
  BrokerServices* broker = nullptr;  // while the process runs
  CoordinatorLog& log;
  CoordinatorTimers& timers;
  std::vector<GroupManager*> managers;
  PlantedFaults planted{};

  /// The manager that has the group; null: nobody.
  GroupManager* manager_of(const std::string& group) const;
  /// A group of this kind is about to be made. When another manager has an empty group of that
  /// id, it gives it up, with these entries, which the caller writes before its own. False: it has
  /// members, the id is taken.
  bool make_room(engine::Runtime& runtime, const std::string& group, const GroupManager& by,
                 std::vector<CoordinatorEntry>& entries) const;
};

/// How long positions of a group are kept (Kafka's OffsetExpirationCondition).
struct OffsetLifetime {
  bool expires = true;               // false: none of them as things are
  std::optional<SimTime> since;      // offsets.retention.minutes run from then; nothing: from
                                     // each position's own commit
  std::set<std::string> subscribed;  // positions in these topics stay
};

struct CommitSender {
  std::string group, member_id, instance_id;
  std::int32_t generation = -1;  // or member epoch
  bool transactional = false;
};

class GroupManager {
 public:
  virtual ~GroupManager() = default;

  virtual void start(engine::Runtime&) {}
  /// The process has ended: forgets everything, answers nobody.
  virtual void stop() = 0;
  /// Takes a request of its protocol, checks first of all that this broker coordinates the group
  /// (GroupContext::log.check) and answers it, now or later. False: another protocol's.
  virtual bool handle(engine::Runtime& runtime, RequestTicket ticket,
                      const engine::Message& message) = 0;
  virtual void on_metadata(engine::Runtime&) {}

  // ---- the log
  /// An entry that is no position, in the order of the log; no value: a tombstone. False: another
  /// manager's.
  virtual bool replay(const GroupEntryKey& key, const std::optional<std::string>& value) = 0;
  /// The partition has been read: sessions of all members in it begin anew.
  virtual void on_loaded(engine::Runtime& runtime, std::int32_t partition) = 0;
  /// Answers who waits with NOT_COORDINATOR, forgets the groups of the partition.
  virtual void on_unloaded(engine::Runtime& runtime, std::int32_t partition) = 0;
  /// False: the write was another's.
  virtual bool on_written(engine::Runtime& runtime, std::uint64_t token, Error error) = 0;

  // ---- its groups
  virtual bool has(const std::string& group) const = 0;
  /// Those that the partition keeps, in the order of their names.
  virtual std::vector<std::string> groups(std::int32_t partition) const = 0;
  /// Forgets the group; `entries` gets its tombstones, which the caller writes. False, and nothing
  /// happens: it has members.
  virtual bool give_up(engine::Runtime& runtime, const std::string& group,
                       std::vector<CoordinatorEntry>& entries) = 0;

  // ---- positions of a group that it has
  /// May this member commit?
  virtual Error check_commit(const CommitSender& sender) const = 0;
  /// The commit of a member has been taken.
  virtual void on_commit(engine::Runtime&, const CommitSender&) {}
  /// May who asks so read positions? An empty member id is nobody in particular.
  virtual Error check_fetch(const std::string& /*group*/, const std::string& /*member_id*/,
                            std::int32_t /*member_epoch*/) const {
    return Error::none;
  }
  virtual OffsetLifetime offset_lifetime(const std::string& group) const = 0;
};

}  // namespace eventarium::kafka
