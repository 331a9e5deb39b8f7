// The fold: what each event of the trace changes in the ledger. What is counted from it, and how,
// is in verdict.cpp. Every record passes here several times, so this is quick: by number, not by
// text, and nothing is allocated for a record but its entry.
#include "sim/check/ledger.h"

#include <algorithm>

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

// ---- the entries

RecordEntry* Ledger::entry(RecordId id) {
  const std::uint32_t found = index_.get(id);
  return found == Numbers<RecordId>::none ? nullptr : &records_[found];
}

const RecordEntry* Ledger::find(RecordId id) const {
  const std::uint32_t found = index_.get(id);
  return found == Numbers<RecordId>::none ? nullptr : &records_[found];
}

template <class Visit>
void Ledger::for_each(const trace::RecordList& list, Visit&& visit) {
  for (const RecordId id : list)
    if (RecordEntry* found = entry(id)) visit(*found);
}

Handing* Ledger::handing(const RecordEntry& record, NodeId consumer) {
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none; i = handings_[i].next)
    if (handings_[i].handing.consumer == consumer) return &handings_[i].handing;
  return nullptr;
}

std::vector<Handing> Ledger::handings(const RecordEntry& record) const {
  std::vector<Handing> list;
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none; i = handings_[i].next)
    list.push_back(handings_[i].handing);
  return list;
}

bool Ledger::has_had(const RecordEntry& record, NodeId reader) const {
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none; i = handings_[i].next)
    if (reader_of(handings_[i].handing.consumer) == reader) return true;
  return false;
}

/// At the end of the record's list.
Ledger::HandingNode& Ledger::add_handing(RecordEntry& record, NodeId consumer) {
  const auto place = static_cast<std::uint32_t>(handings_.size());
  HandingNode added;
  added.handing.consumer = consumer;
  handings_.push_back(added);
  std::uint32_t* last = &record.first_handing;
  while (*last != RecordEntry::none) last = &handings_[*last].next;
  *last = place;
  return handings_[place];
}

Ledger::Reader& Ledger::reader(NodeId consumer, const std::string& topic, std::int64_t partition) {
  consumer = reader_of(consumer);
  const std::uint32_t number = logs_.number(topic, partition);
  if (number >= readers_.size()) readers_.resize(number + 1);
  for (Reader& reader : readers_[number])
    if (reader.consumer == consumer) return reader;
  Reader& added = readers_[number].emplace_back();
  added.consumer = consumer;
  return added;
}

void Ledger::note_consumer(NodeId node) { consumers_.try_emplace(node, true); }

void Ledger::join_group(NodeId node, const std::string& group) {
  auto known = std::find_if(groups_.begin(), groups_.end(),
                            [&](const auto& entry) { return entry.first == group; });
  if (known == groups_.end()) known = groups_.insert(groups_.end(), {group, {}});
  if (!contains(known->second, node)) known->second.push_back(node);
  first_member_[node] = known->second.front().value + 1;
}

std::optional<NodeId> Ledger::reader_of_group(const std::string& group) const {
  for (const auto& [name, members] : groups_)
    if (name == group) return members.front();
  return std::nullopt;
}

std::vector<NodeId> Ledger::consumers() const {
  std::vector<NodeId> nodes;
  for (const auto& [node, known] : consumers_) nodes.push_back(node);
  return nodes;
}

std::map<std::pair<NodeId, PartitionKey>, std::int64_t> Ledger::positions() const {
  std::map<std::pair<NodeId, PartitionKey>, std::int64_t> positions;
  for (std::uint32_t number = 0; number < readers_.size(); ++number)
    for (const Reader& reader : readers_[number])
      if (reader.position)
        positions[{reader.consumer, logs_.numbers().key(number)}] = *reader.position;
  return positions;
}

// ---- by kind of event; the frequent ones first

struct Ledger::Fold {
  Ledger& ledger;
  const trace::Event& event;

