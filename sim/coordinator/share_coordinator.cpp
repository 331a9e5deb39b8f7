#include "sim/coordinator/share_coordinator.h"

#include <utility>

#include "sim/broker/components.h"
#include "sim/coordinator/record_text.h"

namespace eventarium::kafka {

ShareCoordinator::ShareCoordinator()
    : log_(share_state_topic, share_coordinator_component, *this) {}

void ShareCoordinator::start(engine::Runtime& runtime, BrokerServices& services) {
  services_ = &services;
  log_.start(runtime, services);
  log_.set_write_timeout(
      config_ms(services.config(), ConfigScope::broker, "share.coordinator.write.timeout.ms"));
}

void ShareCoordinator::stop(engine::Runtime&, engine::StopReason) {
  log_.stop();
  kept_.clear();
  waiting_.clear();
  services_ = nullptr;
}

bool ShareCoordinator::handle(engine::Runtime& runtime, RequestTicket ticket,
                              const engine::Message& message) {
  if (const auto* asked = message.as<ReadShareGroupStateRequest>())
    return read(runtime, ticket, *asked), true;
  if (const auto* asked = message.as<WriteShareGroupStateRequest>())
    return write(runtime, ticket, *asked), true;
  return false;
}

const ShareCoordinator::Kept* ShareCoordinator::find(const std::string& key) const {
  const auto found = kept_.find(key);
  return found == kept_.end() ? nullptr : &found->second;
}

void ShareCoordinator::answer(engine::Runtime& runtime, const Waiting& waiting, Error error) {
  if (!waiting.is_read) {
    auto response = std::make_unique<WriteShareGroupStateResponse>();
    response->error = error;
    return services_->respond(runtime, waiting.ticket, waiting.header, std::move(response));
  }
  auto response = std::make_unique<ReadShareGroupStateResponse>();
  response->error = error;
  const Kept* kept = find(waiting.key);
  if (error == Error::none && kept) {
    response->state_epoch = kept->state_epoch;
    response->state = kept->state;
  }
  services_->respond(runtime, waiting.ticket, waiting.header, std::move(response));
}

void ShareCoordinator::read(engine::Runtime& runtime, RequestTicket ticket,
                            const ReadShareGroupStateRequest& request) {
  Waiting waiting{ticket, request.header, share_state_key(request.group, request.tp), true};
  const Error error = log_.check(waiting.key);
  if (error != Error::none) return answer(runtime, waiting, error);
  Kept& kept = kept_[waiting.key];
  if (request.leader_epoch < kept.leader_epoch)
    return answer(runtime, waiting, Error::fenced_leader_epoch);
  if (request.leader_epoch == kept.leader_epoch) return answer(runtime, waiting, Error::none);
  kept.leader_epoch = request.leader_epoch;
  keep(runtime, std::move(waiting));
}

void ShareCoordinator::write(engine::Runtime& runtime, RequestTicket ticket,
                             const WriteShareGroupStateRequest& request) {
  Waiting waiting{ticket, request.header, share_state_key(request.group, request.tp), false};
  const Error error = log_.check(waiting.key);
  if (error != Error::none) return answer(runtime, waiting, error);
  Kept& kept = kept_[waiting.key];
  if (request.state_epoch < kept.state_epoch)
    return answer(runtime, waiting, Error::fenced_state_epoch);
  if (request.leader_epoch < kept.leader_epoch)
    return answer(runtime, waiting, Error::fenced_leader_epoch);
  kept = {request.state_epoch, request.leader_epoch, request.state};
  keep(runtime, std::move(waiting));
}

void ShareCoordinator::keep(engine::Runtime& runtime, Waiting waiting) {
  const Kept& kept = kept_.at(waiting.key);
  RecordTextWriter value;
  value.integer("state_epoch", kept.state_epoch);
  value.integer("leader_epoch", kept.leader_epoch);
  value.text("state", kept.state);
  const std::uint64_t token = log_.write(runtime, log_.partition_of(waiting.key),
                                         {{waiting.key, value.take(), "ShareSnapshot"}});
  waiting_.emplace(token, std::move(waiting));
}

void ShareCoordinator::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return;
  const Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  answer(runtime, waiting, error);
}

void ShareCoordinator::replay(std::int32_t, const CoordinatorEntry& entry, const ProducerStamp&) {
  if (!entry.value) {
    kept_.erase(entry.key);
    return;
  }
  const RecordText value(*entry.value);
  kept_[entry.key] = {static_cast<std::int32_t>(value.integer("state_epoch")),
                      static_cast<std::int32_t>(value.integer("leader_epoch")),
                      value.text("state")};
}

void ShareCoordinator::on_unloaded(engine::Runtime&, std::int32_t partition) {
  std::erase_if(kept_,
                [&](const auto& entry) { return log_.partition_of(entry.first) == partition; });
}

std::size_t ShareCoordinator::entries(std::int32_t partition) const {
  std::size_t count = 0;
  for (const auto& [key, kept] : kept_) count += log_.partition_of(key) == partition ? 1 : 0;
  return count;
}

// ---- the seam -----------------------------------------------------------------------------------

bool ShareCoordinator::on_timer(engine::Runtime& runtime, engine::Token token) {
  return log_.on_timer(runtime, token);
}

bool ShareCoordinator::on_done(engine::Runtime& runtime, engine::Token token) {
  return log_.on_done(runtime, token);
}

void ShareCoordinator::on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                                     std::int32_t epoch) {
  log_.on_leadership(runtime, tp, epoch);
}

void ShareCoordinator::on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) {
  log_.on_appended(runtime, token, error);
}

}  // namespace eventarium::kafka
