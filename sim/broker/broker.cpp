// Life, dispatch, and whatever waits. The requests: broker_requests.cpp.
#include "sim/broker/broker.h"

#include <algorithm>
#include <utility>

#include "sim/broker/components.h"
#include "sim/broker/transaction_marker_writer.h"

namespace eventarium::kafka {
namespace {

/// Kinds of the broker's own tokens.
enum BrokerToken : std::uint16_t { checkpoint_token, shrink_token, flush_token };

}  // namespace

Broker::Broker(BrokerOptions options, std::unique_ptr<ClusterLink> link)
    : options_(std::move(options)),
      link_(std::move(link)),
      logs_(options_.config, options_.planted),
      replicas_(options_.config, logs_),
      parts_(options_.config, *link_, channel_, replicas_) {
  auto verifier = std::make_unique<TransactionVerifier>(
      [this](engine::Runtime& runtime, std::uint64_t id, Error error) {
        on_verified(runtime, id, error);
      });
  verifier_ = verifier.get();
  parts_.add(std::move(verifier));
  parts_.add(std::make_unique<TransactionMarkerWriter>(
      options_.planted,
      [this](engine::Runtime& runtime, const TopicPartition& tp, ProducerIdAndEpoch producer,
             bool commit) { parts_.tell_marker(runtime, tp, producer, commit); }));
}

void Broker::on_start(engine::Runtime& runtime) {
  replicas_.start(runtime, *link_, options_.planted);
  const ReplicationOptions& replication = replicas_.options();
  runtime.set_timer(replication.high_watermark_checkpoint_interval,
                    {broker_component, checkpoint_token, 0});
  runtime.set_timer(replication.lag_max / 2, {broker_component, shrink_token, 0});
  parts_.start(runtime);
  link_->start(runtime, *this);
  announced_ = true;
  settle(runtime);
}

/// In a cluster that runs when the simulation begins, each leader tells what it leads.
void Broker::announce(engine::Runtime& runtime) const {
  const ClusterImage& image = link_->image();
  for (const auto& [name, topic] : image.topics) {
    const TopicConfig config = make_topic_config(topic.config, options_.config);
    for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
      const PartitionImage& partition = *topic.partitions[p];
      if (partition.leader != runtime.self()) continue;
      runtime.emit(trace::PartitionCreated{name, static_cast<std::int64_t>(p), partition.leader,
                                           partition.leader_epoch, partition.replicas,
                                           partition.isr,
                                           static_cast<std::int64_t>(config.min_insync_replicas)});
    }
  }
}

// ---- the cluster --------------------------------------------------------------------------------

void Broker::on_metadata(engine::Runtime& runtime, const std::vector<TopicPartition>& changed) {
  if (!std::exchange(announced_, true)) announce(runtime);
  if (logs_.running()) {
    replicas_.apply_metadata(runtime, changed, false);
    parts_.on_metadata(runtime);
  } else if (!std::exchange(has_metadata_, true)) {
    if (logs_.start(runtime)) logs_loaded(runtime);
  }
  settle(runtime);
}

/// Takes up what the metadata says by now, and asks to be unfenced.
void Broker::logs_loaded(engine::Runtime& runtime) {
  replicas_.on_logs_loaded(runtime);
  std::vector<TopicPartition> all;
  for (const auto& [name, topic] : link_->image().topics)
    for (std::size_t p = 0; p < topic.partitions.size(); ++p)
      all.push_back({name, static_cast<std::int32_t>(p)});
  replicas_.apply_metadata(runtime, all, true);
  parts_.on_metadata(runtime);
  link_->ready(runtime);
}

void Broker::on_partition_altered(engine::Runtime& runtime,
                                  const AlterPartitionResponse::Partition& answer) {
  replicas_.on_partition_altered(runtime, answer);
  settle(runtime);
}

bool Broker::on_stop_request(engine::Runtime& runtime) {
  switch (link_->state()) {
    case ClusterLink::State::running:
      link_->begin_shutdown(runtime);
      return false;
    case ClusterLink::State::controlled_shutdown:
      return false;
    default:
      return true;  // nothing to hand over
  }
}

void Broker::on_shutdown_granted(engine::Runtime& runtime) {
  runtime.exit(engine::StopReason::clean);
}

void Broker::on_stop(engine::Runtime& runtime, engine::StopReason reason) {
  link_->stop(runtime, reason);
  parts_.stop(runtime, reason);
  if (reason == engine::StopReason::clean) replicas_.checkpoint_high_watermarks();
  logs_.stop(runtime, reason);
  replicas_.stop();
  has_metadata_ = false;
  channel_.clear();
  produces_.clear();
  fetches_.clear();
  flushing_.clear();
  verifying_.clear();
}

// ---- dispatch -----------------------------------------------------------------------------------

bool Broker::serves_clients() const {
  return logs_.running() && (link_->state() == ClusterLink::State::running ||
                             link_->state() == ClusterLink::State::controlled_shutdown);
}

