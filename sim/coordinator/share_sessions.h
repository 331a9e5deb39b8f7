// The share sessions of one broker: which member speaks on which connection, and which epoch its
// next request must have. Follows Kafka's ShareSessionCache and ShareSessionContext (4.1).
//
//   none --epoch 0--> open, next epoch 1 --that epoch--> open, next epoch + 1
//   open --epoch -1, connection gone--> none
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/broker/errors.h"
#include "sim/broker/share_protocol.h"
#include "sim/engine/message.h"

namespace eventarium::kafka {

class ShareSessions {
 public:
  using Key = std::pair<std::string, std::string>;  // group, member

  /// Takes a request's epoch: SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH or none. The
  /// caller closes a session with close() when the epoch was -1.
  Error take(const Key& key, std::int32_t epoch, NodeId client, engine::Lane lane) {
    if (epoch == open_share_session) {
      sessions_[key] = {1, client, lane};
      return Error::none;
    }
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return Error::share_session_not_found;
    if (epoch == close_share_session) return Error::none;
    if (epoch != found->second.next_epoch) return Error::invalid_share_session_epoch;
    ++found->second.next_epoch;
    return Error::none;
  }
  void close(const Key& key) { sessions_.erase(key); }
  /// Closes those of a connection that is gone, and returns them.
  std::vector<Key> connection_gone(NodeId client, engine::Lane lane) {
    std::vector<Key> gone;
    for (const auto& [key, session] : sessions_)
      if (session.client == client && session.lane == lane) gone.push_back(key);
    for (const Key& key : gone) sessions_.erase(key);
    return gone;
  }
  void clear() { sessions_.clear(); }
  std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    std::int32_t next_epoch = 1;
    NodeId client;
    engine::Lane lane;
  };
  std::map<Key, Session> sessions_;
};

}  // namespace eventarium::kafka
