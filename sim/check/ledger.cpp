// The fold: what each event of the trace changes in the ledger. What is counted from it, and how,
// is in verdict.cpp.
#include "sim/check/ledger.h"

#include <algorithm>
#include <set>

namespace eventarium::check {
namespace {

void remove_one(std::vector<NodeId>& nodes, NodeId node) {
  const auto found = std::find(nodes.begin(), nodes.end(), node);
  if (found != nodes.end()) nodes.erase(found);
}

Ledger::Channel channel_of(const std::string& name) {
  if (name == "kafka") return Ledger::Channel::kafka;
  if (name == "direct") return Ledger::Channel::direct;
  if (name == "queue") return Ledger::Channel::queue;
  if (name == "broadcast") return Ledger::Channel::broadcast;
  return Ledger::Channel::unknown;
}

}  // namespace

const Handing* RecordEntry::handing(NodeId consumer) const {
  for (const Handing& handing : handings)
    if (handing.consumer == consumer) return &handing;
  return nullptr;
}

std::uint64_t RecordEntry::deliveries() const {
  std::uint64_t sum = 0;
  for (const Handing& handing : handings) sum += handing.deliveries;
  return sum;
}

RecordEntry* Ledger::entry(RecordId id) {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &records_[found->second];
}

const RecordEntry* Ledger::find(RecordId id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &records_[found->second];
}

template <class Visit>
void Ledger::for_each(const trace::RecordList& list, Visit&& visit) {
  for (const RecordId id : list)
    if (RecordEntry* found = entry(id)) visit(*found);
}

std::vector<NodeId> Ledger::consumers() const {
  std::set<NodeId> found;
  for (const Subscription& subscription : subscriptions_) found.insert(subscription.consumer);
  for (const RecordEntry& record : records_)
    for (const Handing& handing : record.handings) found.insert(handing.consumer);
  return {found.begin(), found.end()};
}

void Ledger::on_event(const trace::Event& event) {
  ++events_;
  now_ = event.t;
  names_.apply(event);
  logs_.on_event(event);
  for_each(logs_.added(), [](RecordEntry& record) { ++record.copies; });
  for_each(logs_.removed(),
           [](RecordEntry& record) { record.copies -= record.copies > 0 ? 1 : 0; });
  on_transport(event);
  on_queue(event);
  if (const auto* produced = event.as<trace::RecordProduced>()) {
    on_produced(event, *produced);
  } else if (const auto* delivered = event.as<trace::RecordsDelivered>()) {
    on_delivered(event, *delivered);
  } else if (const auto* finished = event.as<trace::ProcessingFinished>()) {
    on_processed(event, *finished);
  } else if (const auto* done = event.as<trace::SideEffectDone>()) {
    side_effects_.push_back(
        {done->effect, done->idempotency_key, done->text, event.node, done->record, done->times});
  } else if (const auto* acknowledged = event.as<trace::RecordsAcknowledged>()) {
    for_each(acknowledged->records, [](RecordEntry& record) { record.acknowledged = true; });
  } else if (const auto* failed = event.as<trace::SendFailed>()) {
    for_each(failed->records, [](RecordEntry& record) { record.given_up = true; });
  } else if (const auto* wanted = event.as<trace::SubscriptionDeclared>()) {
    on_subscription(event, *wanted);
  } else if (event.as<trace::NodeStarted>()) {
    on_started(event.node);
  } else if (const auto* batched = event.as<trace::RecordBatched>()) {
    if (RecordEntry* record = entry(batched->record)) record->partition = batched->partition;
  } else if (event.as<trace::PartitionCreated>()) {
    channel_ = Channel::kafka;
  } else if (const auto* reset = event.as<trace::PositionReset>()) {
    on_position(event, *reset);
  }
}

void Ledger::on_subscription(const trace::Event& event, const trace::SubscriptionDeclared& wanted) {
  subscriptions_.push_back({event.node, wanted.topic, wanted.partition, wanted.reset});
  channel_ = channel_of(wanted.channel);
  const bool from_the_start = wanted.reset == "earliest" || wanted.reset == "none";
  if (from_the_start && wanted.partition >= 0)
    began_at_.try_emplace({event.node, {wanted.topic, wanted.partition}}, Beginning{0, false});
}

void Ledger::on_started(NodeId node) {
  for (const Subscription& wanted : subscriptions_) {
    if (wanted.consumer != node || wanted.reset != "latest" || wanted.partition < 0) continue;
    const PartitionKey partition{wanted.topic, wanted.partition};
    const auto found = logs_.partitions().find(partition);
    const bool known = found != logs_.partitions().end();
    const std::int64_t end = known ? found->second.log().log_end_offset() : 0;
    began_at_.try_emplace({node, partition}, Beginning{end, false});
  }
}

void Ledger::on_position(const trace::Event& event, const trace::PositionReset& reset) {
  const PartitionKey partition{reset.topic, reset.partition};
  positions_[{event.node, partition}] = reset.offset;
  Beginning& began =
      began_at_.try_emplace({event.node, partition}, Beginning{reset.offset, true}).first->second;
  began.offset = began.has_position ? std::min(began.offset, reset.offset) : reset.offset;
  began.has_position = true;
}

void Ledger::on_produced(const trace::Event& event, const trace::RecordProduced& produced) {
  RecordEntry record;
  record.id = produced.record;
  record.producer = event.node;
  record.event_id = produced.event_id;
  record.event_type = produced.event_type;
  record.topic = produced.topic;
  record.produced = event.t;
  record.keyed = produced.keyed;
  if (produced.keyed) {
    std::string stream = std::to_string(event.node.value) + '\n' + produced.topic + '\n';
    stream += produced.partitionkey;
    const auto next = static_cast<std::uint32_t>(streams_.size());
    record.stream = streams_.try_emplace(std::move(stream), next).first->second;
  }
  index_[record.id] = records_.size();
  records_.push_back(std::move(record));
}

void Ledger::on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered) {
  if (delivered.base_offset >= 0)
    positions_[{event.node, {delivered.topic, delivered.partition}}] =
        delivered.base_offset + static_cast<std::int64_t>(delivered.records.size());
  for_each(delivered.records, [&](RecordEntry& record) {
    remove_one(record.held_by, event.node);
    auto found = std::find_if(record.handings.begin(), record.handings.end(),
                              [&](const Handing& h) { return h.consumer == event.node; });
    if (found != record.handings.end()) {
      ++found->deliveries;
      return;
    }
    Handing handing;
    handing.consumer = event.node;
    handing.deliveries = 1;
    handing.first_delivered = event.t;
    if (record.keyed) {
      const auto index = static_cast<std::size_t>(&record - records_.data());
      auto& latest =
          latest_of_stream_.try_emplace({event.node, record.stream}, index).first->second;
      handing.out_of_order = index < latest;
      latest = std::max(latest, index);
    }
    record.handings.push_back(handing);
  });
}

