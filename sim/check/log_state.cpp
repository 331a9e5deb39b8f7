// See log_state.h.
#include "sim/check/log_state.h"

#include <algorithm>

namespace eventarium::check {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

const ReplicaLog& PartitionState::log() const {
  static const ReplicaLog empty;
  if (leader.valid()) {
    const ReplicaLog* led = logs.find(leader);
    return led ? *led : empty;
  }
  if (may_lead(taken_by))
    if (const ReplicaLog* former = logs.find(taken_by)) return *former;
  const auto shorter = [](const ReplicaLogs::Entry* a, const ReplicaLogs::Entry& b) {
    if (!a) return true;
    const std::int64_t end = a->log.log_end_offset(), other = b.log.log_end_offset();
    return end != other ? end < other : b.broker < a->broker;
  };
  const bool nobody_may = isr.empty() && elr.empty();
  const ReplicaLogs::Entry* longest = nullptr;
  for (const ReplicaLogs::Entry& entry : logs.all())
    if ((nobody_may || may_lead(entry.broker)) && shorter(longest, entry)) longest = &entry;
  return longest ? longest->log : empty;
}

std::int64_t PartitionState::first_start_after(std::int64_t epoch) const {
  std::int64_t first = ReplicaLog::nowhere;
  for (const auto& [begun, start] : epoch_starts)
    if (begun > epoch) first = std::min(first, start);
  return first;
}

// ---- numbers of partitions

const PartitionNumbers::Topic* PartitionNumbers::topic(const std::string& name) const {
  if (last_name_ && *last_name_ == name) return last_topic_;
  const auto found = topics_.find(name);
  if (found == topics_.end()) return nullptr;
  last_name_ = &found->first;
  return last_topic_ = &found->second;
}

std::uint32_t PartitionNumbers::find(const std::string& name, std::int64_t partition) const {
  if (partition < 0 || partition >= dense_limit) {
    const auto found = sparse_.find({name, partition});
    return found == sparse_.end() ? none : found->second;
  }
  const Topic* known = topic(name);
  const auto place = static_cast<std::size_t>(partition);
  return known && place < known->size() ? (*known)[place] : none;
}

std::uint32_t PartitionNumbers::add(const std::string& name, std::int64_t partition) {
  if (const std::uint32_t found = find(name, partition); found != none) return found;
  const auto number = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back({name, partition});
  if (partition < 0 || partition >= dense_limit) {
    sparse_[keys_.back()] = number;
    return number;
  }
  Topic& known = topics_[name];
  const auto place = static_cast<std::size_t>(partition);
  if (place >= known.size()) known.resize(place + 1, none);
  return known[place] = number;
}

// ---- what is where

PartitionState& LogState::obtain(const std::string& topic, std::int64_t partition) {
  const std::uint32_t number = numbers_.add(topic, partition);
  if (number >= states_.size()) states_.resize(number + 1, nullptr);
  if (!states_[number]) states_[number] = &partitions_[numbers_.key(number)];
  return *states_[number];
}

const PartitionState* LogState::find(const std::string& topic, std::int64_t partition) const {
  return by_number(numbers_.find(topic, partition));
}

bool LogState::settled(const PartitionState& partition) const {
  return partition.leader.valid() && partition.taken_by == partition.leader &&
         partition.taken_epoch == partition.leader_epoch &&
         lives_.get(partition.leader) == partition.taken_life;
}

std::vector<const ReplicaLog*> LogState::counting_logs(const PartitionState& partition) const {
  const bool is_settled = settled(partition);
  const bool nobody_known = !partition.leader.valid() && !partition.taken_by.valid() &&
                            partition.isr.empty() && partition.elr.empty();
  std::vector<const ReplicaLog*> logs;
  for (const auto& [broker, log] : partition.logs.all()) {
    const bool may_still_lead = nobody_known || broker == partition.leader ||
                                broker == partition.taken_by || partition.may_lead(broker);
    if (is_settled ? broker == partition.leader : may_still_lead) logs.push_back(&log);
  }
  return logs;
}

// ---- the fold

void LogState::on_event(const trace::Event& event) {
  if (const auto* appended = event.as<trace::BatchAppended>()) {
    ReplicaLogs& logs = obtain(appended->topic, appended->partition).logs;
    logs.append(event.node, appended->base_offset, appended->records, appended->as_follower);
    logs.of(event.node).last_epoch = appended->leader_epoch;
  } else if (const auto* advanced = event.as<trace::HighWatermarkAdvanced>()) {
    on_high_watermark(event.node, advanced->topic, advanced->partition, advanced->high_watermark);
  } else if (const auto* lowered = event.as<trace::HighWatermarkLowered>()) {
    on_high_watermark(event.node, lowered->topic, lowered->partition, lowered->high_watermark);
  } else if (const auto* created = event.as<trace::PartitionCreated>()) {
    PartitionState& partition = obtain(created->topic, created->partition);
    partition.leader = created->leader;
    partition.leader_epoch = created->leader_epoch;
    partition.epoch_starts.clear();
    partition.replicas = created->replicas;
    partition.isr = created->isr;
    partition.lowest_min_isr = std::max<std::int64_t>(1, created->min_isr);
    if (created->leader == event.node)
      on_taken(event.node, {created->topic, created->partition, created->leader_epoch,
                            partition.logs.of(event.node).log_end_offset()});
  } else if (const auto* changed = event.as<trace::PartitionChanged>()) {
    on_changed(*changed);
  } else if (const auto* taken = event.as<trace::LeadershipTaken>()) {
    on_taken(event.node, *taken);
  } else if (const auto* truncated = event.as<trace::LogTruncated>()) {
    ReplicaLogs& logs = obtain(truncated->topic, truncated->partition).logs;
    if (truncated->log_end_offset > logs.of(event.node).log_end_offset())
      logs.advance_start(event.node, truncated->log_end_offset);  // it begins anew there
    else
      logs.cut(event.node, truncated->log_end_offset);
  } else if (const auto* start = event.as<trace::LogStartAdvanced>()) {
    obtain(start->topic, start->partition).logs.advance_start(event.node, start->log_start_offset);
  } else if (const auto* compacted = event.as<trace::LogCompacted>()) {
    PartitionState& partition = obtain(compacted->topic, compacted->partition);
    partition.logs.compact(event.node, compacted->records);
    partition.ever_compacted = true;
  } else if (const auto* config = event.as<trace::TopicConfigChanged>()) {
    for (PartitionState* partition : states_of(config->topic))
      partition->lowest_min_isr =
          std::min(partition->lowest_min_isr, std::max<std::int64_t>(1, config->min_isr));
  } else if (const auto* stopped = event.as<trace::NodeStopped>()) {
    on_stopped(event.node, stopped->reason == "power_loss");
  } else if (event.as<trace::NodeStarted>()) {
    if (std::uint32_t& life = lives_[event.node]; life % 2 == 1) ++life;
  } else if (const auto* deleted = event.as<trace::TopicDeleted>()) {
    delete_topic(deleted->topic);
  }
}

void LogState::on_changed(const trace::PartitionChanged& changed) {
  PartitionState& partition = obtain(changed.topic, changed.partition);
  for (const NodeId broker : partition.replicas)
    if (!contains(changed.replicas, broker)) partition.logs.forget(broker);
  for (const NodeId broker : changed.replicas)  // a new one begins with an empty log
    if (!partition.replicas.empty() && !contains(partition.replicas, broker))
      partition.logs.forget(broker);
  for (const NodeId broker : changed.isr)
    if (!contains(partition.isr, broker) && !changed.unclean)
      partition.logs.of(broker).power_lost = false;
  if (changed.unclean) partition.unclean_pending = partition.ever_unclean = true;
  if (changed.unclean) partition.ever_excused = true;
  partition.leader = changed.leader;
  partition.leader_epoch = changed.leader_epoch;
  partition.partition_epoch = changed.partition_epoch;
  partition.replicas = changed.replicas;
  partition.isr = changed.isr;
  partition.elr = changed.elr;
  partition.adding = changed.adding;
  partition.removing = changed.removing;
}

void LogState::on_taken(NodeId node, const trace::LeadershipTaken& taken) {
  PartitionState& partition = obtain(taken.topic, taken.partition);
  if (taken.leader_epoch < partition.taken_epoch) return;  // an old leader that is behind
  ReplicaLog& log = partition.logs.of(node);
  const ReplicaLog* former = partition.logs.find(partition.taken_by);
  const std::int64_t same =
      former && former != &log ? log.equal_until(*former, 0) : log.log_end_offset();
  if (log.power_lost) partition.ever_excused = true;
  partition.taken_by = node;
  partition.taken_epoch = taken.leader_epoch;
  partition.taken_start = taken.start_offset;
  partition.epoch_starts.emplace_back(taken.leader_epoch, taken.start_offset);
  partition.taken_life = lives_.get(node);
  partition.unclean_pending = log.power_lost = false;
  partition.committed = std::min(partition.committed, std::min(same, log.log_end_offset()));
  partition.high_watermark = std::min(log.high_watermark, log.log_end_offset());
}

void LogState::on_high_watermark(NodeId node, const std::string& topic, std::int64_t number,
                                 std::int64_t high_watermark) {
  PartitionState& partition = obtain(topic, number);
  partition.logs.of(node).high_watermark = high_watermark;
  partition.committed_ever = std::max(partition.committed_ever, high_watermark);
  const bool leads = node == partition.leader || node == partition.taken_by;
  if (!leads && !partition.replicas.empty()) return;
  partition.high_watermark = high_watermark;
  if (node != partition.taken_by) return;
  partition.committed = std::max(partition.committed, high_watermark);
}

/// Rare, so it may look at every partition.
void LogState::on_stopped(NodeId node, bool power_loss) {
  if (std::uint32_t& life = lives_[node]; life % 2 == 0) ++life;
  if (!power_loss) return;
  for (PartitionState* partition : states_)
    if (partition && partition->logs.find(node)) partition->logs.of(node).power_lost = true;
}

std::vector<PartitionState*> LogState::states_of(const std::string& topic) {
  std::vector<PartitionState*> states;
  for (auto found = partitions_.lower_bound({topic, std::numeric_limits<std::int64_t>::min()});
       found != partitions_.end() && found->first.topic == topic; ++found)
    states.push_back(&found->second);
  return states;
}

void LogState::delete_topic(const std::string& topic) {
  for (auto found = partitions_.lower_bound({topic, std::numeric_limits<std::int64_t>::min()});
       found != partitions_.end() && found->first.topic == topic;) {
    states_[numbers_.find(topic, found->first.partition)] = nullptr;
    found = partitions_.erase(found);
  }
}

}  // namespace eventarium::check
