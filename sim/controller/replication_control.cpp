#include "sim/controller/replication_control.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

/// The topic's own value, else the cluster's.
const Config& whose(const ClusterImage& image, const std::string& topic, const std::string& key,
                    const Config& cluster) {
  const TopicImage* found = image.find_topic(topic);
  return found && found->config.contains(key) ? found->config : cluster;
}

/// The same, but `broker` may not lead: it is about to be fenced.
PartitionRules except(NodeId broker, PartitionRules rules) {
  rules.acceptable = [broker, before = std::move(rules.acceptable)](NodeId id) {
    return id != broker && before(id);
  };
  return rules;
}

/// The same, but `broker` may lead: it is about to be unfenced.
PartitionRules including(NodeId broker, PartitionRules rules) {
  rules.acceptable = [broker, before = std::move(rules.acceptable)](NodeId id) {
    return id == broker || before(id);
  };
  return rules;
}

}  // namespace

ReplicationControl::ReplicationControl(const ClusterImage& image, const ControllerOptions& options,
                                       NameOf name_of)
    : image_(image), options_(options), name_of_(std::move(name_of)) {}

std::size_t ReplicationControl::min_isr(const std::string& topic, std::size_t replicas) const {
  const Config& config = whose(image_, topic, "min.insync.replicas", options_.config);
  const auto wanted = config_int(config, ConfigScope::broker, "min.insync.replicas");
  return std::min(static_cast<std::size_t>(wanted), replicas);
}

bool ReplicationControl::unclean_allowed(const std::string& topic) const {
  const std::string key = "unclean.leader.election.enable";
  return config_bool(whose(image_, topic, key, options_.config), ConfigScope::broker, key);
}

PartitionRules ReplicationControl::rules(const std::string& topic, std::size_t replicas) const {
  PartitionRules rules;
  rules.acceptable = [this](NodeId broker) {
    const BrokerImage* registered = image_.find_broker(broker);
    return registered && registered->active();
  };
  rules.min_isr = min_isr(topic, replicas);
  rules.elr = options_.elr;
  rules.planted = options_.planted;
  return rules;
}

void ReplicationControl::change(PartitionChange& change, const TopicPartition& tp,
                                const std::string& reason, Records& records) const {
  if (auto result = change.build())
    records.push_back({PartitionRecord{tp, std::move(result->state)}, reason, result->unclean});
}

// ---- brokers ------------------------------------------------------------------------------------

void ReplicationControl::broker_leaves(NodeId broker, const std::string& reason,
                                       Records& records) const {
  for_each([&](const TopicPartition& tp, const PartitionImage& now) {
    if (!now.in_isr(broker)) return;
    const PartitionRules rules = except(broker, this->rules(tp.topic, now.replicas.size()));
    PartitionChange next(now, rules);
    if (unclean_allowed(tp.topic)) next.election(Election::unclean);
    next.isr(without(now.isr, {broker}));
    change(next, tp, reason, records);
  });
}

void ReplicationControl::broker_restarted(NodeId broker, bool clean, Records& records) const {
  const std::string name = name_of_(broker);
  if (clean || !options_.elr) return broker_leaves(broker, name + " has been restarted", records);
  const std::string reason = name + " has been restarted after a crash: its log may be shorter";
  for_each([&](const TopicPartition& tp, const PartitionImage& now) {
    if (!now.in_isr(broker) && !contains(now.elr, broker)) return;
    const PartitionRules rules = except(broker, this->rules(tp.topic, now.replicas.size()));
    PartitionChange next(now, rules);
    if (unclean_allowed(tp.topic)) next.election(Election::unclean);
    next.isr(without(now.isr, {broker})).unclean_shutdown(broker);
    change(next, tp, reason, records);
  });
}

void ReplicationControl::broker_unfenced(NodeId broker, Records& records) const {
  const std::string reason = name_of_(broker) + " is back";
  for_each([&](const TopicPartition& tp, const PartitionImage& now) {
    if (now.leader.valid()) return;
    const PartitionRules rules = including(broker, this->rules(tp.topic, now.replicas.size()));
    PartitionChange next(now, rules);
    if (unclean_allowed(tp.topic)) next.election(Election::unclean);
    change(next, tp, reason, records);
  });
}

bool ReplicationControl::has_leaderships(NodeId broker) const {
  for (const auto& [name, topic] : image_.topics)
    for (const PartitionState& state : topic.partitions)
      if (state->leader == broker) return true;
  return false;
}

// ---- leaders' proposals -------------------------------------------------------------------------

Error ReplicationControl::check_broker_epoch(NodeId broker, std::int64_t epoch) const {
  const BrokerImage* registered = image_.find_broker(broker);
  return registered && registered->epoch == epoch ? Error::none : Error::stale_broker_epoch;
}

