#include "sim/broker/broker_parts.h"

#include <utility>

#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

/// Producer ids that one registration of a broker can give away (Kafka's controller gives blocks
/// of 1,000, one after the other). A registration has an epoch that no other has.
constexpr std::int64_t producer_ids_per_epoch = 1'000'000;

}  // namespace

void send_response(engine::Runtime& runtime, RequestChannel& channel, RequestTicket ticket,
                   Header header, std::unique_ptr<Response> response) {
  if (!channel.in_hand(ticket)) return;
  response->header = header;
  const RequestChannel::Connection& connection = channel.connection(ticket);
  const std::uint64_t size_bytes = response->size_bytes();
  runtime.send(connection.client, std::move(response), size_bytes, connection.lane);
  channel.finish(ticket);
}

/// What one part sees of its broker.
class BrokerParts::Services final : public BrokerServices {
 public:
  Services(BrokerParts& parts, std::size_t part) : parts_(parts), part_(part) {}

  const ClusterImage& image() const override { return parts_.link_.image(); }
  const Config& config() const override { return parts_.config_; }
  std::int64_t new_producer_id() override { return parts_.new_producer_id(); }

  void respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
               std::unique_ptr<Response> response) override {
    parts_.respond(runtime, ticket, header, std::move(response));
  }
  bool in_hand(RequestTicket ticket) const override { return parts_.channel_.in_hand(ticket); }

  const PartitionLog* log(const TopicPartition& tp) const override {
    const Partition* partition = parts_.replicas_.find(tp);
    return partition ? &partition->log() : nullptr;
  }
  std::int32_t led_epoch(const TopicPartition& tp) const override {
    const Partition* partition = parts_.replicas_.find(tp);
    return partition && partition->is_leader() ? partition->leader_epoch() : -1;
  }
  std::int64_t append(engine::Runtime& runtime, const TopicPartition& tp, RecordBatch batch,
                      Duration timeout, std::uint64_t token) override {
    return parts_.append(runtime, part_, tp, std::move(batch), timeout, token);
  }

 private:
  BrokerParts& parts_;
  std::size_t part_;
};

BrokerParts::BrokerParts(const Config& config, ClusterLink& link, RequestChannel& channel,
                         ReplicaManager& replicas)
    : config_(config), link_(link), channel_(channel), replicas_(replicas) {}

BrokerParts::~BrokerParts() = default;

void BrokerParts::add(std::unique_ptr<BrokerPart> part) {
  auto services = std::make_unique<Services>(*this, parts_.size());
  parts_.push_back({std::move(part), std::move(services)});
}

// ---- life ---------------------------------------------------------------------------------------

void BrokerParts::start(engine::Runtime& runtime) {
  for (const Host& host : parts_) host.part->start(runtime, *host.services);
}

void BrokerParts::stop(engine::Runtime& runtime, engine::StopReason reason) {
  for (const Host& host : parts_) host.part->stop(runtime, reason);
  in_hand_.clear();
  appends_.clear();
  delayed_.clear();
  reports_.clear();
}

std::int64_t BrokerParts::new_producer_id() {
  return link_.broker_epoch() * producer_ids_per_epoch + ++producer_ids_given_;
}

// ---- dispatch -----------------------------------------------------------------------------------

bool BrokerParts::handle(engine::Runtime& runtime, RequestTicket ticket,
                         const engine::Message& message) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    // Before it is handled: the part may answer at once.
    in_hand_[ticket.serial] = i;
    if (parts_[i].part->handle(runtime, ticket, message)) return true;
  }
  in_hand_.erase(ticket.serial);
  return false;
}

void BrokerParts::respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
                          std::unique_ptr<Response> response) {
  in_hand_.erase(ticket.serial);
  send_response(runtime, channel_, ticket, header, std::move(response));
}

void BrokerParts::request_gone(engine::Runtime& runtime, RequestTicket ticket) {
  const auto found = in_hand_.find(ticket.serial);
  if (found == in_hand_.end()) return;
  const std::size_t part = found->second;
  in_hand_.erase(found);
  parts_[part].part->on_request_gone(runtime, ticket);
}

void BrokerParts::client_gone(engine::Runtime& runtime, NodeId client, engine::Lane lane) {
  for (const Host& host : parts_) host.part->on_client_gone(runtime, client, lane);
}

