// See offset_resetter.h.
#include "sim/controller/offset_resetter.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/controller/components.h"

namespace eventarium::kafka {
namespace {

// Of KafkaAdminClient.
constexpr Duration request_timeout = 30s;
constexpr Duration default_api_timeout = 60s;
constexpr Duration retry_backoff = 100ms;

using Target = ListOffsetsRequest::Target;

}  // namespace

OffsetResetter::OffsetResetter(std::vector<NodeId> brokers) : brokers_(std::move(brokers)) {
  EVENTARIUM_CHECK(!brokers_.empty(), "somebody can be asked");
}

void OffsetResetter::start(engine::Runtime& runtime) {
  runtime_ = &runtime;
  if (!resets_.empty()) begin();
}

void OffsetResetter::stop() {
  runtime_ = nullptr;
  stage_ = Stage::idle;
  in_flight_.clear();
  asked_.clear();
  request_timer_ = retry_timer_ = reset_timer_ = TimerId{};
}

void OffsetResetter::perform(Reset reset) {
  EventId cause;
  if (runtime_) cause = runtime_->emit(trace::OperationAsked{reset.name, reset.detail});
  resets_.push_back({std::move(reset), cause});
  if (runtime_ && resets_.size() == 1) begin();
}

void OffsetResetter::begin() {
  runtime_->set_cause(resets_.front().cause);
  reset_timer_ =
      runtime_->set_timer(default_api_timeout, {offset_resetter_component, reset_timer, 0});
  find();
}

// ---- asking

void OffsetResetter::send(NodeId to, std::unique_ptr<Request> request) {
  request->header = {offset_resetter_component, ++correlation_id_};
  in_flight_[correlation_id_] = to;
  const std::uint64_t size_bytes = request->size_bytes();
  runtime_->send(to, std::move(request), size_bytes,
                 engine::Lane{runtime_->self(), offset_resetter_lane});
}

void OffsetResetter::find() {
  stage_ = Stage::finding;
  coordinator_ = NodeId{};
  partitions_.clear();
  const Reset& reset = resets_.front().reset;
  auto metadata = std::make_unique<MetadataRequest>();
  metadata->topics = {reset.topic};
  auto coordinator = std::make_unique<FindCoordinatorRequest>();
  coordinator->key = reset.group;
  runtime_->cancel_timer(request_timer_);
  request_timer_ =
      runtime_->set_timer(request_timeout, {offset_resetter_component, request_timer, 0});
  send(brokers_[broker_], std::move(metadata));
  send(brokers_[broker_], std::move(coordinator));
}

/// What has to be known of each partition.
std::set<Target> OffsetResetter::targets() const {
  switch (resets_.front().reset.to) {
    case Reset::To::earliest:
      return {Target::earliest};
    case Reset::To::latest:
      return {Target::latest};
    case Reset::To::offset:
      return {Target::earliest, Target::latest};
    case Reset::To::time:
      return {Target::timestamp, Target::latest};
  }
  return {};
}

void OffsetResetter::list() {
  stage_ = Stage::listing;
  std::set<NodeId> leaders;
  for (const auto& [number, partition] : partitions_) leaders.insert(partition.leader);
  for (const NodeId leader : leaders)
    for (const Target target : targets()) {
      auto request = std::make_unique<ListOffsetsRequest>();
      for (const auto& [number, partition] : partitions_)
        if (partition.leader == leader)
          request->partitions.push_back({{resets_.front().reset.topic, number},
                                         partition.leader_epoch,
                                         target,
                                         resets_.front().reset.time});
      send(leader, std::move(request));
      asked_[correlation_id_] = target;
    }
}

OffsetAndEpoch OffsetResetter::position(const Known& partition) const {
  const auto answer = [&](Target target) { return partition.answers.at(target); };
  switch (resets_.front().reset.to) {
    case Reset::To::earliest:
      return {answer(Target::earliest).offset, answer(Target::earliest).leader_epoch};
    case Reset::To::latest:
      break;
    case Reset::To::offset:
      return {std::clamp(resets_.front().reset.offset, answer(Target::earliest).offset,
                         answer(Target::latest).offset),
              -1};
    case Reset::To::time:
      if (answer(Target::timestamp).offset < 0) break;  // nothing is that young
      return {answer(Target::timestamp).offset, answer(Target::timestamp).leader_epoch};
  }
  return {answer(Target::latest).offset, answer(Target::latest).leader_epoch};
}

void OffsetResetter::commit() {
  stage_ = Stage::committing;
  auto request = std::make_unique<OffsetCommitRequest>();
  request->group = resets_.front().reset.group;
  for (const auto& [number, partition] : partitions_)
    request->partitions.push_back({{resets_.front().reset.topic, number}, position(partition)});
  send(coordinator_, std::move(request));
}

// ---- answers

bool OffsetResetter::handle_message(engine::Runtime&, const engine::Message& message) {
  const auto* response = message.as<Response>();
  if (!response || response->header.component != offset_resetter_component) return false;
  if (in_flight_.erase(response->header.correlation_id) == 0) return true;
  if (const auto* metadata = message.as<MetadataResponse>()) on_metadata(*metadata);
  if (const auto* found = message.as<FindCoordinatorResponse>()) on_coordinator(*found);
  if (const auto* offsets = message.as<ListOffsetsResponse>()) on_offsets(*offsets);
  if (const auto* kept = message.as<OffsetCommitResponse>()) on_commit(*kept);
  return true;
}

void OffsetResetter::on_metadata(const MetadataResponse& response) {
  for (const MetadataResponse::Topic& topic : response.topics) {
    if (topic.error != Error::none) return failed(topic.error);
    for (const MetadataResponse::Partition& partition : topic.partitions) {
      if (!partition.leader.valid()) return failed(Error::leader_not_available);
      partitions_[partition.partition] = {partition.leader, partition.leader_epoch, {}};
    }
  }
  if (partitions_.empty()) return failed(Error::unknown_topic_or_partition);
  if (coordinator_.valid()) list();
}

void OffsetResetter::on_coordinator(const FindCoordinatorResponse& response) {
  if (response.error != Error::none) return failed(response.error);
  coordinator_ = response.coordinator;
  if (!partitions_.empty()) list();
}

void OffsetResetter::on_offsets(const ListOffsetsResponse& response) {
  const Target target = asked_[response.header.correlation_id];
  asked_.erase(response.header.correlation_id);
  for (const ListOffsetsResponse::Partition& partition : response.partitions) {
    if (partition.error != Error::none) return failed(partition.error);
    partitions_[partition.tp.partition].answers[target] = partition;
  }
  if (in_flight_.empty()) commit();
}

void OffsetResetter::on_commit(const OffsetCommitResponse& response) {
  for (const OffsetCommitResponse::Partition& partition : response.partitions)
    if (partition.error != Error::none) return failed(partition.error);
  finish(Error::none, fmt::format("{} positions are kept", response.partitions.size()));
}

// ---- what goes wrong

void OffsetResetter::failed(Error error) {
  if (is_retriable(error)) return try_again();
  // What a coordinator says to a commit without a member id while there are members.
  if (error == Error::unknown_member_id || error == Error::stale_member_epoch)
    return finish(Error::non_empty_group, fmt::format("somebody is in '{}'; stop its members first",
                                                      resets_.front().reset.group));
  finish(error, "refused");
}

void OffsetResetter::forget_requests() {
  in_flight_.clear();
  asked_.clear();
  runtime_->cancel_timer(request_timer_);
}

void OffsetResetter::try_again() {
  forget_requests();
  stage_ = Stage::idle;
  broker_ = (broker_ + 1) % brokers_.size();
  runtime_->cancel_timer(retry_timer_);
  retry_timer_ = runtime_->set_timer(retry_backoff, {offset_resetter_component, retry_timer, 0});
}

void OffsetResetter::finish(Error error, const std::string& text) {
  forget_requests();
  runtime_->cancel_timer(reset_timer_);
  runtime_->cancel_timer(retry_timer_);
  stage_ = Stage::idle;
  runtime_->emit(trace::OperationAnswered{
      resets_.front().reset.name, error == Error::none ? "" : std::string(name_of(error)), text});
  resets_.pop_front();
  if (!resets_.empty()) begin();
}

bool OffsetResetter::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != offset_resetter_component) return false;
  if (token.kind == retry_timer) {
    retry_timer_ = TimerId{};
    find();
    return true;
  }
  (token.kind == request_timer ? request_timer_ : reset_timer_) = TimerId{};
  std::set<NodeId> silent;
  for (const auto& [id, node] : in_flight_) silent.insert(node);
  for (const NodeId node : silent)
    runtime.disconnect(node, engine::Lane{runtime.self(), offset_resetter_lane});
  if (token.kind == request_timer)
    try_again();
  else
    finish(Error::request_timed_out, "no answer for 60 s");
  return true;
}

bool OffsetResetter::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane != engine::Lane{runtime.self(), offset_resetter_lane}) return false;
  const bool waits = std::any_of(in_flight_.begin(), in_flight_.end(),
                                 [&](const auto& entry) { return entry.second == peer; });
  if (waits) try_again();
  return true;
}

}  // namespace eventarium::kafka
