// Life, metadata, in-sync replicas and fetchers. Requests: replica_requests.cpp.
#include "sim/broker/replica_manager.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/broker/follower_log.h"

namespace eventarium::kafka {
namespace {

/// Java's String.hashCode, of which fetchers are chosen.
std::int32_t java_hash(const std::string& text) {
  std::uint32_t hash = 0;
  for (const char c : text) hash = 31 * hash + static_cast<unsigned char>(c);
  return static_cast<std::int32_t>(hash);
}

}  // namespace

ReplicaManager::ReplicaManager(Config config, LogManager& logs)
    : config_(std::move(config)),
      fetch_max_bytes_(
          static_cast<std::uint64_t>(config_int(config_, ConfigScope::broker, "fetch.max.bytes"))),
      logs_(logs) {}

// ---- life ---------------------------------------------------------------------------------------

void ReplicaManager::start(engine::Runtime& runtime, ClusterLink& link, PlantedFaults planted) {
  options_ = make_replication_options(runtime.self(), config_, planted);
  link_ = &link;
}

void ReplicaManager::on_logs_loaded(engine::Runtime& runtime) {
  for (const auto& [tp, former] : std::exchange(former_high_watermarks_, {})) {
    const StoredLog* stored = logs_.find(tp);
    if (stored && stored->log.high_watermark() < former)
      runtime.emit(trace::HighWatermarkLowered{tp.topic, tp.partition, stored->log.high_watermark(),
                                               "checkpoint after a restart"});
  }
}

void ReplicaManager::stop() {
  for (const auto& [tp, partition] : hosted_)
    former_high_watermarks_[tp] = partition->high_watermark();
  fetchers_.clear();
  fetcher_by_lane_.clear();
  hosted_.clear();
  by_number_.clear();
  all_.clear();
  touched_.clear();
  leadership_changes_.clear();
}

void ReplicaManager::checkpoint_high_watermarks() {
  for (const auto& [tp, partition] : hosted_)
    partition->stored().high_watermark = partition->high_watermark();
}

// ---- looking ------------------------------------------------------------------------------------

const Partition* ReplicaManager::find(const TopicPartition& tp) const {
  const auto found = hosted_.find(tp);
  return found == hosted_.end() ? nullptr : found->second;
}

Partition* ReplicaManager::find_mutable(const TopicPartition& tp) {
  const auto found = hosted_.find(tp);
  return found == hosted_.end() ? nullptr : found->second;
}

LeaderHint ReplicaManager::leader_hint(const TopicPartition& tp) const {
  if (const Partition* partition = find(tp))
    return {partition->image().leader, partition->leader_epoch()};
  const PartitionImage* known = image().find(tp);
  return known ? LeaderHint{known->leader, known->leader_epoch} : LeaderHint{};
}

void ReplicaManager::touch(engine::Runtime& runtime, const Partition& partition) {
  touched_.push_back({partition.index(), runtime.current_cause()});
}

void ReplicaManager::note_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                                     std::int32_t epoch) {
  leadership_changes_.push_back({tp, epoch, runtime.current_cause()});
}

std::vector<ReplicaManager::LeadershipChange> ReplicaManager::take_leadership_changes() {
  return std::exchange(leadership_changes_, {});
}

// ---- metadata -----------------------------------------------------------------------------------

void ReplicaManager::apply_metadata(engine::Runtime& runtime,
                                    const std::vector<TopicPartition>& changed, bool all) {
  for (const TopicPartition& tp : changed) apply_one(runtime, tp);
  if (all) {
    std::vector<TopicPartition> stray;  // deleted or moved away while this broker was down
    for (const auto& [tp, stored] : logs_.logs())
      if (!hosted_.contains(tp)) stray.push_back(tp);
    for (const TopicPartition& tp : stray) drop(runtime, tp);
  }
  run_fetchers(runtime);
}

void ReplicaManager::apply_one(engine::Runtime& runtime, const TopicPartition& tp) {
  const TopicImage* topic = image().find_topic(tp.topic);
  const auto place = static_cast<std::size_t>(tp.partition);
  if (!topic || place >= topic->partitions.size() ||
      !topic->partitions[place]->has_replica(options_.self))
    return drop(runtime, tp);
  Partition& partition = host(runtime, tp, *topic);
  const EventId before = runtime.current_cause();
  const PartitionState& state = topic->partitions[place];
  if (state->leader == options_.self) {
    become_leader(runtime, partition, state);
  } else {
    become_follower(runtime, partition, state);
  }
  runtime.set_cause(before);
}

