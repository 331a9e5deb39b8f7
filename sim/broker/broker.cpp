#include "sim/broker/broker.h"

#include <utility>

namespace eventarium::kafka {
namespace {

ClientConnection connection_of(const engine::Message& message) {
  return {message.source, message.lane};
}

template <class R>
void respond(engine::Runtime& runtime, const ClientConnection& client,
             std::unique_ptr<R> response) {
  const std::uint64_t size_bytes = response->size_bytes();
  runtime.send(client.node, std::move(response), size_bytes, client.lane);
}

}  // namespace

Broker::Broker(Config config, std::shared_ptr<const ClusterImage> image)
    : config_(std::move(config)),
      image_(std::move(image)),
      fetch_max_bytes_(
          static_cast<std::uint64_t>(config_int(config_, ConfigScope::broker, "fetch.max.bytes"))) {
}

void Broker::on_start(engine::Runtime& runtime) {
  if (!loaded_) {
    replicas_.load(runtime.self(), *image_, config_);
    loaded_ = true;
    announce(runtime);
  }
  if (std::exchange(lost_power_, false)) replicas_.recover_after_power_loss(runtime);
  replicas_.advance_high_watermarks(runtime);
}

void Broker::announce(engine::Runtime& runtime) {
  for (const auto& [tp, partition] : replicas_.partitions()) {
    if (!partition.is_leader()) continue;
    const PartitionImage& image = partition.image();
    runtime.emit(trace::PartitionCreated{tp.topic, tp.partition, image.leader, image.leader_epoch,
                                         image.replicas, image.isr});
  }
}

void Broker::on_message(engine::Runtime& runtime, engine::Message message) {
  if (message.as<FetchRequest>()) {
    take_fetch(runtime, std::move(message));
  } else if (const auto* produce = message.as<ProduceRequest>()) {
    take_produce(runtime, connection_of(message), *produce);
  } else if (const auto* list_offsets = message.as<ListOffsetsRequest>()) {
    answer_list_offsets(runtime, connection_of(message), *list_offsets);
  } else if (const auto* metadata = message.as<MetadataRequest>()) {
    answer_metadata(runtime, connection_of(message), *metadata);
  } else if (const auto* api_versions = message.as<ApiVersionsRequest>()) {
    auto response = std::make_unique<ApiVersionsResponse>();
    response->header = api_versions->header;
    respond(runtime, connection_of(message), std::move(response));
  }
}

double Broker::handling_work_flops(const engine::Message& message) const {
  if (!message.as<ProduceRequest>()) return request_work_flops;
  return request_work_flops + produced_byte_work_flops * static_cast<double>(message.size_bytes);
}

void Broker::answer_metadata(engine::Runtime& runtime, const ClientConnection& client,
                             const MetadataRequest& request) {
  auto response = std::make_unique<MetadataResponse>();
  response->header = request.header;
  for (const auto& [id, broker] : image_->brokers)
    if (!broker.fenced) response->brokers.push_back(id);
  for (const std::string& name : request.topics) {
    MetadataResponse::Topic& answer = response->topics.emplace_back();
    answer.name = name;
    const TopicImage* topic = image_->find_topic(name);
    if (!topic) {
      answer.error = Error::unknown_topic_or_partition;
      continue;
    }
    for (std::size_t p = 0; p < topic->partitions.size(); ++p) {
      const PartitionImage& partition = *topic->partitions[p];
      const Error error = partition.leader.valid() ? Error::none : Error::leader_not_available;
      answer.partitions.push_back({error, static_cast<std::int32_t>(p), partition.leader,
                                   partition.leader_epoch, partition.replicas, partition.isr});
    }
  }
  respond(runtime, client, std::move(response));
}

void Broker::take_produce(engine::Runtime& runtime, const ClientConnection& client,
                          const ProduceRequest& request) {
  PendingProduce produce{client, request.header, request.acks, replicas_.append(runtime, request)};
  if (!produce.outcome.must_flush) return answer_produce(runtime, std::move(produce));
  runtime.set_cause(produce.outcome.last_event);
  waiting_for_disk_.emplace(++last_flush_, std::move(produce));
  runtime.fsync(engine::Token{0, 0, last_flush_});
}

void Broker::answer_produce(engine::Runtime& runtime, PendingProduce produce) {
  const std::vector<TopicPartition> advanced = replicas_.complete_append(runtime, produce.outcome);
  runtime.set_cause(produce.outcome.last_event);
  if (produce.acks == 0) {
    // Nobody waits for an answer; an error can only be shown by hanging up.
    if (produce.outcome.failed) runtime.disconnect(produce.client.node, produce.client.lane);
  } else {
    auto response = std::make_unique<ProduceResponse>();
    response->header = produce.header;
    response->partitions = std::move(produce.outcome.partitions);
    respond(runtime, produce.client, std::move(response));
  }
  for (const TopicPartition& tp : advanced) complete_fetches(runtime, tp);
}

void Broker::on_done(engine::Runtime& runtime, engine::Token token) {
  const auto found = waiting_for_disk_.find(token.value);
  if (found == waiting_for_disk_.end()) return;
  PendingProduce produce = std::move(found->second);
  waiting_for_disk_.erase(found);
  answer_produce(runtime, std::move(produce));
}

void Broker::answer_list_offsets(engine::Runtime& runtime, const ClientConnection& client,
                                 const ListOffsetsRequest& request) {
  auto response = std::make_unique<ListOffsetsResponse>();
  response->header = request.header;
  for (const auto& asked : request.partitions)
    response->partitions.push_back(replicas_.list_offset(asked));
  respond(runtime, client, std::move(response));
}

void Broker::take_fetch(engine::Runtime& runtime, engine::Message message) {
  const FetchRequest& request = *message.as<FetchRequest>();
  if (request.max_wait <= Duration::zero() || request.partitions.empty() ||
      replicas_.is_satisfied(request))
    return answer_fetch(runtime, connection_of(message), request);
  const engine::Token token{0, 0, purgatory_.next_id()};
  const TimerId timer = runtime.set_timer(request.max_wait, token);
  purgatory_.park({std::move(message), timer});
}

void Broker::answer_fetch(engine::Runtime& runtime, const ClientConnection& client,
                          const FetchRequest& request) {
  auto response = std::make_unique<FetchResponse>();
  response->header = request.header;
  response->partitions = replicas_.read(request, fetch_max_bytes_).partitions;
  respond(runtime, client, std::move(response));
}

void Broker::complete_fetches(engine::Runtime& runtime, const TopicPartition& tp) {
  for (const std::uint64_t id : purgatory_.watchers_of(tp)) {
    if (!replicas_.is_satisfied(purgatory_.find(id)->request())) continue;
    auto fetch = purgatory_.take(id);
    runtime.cancel_timer(fetch->timer);
    answer_fetch(runtime, connection_of(fetch->message), fetch->request());
  }
}

void Broker::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (auto fetch = purgatory_.take(token.value))
    answer_fetch(runtime, connection_of(fetch->message), fetch->request());
}

void Broker::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  for (const std::uint64_t id : purgatory_.of_client(peer, lane)) {
    auto fetch = purgatory_.take(id);
    runtime.cancel_timer(fetch->timer);
  }
}

void Broker::on_stop(engine::Runtime&, engine::StopReason reason) {
  purgatory_.clear();
  waiting_for_disk_.clear();
  if (reason == engine::StopReason::clean) replicas_.flush_all();
  if (reason == engine::StopReason::power_loss) lost_power_ = true;
}

}  // namespace eventarium::kafka
