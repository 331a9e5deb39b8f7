// When each broker was last heard of, and how far its copy of the metadata is. Soft state of the
// active controller: a new one knows nothing and gives every broker a whole session time-out again.
// Follows Kafka's BrokerHeartbeatManager and BrokerHeartbeatTracker (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/broker/cluster_image.h"

namespace eventarium::kafka {

class HeartbeatManager {
 public:
  explicit HeartbeatManager(Duration session_timeout) : session_timeout_(session_timeout) {}

  struct Broker {
    SimTime last_contact{};
    EventId heard;                      // the arrival of that message
    std::int64_t metadata_offset = -1;  // -1: it has not told yet
    std::int64_t shutdown_offset = -1;  // others must have replayed up to there before it may exit
  };

  void clear() { brokers_.clear(); }
  void remove(NodeId broker) { brokers_.erase(broker); }
  /// A sign of life.
  Broker& touch(NodeId broker, SimTime now, EventId heard);
  bool has_valid_session(NodeId broker, SimTime now) const;
  const Broker* find(NodeId broker) const;

  /// The unfenced broker that has been silent for longest, if its session is over.
  std::optional<NodeId> find_stale(const ClusterImage& image, SimTime now) const;
  /// What every active broker has replayed. Max when there is none.
  std::int64_t lowest_active_offset(const ClusterImage& image) const;

 private:
  Duration session_timeout_;
  std::map<NodeId, Broker> brokers_;
};

}  // namespace eventarium::kafka
