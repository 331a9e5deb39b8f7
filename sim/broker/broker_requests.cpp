// The requests of clients and followers (Kafka's KafkaApis, 4.1).
#include <algorithm>
#include <utility>

#include "sim/broker/broker.h"
#include "sim/broker/components.h"
#include "sim/broker/follower_log.h"

namespace eventarium::kafka {

void Broker::respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
                     std::unique_ptr<Response> response) {
  send_response(runtime, channel_, ticket, header, std::move(response));
}

void Broker::handle(engine::Runtime& runtime, RequestChannel::Taken taken) {
  const RequestTicket ticket = taken.ticket;
  const engine::Message& message = taken.message;
  if (message.as<FetchRequest>()) {
    take_fetch(runtime, std::move(taken));
  } else if (message.as<ProduceRequest>()) {
    take_produce(runtime, std::move(taken));
  } else if (const auto* list_offsets = message.as<ListOffsetsRequest>()) {
    answer_list_offsets(runtime, ticket, *list_offsets);
  } else if (const auto* metadata = message.as<MetadataRequest>()) {
    answer_metadata(runtime, ticket, *metadata);
  } else if (const auto* epochs = message.as<OffsetForLeaderEpochRequest>()) {
    answer_epochs(runtime, ticket, *epochs);
  } else if (const auto* producer_id = message.as<InitProducerIdRequest>();
             producer_id && producer_id->transactional_id.empty()) {
    answer_producer_id(runtime, ticket, *producer_id);
  } else if (const auto* api_versions = message.as<ApiVersionsRequest>()) {
    respond(runtime, ticket, api_versions->header, std::make_unique<ApiVersionsResponse>());
  } else if (!parts_.handle(runtime, ticket, message)) {
    channel_.finish(ticket);  // not a request that a broker knows
  }
}

void Broker::answer_metadata(engine::Runtime& runtime, RequestTicket ticket,
                             const MetadataRequest& request) {
  const ClusterImage& image = link_->image();
  auto response = std::make_unique<MetadataResponse>();
  for (const auto& [id, broker] : image.brokers)
    if (!broker.fenced) response->brokers.push_back(id);
  for (const std::string& name : request.topics) {
    MetadataResponse::Topic& answer = response->topics.emplace_back();
    answer.name = name;
    const TopicImage* topic = image.find_topic(name);
    if (!topic) {
      answer.error = Error::unknown_topic_or_partition;
      continue;
    }
    for (std::size_t p = 0; p < topic->partitions.size(); ++p) {
      const PartitionImage& partition = *topic->partitions[p];
      // A leader that clients can't see counts as none.
      const BrokerImage* leader = image.find_broker(partition.leader);
      const bool available = leader && !leader->fenced;
      answer.partitions.push_back({available ? Error::none : Error::leader_not_available,
                                   static_cast<std::int32_t>(p),
                                   available ? partition.leader : NodeId{}, partition.leader_epoch,
                                   partition.replicas, partition.isr});
    }
  }
  respond(runtime, ticket, request.header, std::move(response));
}

void Broker::answer_list_offsets(engine::Runtime& runtime, RequestTicket ticket,
                                 const ListOffsetsRequest& request) {
  auto response = std::make_unique<ListOffsetsResponse>();
  for (const auto& asked : request.partitions)
    response->partitions.push_back(
        replicas_.list_offset(asked, request.replica, request.isolation));
  respond(runtime, ticket, request.header, std::move(response));
}

void Broker::answer_epochs(engine::Runtime& runtime, RequestTicket ticket,
                           const OffsetForLeaderEpochRequest& request) {
  auto response = std::make_unique<OffsetForLeaderEpochResponse>();
  for (const auto& asked : request.partitions)
    response->partitions.push_back(replicas_.epoch_end(asked));
  respond(runtime, ticket, request.header, std::move(response));
}

/// An idempotent producer without transactions asks any broker.
void Broker::answer_producer_id(engine::Runtime& runtime, RequestTicket ticket,
                                const InitProducerIdRequest& request) {
  auto response = std::make_unique<InitProducerIdResponse>();
  response->producer = {parts_.new_producer_id(), 0};
  respond(runtime, ticket, request.header, std::move(response));
}

// ---- produce ------------------------------------------------------------------------------------

void Broker::take_produce(engine::Runtime& runtime, RequestChannel::Taken taken) {
  const auto& request = *taken.message.as<ProduceRequest>();
  PartitionList to_verify = replicas_.to_verify(request);
  if (to_verify.empty()) return append_produce(runtime, std::move(taken), {});
  // All batches of a request are of one producer.
  const ProducerStamp& producer = request.partitions.front().batch.producer;
  const std::uint64_t id = ++last_verification_;
  std::string transactional_id = request.transactional_id;
  const ProducerIdAndEpoch who{producer.producer_id, producer.producer_epoch};
  verifying_.emplace(id, Verifying{std::move(taken), to_verify});
  verifier_->verify(runtime, id, std::move(transactional_id), who, std::move(to_verify));
}

/// The coordinator has added the partitions to the transaction, or has not. They are looked at
/// again: some may be led by another broker by now.
void Broker::on_verified(engine::Runtime& runtime, std::uint64_t id, Error error) {
  const auto found = verifying_.find(id);
  if (found == verifying_.end()) return;
  Verifying waited = std::move(found->second);
  verifying_.erase(found);
  std::map<TopicPartition, Error> unverified;
  const auto& request = *waited.produce.message.as<ProduceRequest>();
  for (const TopicPartition& tp : replicas_.to_verify(request)) {
    const bool asked =
        std::find(waited.asked.begin(), waited.asked.end(), tp) != waited.asked.end();
    // Led here only since the question was put: the client asks again.
    const Error result = asked ? error : Error::not_enough_replicas;
    if (result != Error::none) unverified[tp] = result;
  }
  append_produce(runtime, std::move(waited.produce), unverified);
}