void Ledger::on_processed(const trace::Event& event, const trace::ProcessingFinished& finished) {
  RecordEntry* record = entry(finished.record);
  if (!record || finished.outcome == "failed") return;
  for (Handing& handing : record->handings) {
    if (handing.consumer != event.node) continue;
    if (handing.processed++ == 0) handing.first_processed = event.t;
  }
}

/// Follows records on their way, so that what travels, or waits in somebody's hands, isn't called
/// lost too early.
void Ledger::on_transport(const trace::Event& event) {
  if (const auto* sent = event.as<trace::MessageSent>()) {
    if (sent->records.empty()) return;
    for_each(sent->records,
             [&](RecordEntry& record) { record.travelling_to.push_back(sent->destination); });
    carriers_[sent->message] = {sent->destination, sent->records};
    return;
  }
  const auto* arrived = event.as<trace::MessageArrived>();
  const auto* lost = event.as<trace::MessageLost>();
  if (arrived || lost) {
    const auto found = carriers_.find(arrived ? arrived->message : lost->message);
    if (found == carriers_.end()) return;
    const NodeId destination = found->second.destination;
    for_each(found->second.records, [&](RecordEntry& record) {
      remove_one(record.travelling_to, destination);
      const auto& held = record.held_by;
      const bool known = std::find(held.begin(), held.end(), destination) != held.end();
      if (arrived && !known) record.held_by.push_back(destination);
    });
    carriers_.erase(found);
    return;
  }
  const auto let_go = [&](RecordEntry& record) { remove_one(record.held_by, event.node); };
  if (const auto* appended = event.as<trace::BatchAppended>()) {
    for_each(appended->records, let_go);
  } else if (const auto* refused = event.as<trace::ProduceRefused>()) {
    for_each(refused->records, let_go);
  } else if (event.as<trace::NodeStopped>()) {
    for (RecordEntry& record : records_) {
      let_go(record);
      if (record.producer == event.node) record.at_producer = false;
    }
  }
}

void Ledger::on_queue(const trace::Event& event) {
  if (const auto* stored = event.as<trace::QueueStored>()) {
    channel_ = Channel::queue;
    if (RecordEntry* record = entry(stored->record)) {
      record->stored = true;
      remove_one(record->held_by, event.node);
    }
  } else if (const auto* dead = event.as<trace::QueueDeadLettered>()) {
    if (RecordEntry* record = entry(dead->record)) record->dead_lettered = true;
  } else if (const auto* sent = event.as<trace::BroadcastSent>()) {
    channel_ = Channel::broadcast;
    if (RecordEntry* record = entry(sent->record)) {
      record->promised = sent->subscribers;
      record->broadcast = true;
      remove_one(record->held_by, event.node);
    }
  }
}

}  // namespace eventarium::check
