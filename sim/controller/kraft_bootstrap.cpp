#include "sim/controller/kraft_bootstrap.h"

#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

constexpr std::int32_t first_epoch = 1;

void add(MetadataEntries& entries, MetadataRecord record) {
  auto entry = std::make_shared<MetadataEntry>();
  entry->epoch = first_epoch;
  entry->noted.record = std::move(record);
  entry->told = true;  // the beginning of the run is known to everybody
  entries.push_back(std::move(entry));
}

void add_topic(MetadataEntries& entries, const std::string& name, const TopicImage& topic) {
  add(entries, TopicRecord{name});
  for (const auto& [key, value] : topic.config) add(entries, ConfigRecord{name, key, value});
  std::int32_t partition = 0;
  for (const PartitionState& state : topic.partitions)
    add(entries, PartitionRecord{{name, partition++}, state});
}

}  // namespace

std::shared_ptr<const MetadataBootstrap> bootstrap_log(const ClusterImage& image,
                                                       const std::vector<NodeId>& voters) {
  EVENTARIUM_CHECK(!voters.empty(), "a quorum has voters");
  auto bootstrap = std::make_shared<MetadataBootstrap>();
  bootstrap->image = image;
  bootstrap->election = {first_epoch, voters.front(), voters.front()};
  add(bootstrap->entries, LeaderChangeRecord{voters.front()});
  for (const auto& [id, broker] : image.brokers)
    add(bootstrap->entries, RegisterBrokerRecord{broker});
  for (const auto& [name, topic] : image.topics) add_topic(bootstrap->entries, name, topic);
  return bootstrap;
}

}  // namespace eventarium::kafka
