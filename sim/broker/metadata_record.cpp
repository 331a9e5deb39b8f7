// See metadata_record.h.
#include "sim/broker/metadata_record.h"

#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

/// Calls the one of `handlers` that takes the record.
template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

using NameOf = std::function<std::string(NodeId)>;

std::string names(const std::vector<NodeId>& nodes, const NameOf& name_of) {
  std::string text;
  for (const NodeId node : nodes) {
    if (!text.empty()) text += ' ';
    text += name_of(node);
  }
  return text.empty() ? std::string("none") : text;
}

std::string partition_text(const PartitionRecord& record, const NameOf& name_of) {
  const PartitionImage& state = *record.state;
  std::string text = fmt::format("{}: leader {} (epoch {}), isr {}", to_text(record.tp),
                                 state.leader.valid() ? name_of(state.leader) : "none",
                                 state.leader_epoch, names(state.isr, name_of));
  if (!state.elr.empty()) text += ", elr " + names(state.elr, name_of);
  if (!state.adding.empty()) text += ", adding " + names(state.adding, name_of);
  if (!state.removing.empty()) text += ", removing " + names(state.removing, name_of);
  if (state.recovering) text += ", recovering";
  return text;
}

std::string broker_text(const BrokerImage& broker, const NameOf& name_of) {
  const char* state = broker.in_controlled_shutdown ? "shutting down"
                      : broker.fenced               ? "fenced"
                                                    : "unfenced";
  return fmt::format("{}: {} (epoch {})", name_of(broker.id), state, broker.epoch);
}

void set_partition(ClusterImage& image, const PartitionRecord& record) {
  const auto topic = image.topics.find(record.tp.topic);
  EVENTARIUM_CHECK(topic != image.topics.end(), "a partition's topic exists");
  auto& partitions = topic->second.partitions;
  const auto index = static_cast<std::size_t>(record.tp.partition);
  EVENTARIUM_CHECK(record.tp.partition >= 0 && index <= partitions.size(),
                   "partitions are numbered without gaps");
  if (index == partitions.size()) partitions.emplace_back();
  partitions[index] = record.state;
}

void set_config(ClusterImage& image, const ConfigRecord& record) {
  const auto topic = image.topics.find(record.topic);
  EVENTARIUM_CHECK(topic != image.topics.end(), "a config's topic exists");
  if (record.value.empty())
    topic->second.config.erase(record.key);
  else
    topic->second.config[record.key] = record.value;
}

}  // namespace

void apply(ClusterImage& image, const MetadataRecord& record) {
  std::visit(Overloaded{
                 [](const NoOpRecord&) {},
                 [](const LeaderChangeRecord&) {},
                 [&](const RegisterBrokerRecord& r) { image.brokers[r.broker.id] = r.broker; },
                 [&](const UnregisterBrokerRecord& r) { image.brokers.erase(r.broker); },
                 [&](const BrokerRegistrationChangeRecord& r) {
                   EVENTARIUM_CHECK(image.find_broker(r.broker.id), "a changed broker exists");
                   image.brokers[r.broker.id] = r.broker;
                 },
                 [&](const TopicRecord& r) { image.topics.try_emplace(r.topic); },
                 [&](const RemoveTopicRecord& r) { image.topics.erase(r.topic); },
                 [&](const PartitionRecord& r) { set_partition(image, r); },
                 [&](const ConfigRecord& r) { set_config(image, r); },
             },
             record);
}

std::string to_text(const MetadataRecord& record, const NameOf& name_of) {
  return std::visit(
      Overloaded{
          [](const NoOpRecord&) { return std::string("nothing new"); },
          [&](const LeaderChangeRecord& r) {
            return fmt::format("{} leads the quorum", name_of(r.leader));
          },
          [&](const RegisterBrokerRecord& r) { return broker_text(r.broker, name_of); },
          [&](const UnregisterBrokerRecord& r) {
            return fmt::format("{}: forgotten", name_of(r.broker));
          },
          [&](const BrokerRegistrationChangeRecord& r) { return broker_text(r.broker, name_of); },
          [](const TopicRecord& r) { return fmt::format("topic {}", r.topic); },
          [](const RemoveTopicRecord& r) { return fmt::format("topic {} deleted", r.topic); },
          [&](const PartitionRecord& r) { return partition_text(r, name_of); },
          [](const ConfigRecord& r) {
            if (r.value.empty()) return fmt::format("{}: {} back to its default", r.topic, r.key);
            return fmt::format("{}: {} = {}", r.topic, r.key, r.value);
          },
      },
      record);
}

std::string_view kind_of(const MetadataRecord& record) {
  static constexpr std::array<std::string_view, std::variant_size_v<MetadataRecord>> kinds = {
      "NoOpRecord",
      "LeaderChangeRecord",
      "RegisterBrokerRecord",
      "UnregisterBrokerRecord",
      "BrokerRegistrationChangeRecord",
      "TopicRecord",
      "RemoveTopicRecord",
      "PartitionRecord",
      "ConfigRecord"};
  return kinds[record.index()];
}

std::uint64_t size_bytes(const MetadataRecord& record) {
  constexpr std::uint64_t frame_bytes = 12;  // record header, type, version
  return frame_bytes +
         std::visit(Overloaded{
                        [](const PartitionRecord& r) -> std::uint64_t {
                          const PartitionImage& s = *r.state;
                          return 40 + 4 * (s.replicas.size() + s.isr.size() + s.elr.size() +
                                           s.adding.size() + s.removing.size());
                        },
                        [](const TopicRecord& r) -> std::uint64_t { return r.topic.size() + 18; },
                        [](const ConfigRecord& r) -> std::uint64_t {
                          return r.topic.size() + r.key.size() + r.value.size() + 6;
                        },
                        [](const RegisterBrokerRecord&) -> std::uint64_t { return 80; },
                        [](const auto&) -> std::uint64_t { return 16; },
                    },
                    record);
}

}  // namespace eventarium::kafka
