// See transaction_markers.h.
#include "sim/coordinator/transaction_markers.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

constexpr Duration retry_backoff = 100ms;
constexpr Duration request_timeout = 30s;

}  // namespace

void TransactionMarkers::start(engine::Runtime&, BrokerServices& services) {
  services_ = &services;
}

void TransactionMarkers::stop() {
  transactions_.clear();
  asked_.clear();
  finished_.clear();
  timer_ = TimerId{};
}

engine::Lane TransactionMarkers::lane(const engine::Runtime& runtime) const {
  return {runtime.self(), transaction_marker_lane};
}

void TransactionMarkers::add(engine::Runtime& runtime, const TransactionMetadata& decided,
                             std::int32_t kept_in, std::int32_t coordinator_epoch) {
  Pending& pending = transactions_[decided.id];
  pending = {decided.producer,  decided.commits(),  kept_in,
             coordinator_epoch, decided.partitions, runtime.current_cause()};
  send_all(runtime);
}

void TransactionMarkers::forget(std::int32_t kept_in) {
  std::erase_if(transactions_,
                [kept_in](const auto& entry) { return entry.second.kept_in == kept_in; });
}

std::vector<std::string> TransactionMarkers::take_finished() {
  return std::exchange(finished_, {});
}

/// A deleted topic's partitions need no markers; a transaction without partitions is done.
void TransactionMarkers::drop_deleted_topics() {
  for (auto entry = transactions_.begin(); entry != transactions_.end();) {
    std::erase_if(entry->second.left,
                  [&](const TopicPartition& tp) { return !services_->image().find(tp); });
    if (!entry->second.left.empty()) {
      ++entry;
      continue;
    }
    finished_.push_back(entry->first);
    entry = transactions_.erase(entry);
  }
}

bool TransactionMarkers::is_asked(const std::string& id, const TopicPartition& tp) const {
  return std::any_of(asked_.begin(), asked_.end(), [&](const auto& entry) {
    const auto& markers = entry.second.markers;
    return std::find(markers.begin(), markers.end(), std::pair{id, tp}) != markers.end();
  });
}

void TransactionMarkers::send_all(engine::Runtime& runtime) {
  drop_deleted_topics();
  std::map<NodeId, std::map<std::string, PartitionList>> by_leader;
  bool nobody_leads = false;
  for (const auto& [id, pending] : transactions_) {
    for (const TopicPartition& tp : pending.left) {
      const PartitionImage* partition = services_->image().find(tp);
      if (is_asked(id, tp)) continue;
      if (partition->leader.valid())
        by_leader[partition->leader][id].push_back(tp);
      else
        nobody_leads = true;
    }
  }
  for (const auto& [leader, markers] : by_leader)
    if (!asked_.contains(leader)) send(runtime, leader, markers);
  if (nobody_leads) wake_in(runtime, retry_backoff);
  if (!asked_.empty()) wake_in(runtime, request_timeout);
}

void TransactionMarkers::send(engine::Runtime& runtime, NodeId leader,
                              const std::map<std::string, PartitionList>& markers) {
  auto request = std::make_unique<WriteTxnMarkersRequest>();
  request->header = {component_, ++last_correlation_id_};
  Asked& asked = asked_[leader];
  asked.correlation_id = last_correlation_id_;
  asked.deadline = runtime.now() + request_timeout;
  for (const auto& [id, partitions] : markers) {
    const Pending& pending = transactions_.at(id);
    request->markers.push_back(
        {pending.producer, pending.commit, pending.coordinator_epoch, partitions});
    for (const TopicPartition& tp : partitions) asked.markers.emplace_back(id, tp);
  }
  const EventId before = runtime.current_cause();
  runtime.set_cause(transactions_.at(markers.begin()->first).cause);
  const std::uint64_t size_bytes = request->size_bytes();
  runtime.send(leader, std::move(request), size_bytes, lane(runtime));
  runtime.set_cause(before);
}

bool TransactionMarkers::on_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* response = message.as<WriteTxnMarkersResponse>();
  if (!response) return false;
  const auto found = asked_.find(message.source);
  if (found == asked_.end() || found->second.correlation_id != response->header.correlation_id)
    return true;  // too late
  const Asked asked = std::move(found->second);
  asked_.erase(found);
  bool again = false;
  for (const auto& [id, tp] : asked.markers) {
    const auto pending = transactions_.find(id);
    if (pending == transactions_.end()) continue;
    Error error = Error::unknown_server_error;
    for (const WriteTxnMarkersResponse::Partition& answer : response->partitions)
      if (answer.tp == tp && answer.producer_id == pending->second.producer.producer_id)
        error = answer.error;
    on_answer(id, tp, error);
    again = again || (error != Error::none && transactions_.contains(id));
  }
  drop_deleted_topics();
  if (again)
    wake_in(runtime, retry_backoff);
  else
    send_all(runtime);
  return true;
}

void TransactionMarkers::on_answer(const std::string& id, const TopicPartition& tp, Error error) {
  if (error == Error::none) transactions_.at(id).left.erase(tp);
  if (error == Error::invalid_producer_epoch || error == Error::transaction_coordinator_fenced)
    transactions_.erase(id);
}

bool TransactionMarkers::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_) return false;
  timer_ = TimerId{};
  std::vector<NodeId> silent;
  for (const auto& [node, asked] : asked_)
    if (asked.deadline <= runtime.now()) silent.push_back(node);
  for (const NodeId node : silent) {
    asked_.erase(node);
    runtime.disconnect(node, lane(runtime));
  }
  send_all(runtime);
  return true;
}

bool TransactionMarkers::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane closed) {
  if (closed != lane(runtime)) return false;
  if (asked_.erase(peer) > 0) wake_in(runtime, retry_backoff);
  return true;
}

/// Wakes up after `delay`, or sooner when that has been asked for already.
void TransactionMarkers::wake_in(engine::Runtime& runtime, Duration delay) {
  const SimTime at = runtime.now() + delay;
  if (timer_.valid() && wakes_at_ <= at) return;
  runtime.cancel_timer(timer_);
  wakes_at_ = at;
  timer_ = runtime.set_timer(delay, {component_, 0, 0});
}

}  // namespace eventarium::kafka