void ReplicaManager::become_leader(engine::Runtime& runtime, Partition& partition,
                                   PartitionState state) {
  const Partition::RoleChange change = partition.make_leader(std::move(state), runtime.now());
  if (!change.applied) return;
  if (change.new_epoch) {
    stop_fetching(partition);
    const TopicPartition& tp = partition.tp();
    runtime.set_cause(runtime.emit(trace::LeadershipTaken{
        tp.topic, tp.partition, partition.leader_epoch(), partition.log().log_end_offset()}));
    note_leadership(runtime, tp, partition.leader_epoch());
  }
  advance(runtime, partition);
  touch(runtime, partition);
}

void ReplicaManager::become_follower(engine::Runtime& runtime, Partition& partition,
                                     PartitionState state) {
  const Partition::RoleChange change = partition.make_follower(std::move(state));
  if (!change.applied) return;
  const PartitionImage& now = partition.image();
  if (change.new_epoch) {
    const TopicPartition& tp = partition.tp();
    runtime.set_cause(runtime.emit(
        trace::FollowingStarted{tp.topic, tp.partition, now.leader, now.leader_epoch}));
    stop_fetching(partition);
    if (options_.planted.has(PlantedFault::truncate_to_high_watermark))
      truncate_log(runtime, logs_, partition, partition.high_watermark(), "to the high watermark");
  }
  if (change.was_leader) note_leadership(runtime, partition.tp(), -1);
  if (change.new_epoch || change.was_leader) touch(runtime, partition);
  // A broker that is about to end stops following what it is no longer in sync with.
  const bool leaving =
      link_->state() == ClusterLink::State::controlled_shutdown && !now.in_isr(options_.self);
  if (leaving || !now.leader.valid()) {
    stop_fetching(partition);
  } else if (change.new_epoch) {
    start_fetching(partition);
  }
}

Partition& ReplicaManager::host(engine::Runtime& runtime, const TopicPartition& tp,
                                const TopicImage& topic) {
  const TopicConfig config = make_topic_config(topic.config, config_);
  if (Partition* known = find_mutable(tp)) {
    known->set_config(config);
    logs_.set_config(tp, topic.config);
    return *known;
  }
  StoredLog& stored = logs_.open(runtime, tp, topic.config);
  const auto number = static_cast<std::uint32_t>(by_number_.size());
  all_.push_back(std::make_unique<Partition>(options_, number, stored, config));
  by_number_.push_back(all_.back().get());
  hosted_[tp] = by_number_.back();
  return *by_number_.back();
}

/// The replica, if there is one, and its log go.
void ReplicaManager::drop(engine::Runtime& runtime, const TopicPartition& tp) {
  if (const Partition* partition = find(tp)) {
    stop_fetching(*partition);
    touch(runtime, *partition);
    if (partition->is_leader()) note_leadership(runtime, tp, -1);
    by_number_[partition->index()] = nullptr;
    hosted_.erase(tp);
  }
  logs_.remove(runtime, tp);
}

// ---- in-sync replicas ---------------------------------------------------------------------------

/// Leaves HighWatermarkAdvanced, when there is one, as the current cause.
void ReplicaManager::advance(engine::Runtime& runtime, Partition& partition) {
  if (!partition.advance_high_watermark(runtime.now(), image())) return;
  const TopicPartition& tp = partition.tp();
  runtime.set_cause(runtime.emit(
      trace::HighWatermarkAdvanced{tp.topic, tp.partition, partition.high_watermark()}));
  if (const auto stable = partition.newly_stable())
    runtime.emit(trace::LastStableOffsetAdvanced{tp.topic, tp.partition, *stable});
  touch(runtime, partition);
}

void ReplicaManager::propose(engine::Runtime& runtime, Partition::IsrProposal proposal,
                             const std::string& reason) {
  AlterPartitionRequest::Partition& wish = proposal.wish;
  for (std::size_t i = 0; i < wish.new_isr.size(); ++i)
    if (wish.new_isr[i] == options_.self) wish.new_isr_epochs[i] = link_->broker_epoch();
  const EventId before = runtime.current_cause();
  runtime.set_cause(runtime.emit(
      trace::IsrChangeProposed{wish.tp.topic, wish.tp.partition, wish.new_isr, reason}));
  link_->alter_partition(runtime, std::move(wish));
  runtime.set_cause(before);
}

