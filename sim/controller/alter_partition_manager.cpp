#include "sim/controller/alter_partition_manager.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {
namespace {

constexpr Duration controller_socket_timeout = 30s;

}  // namespace

AlterPartitionManager::AlterPartitionManager()
    : channel_(alter_partition_component, channel_kinds, alter_partition_lane,
               controller_socket_timeout) {}

void AlterPartitionManager::propose(AlterPartitionRequest::Partition wish) {
  const TopicPartition tp = wish.tp;
  proposals_.insert_or_assign(tp, Proposal{std::move(wish), false});
}

void AlterPartitionManager::run(engine::Runtime& runtime, NodeId controller,
                                std::int64_t broker_epoch) {
  if (proposals_.empty() || channel_.in_flight()) return;
  auto request = std::make_unique<AlterPartitionRequest>();
  request->broker = runtime.self();
  request->broker_epoch = broker_epoch;
  for (auto& [tp, proposal] : proposals_) {
    request->partitions.push_back(proposal.wish);
    proposal.asked = true;
  }
  channel_.send(runtime, controller, std::move(request));
}

bool AlterPartitionManager::on_message(engine::Runtime& runtime, const engine::Message& message,
                                       std::vector<AlterPartitionResponse::Partition>& answers) {
  const auto* response = message.as<AlterPartitionResponse>();
  if (!response) return false;
  if (!channel_.answered(runtime, message)) return true;
  if (response->error != Error::none) {
    channel_.refused(runtime);
    return true;
  }
  for (const auto& answer : response->partitions) {
    const auto found = proposals_.find(answer.tp);
    if (found == proposals_.end() || !found->second.asked) continue;
    if (answer.error == Error::not_controller) {
      channel_.refused(runtime);
      continue;
    }
    proposals_.erase(found);
    answers.push_back(answer);
  }
  return true;
}

bool AlterPartitionManager::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != alter_partition_component) return false;
  channel_.on_timer(runtime, token);
  return true;
}

bool AlterPartitionManager::on_disconnect(engine::Runtime& runtime, NodeId peer,
                                          engine::Lane lane) {
  if (!channel_.owns(runtime, lane)) return false;
  channel_.on_disconnect(runtime, peer, lane);
  return true;
}

void AlterPartitionManager::stop() {
  channel_.stop();
  proposals_.clear();
}

}  // namespace eventarium::kafka
