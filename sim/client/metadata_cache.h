// What a client believes about the cluster: brokers, and the leaders of the topics that it uses.
// It decides when the belief must be refreshed; asking is the client's job. Follows Kafka's
// Metadata (4.1).
//
//   fresh --request_update, too old--> due --sent--> asked --answer--> fresh
//   asked --failed--> due again, after a back-off
// Two refreshes are retry.backoff.ms apart at least, and further the longer they bring nothing
// new; a topic that was never asked for is asked for at once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/broker/protocol.h"
#include "sim/client/client_options.h"
#include "sim/client/partitioner.h"

namespace eventarium::kafka {

struct PartitionMetadata {
  NodeId leader;  // none when unknown
  std::int32_t leader_epoch = -1;
  bool operator==(const PartitionMetadata&) const = default;
};

class MetadataCache {
 public:
  MetadataCache(const ClientOptions& options, std::vector<NodeId> bootstrap)
      : options_(options), bootstrap_(std::move(bootstrap)), brokers_(bootstrap_) {}

  /// The client uses the topic from now on.
  void add_topic(const std::string& topic);
  void request_update() { update_requested_ = true; }

  bool is_due(SimTime now) const { return next_update() <= now; }
  /// SimTime::max() while a request is under way or no topic is used.
  SimTime next_update() const;
  MetadataRequest make_request() const;
  void sent();
  void failed(SimTime now, RandomStream& random);
  /// True when something changed. A topic or partition with an error makes the next one due.
  bool apply(const MetadataResponse& response, SimTime now, RandomStream& random);

  /// A broker says with its refusal who leads in its place (KIP-951). True when that is news.
  bool learn_leader(const TopicPartition& tp, const LeaderHint& hint);

  /// The brokers to bootstrap from until one has answered, then those of the cluster.
  const std::vector<NodeId>& brokers() const { return brokers_; }
  /// Null when the topic isn't known (yet).
  const TopicPartitions* topic(const std::string& name) const;
  /// No leader when the partition isn't known (yet).
  PartitionMetadata partition(const TopicPartition& tp) const {
    return partition(tp.topic, tp.partition);
  }
  PartitionMetadata partition(const std::string& topic, std::int32_t number) const;
  /// The last answer said that there is no such topic.
  bool is_missing(const std::string& topic) const;

  /// The process died.
  void forget_all();

 private:
  struct Topic {
    TopicPartitions summary;
    std::vector<PartitionMetadata> partitions;
    bool missing = false;
    bool operator==(const Topic& other) const {
      return partitions == other.partitions && missing == other.missing;
    }
  };
  static Topic read_topic(const MetadataResponse::Topic& answer, const Topic& before,
                          bool& incomplete);

  ClientOptions options_;
  std::vector<NodeId> bootstrap_, brokers_;
  std::map<std::string, Topic> topics_;
  bool update_requested_ = false;
  bool in_flight_ = false;
  bool topic_added_while_in_flight_ = false;
  SimTime refreshed_at_{};                          // last answer
  SimTime not_before_{};                            // back-off
  std::uint32_t failures_ = 0, equal_answers_ = 0;  // in a row
};

}  // namespace eventarium::kafka