void Broker::on_message(engine::Runtime& runtime, engine::Message message) {
  if (link_->on_message(runtime, message)) return settle(runtime);
  // A part that asks its own broker opens the connection on which both requests and answers come.
  if (message.lane.opener == runtime.self() && !message.as<Request>()) {
    if (!parts_.on_message(runtime, message)) replicas_.on_response(runtime, message);
  } else if (!serves_clients()) {
    // Its listeners open when it is unfenced.
    tell_dropped(runtime, message);
    runtime.disconnect(message.source, message.lane);
  } else if (auto taken = channel_.arrived(std::move(message))) {
    handle(runtime, std::move(*taken));
  }
  settle(runtime);
}

void Broker::on_timer(engine::Runtime& runtime, engine::Token token) {
  switch (token.component) {
    case request_channel_component:
      if (const auto ticket = channel_.on_timer(runtime, token)) time_is_over(runtime, *ticket);
      break;
    case replica_fetcher_component:
      replicas_.on_timer(runtime, token);
      break;
    case log_manager_component:
      logs_.on_timer(runtime, token);
      break;
    case broker_component:
      if (token.kind == checkpoint_token) {
        replicas_.checkpoint_high_watermarks();
        runtime.set_timer(replicas_.options().high_watermark_checkpoint_interval, token);
      } else {
        replicas_.shrink_isr(runtime);
        runtime.set_timer(replicas_.options().lag_max / 2, token);
      }
      break;
    default:
      if (!link_->on_timer(runtime, token)) parts_.on_timer(runtime, token);
      break;
  }
  settle(runtime);
}

void Broker::on_done(engine::Runtime& runtime, engine::Token token) {
  if (token.component == replica_fetcher_component) {
    replicas_.on_done(runtime, token);
  } else if (token.component == log_manager_component) {
    if (logs_.on_done(runtime, token)) logs_loaded(runtime);
  } else if (token.component == broker_component) {
    const auto found = flushing_.find(token.value);
    if (found == flushing_.end()) return;
    Flushing produce = std::move(found->second);
    flushing_.erase(found);
    finish_produce(runtime, std::move(produce));
  } else if (!link_->on_done(runtime, token)) {
    parts_.on_done(runtime, token);
  }
  settle(runtime);
}

void Broker::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (link_->on_disconnect(runtime, peer, lane)) return settle(runtime);
  if (lane.opener == runtime.self()) {
    if (!parts_.on_disconnect(runtime, peer, lane)) replicas_.on_disconnect(runtime, peer, lane);
  } else {
    const RequestChannel::Closed closed = channel_.close(peer, lane);
    if (closed.in_hand) {
      parts_.request_gone(runtime, *closed.in_hand);
      produces_.forget(*closed.in_hand);
      fetches_.take(*closed.in_hand);
    }
    for (const engine::Message& message : closed.waiting) tell_dropped(runtime, message);
    parts_.client_gone(runtime, peer, lane);
  }
  settle(runtime);
}

double Broker::handling_work_flops(const engine::Message& message) const {
  if (!message.as<ProduceRequest>() && !message.as<FetchResponse>()) return request_work_flops;
  return request_work_flops + produced_byte_work_flops * static_cast<double>(message.size_bytes);
}

// ---- what waits ---------------------------------------------------------------------------------

/// After each handler: what has changed may complete requests that wait, their answers give the
/// next ones of their connections a turn, and those may change something again.
void Broker::settle(engine::Runtime& runtime) {
  std::vector<ReplicaManager::Touched>& touched = replicas_.touched();
  for (std::size_t next = 0;;) {
    if (next < touched.size()) {
      look_at(runtime, touched[next++]);
    } else if (parts_.report_next(runtime)) {
      continue;  // what came of it is looked at first
    } else if (auto taken = channel_.next()) {
      runtime.set_cause(taken->message.cause);
      handle(runtime, std::move(*taken));
    } else {
      break;
    }
  }
  touched.clear();
}

void Broker::look_at(engine::Runtime& runtime, ReplicaManager::Touched touched) {
  const EventId before = runtime.current_cause();
  runtime.set_cause(touched.cause);
  for (DelayedProduce& produce :
       produces_.check(touched.partition, replicas_.at(touched.partition)))
    answer_delayed(runtime, std::move(produce));
  parts_.check(runtime, touched.partition);
  for (const RequestTicket ticket : std::vector(fetches_.watchers_of(touched.partition))) {
    const ParkedFetch* parked = fetches_.find(ticket);
    if (!parked ||
        !replicas_.is_satisfied(parked->request(), parked->partitions, touched.partition))
      continue;
    answer_parked(runtime, *fetches_.take(ticket));
  }
  runtime.set_cause(before);
}

void Broker::time_is_over(engine::Runtime& runtime, RequestTicket ticket) {
  if (auto produce = produces_.expire(ticket)) return answer_delayed(runtime, std::move(*produce));
  if (auto fetch = fetches_.take(ticket)) answer_parked(runtime, std::move(*fetch));
}

}  // namespace eventarium::kafka