  void operator()(const trace::MessageSent& body) { ledger.on_sent(event, body); }
  void operator()(const trace::MessageArrived& body) { ledger.on_message_end(body.message, true); }
  void operator()(const trace::MessageLost& body) { ledger.on_message_end(body.message, false); }
  void operator()(const trace::RecordProduced& body) { ledger.on_produced(event, body); }
  void operator()(const trace::RecordBatched& body) {
    if (RecordEntry* record = ledger.entry(body.record))
      record->partition = static_cast<std::int32_t>(body.partition);
  }
  void operator()(const trace::RecordsAcknowledged& body) { ledger.on_acknowledged(event, body); }
  void operator()(const trace::BatchAppended& body) { ledger.on_appended(event, body); }
  void operator()(const trace::HighWatermarkAdvanced&) { ledger.logs_.on_event(event); }
  void operator()(const trace::RecordsDelivered& body) { ledger.on_delivered(event, body); }
  void operator()(const trace::ProcessingStarted&) {}
  void operator()(const trace::ProcessingFinished& body) { ledger.on_processed(event, body); }
  template <class Body>
  void operator()(const Body&) {
    ledger.on_rare(event);
  }
};

void Ledger::on_event(const trace::Event& event) {
  ++events_;
  now_ = event.t;
  trace::visit(Fold{*this, event}, event.body);
}

void Ledger::on_rare(const trace::Event& event) {
  names_.apply(event);
  cluster_.on_event(event, logs_);
  on_log_shortened(event);
  if (const auto* taken = event.as<trace::LeadershipTaken>()) on_leadership(event, *taken);
  logs_.on_event(event);
  if (const auto* start = event.as<trace::LogStartAdvanced>())
    settle(logs_.number(start->topic, start->partition), start->records);
  else if (const auto* compacted = event.as<trace::LogCompacted>())
    settle(logs_.number(compacted->topic, compacted->partition), compacted->records);
  if (settles_) on_owner(event);
  on_queue(event);
  if (const auto* done = event.as<trace::SideEffectDone>()) {
    side_effects_.push_back(
        {done->effect, done->idempotency_key, done->text, event.node, done->record, done->times});
  } else if (const auto* aside = event.as<trace::RecordPutAside>()) {
    on_put_aside(event.node, *aside);
  } else if (const auto* overflow = event.as<trace::RecordDropped>()) {
    RecordEntry* const record = entry(overflow->record);
    if (Handing* const found = record ? handing(*record, event.node) : nullptr)
      found->failed = true;
  } else if (const auto* failed = event.as<trace::SendFailed>()) {
    for_each(failed->records, [](RecordEntry& record) { record.given_up = true; });
  } else if (const auto* wanted = event.as<trace::SubscriptionDeclared>()) {
    on_subscription(event, *wanted);
  } else if (event.as<trace::NodeStarted>()) {
    on_started(event.node);
  } else if (event.as<trace::NodeStopped>()) {
    on_stopped(event.node);
  } else if (const auto* created = event.as<trace::PartitionCreated>()) {
    channel_ = Channel::kafka;
    for (const Subscription& known : subscriptions_)
      if (known.topic == created->topic && known.partition < 0) want(known);
  } else if (const auto* filtered = event.as<trace::RecordsFiltered>()) {
    on_filtered(event, *filtered);
  } else if (const auto* reset = event.as<trace::PositionReset>()) {
    on_position(event, *reset);
  } else if (const auto* settled = event.as<trace::RecordsSettled>()) {
    if (settled->outcome == "archived" || settled->outcome == "rejected")
      for_each(settled->records, [](RecordEntry& record) { record.dead_lettered = true; });
  } else if (const auto* acquired = event.as<trace::RecordsAcquired>()) {
    on_last_delivery(*acquired);
  } else if (const auto* share = event.as<trace::ShareStartAdvanced>()) {
    on_share_start(*share);
  } else if (const auto* refused = event.as<trace::ProduceRefused>()) {
    for_each(refused->records, [&](RecordEntry& record) { let_go(record, event.node); });
  } else if (const auto* dropped = event.as<trace::ProduceDropped>()) {
    for_each(dropped->records, [&](RecordEntry& record) { let_go(record, event.node); });
  }
}

// ---- who wants what

void Ledger::on_subscription(const trace::Event& event, const trace::SubscriptionDeclared& wanted) {
  if (!wanted.group.empty()) join_group(event.node, wanted.group);
  if (wanted.group_kind == "share") in_share_group_[event.node] = 1;
  subscriptions_.push_back({event.node, wanted.topic, wanted.partition, wanted.reset});
  note_consumer(event.node);
  channel_ = channel_of(wanted.channel);
  if (wanted.reset == "earliest" || wanted.reset == "none") want(subscriptions_.back());
}