bool BrokerParts::on_message(engine::Runtime& runtime, const engine::Message& message) {
  for (const Host& host : parts_)
    if (host.part->on_message(runtime, message)) return true;
  return false;
}

bool BrokerParts::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == broker_parts_component) {
    if (delayed_.forget(token.value))
      reports_.push_back({token.value, Error::request_timed_out, runtime.current_cause()});
    return true;
  }
  for (const Host& host : parts_)
    if (host.part->on_timer(runtime, token)) return true;
  return false;
}

bool BrokerParts::on_done(engine::Runtime& runtime, engine::Token token) {
  if (token.component == broker_parts_component) {
    if (appends_.contains(token.value)) finish_append(runtime, token.value);
    return true;
  }
  for (const Host& host : parts_)
    if (host.part->on_done(runtime, token)) return true;
  return false;
}

bool BrokerParts::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  for (const Host& host : parts_)
    if (host.part->on_disconnect(runtime, peer, lane)) return true;
  return false;
}

void BrokerParts::on_metadata(engine::Runtime& runtime) {
  const auto changes = replicas_.take_leadership_changes();
  const EventId before = runtime.current_cause();
  for (const ReplicaManager::LeadershipChange& change : changes) {
    runtime.set_cause(change.cause);
    for (const Host& host : parts_) host.part->on_leadership(runtime, change.tp, change.epoch);
  }
  runtime.set_cause(before);
  for (const Host& host : parts_) host.part->on_metadata(runtime);
}

void BrokerParts::tell_marker(engine::Runtime& runtime, const TopicPartition& tp,
                              ProducerIdAndEpoch producer, bool commit) {
  for (const Host& host : parts_) host.part->on_marker(runtime, tp, producer, commit);
}

// ---- appending ----------------------------------------------------------------------------------

std::int64_t BrokerParts::append(engine::Runtime& runtime, std::size_t part,
                                 const TopicPartition& tp, RecordBatch batch, Duration timeout,
                                 std::uint64_t token) {
  const std::uint64_t id = ++last_append_;
  std::vector<ProduceRequest::Partition> asked(1);
  asked.front() = {tp, std::move(batch)};
  Append& append = appends_[id];
  append.part = part;
  append.token = token;
  append.timeout = timeout;
  append.outcome = replicas_.append(runtime, asked, -1);
  const ProduceResponse::Partition& answer = append.outcome.answers.front();
  if (append.outcome.failed) {
    reports_.push_back({id, answer.error, append.outcome.last_event});
    return -1;
  }
  const std::int64_t base_offset = answer.base_offset;
  if (append.outcome.must_flush) {
    runtime.fsync({broker_parts_component, append_flushed, id});
  } else {
    finish_append(runtime, id);
  }
  return base_offset;
}

/// It is as safe on this broker as configured; the partition has been touched, so it is looked at
/// before anything else.
void BrokerParts::finish_append(engine::Runtime& runtime, std::uint64_t id) {
  Append& append = appends_.at(id);
  AppendOutcome outcome = std::move(append.outcome);
  const DelayedProduce::Batch& batch = outcome.batches.front();
  if (!replicas_.at(batch.partition)) {  // deleted while it waited for the disk
    reports_.push_back({id, Error::not_leader_or_follower, runtime.current_cause()});
    return;
  }
  append.timer = runtime.set_timer(append.timeout, {broker_parts_component, append_timeout, id});
  delayed_.park(id, batch.partition, batch.required_offset);
  replicas_.complete_append(runtime, outcome);
}

void BrokerParts::check(engine::Runtime& runtime, std::uint32_t number) {
  for (const auto& [id, error] : delayed_.check(number, replicas_.at(number)))
    reports_.push_back({id, error, runtime.current_cause()});
  if (const Partition* partition = replicas_.at(number))
    for (const Host& host : parts_) host.part->on_touched(runtime, partition->tp());
}

bool BrokerParts::report_next(engine::Runtime& runtime) {
  if (reports_.empty()) return false;
  const Report report = reports_.front();
  reports_.pop_front();
  const auto found = appends_.find(report.id);
  Append append = std::move(found->second);
  appends_.erase(found);
  runtime.cancel_timer(append.timer);
  runtime.set_cause(report.cause);
  parts_[append.part].part->on_appended(runtime, append.token, report.error);
  return true;
}

}  // namespace eventarium::kafka