void ReplicaManager::shrink_isr(engine::Runtime& runtime) {
  for (const auto& [tp, partition] : hosted_) {
    auto proposal = partition->propose_shrink(runtime.now());
    if (!proposal) continue;
    std::string reason;
    for (const NodeId id : proposal->changed) {
      const Replica* follower = partition->find_follower(id);
      const bool silent = follower->last_caught_up() == Replica::never;
      reason += fmt::format(
          "{}{} has not caught up{}", reason.empty() ? "" : ", ", runtime.name_of(id),
          silent ? "" : " for " + format_duration(runtime.now() - follower->last_caught_up()));
    }
    propose(runtime, std::move(*proposal), reason);
  }
}

void ReplicaManager::on_partition_altered(engine::Runtime& runtime,
                                          const AlterPartitionResponse::Partition& answer) {
  Partition* partition = find_mutable(answer.tp);
  if (!partition) return;
  const EventId before = runtime.current_cause();
  switch (partition->on_isr_answer(answer)) {
    case Partition::IsrAnswer::ignored:
      break;
    case Partition::IsrAnswer::refused:
      runtime.emit(trace::IsrChangeRefused{answer.tp.topic, answer.tp.partition,
                                           std::string(name_of(answer.error))});
      break;
    case Partition::IsrAnswer::committed:
      advance(runtime, *partition);
      break;
  }
  runtime.set_cause(before);
}

// ---- fetchers -----------------------------------------------------------------------------------

ReplicaFetcher& ReplicaManager::fetcher_for(NodeId leader, const TopicPartition& tp) {
  const std::uint32_t hash = static_cast<std::uint32_t>(31 * java_hash(tp.topic) + tp.partition);
  const std::uint32_t number = (hash & 0x7fffffff) % options_.fetchers_per_leader;
  ReplicaFetcher fresh(options_, logs_, leader, number, fetchers_.size());
  const auto [found, is_new] =
      fetcher_by_lane_.try_emplace({leader, fresh.lane()}, fetchers_.size());
  if (is_new) fetchers_.push_back(std::make_unique<ReplicaFetcher>(std::move(fresh)));
  return *fetchers_[found->second];
}

void ReplicaManager::start_fetching(Partition& partition) {
  fetcher_for(partition.image().leader, partition.tp()).add(partition);
}

void ReplicaManager::stop_fetching(const Partition& partition) {
  for (const auto& fetcher : fetchers_) fetcher->remove(partition);
}

void ReplicaManager::run_fetchers(engine::Runtime& runtime) {
  for (const auto& fetcher : fetchers_) fetcher->run(runtime, link_->broker_epoch());
}

void ReplicaManager::on_response(engine::Runtime& runtime, const engine::Message& message) {
  const auto found = fetcher_by_lane_.find({message.source, message.lane});
  if (found == fetcher_by_lane_.end()) return;
  ReplicaFetcher& fetcher = *fetchers_[found->second];
  if (const auto* fetched = message.as<FetchResponse>()) {
    fetcher.on_fetched(runtime, *fetched);
  } else if (const auto* offsets = message.as<ListOffsetsResponse>()) {
    fetcher.on_offsets(runtime, *offsets);
  }
  fetcher.run(runtime, link_->broker_epoch());
}

void ReplicaManager::on_timer(engine::Runtime& runtime, engine::Token token) {
  ReplicaFetcher& fetcher = *fetchers_[token.value];
  fetcher.on_timer(runtime);
  fetcher.run(runtime, link_->broker_epoch());
}

void ReplicaManager::on_done(engine::Runtime& runtime, engine::Token token) {
  ReplicaFetcher& fetcher = *fetchers_[token.value];
  fetcher.on_flushed(runtime);
  fetcher.run(runtime, link_->broker_epoch());
}

void ReplicaManager::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  const auto found = fetcher_by_lane_.find({peer, lane});
  if (found == fetcher_by_lane_.end()) return;
  ReplicaFetcher& fetcher = *fetchers_[found->second];
  fetcher.on_disconnect(runtime);
  fetcher.run(runtime, link_->broker_epoch());
}

}  // namespace eventarium::kafka
