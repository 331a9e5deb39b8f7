#include "sim/base/share_keys.h"

namespace eventarium {
namespace {

ConfigKey number(std::string_view name, std::string_view standard, double low, double high,
                 std::string_view doc) {
  return {ConfigScope::broker, name, standard, ConfigKey::Type::integer, true, low, high, {}, doc};
}

ConfigKey words(std::string_view name, std::vector<std::string_view> choices,
                std::string_view doc) {
  const std::string_view standard = choices.front();
  return {ConfigScope::consumer, name, standard, ConfigKey::Type::choice, true, 0, 0,
          std::move(choices),    doc};
}

}  // namespace

std::vector<ConfigKey> share_group_keys() {
  return {
      words("share.acknowledgement.mode", {"implicit", "explicit"},
            "share groups: implicit: the next poll() accepts all; explicit: each record as it "
            "went"),
      words("share.auto.offset.reset", {"latest", "earliest"},
            "share groups: where a group begins; a setting of the group in Kafka"),
      number("group.share.delivery.count.limit", "5", 2, 10,
             "share groups: a record that was delivered so often in vain is archived"),
      number("group.share.record.lock.duration.ms", "30000", 1000, 60000,
             "share groups: how long a consumer has a record for itself, in ms"),
      number("group.share.partition.max.record.locks", "2000", 100, 10000,
             "share groups: records between the start of a share partition and its end"),
      number("group.share.session.timeout.ms", "45000", 45000, 60000,
             "share groups: a member without heartbeat for this long is removed, in ms"),
      number("group.share.heartbeat.interval.ms", "5000", 5000, 15000,
             "share groups: how often members report, in ms"),
      number("group.share.max.size", "200", 1, 1000, "share groups: most members of a group"),
      number("share.coordinator.state.topic.num.partitions", "50", 1, 2147483647,
             "partitions of __share_group_state"),
      number("share.coordinator.state.topic.replication.factor", "3", 1, 32767,
             "replicas of __share_group_state; as many as there are brokers, when those are fewer"),
      number("share.coordinator.state.topic.segment.bytes", "104857600", 1048576, 2147483647,
             "a segment of __share_group_state is closed at this size; only closed ones are "
             "compacted"),
      number("share.coordinator.state.topic.min.isr", "2", 1, 2147483647,
             "min.insync.replicas of __share_group_state"),
      number("share.coordinator.write.timeout.ms", "5000", 1, 2147483647,
             "how long a state of a share partition may wait for the in-sync replicas, in ms"),
  };
}

}  // namespace eventarium
