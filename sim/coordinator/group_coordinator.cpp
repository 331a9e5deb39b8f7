#include "sim/coordinator/group_coordinator.h"

#include <utility>

#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

constexpr std::uint16_t timer_token = 0;

const char* topic_of(FindCoordinatorRequest::KeyType type) {
  switch (type) {
    case FindCoordinatorRequest::KeyType::group:
      return offsets_topic;
    case FindCoordinatorRequest::KeyType::transaction:
      return transactions_topic;
    case FindCoordinatorRequest::KeyType::share:
      return share_state_topic;
  }
  return "";
}

}  // namespace

GroupCoordinator::GroupCoordinator(PlantedFaults planted)
    : log_(offsets_topic, group_coordinator_component, *this),
      timers_(group_coordinator_component, timer_token),
      context_{nullptr, log_, timers_, {}, planted},
      classic_(context_),
      offsets_(context_, classic_) {
  context_.managers.push_back(&classic_);
}

GroupCoordinator::~GroupCoordinator() = default;

void GroupCoordinator::add_manager(std::unique_ptr<GroupManager> manager) {
  context_.managers.push_back(manager.get());
  added_.push_back(std::move(manager));
}

void GroupCoordinator::start(engine::Runtime& runtime, BrokerServices& services) {
  context_.broker = &services;
  log_.start(runtime, services);
  log_.set_write_timeout(
      config_ms(services.config(), ConfigScope::broker, "offsets.commit.timeout.ms"));
  offsets_.start();
  for (GroupManager* manager : context_.managers) manager->start(runtime);
}

void GroupCoordinator::stop(engine::Runtime&, engine::StopReason) {
  for (GroupManager* manager : context_.managers) manager->stop();
  offsets_.stop();
  timers_.forget_all();
  log_.stop();
  context_.broker = nullptr;
}

bool GroupCoordinator::handle(engine::Runtime& runtime, RequestTicket ticket,
                              const engine::Message& message) {
  if (const auto* request = message.as<FindCoordinatorRequest>()) {
    find_coordinator(runtime, ticket, *request);
    return true;
  }
  if (offsets_.handle(runtime, ticket, message)) return true;
  for (GroupManager* manager : context_.managers)
    if (manager->handle(runtime, ticket, message)) return true;
  return false;
}

/// Kafka's KafkaApis.getCoordinator: who leads the partition, as far as clients can see it.
void GroupCoordinator::find_coordinator(engine::Runtime& runtime, RequestTicket ticket,
                                        const FindCoordinatorRequest& request) {
  const ClusterImage& image = context_.broker->image();
  const TopicImage* topic = image.find_topic(topic_of(request.key_type));
  auto response = std::make_unique<FindCoordinatorResponse>();
  if (topic) {
    const auto partition = static_cast<std::size_t>(
        coordinator_partition(request.key, static_cast<std::int32_t>(topic->partitions.size())));
    response->coordinator = topic->partitions[partition]->leader;
  }
  const BrokerImage* broker = image.find_broker(response->coordinator);
  if (!broker || broker->fenced) {
    response->coordinator = NodeId{};
    response->error = Error::coordinator_not_available;
  }
  context_.broker->respond(runtime, ticket, request.header, std::move(response));
}

bool GroupCoordinator::on_timer(engine::Runtime& runtime, engine::Token token) {
  return timers_.on_timer(runtime, token) || log_.on_timer(runtime, token);
}

bool GroupCoordinator::on_done(engine::Runtime& runtime, engine::Token token) {
  return log_.on_done(runtime, token);
}

void GroupCoordinator::on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                                     std::int32_t epoch) {
  log_.on_leadership(runtime, tp, epoch);
}

void GroupCoordinator::on_metadata(engine::Runtime& runtime) {
  offsets_.on_metadata(runtime);
  for (GroupManager* manager : context_.managers) manager->on_metadata(runtime);
}

void GroupCoordinator::on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) {
  log_.on_appended(runtime, token, error);
}

void GroupCoordinator::on_marker(engine::Runtime& runtime, const TopicPartition& tp,
                                 ProducerIdAndEpoch producer, bool commit) {
  if (tp.topic == log_.topic()) offsets_.on_marker(runtime, tp.partition, producer, commit);
}

// ---- the log ------------------------------------------------------------------------------------

void GroupCoordinator::replay(std::int32_t partition, const CoordinatorEntry& entry,
                              const ProducerStamp& stamp) {
  const auto key = decode_group_key(entry.key);
  if (!key || offsets_.replay(partition, *key, entry.value, stamp)) return;
  for (GroupManager* manager : context_.managers) {
    if (!manager->replay(*key, entry.value)) continue;
    if (manager->has(key->group) && manager != &classic_) classic_.drop_simple_group(key->group);
    return;
  }
}

void GroupCoordinator::replay_marker(std::int32_t partition, const ProducerStamp& stamp) {
  offsets_.replay_marker(partition, stamp);
}

void GroupCoordinator::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  offsets_.on_loaded(runtime, partition);
  for (GroupManager* manager : context_.managers) manager->on_loaded(runtime, partition);
}

void GroupCoordinator::on_unloaded(engine::Runtime& runtime, std::int32_t partition) {
  for (GroupManager* manager : context_.managers) manager->on_unloaded(runtime, partition);
  offsets_.on_unloaded(runtime, partition);
}

void GroupCoordinator::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
  if (offsets_.on_written(runtime, token, error)) return;
  for (GroupManager* manager : context_.managers)
    if (manager->on_written(runtime, token, error)) return;
}

std::size_t GroupCoordinator::entries(std::int32_t partition) const {
  std::size_t count = 0;
  for (const GroupManager* manager : context_.managers) count += manager->groups(partition).size();
  return count;
}

}  // namespace eventarium::kafka
