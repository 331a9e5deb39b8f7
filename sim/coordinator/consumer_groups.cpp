// See consumer_groups.h.
#include "sim/coordinator/consumer_groups.h"

namespace eventarium::kafka {
namespace {

std::string rebalance_timer(const std::string& group, const std::string& member) {
  return "rebalance of " + member + " in " + group;
}

}  // namespace

void ConsumerGroups::watch(engine::Runtime& runtime, const ConsumerGroup& group,
                           const std::string& member) {
  EpochGroups::watch(runtime, group, member);
  const std::string id = group.id();
  const ConsumerGroupMember* known = group.find(member);
  const std::string name = rebalance_timer(id, member);
  if (!known || known->state != MemberState::unrevoked_partitions) {
    context_.timers.cancel(runtime, name);
  } else if (!context_.timers.is_set(name)) {
    context_.timers.set(runtime, name, known->rebalance_timeout,
                        [this, id, member](engine::Runtime& at) {
                          remove(at, id, member, "it has not given up what it had to in time");
                        });
  }
}

void ConsumerGroups::forget_timers(engine::Runtime& runtime, const std::string& group,
                                   const std::string& member) {
  EpochGroups::forget_timers(runtime, group, member);
  context_.timers.cancel(runtime, rebalance_timer(group, member));
}

Error ConsumerGroups::check_commit(const CommitSender& sender) const {
  const ConsumerGroup* group = find(sender.group);
  return group ? group->check_commit(sender.member_id, sender.generation)
               : Error::group_id_not_found;
}

Error ConsumerGroups::check_fetch(const std::string& id, const std::string& member_id,
                                  std::int32_t member_epoch) const {
  const ConsumerGroup* group = find(id);
  if (member_id.empty() || !group) return Error::none;
  return group->check_commit(member_id, member_epoch);
}

/// Each position by itself, as long as nobody subscribes to its topic.
OffsetLifetime ConsumerGroups::offset_lifetime(const std::string& id) const {
  OffsetLifetime lifetime;
  if (const ConsumerGroup* group = find(id))
    for (const auto& [member, known] : group->members())
      lifetime.subscribed.insert(known.topics.begin(), known.topics.end());
  return lifetime;
}

}  // namespace eventarium::kafka