void Broker::append_produce(engine::Runtime& runtime, RequestChannel::Taken taken,
                            const std::map<TopicPartition, Error>& unverified) {
  const auto& request = *taken.message.as<ProduceRequest>();
  Flushing produce{
      taken.ticket, {}, replicas_.append(runtime, request.partitions, request.acks, unverified)};
  produce.message = std::move(taken.message);
  if (!produce.outcome.must_flush) return finish_produce(runtime, std::move(produce));
  runtime.set_cause(produce.outcome.last_event);
  flushing_.emplace(++last_flush_, std::move(produce));
  runtime.fsync({broker_component, 0, last_flush_});
}

void Broker::finish_produce(engine::Runtime& runtime, Flushing produce) {
  AppendOutcome& outcome = produce.outcome;
  replicas_.complete_append(runtime, outcome);
  if (!channel_.in_hand(produce.ticket)) return;  // who asked has gone
  const auto& request = *produce.message.as<ProduceRequest>();
  if (request.acks == 0) {
    if (outcome.failed) {
      // Nobody waits for an answer; an error can only be shown by hanging up.
      const RequestChannel::Connection client = channel_.connection(produce.ticket);
      runtime.disconnect(client.client, client.lane);
      for (const engine::Message& message : channel_.close(client.client, client.lane).waiting)
        tell_dropped(runtime, message);
    } else {
      channel_.finish(produce.ticket);
    }
    return;
  }
  if (request.acks == -1 && !outcome.batches.empty()) {
    channel_.set_deadline(runtime, produce.ticket, runtime.now() + request.timeout);
    produces_.park({produce.ticket, std::move(produce.message), std::move(outcome.answers),
                    std::move(outcome.batches), 0});
    return;  // each appended partition has been touched, so it is looked at before anything else
  }
  const EventId before = runtime.current_cause();
  runtime.set_cause(outcome.last_event);
  answer_produce(runtime, produce.ticket, request.header, std::move(outcome.answers));
  runtime.set_cause(before);
}

void Broker::answer_produce(engine::Runtime& runtime, RequestTicket ticket, Header header,
                            std::vector<ProduceResponse::Partition> answers) {
  auto response = std::make_unique<ProduceResponse>();
  response->partitions = std::move(answers);
  respond(runtime, ticket, header, std::move(response));
}

/// Of a request that nobody will look at, because its connection has closed. As in Kafka, where
/// what a closed channel has received is given up when the answer to the request in hand can't be
/// sent.
void Broker::tell_dropped(engine::Runtime& runtime, const engine::Message& message) {
  const auto* request = message.as<ProduceRequest>();
  if (!request) return;
  for (const auto& [tp, batch] : request->partitions)
    runtime.emit(trace::ProduceDropped{tp.topic, tp.partition, record_ids(batch)});
}

/// An acks=all request that has waited. What failed of it is in the log all the same.
void Broker::answer_delayed(engine::Runtime& runtime, DelayedProduce produce) {
  const ProduceRequest& request = produce.request();
  const EventId before = runtime.current_cause();
  for (const DelayedProduce::Batch& batch : produce.batches) {
    ProduceResponse::Partition& answer = produce.answers[batch.answer];
    if (answer.error == Error::none) continue;
    if (answer.error == Error::not_leader_or_follower)
      answer.current_leader = replicas_.leader_hint(answer.tp);
    runtime.set_cause(runtime.emit(trace::ProduceTimedOut{
        answer.tp.topic, answer.tp.partition, record_ids(request.partitions[batch.answer].batch),
        std::string(name_of(answer.error))}));
  }
  answer_produce(runtime, produce.ticket, request.header, std::move(produce.answers));
  runtime.set_cause(before);
}

// ---- fetch --------------------------------------------------------------------------------------

void Broker::take_fetch(engine::Runtime& runtime, RequestChannel::Taken taken) {
  const auto& request = *taken.message.as<FetchRequest>();
  const FetchPlan plan = replicas_.take_fetch(runtime, request);
  if (plan.answer_now) return answer_fetch(runtime, taken.ticket, request, plan);
  ParkedFetch parked;
  parked.ticket = taken.ticket;
  parked.partitions.reserve(plan.reads.size());
  for (const FetchPlan::Read& read : plan.reads)
    parked.partitions.push_back(read.partition->index());
  channel_.set_deadline(runtime, taken.ticket, runtime.now() + request.max_wait);
  parked.message = std::move(taken.message);
  fetches_.park(std::move(parked));
}

void Broker::answer_fetch(engine::Runtime& runtime, RequestTicket ticket,
                          const FetchRequest& request, const FetchPlan& plan) {
  auto response = std::make_unique<FetchResponse>();
  response->to_replica = request.replica.valid();
  response->partitions = replicas_.read(request, plan);
  respond(runtime, ticket, request.header, std::move(response));
}

void Broker::answer_parked(engine::Runtime& runtime, ParkedFetch fetch) {
  const FetchRequest& request = fetch.request();
  answer_fetch(runtime, fetch.ticket, request, replicas_.plan_again(request, fetch.partitions));
}

}  // namespace eventarium::kafka
