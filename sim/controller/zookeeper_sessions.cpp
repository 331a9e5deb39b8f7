#include "sim/controller/zookeeper_sessions.h"

namespace eventarium::zookeeper {

/// To the whole tick behind `t`, also when it is one.
SimTime SessionTracker::round_up(SimTime t) const {
  return sim_time((t.time_since_epoch() / tick_time_ + 1) * tick_time_);
}

void SessionTracker::restart(const std::map<SessionId, ZnodeTree::Session>& sessions, SimTime now) {
  sessions_.clear();
  for (const auto& [id, session] : sessions) add(id, session.timeout, now);
}

void SessionTracker::add(SessionId session, Duration timeout, SimTime now) {
  sessions_[session] = {timeout, round_up(now + timeout), false, {}};
}

void SessionTracker::touch(SessionId session, SimTime now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || found->second.closing) return;
  found->second.expires = round_up(now + found->second.timeout);
}

bool SessionTracker::alive(SessionId session) const {
  const auto found = sessions_.find(session);
  return found != sessions_.end() && !found->second.closing;
}

void SessionTracker::set_owner(SessionId session, NodeId server) {
  const auto found = sessions_.find(session);
  if (found != sessions_.end()) found->second.owner = server;
}

bool SessionTracker::owned_by(SessionId session, NodeId server) const {
  const auto found = sessions_.find(session);
  return found == sessions_.end() || !found->second.owner.valid() || found->second.owner == server;
}

std::vector<SessionId> SessionTracker::take_expired(SimTime now) {
  std::vector<SessionId> expired;
  for (auto& [id, session] : sessions_) {
    if (session.closing || session.expires > now) continue;
    session.closing = true;
    expired.push_back(id);
  }
  return expired;
}

}  // namespace eventarium::zookeeper
