#include "sim/controller/heartbeat_manager.h"

#include <algorithm>
#include <limits>

namespace eventarium::kafka {

HeartbeatManager::Broker& HeartbeatManager::touch(NodeId id, SimTime now, EventId heard) {
  Broker& broker = brokers_[id];
  broker.last_contact = now;
  broker.heard = heard;
  return broker;
}

const HeartbeatManager::Broker* HeartbeatManager::find(NodeId broker) const {
  const auto found = brokers_.find(broker);
  return found == brokers_.end() ? nullptr : &found->second;
}

bool HeartbeatManager::has_valid_session(NodeId id, SimTime now) const {
  const Broker* broker = find(id);
  return broker && now < broker->last_contact + session_timeout_;
}

std::optional<NodeId> HeartbeatManager::find_stale(const ClusterImage& image, SimTime now) const {
  const std::pair<const NodeId, Broker>* stale = nullptr;
  for (const auto& entry : brokers_) {
    const BrokerImage* registered = image.find_broker(entry.first);
    if (!registered || registered->fenced) continue;
    if (now < entry.second.last_contact + session_timeout_) continue;
    if (!stale || entry.second.last_contact < stale->second.last_contact) stale = &entry;
  }
  if (!stale) return {};
  return stale->first;
}

std::int64_t HeartbeatManager::lowest_active_offset(const ClusterImage& image) const {
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  for (const auto& [id, registered] : image.brokers) {
    if (!registered.active()) continue;
    const Broker* broker = find(id);
    lowest = std::min(lowest, broker ? broker->metadata_offset : -1);
  }
  return lowest;
}

}  // namespace eventarium::kafka