/// Where somebody without a position would begin: with earliest at the beginning, with latest at
/// the end that there is now. A group wants every partition that its topic has.
void Ledger::want(const Subscription& wanted) {
  const bool from_the_start = wanted.reset == "earliest" || wanted.reset == "none";
  const auto begin = [&](std::int64_t number, const PartitionState* partition) {
    Reader& known = reader(wanted.consumer, wanted.topic, number);
    if (!known.began)
      known.began = from_the_start || !partition ? 0 : partition->log().log_end_offset();
  };
  if (wanted.partition >= 0)
    return begin(wanted.partition, logs_.find(wanted.topic, wanted.partition));
  if (channel_ != Channel::kafka) return;
  for (const auto& [key, partition] : logs_.partitions())
    if (key.topic == wanted.topic) begin(key.partition, &partition);
}

void Ledger::on_started(NodeId node) {
  for (const Subscription& wanted : subscriptions_)
    if (wanted.consumer == node && wanted.reset == "latest") want(wanted);
}

void Ledger::on_position(const trace::Event& event, const trace::PositionReset& reset) {
  Reader& known = reader(event.node, reset.topic, reset.partition);
  own_position(event.node, logs_.number(reset.topic, reset.partition), reset.offset);
  if (known.began_by_position && known.position && reset.offset > *known.position)
    known.skipped.emplace_back(*known.position, reset.offset);
  for (auto& [from, to] : known.skipped) to = std::min(to, reset.offset);  // it goes back there
  std::erase_if(known.skipped, [](const auto& range) { return range.first >= range.second; });
  known.position = reset.offset;
  known.began = known.began_by_position ? std::min(*known.began, reset.offset) : reset.offset;
  known.began_by_position = true;
}

/// After the last delivery that a record may have.
void Ledger::on_last_delivery(const trace::RecordsAcquired& acquired) {
  if (acquired.delivery_count < acquired.delivery_limit) return;
  std::vector<RecordId>& given =
      last_deliveries_[{acquired.group, acquired.topic, acquired.partition}];
  given.insert(given.end(), acquired.records.begin(), acquired.records.end());
}

/// Where a share group begins is said once, by the first leader that is asked. What is behind its
/// start and nobody has processed was archived, even if the leader that kept it so has died before
/// it could say it.
void Ledger::on_share_start(const trace::ShareStartAdvanced& start) {
  std::vector<RecordId>& given = last_deliveries_[{start.group, start.topic, start.partition}];
  std::erase_if(given, [&](RecordId id) {
    RecordEntry* record = entry(id);
    if (record && record->offset >= start.offset) return false;
    bool processed = false;
    if (record)
      for (std::uint32_t i = record->first_handing; i != RecordEntry::none; i = handings_[i].next)
        processed = processed || handings_[i].handing.processed > 0;
    if (record && !processed && !record->expired) record->dead_lettered = true;
    return true;
  });
  const auto reads = reader_of_group(start.group);
  if (!reads) return;
  Reader& known = reader(*reads, start.topic, start.partition);
  if (std::exchange(known.began_by_position, true)) return;
  known.began = start.offset;
}

bool Ledger::Reader::has_skipped(std::int64_t offset) const {
  return std::any_of(skipped.begin(), skipped.end(), [offset](const auto& range) {
    return range.first <= offset && offset < range.second;
  });
}

// ---- the life of a record

void Ledger::on_produced(const trace::Event& event, const trace::RecordProduced& produced) {
  RecordEntry record;
  record.id = produced.record;
  record.producer = event.node;
  record.event_id = ids_.place(produced.event_id);
  record.event_type = types_.number(produced.event_type);
  record.topic = topics_.number(produced.topic);
  record.produced = event.t;
  record.life = lives_.get(event.node);
  record.keyed = produced.keyed;
  if (produced.keyed) {
    stream_key_.producer = event.node;
    stream_key_.topic = record.topic;
    stream_key_.key = produced.partitionkey;
    const auto next = static_cast<std::uint32_t>(streams_.size());
    const auto found = streams_.find(stream_key_);
    record.stream =
        found != streams_.end() ? found->second : streams_.emplace(stream_key_, next).first->second;
  }
  index_.set(record.id, static_cast<std::uint32_t>(records_.size()));
  if (last_record_ < record.id) last_record_ = record.id;
  records_.push_back(record);
}