bool ReplicationControl::is_eligible(NodeId broker, std::int64_t epoch) const {
  if (options_.planted.has(PlantedFault::fenced_broker_in_isr)) return true;
  const BrokerImage* registered = image_.find_broker(broker);
  if (!registered || !registered->active()) return false;
  return epoch < 0 || epoch == registered->epoch;  // -1: the leader does not know it
}

Error ReplicationControl::refusal(const AlterPartitionRequest& request,
                                  const AlterPartitionRequest::Partition& wish,
                                  const PartitionImage* now) const {
  if (!now) return Error::unknown_topic_or_partition;
  // The leader knows of decisions that this controller does not: another one decides.
  if (wish.leader_epoch > now->leader_epoch || wish.partition_epoch > now->partition_epoch)
    return Error::not_controller;
  const bool stale = wish.partition_epoch < now->partition_epoch;
  if (stale && options_.planted.has(PlantedFault::stale_partition_epoch_accepted))
    return Error::none;
  if (wish.leader_epoch < now->leader_epoch) return Error::fenced_leader_epoch;
  if (request.broker != now->leader) return Error::invalid_request;
  if (stale) return Error::invalid_update_version;
  if (wish.new_isr.empty() || !without(wish.new_isr, now->replicas).empty() ||
      !contains(wish.new_isr, now->leader))
    return Error::invalid_request;
  if (!wish.recovered && (wish.new_isr.size() > 1 || !now->recovering))
    return Error::invalid_request;
  for (std::size_t i = 0; i < wish.new_isr.size(); ++i) {
    const std::int64_t epoch = i < wish.new_isr_epochs.size() ? wish.new_isr_epochs[i] : -1;
    if (!is_eligible(wish.new_isr[i], epoch)) return Error::ineligible_replica;
  }
  return Error::none;
}

std::string ReplicationControl::isr_reason(const PartitionImage& before,
                                           const PartitionImage& after) const {
  std::string text;
  const auto add = [&](const std::vector<NodeId>& brokers, const char* what) {
    for (const NodeId broker : brokers)
      text += (text.empty() ? "" : ", ") + name_of_(broker) + " " + what;
  };
  add(without(after.isr, before.isr), "has caught up");
  add(without(without(before.isr, after.isr), before.removing), "lags behind");
  if (text.empty() && before.recovering && !after.recovering) text = "the leader has recovered";
  return text;
}

ReplicationControl::AlterPartitionResult ReplicationControl::alter_partition(
    const AlterPartitionRequest& request, const AlterPartitionRequest::Partition& wish) const {
  AlterPartitionResult result;
  result.answer.tp = wish.tp;
  const TopicImage* topic = image_.find_topic(wish.tp.topic);
  const PartitionImage* now = image_.find(wish.tp);
  result.answer.error = refusal(request, wish, now);
  if (result.answer.error != Error::none) return result;
  result.answer.state = topic->partitions[static_cast<std::size_t>(wish.tp.partition)];
  const PartitionRules rules = this->rules(wish.tp.topic, now->replicas.size());
  PartitionChange next(*now, rules);
  if (unclean_allowed(wish.tp.topic)) next.election(Election::unclean);
  next.isr(wish.new_isr).recovering(!wish.recovered);
  auto built = next.build();
  if (!built) return result;
  std::string reason = isr_reason(*now, *built->state);
  if (built->reassigned)
    reason += (reason.empty() ? "" : ", ") + std::string("reassignment is done");
  if (built->state->leader != now->leader) {
    result.answer.error = Error::new_leader_elected;
    result.answer.state = nullptr;
  } else {
    result.answer.state = built->state;
  }
  result.records.push_back({PartitionRecord{wish.tp, built->state}, reason, built->unclean});
  return result;
}

// ---- periodic -----------------------------------------------------------------------------------

bool ReplicationControl::elect_preferred(std::size_t limit, Records& records) const {
  bool more = false;
  for_each([&](const TopicPartition& tp, const PartitionImage& now) {
    if (now.leader == now.replicas.front()) return;
    if (records.size() >= limit) {
      more = true;
      return;
    }
    const PartitionRules rules = this->rules(tp.topic, now.replicas.size());
    PartitionChange next(now, rules);
    next.election(Election::preferred);
    change(next, tp, "back to the preferred leader", records);
  });
  return more;
}

void ReplicationControl::elect_unclean(Records& records) const {
  for_each([&](const TopicPartition& tp, const PartitionImage& now) {
    if (now.leader.valid() || !unclean_allowed(tp.topic)) return;
    const PartitionRules rules = this->rules(tp.topic, now.replicas.size());
    PartitionChange next(now, rules);
    next.election(Election::unclean);
    change(next, tp, "unclean election: no replica in sync is left", records);
  });
}

}  // namespace eventarium::kafka
