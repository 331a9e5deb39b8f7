// See classic_group.h.
#include "sim/coordinator/classic_group.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

bool same(const GroupSubscription& a, const GroupSubscription& b) {
  return a.topics == b.topics && a.owned == b.owned && a.generation == b.generation;
}

bool may_follow(ClassicState next, ClassicState before) {
  switch (next) {
    case ClassicState::empty:
    case ClassicState::completing_rebalance:
      return before == ClassicState::preparing_rebalance;
    case ClassicState::preparing_rebalance:
      return before == ClassicState::stable || before == ClassicState::completing_rebalance ||
             before == ClassicState::empty;
    case ClassicState::stable:
      return before == ClassicState::completing_rebalance;
    case ClassicState::dead:
      return true;
  }
  return false;
}

}  // namespace

std::string_view name_of(ClassicState state) {
  switch (state) {
    case ClassicState::empty:
      return "Empty";
    case ClassicState::preparing_rebalance:
      return "PreparingRebalance";
    case ClassicState::completing_rebalance:
      return "CompletingRebalance";
    case ClassicState::stable:
      return "Stable";
    case ClassicState::dead:
      return "Dead";
  }
  return "";
}

// ---- a member -----------------------------------------------------------------------------------

const GroupSubscription* ClassicMember::subscription(const std::string& protocol) const {
  for (const JoinGroupRequest::Protocol& own : protocols)
    if (own.name == protocol) return &own.subscription;
  return nullptr;
}

bool ClassicMember::same_protocols(const std::vector<JoinGroupRequest::Protocol>& others) const {
  return std::equal(protocols.begin(), protocols.end(), others.begin(), others.end(),
                    [](const auto& a, const auto& b) {
                      return a.name == b.name && same(a.subscription, b.subscription);
                    });
}

// ---- membership ---------------------------------------------------------------------------------

const ClassicMember* ClassicGroup::find(const std::string& member_id) const {
  for (const ClassicMember& member : members_)
    if (member.id == member_id) return &member;
  return nullptr;
}

ClassicMember* ClassicGroup::find(const std::string& member_id) {
  for (ClassicMember& member : members_)
    if (member.id == member_id) return &member;
  return nullptr;
}

std::string ClassicGroup::static_member(const std::string& instance_id) const {
  for (const ClassicMember& member : members_)
    if (member.instance_id == instance_id) return member.id;
  return {};
}

void ClassicGroup::add(ClassicMember member) {
  EVENTARIUM_CHECK(!has_member(member.id), "a member joins twice");
  pending_.erase(member.id);
  if (leader_.empty()) leader_ = member.id;
  members_.push_back(std::move(member));
}

void ClassicGroup::remove(const std::string& member_id) {
  std::erase_if(members_, [&](const ClassicMember& member) { return member.id == member_id; });
  pending_.erase(member_id);
  syncs_expected_.erase(member_id);
  if (leader_ == member_id) leader_ = members_.empty() ? std::string{} : members_.front().id;
}

ClassicMember& ClassicGroup::replace_static(const std::string& old_id, const std::string& new_id) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const ClassicMember& m) { return m.id == old_id; });
  EVENTARIUM_CHECK(found != members_.end(), "a static member that is not there is replaced");
  ClassicMember member = std::move(*found);
  members_.erase(found);
  syncs_expected_.erase(old_id);
  if (leader_ == old_id) leader_ = new_id;
  member.id = new_id;
  member.awaiting_join.reset();
  member.awaiting_sync.reset();
  members_.push_back(std::move(member));
  return members_.back();
}

// ---- rules --------------------------------------------------------------------------------------

bool ClassicGroup::supports(const std::vector<JoinGroupRequest::Protocol>& protocols) const {
  if (is(ClassicState::empty)) return !protocols.empty();
  return std::any_of(protocols.begin(), protocols.end(), [this](const auto& protocol) {
    return std::all_of(members_.begin(), members_.end(), [&](const ClassicMember& member) {
      return member.subscription(protocol.name) != nullptr;
    });
  });
}

std::string ClassicGroup::select_protocol() const {
  const auto all_have = [this](const std::string& name) {
    return std::all_of(members_.begin(), members_.end(), [&](const ClassicMember& member) {
      return member.subscription(name) != nullptr;
    });
  };
  std::map<std::string, int> votes;
  for (const ClassicMember& member : members_)
    for (const JoinGroupRequest::Protocol& protocol : member.protocols)
      if (all_have(protocol.name)) {
        ++votes[protocol.name];
        break;
      }
  std::string winner;
  for (const auto& [name, count] : votes)
    if (winner.empty() || count > votes[winner]) winner = name;
  return winner;
}

bool ClassicGroup::can_rebalance() const {
  return may_follow(ClassicState::preparing_rebalance, state_);
}

std::size_t ClassicGroup::awaiting_join() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(),
                    [](const ClassicMember& member) { return member.awaiting_join.has_value(); }));
}

bool ClassicGroup::elect_joined_leader() {
  const ClassicMember* leader = find(leader_);
  if (!leader) return false;
  if (leader->awaiting_join) return true;
  for (const ClassicMember& member : members_)
    if (member.awaiting_join) {
      leader_ = member.id;
      return true;
    }
  return false;
}

Duration ClassicGroup::rebalance_timeout() const {
  Duration longest{};
  for (const ClassicMember& member : members_)
    longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

bool ClassicGroup::accepts(const std::string& member_id, std::size_t max_size) const {
  const ClassicMember* member = find(member_id);
  switch (state_) {
    case ClassicState::empty:
    case ClassicState::dead:
      return true;
    case ClassicState::preparing_rebalance:
      return (member && member->awaiting_join) || awaiting_join() < max_size;
    case ClassicState::completing_rebalance:
    case ClassicState::stable:
      return member || members_.size() < max_size;
  }
  return false;
}

Error ClassicGroup::check_member(const std::string& member_id,
                                 const std::string& instance_id) const {
  if (!instance_id.empty()) {
    const std::string known = static_member(instance_id);
    if (known.empty()) return Error::unknown_member_id;
    if (known != member_id) return Error::fenced_instance_id;
  }
  return has_member(member_id) ? Error::none : Error::unknown_member_id;
}

// ---- transitions --------------------------------------------------------------------------------

void ClassicGroup::transition_to(ClassicState state, SimTime now) {
  EVENTARIUM_CHECK(may_follow(state, state_), "a classic group takes a way that there isn't");
  previous_state_ = state_;
  state_ = state;
  state_since_ = now;
}

void ClassicGroup::begin_generation(SimTime now) {
  ++generation_;
  syncs_expected_.clear();
  protocol_ = members_.empty() ? std::string{} : select_protocol();
  transition_to(members_.empty() ? ClassicState::empty : ClassicState::completing_rebalance, now);
}

ClassicGroup ClassicGroup::restore(std::string id, std::int32_t generation, std::string protocol,
                                   std::string leader, std::vector<ClassicMember> members,
                                   SimTime state_since) {
  ClassicGroup group(std::move(id), state_since);
  group.state_ = members.empty() ? ClassicState::empty : ClassicState::stable;
  group.generation_ = generation;
  group.protocol_ = std::move(protocol);
  group.leader_ = std::move(leader);
  group.members_ = std::move(members);
  return group;
}

}  // namespace eventarium::kafka