void Ledger::on_acknowledged(const trace::Event& event,
                             const trace::RecordsAcknowledged& acknowledged) {
  for_each(acknowledged.records, [&](RecordEntry& record) {
    if (!record.acknowledged) record.acknowledged_at = event.t;
    record.acknowledged = true;
  });
}

void Ledger::on_appended(const trace::Event& event, const trace::BatchAppended& appended) {
  logs_.on_event(event);
  if (appended.as_follower) return;
  if (appended.transactional || !appended.control.empty()) on_transactional(appended);
  keeps_logs_[event.node] = 1;
  std::int64_t offset = appended.base_offset;
  for (const RecordId id : appended.records) {
    if (RecordEntry* record = entry(id)) {
      record->offset = offset;
      record->partition = static_cast<std::int32_t>(appended.partition);
      if (record->sealed) losses_.forget(id);
      record->sealed = false;
      let_go(*record, event.node);
    }
    ++offset;
  }
}

void Ledger::on_transactional(const trace::BatchAppended& appended) {
  const std::pair key{logs_.number(appended.topic, appended.partition), appended.producer_id};
  if (appended.control.empty()) {
    std::vector<std::uint32_t>& open = open_transactions_[key];
    for (const RecordId id : appended.records)
      if (const std::uint32_t index = index_.get(id); index != Numbers<RecordId>::none)
        open.push_back(index);
    return;
  }
  const auto found = open_transactions_.find(key);
  if (found == open_transactions_.end()) return;
  if (appended.control == "abort")
    for (const std::uint32_t index : found->second) records_[index].aborted = true;
  open_transactions_.erase(found);
}

/// Records that leave the partition's log, or a replica's.
void Ledger::on_log_shortened(const trace::Event& event) {
  if (const auto* truncated = event.as<trace::LogTruncated>()) {
    losses_.on_truncated(event, *truncated, logs_);
    for_each(truncated->records,
             [](RecordEntry& record) { record.truncated = record.sealed = true; });
  } else if (const auto* start = event.as<trace::LogStartAdvanced>()) {
    for_each(start->records, [](RecordEntry& record) { record.expired = true; });
  } else if (const auto* compacted = event.as<trace::LogCompacted>()) {
    for_each(compacted->records, [](RecordEntry& record) { record.compacted = true; });
  } else if (const auto* deleted = event.as<trace::TopicDeleted>()) {
    for (const auto& [key, partition] : logs_.partitions()) {
      if (key.topic != deleted->topic) continue;
      for (const ReplicaLog* log : logs_.counting_logs(partition))
        log->for_each(0, [&](std::int64_t, RecordId id) {
          if (RecordEntry* record = entry(id)) record->expired = true;
        });
    }
  }
}

void Ledger::on_leadership(const trace::Event& event, const trace::LeadershipTaken& taken) {
  losses_.on_taken(event, taken, logs_, [&](RecordId id) {
    if (RecordEntry* record = entry(id)) record->sealed = true;
  });
}

void Ledger::on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered) {
  if (delivered.base_offset >= 0) {
    const std::int64_t position =
        delivered.base_offset + static_cast<std::int64_t>(delivered.records.size());
    reader(event.node, delivered.topic, delivered.partition).position = position;
    own_position(event.node, logs_.number(delivered.topic, delivered.partition), position);
  }
  note_consumer(event.node);
  const NodeId reads = reader_of(event.node);
  std::vector<std::uint32_t>& latest = latest_of_stream_[reads];
  for (const RecordId id : delivered.records) {
    const std::uint32_t index = index_.get(id);
    if (index == Numbers<RecordId>::none) {
      on_late_delivery(event.node, id, delivered.topic);
      continue;
    }
    RecordEntry& record = records_[index];
    if (record.way != RecordEntry::none) let_go(record, event.node);
    if (Handing* known = handing(record, event.node)) {
      ++known->deliveries;
      known->life = lives_.get(event.node);
      continue;
    }
    const bool is_first = !has_had(record, reads);
    Handing& added = add_handing(record, event.node).handing;
    added.deliveries = 1;
    added.first_delivered = event.t;
    added.life = lives_.get(event.node);
    if (!record.keyed || !is_first) continue;
    if (record.stream >= latest.size()) latest.resize(streams_.size(), 0);
    added.out_of_order = index + 1 < latest[record.stream];
    latest[record.stream] = std::max(latest[record.stream], index + 1);
  }
}

