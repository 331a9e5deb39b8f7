// See describe_cluster.h.
#include "sim/app/describe_cluster.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/app/assembly.h"
#include "sim/app/run_summary.h"
#include "sim/app/table.h"

namespace eventarium::app {
namespace {

using Align = Table::Align;

std::string id_of(const ClusterView& view, NodeId node) {
  return broker_id(view.names().name(node));
}

std::string list(const ClusterView& view, const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : ",") + id_of(view, node);
  return text;
}

std::string without_kafka(const scenario::Scenario& scenario, const char* what) {
  return fmt::format("There {}: events travel by {}.\n", what, channel_name(scenario.channel));
}

std::string configs_of(const scenario::Scenario& scenario, const ClusterView& view,
                       const std::string& topic) {
  std::map<std::string, std::string> configs;
  for (const scenario::Topic& declared : scenario.topics)
    if (declared.name == topic) configs.insert(declared.config.begin(), declared.config.end());
  const auto changed = view.configs().find(topic);
  if (changed != view.configs().end())
    for (const auto& [key, value] : changed->second) configs[key] = value;
  std::erase_if(configs, [](const auto& entry) { return entry.second.empty(); });
  std::string text;
  for (const auto& [key, value] : configs) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text;
}

}  // namespace

std::string describe_topics(const scenario::Scenario& scenario, const ClusterView& view) {
  if (scenario.channel != scenario::Channel::kafka) return without_kafka(scenario, "are no topics");
  std::string out, topic;
  for (const auto& [key, partition] : view.partitions()) {
    if (key.first != topic || out.empty()) {
      topic = key.first;
      out += fmt::format("Topic: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}\n",
                         topic, view.partition_count(topic), partition.replicas.size(),
                         configs_of(scenario, view, topic));
    }
    const std::string leader =
        partition.leader.valid() ? id_of(view, partition.leader) : std::string("none");
    out += fmt::format("\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}\tElr: {}",
                       topic, key.second, leader, list(view, partition.replicas),
                       list(view, partition.isr), list(view, partition.elr));
    if (partition.reassigning())
      out += fmt::format("\tAdding: {}\tRemoving: {}", list(view, partition.adding),
                         list(view, partition.removing));
    out += '\n';
  }
  return out;
}

std::string describe_quorum(const scenario::Scenario& scenario, const ClusterView& view) {
  if (scenario.channel != scenario::Channel::kafka) return without_kafka(scenario, "is no quorum");
  const std::string leader =
      view.controller().valid() ? id_of(view, view.controller()) : std::string("none");
  if (scenario.cluster.mode == scenario::ClusterMode::zookeeper)
    return fmt::format("ControllerId:     {}\nControllerEpoch:  {}\n", leader,
                       view.controller_epoch());
  std::int64_t end = 0;
  for (const auto& [node, voter] : view.voters()) end = std::max(end, voter.log_end_offset);
  if (const auto active = view.voters().find(view.controller()); active != view.voters().end())
    end = active->second.log_end_offset;
  const auto lag = [end](std::int64_t offset) { return std::max<std::int64_t>(end - offset, 0); };
  std::string voters, observers;
  std::int64_t lag_max = 0;
  Table table({{"NodeId"}, {"LogEndOffset", Align::right}, {"Lag", Align::right}, {"Status"}});
  const auto add = [&](NodeId node, std::int64_t offset, const char* status, std::string& names) {
    names += (names.empty() ? "" : ",") + id_of(view, node);
    table.add_row({id_of(view, node), std::to_string(offset), std::to_string(lag(offset)),
                   fmt::format("{}{}", status, view.is_running(node) ? "" : " (down)")});
  };
  for (const auto& [node, voter] : view.voters()) {
    lag_max = std::max(lag_max, lag(voter.log_end_offset));
    add(node, voter.log_end_offset, node == view.controller() ? "Leader" : "Follower", voters);
  }
  for (const auto& [node, broker] : view.brokers())
    if (view.voters().count(node) == 0)
      add(node, view.metadata_offset(node), "Observer", observers);
  return fmt::format(
      "LeaderId:          {}\nLeaderEpoch:       {}\nHighWatermark:     {}\nMaxFollowerLag:    {}\n"
      "CurrentVoters:     [{}]\nCurrentObservers:  [{}]\n\n{}",
      leader, view.controller_epoch(), view.committed_offset(), lag_max, voters, observers,
      table.text());
}

std::string describe_brokers(const scenario::Scenario& scenario, const ClusterView& view) {
  if (scenario.channel != scenario::Channel::kafka)
    return without_kafka(scenario, "are no brokers");
  struct Count {
    int leads = 0, replicas = 0, out_of_sync = 0;
  };
  std::map<NodeId, Count> counts;
  for (const auto& [key, partition] : view.partitions()) {
    if (partition.leader.valid()) ++counts[partition.leader].leads;
    for (const NodeId replica : partition.replicas) {
      ++counts[replica].replicas;
      if (std::find(partition.isr.begin(), partition.isr.end(), replica) == partition.isr.end())
        ++counts[replica].out_of_sync;
    }
  }
  Table table({{"BROKER"},
               {"PROCESS"},
               {"STATE"},
               {"LEADS", Align::right},
               {"REPLICAS", Align::right},
               {"OUT-OF-SYNC", Align::right},
               {"METADATA-OFFSET", Align::right}});
  for (const auto& [node, broker] : view.brokers()) {
    const Count& count = counts[node];
    const char* const state = broker.fenced                   ? "fenced"
                              : broker.in_controlled_shutdown ? "controlled shutdown"
                                                              : "unfenced";
    table.add_row({id_of(view, node), view.is_running(node) ? "running" : "down", state,
                   std::to_string(count.leads), std::to_string(count.replicas),
                   std::to_string(count.out_of_sync), std::to_string(view.metadata_offset(node))});
  }
  return table.text();
}

}  // namespace eventarium::app
