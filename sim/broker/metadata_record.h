// The records of the cluster's metadata log (Kafka's __cluster_metadata): each is one change of the
// ClusterImage. Whoever replays the same records has the same image. A partition's record holds its
// whole new state, which all replayers share. Follows Kafka's metadata records (4.1).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "sim/broker/cluster_image.h"

namespace eventarium::kafka {

struct RegisterBrokerRecord {  // a new incarnation, fenced until it has caught up
  BrokerImage broker;
};
struct UnregisterBrokerRecord {
  NodeId broker;
};
struct BrokerRegistrationChangeRecord {  // fenced, unfenced, or shutting down
  BrokerImage broker;
};
struct TopicRecord {
  std::string topic;
};
struct RemoveTopicRecord {
  std::string topic;
};
struct PartitionRecord {  // created or changed; partitions are numbered without gaps
  TopicPartition tp;
  PartitionState state;
};
struct ConfigRecord {
  std::string topic;
  std::string key;
  std::string value;  // empty: back to the default
};
struct NoOpRecord {};
/// The first record of a Raft leader's epoch; changes nothing.
struct LeaderChangeRecord {
  NodeId leader;
};

using MetadataRecord = std::variant<NoOpRecord, LeaderChangeRecord, RegisterBrokerRecord,
                                    UnregisterBrokerRecord, BrokerRegistrationChangeRecord,
                                    TopicRecord, RemoveTopicRecord, PartitionRecord, ConfigRecord>;

/// What the record does to the image. Replaying a record of something unknown asserts.
void apply(ClusterImage& image, const MetadataRecord& record);

/// In one line for people, e.g. "orders-0: leader broker-2 (epoch 3), isr broker-2 broker-3";
/// `name_of` gives nodes their names.
std::string to_text(const MetadataRecord& record,
                    const std::function<std::string(NodeId)>& name_of);
/// "PartitionRecord"
std::string_view kind_of(const MetadataRecord& record);
/// As Kafka would encode it, to within a few bytes.
std::uint64_t size_bytes(const MetadataRecord& record);

}  // namespace eventarium::kafka