void Ledger::on_filtered(const trace::Event& event, const trace::RecordsFiltered& filtered) {
  const std::int64_t position =
      filtered.base_offset + static_cast<std::int64_t>(filtered.records.size());
  reader(event.node, filtered.topic, filtered.partition).position = position;
  own_position(event.node, logs_.number(filtered.topic, filtered.partition), position);
  for_each(filtered.records, [&](RecordEntry& record) {
    if (!has_had(record, reader_of(event.node))) add_handing(record, event.node);
  });
}

void Ledger::on_processed(const trace::Event& event, const trace::ProcessingFinished& finished) {
  RecordEntry* record = entry(finished.record);
  Handing* found = record ? handing(*record, event.node) : nullptr;
  if (!found) return;
  found->failed = finished.outcome == "failed";
  if (!found->failed && found->processed++ == 0) found->first_processed = event.t;
}

void Ledger::on_put_aside(NodeId reader, const trace::RecordPutAside& aside) {
  RecordEntry* const record = entry(aside.record);
  Handing* const found = record ? handing(*record, reader) : nullptr;
  if (!found) return;
  found->put_aside = true;
  record->dead_lettered = record->dead_lettered || aside.dead_letter;
}

// ---- records on their way, so that what travels, or waits in somebody's hands, isn't called lost
// too early. What brokers send stands in their logs already.

Ledger::Way& Ledger::way(RecordEntry& record) {
  if (record.way == RecordEntry::none) {
    if (free_ways_.empty()) {
      free_ways_.push_back(static_cast<std::uint32_t>(ways_.size()));
      ways_.emplace_back();
    }
    record.way = free_ways_.back();
    free_ways_.pop_back();
    ways_[record.way].record = index_.get(record.id);
  }
  return ways_[record.way];
}

void Ledger::close_if_idle(RecordEntry& record) {
  const Way& known = ways_[record.way];
  if (!known.travelling_to.empty() || !known.held_by.empty()) return;
  free_ways_.push_back(record.way);
  record.way = RecordEntry::none;
}

void Ledger::let_go(RecordEntry& record, NodeId node) {
  if (record.way == RecordEntry::none) return;
  remove_one(ways_[record.way].held_by, node);
  close_if_idle(record);
}

void Ledger::on_sent(const trace::Event& event, const trace::MessageSent& sent) {
  if (sent.records.empty() || keeps_logs_.get(event.node)) return;
  for_each(sent.records,
           [&](RecordEntry& record) { way(record).travelling_to.push_back(sent.destination); });
  carriers_[sent.message] = {sent.destination, sent.records};
}

void Ledger::on_message_end(MessageId message, bool arrived) {
  if (carriers_.empty()) return;
  const auto found = carriers_.find(message);
  if (found == carriers_.end()) return;
  const NodeId destination = found->second.destination;
  for_each(found->second.records, [&](RecordEntry& record) {
    if (record.way == RecordEntry::none) return;
    Way& known = ways_[record.way];
    remove_one(known.travelling_to, destination);
    if (arrived && !contains(known.held_by, destination)) known.held_by.push_back(destination);
    close_if_idle(record);
  });
  carriers_.erase(found);
}

void Ledger::on_stopped(NodeId node) {
  ++lives_[node];
  for (std::size_t i = 0; i < ways_.size(); ++i)
    if (contains(ways_[i].held_by, node)) let_go(records_[ways_[i].record], node);
}

void Ledger::on_queue(const trace::Event& event) {
  if (const auto* stored = event.as<trace::QueueStored>()) {
    channel_ = Channel::queue;
    if (RecordEntry* record = entry(stored->record)) {
      record->stored = true;
      let_go(*record, event.node);
    }
  } else if (const auto* dead = event.as<trace::QueueDeadLettered>()) {
    if (RecordEntry* record = entry(dead->record)) record->dead_lettered = true;
  } else if (const auto* sent = event.as<trace::BroadcastSent>()) {
    channel_ = Channel::broadcast;
    if (RecordEntry* record = entry(sent->record)) {
      promised_[record->id] = sent->subscribers;
      record->broadcast = true;
      let_go(*record, event.node);
    }
  }
}

}  // namespace eventarium::check
