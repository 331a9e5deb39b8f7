// See scoreboard.h. Each event changes what is known of the fates of some records; settle() then
// compares what a record contributes to each number with what it contributed before.
#include "viz/model/scoreboard.h"

#include <algorithm>

namespace eventarium::viz {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

void add_once(std::vector<NodeId>& nodes, NodeId node) {
  if (!contains(nodes, node)) nodes.push_back(node);
}

void remove_one(std::vector<NodeId>& nodes, NodeId node) {
  const auto found = std::find(nodes.begin(), nodes.end(), node);
  if (found != nodes.end()) nodes.erase(found);
}

std::size_t index_of(Score score) { return static_cast<std::size_t>(score); }

}  // namespace

std::string_view score_name(Score score) {
  static constexpr std::array<std::string_view, score_count> names = {
      "produced",   "acknowledged", "waiting", "delivered",     "processed", "lost",
      "duplicated", "out of order", "failed",  "dead-lettered", "expired",   "skipped"};
  return names[index_of(score)];
}

std::string_view score_doc(Score score) {
  static constexpr std::array<std::string_view, score_count> docs = {
      "Records that were published.",
      "Records whose publisher was told: it is in.",
      "Records that somebody is still to get: in a producer, on their way, or stored and unread.",
      "Records handed over, counted once for each receiver.",
      "Records whose handler has finished, counted once for each receiver.",
      "Records that were acknowledged and yet can't reach everybody any more.",
      "Records handed to the same receiver more than once (for a queue: to anybody).",
      "Records handed over after a later one of the same producer, topic and key.",
      "Records that the publisher gave up, and knows it, or that were gone with it.",
      "Records that a queue, a share group or a service gave up: they are left to people.",
      "Records that retention deleted unread, once for each receiver that was to get them.",
      "Records that the receiver's position jumped over: they are there and will not be read."};
  return docs[index_of(score)];
}

Scoreboard::Receiver* Scoreboard::Fate::receiver(NodeId node) {
  return const_cast<Receiver*>(std::as_const(*this).receiver(node));
}

const Scoreboard::Receiver* Scoreboard::Fate::receiver(NodeId node) const {
  for (const Receiver& known : receivers)
    if (known.node == node) return &known;
  return nullptr;
}

NodeId Scoreboard::reader_of(NodeId consumer) const {
  const auto found = reader_.find(consumer);
  return found == reader_.end() ? consumer : found->second;
}

bool Scoreboard::Fate::on_its_way_to(NodeId node) const {
  return contains(travelling_to, node) || contains(held_by, node);
}

template <class Visit>
void Scoreboard::for_readers(const std::string& topic, std::int64_t partition,
                             Visit&& visit) const {
  const std::int64_t first = std::max<std::int64_t>(partition, 0);
  for (auto it = began_at_.lower_bound({{topic, first}, NodeId{0}}); it != began_at_.end(); ++it) {
    const PartitionId& id = it->first.first;
    if (id.topic != topic || (partition >= 0 && id.partition != partition)) return;
    visit(it->first.second, it->second);
  }
}

bool Scoreboard::Beginning::has_skipped(std::int64_t at) const {
  return std::any_of(skipped.begin(), skipped.end(),
                     [at](const auto& range) { return range.first <= at && at < range.second; });
}

bool Scoreboard::is_lost(RecordId record, const Fate& fate) const {
  if (!fate.acknowledged) return false;
  switch (channel_) {
    case Channel::kafka:
      return fate.nowhere() && !standing_.in_counting_log(record) && !fate.was_deleted();
    case Channel::queue:
      return fate.nowhere() && !fate.stored;
    case Channel::broadcast:
      return std::any_of(fate.wanted_by.begin(), fate.wanted_by.end(), [&](NodeId node) {
        return !fate.receiver(node) && !fate.on_its_way_to(node);
      });
    case Channel::direct:  // acknowledged means that every receiver has answered
    case Channel::unknown:
      return false;
  }
  return false;
}

bool Scoreboard::has_failed(RecordId record, const Fate& fate) const {
  if (fate.given_up) return true;
  return !fate.acknowledged && !fate.at_producer && fate.nowhere() && fate.receivers.empty() &&
         !fate.was_kept() && !fate.was_deleted() && !standing_.in_some_log(record);
}

bool Scoreboard::is_on_its_way(RecordId record, const Fate& fate) const {
  const bool arrived = fate.was_kept() || standing_.in_counting_log(record);
  return !arrived && !fate.given_up && !fate.was_deleted() &&
         (!fate.nowhere() || (fate.at_producer && !fate.acknowledged));
}

/// A record on its way: to all who read its partition, or to nobody in particular yet.
bool Scoreboard::somebody_is_to_get(const Fate& fate) const {
  if (fate.receivers.empty()) return true;
  bool anybody = false, unread = false;
  for_readers(fate.topic, fate.partition, [&](NodeId node, const Beginning&) {
    anybody = true;
    unread = unread || !fate.receiver(node);
  });
  return unread || !anybody;
}

bool Scoreboard::is_waiting(RecordId record, const Fate& fate) const {
  if (channel_ != Channel::direct && is_on_its_way(record, fate)) return somebody_is_to_get(fate);
  switch (channel_) {
    case Channel::kafka:
      return unread_pairs(record, fate).first > 0;
    case Channel::queue:
      return fate.stored && fate.receivers.empty() && !fate.dead;
    case Channel::broadcast:
      return std::any_of(fate.wanted_by.begin(), fate.wanted_by.end(), [&](NodeId node) {
        return !fate.receiver(node) && fate.on_its_way_to(node);
      });
    case Channel::direct: {
      const bool goes_on = fate.acknowledged || fate.at_producer || !fate.nowhere();
      const auto [first, last] = subscriptions_.equal_range(fate.topic);
      return goes_on && !fate.given_up &&
             std::any_of(first, last, [&](const auto& s) { return !fate.receiver(s.second); });
    }
    case Channel::unknown:
      return false;
  }
  return false;
}

std::pair<std::uint64_t, std::uint64_t> Scoreboard::unread_pairs(RecordId record,
                                                                 const Fate& fate) const {
  std::uint64_t to_come = 0, skipped = 0;
  standing_.for_each_place(record, [&](const PartitionId& id, std::int64_t offset) {
    for_readers(id.topic, id.partition, [&](NodeId node, const Beginning& began) {
      if (offset >= began.offset && !fate.receiver(node))
        ++(began.has_skipped(offset) ? skipped : to_come);
    });
  });
  return {to_come, skipped};
}

std::uint64_t Scoreboard::expired_pairs(RecordId record, const Fate& fate) const {
  if (!fate.expired || standing_.in_counting_log(record)) return 0;
  std::uint64_t pairs = 0;
  for_readers(fate.topic, fate.partition, [&](NodeId node, const Beginning& began) {
    if (began.offset <= fate.offset && !fate.receiver(node)) ++pairs;
  });
  return pairs == 0 && fate.receivers.empty() ? 1 : pairs;
}

Scoreboard::Values Scoreboard::values_of(RecordId record, const Fate& fate) const {
  Values values{};
  const auto put = [&values](Score score, std::uint64_t value) {
    values[index_of(score)] = static_cast<std::uint16_t>(std::min<std::uint64_t>(value, 0xffff));
  };
  std::uint64_t delivered = 0, processed = 0, duplicated = 0, out_of_order = 0, deliveries = 0;
  for (const Receiver& receiver : fate.receivers) {
    delivered += receiver.deliveries > 0 ? 1 : 0;
    deliveries += receiver.deliveries;
    processed += receiver.processed ? 1 : 0;
    out_of_order += receiver.out_of_order ? 1 : 0;
    duplicated += receiver.deliveries > 1 ? 1 : 0;
  }
  put(Score::produced, 1);
  put(Score::acknowledged, fate.acknowledged ? 1 : 0);
  put(Score::waiting, is_waiting(record, fate) ? 1 : 0);
  put(Score::delivered, delivered);
  put(Score::processed, processed);
  put(Score::lost, is_lost(record, fate) ? 1 : 0);
  put(Score::duplicated, channel_ == Channel::queue ? (deliveries > 1 ? 1 : 0) : duplicated);
  put(Score::out_of_order, out_of_order);
  put(Score::failed, has_failed(record, fate) ? 1 : 0);
  put(Score::dead_lettered, fate.dead ? 1 : 0);
  put(Score::expired, expired_pairs(record, fate));
  put(Score::skipped, unread_pairs(record, fate).second);
  return values;
}

void Scoreboard::settle(Position position, RecordId record, Fate& fate) {
  const Values now = values_of(record, fate);
  for (std::size_t i = 0; i < score_count; ++i) {
    const std::int32_t delta = static_cast<std::int32_t>(now[i]) - fate.values[i];
    if (delta == 0) continue;
    const std::uint64_t before = changes_[i].empty() ? 0 : changes_[i].back().count;
    changes_[i].push_back(
        {position, delta, record, before + static_cast<std::uint64_t>(std::int64_t{delta})});
  }
  fate.values = now;
}

std::uint64_t Scoreboard::count(Score score, Position moment) const {
  const auto& changes = changes_[index_of(score)];
  const auto after = std::partition_point(
      changes.begin(), changes.end(), [moment](const Change& c) { return c.position < moment; });
  return after == changes.begin() ? 0 : std::prev(after)->count;
}

Position Scoreboard::since(Score score, RecordId record, Position moment) const {
  const auto& changes = changes_[index_of(score)];
  Position position = no_position;
  std::int64_t pairs = 0;
  for (const Change& change : changes) {
    if (change.position >= moment) break;
    if (change.record != record) continue;
    if (pairs == 0) position = change.position;
    pairs += change.delta;
  }
  return pairs > 0 ? position : no_position;
}

std::vector<RecordId> Scoreboard::records(Score score, Position moment) const {
  struct Presence {
    std::int64_t pairs = 0;
    std::uint64_t entered = 0;
  };
  std::map<RecordId, Presence> present;
  std::uint64_t step = 0;
  for (const Change& change : changes_[index_of(score)]) {
    if (change.position >= moment) break;
    Presence& presence = present[change.record];
    if (presence.pairs == 0) presence.entered = step++;
    presence.pairs += change.delta;
  }
  std::vector<std::pair<std::uint64_t, RecordId>> ordered;
  for (const auto& [record, presence] : present)
    if (presence.pairs > 0) ordered.emplace_back(presence.entered, record);
  std::sort(ordered.begin(), ordered.end());
  std::vector<RecordId> out;
  out.reserve(ordered.size());
  for (const auto& [entered, record] : ordered) out.push_back(record);
  return out;
}

/// What one event changes, one function per type of event.
struct Scoreboard::Update {
  Scoreboard& board;
  const History& history;
  Position position;
  const trace::Event& event;

  template <class Change>
  void with(RecordId id, Change&& change) {
    const auto found = board.fates_.find(id);
    if (found == board.fates_.end()) return;  // the trace lacks its RecordProduced
    change(found->second);
    board.settle(position, id, found->second);
  }
  template <class Change>
  void with_each(const trace::RecordList& records, Change&& change) {
    for (const RecordId id : records) with(id, change);
  }

  /// The event's node has put the record where it belongs.
  void let_go(RecordId id, Fate& fate) {
    remove_one(fate.held_by, event.node);
    if (fate.producer != event.node) board.remembered_by_[event.node].erase(id);
  }

  template <class Other>
  void operator()(const Other&) {}

  void operator()(const trace::SubscriptionDeclared& e) {
    const auto [first, last] = board.subscriptions_.equal_range(e.topic);
    if (std::none_of(first, last, [&](const auto& s) { return s.second == event.node; }))
      board.subscriptions_.emplace(e.topic, event.node);
    if (e.channel == "kafka") board.channel_ = Channel::kafka;
    if (e.channel == "direct") board.channel_ = Channel::direct;
    if (e.channel == "queue") board.channel_ = Channel::queue;
    if (e.channel == "broadcast") board.channel_ = Channel::broadcast;
    if (!e.group.empty())
      board.reader_[event.node] =
          board.first_of_group_.try_emplace(e.group, event.node).first->second;
    if (board.channel_ != Channel::kafka || e.reset.empty()) return;
    board.wanted_.push_back({event.node, {e.topic, e.partition}, e.reset});
    if (e.reset != "latest") want(board.wanted_.back());
  }
  void operator()(const trace::NodeStarted&) {
    for (const Subscription& wanted : board.wanted_)
      if (wanted.node == event.node && wanted.reset == "latest") want(wanted);
  }
  void operator()(const trace::PartitionCreated& e) {
    board.channel_ = Channel::kafka;
    board.partitions_[e.topic].insert(e.partition);
    for (const Subscription& wanted : board.wanted_)
      if (wanted.partition.topic == e.topic && wanted.partition.partition < 0) want(wanted);
  }
  /// Where somebody without a position would begin: at the beginning, or with latest at the end
  /// that there is now; a group in every partition that its topic has.
  void want(const Subscription& wanted) {
    const auto begin_in = [&](const PartitionId& partition) {
      const bool from_the_start = wanted.reset == "earliest" || wanted.reset == "none";
      begin(wanted.node, partition,
            {from_the_start ? 0 : board.standing_.log_end_offset(partition), false});
    };
    if (wanted.partition.partition >= 0) return begin_in(wanted.partition);
    for (const std::int64_t number : board.partitions_[wanted.partition.topic])
      begin_in({wanted.partition.topic, number});
  }
  void operator()(const trace::RecordBatched& e) {
    with(e.record, [&](Fate& fate) { fate.partition = e.partition; });
  }

  void operator()(const trace::RecordProduced& e) {
    const auto [place, is_new] = board.fates_.try_emplace(e.record);
    if (!is_new) return;
    Fate& fate = place->second;
    fate.producer = event.node;
    fate.topic = e.topic;
    if (e.keyed)
      fate.stream = std::to_string(event.node.value) + '\n' + e.topic + '\n' + e.partitionkey;
    board.order_.emplace(e.record, board.order_.size());
    board.remembered_by_[event.node].insert(e.record);
    board.settle(position, e.record, fate);
  }
  void operator()(const trace::RecordsAcknowledged& e) {
    for (const RecordId id : e.records) board.remembered_by_[event.node].erase(id);
    with_each(e.records, [](Fate& fate) { fate.acknowledged = true; });
  }
  void operator()(const trace::SendFailed& e) {
    for (const RecordId id : e.records) board.remembered_by_[event.node].erase(id);
    with_each(e.records, [](Fate& fate) { fate.given_up = true; });
  }

  void operator()(const trace::RecordsDelivered& e) {
    const auto known = board.began_at_.find({{e.topic, e.partition}, board.reader_of(event.node)});
    if (known != board.began_at_.end() && e.base_offset >= 0)
      known->second.position = e.base_offset + static_cast<std::int64_t>(e.records.size());
    for (const RecordId id : e.records) with(id, [&](Fate& fate) { deliver(id, fate); });
  }
  void deliver(RecordId id, Fate& fate) {
    let_go(id, fate);
    const NodeId reader = board.reader_of(event.node);
    if (Receiver* known = fate.receiver(reader)) {
      ++known->deliveries;
      return;
    }
    Receiver receiver{reader, 1, false, false};
    if (!fate.stream.empty()) {
      const std::uint64_t order = board.order_[id];
      auto& latest = board.latest_.try_emplace({reader, fate.stream}, order).first->second;
      receiver.out_of_order = order < latest;
      latest = std::max(latest, order);
    }
    fate.receivers.push_back(receiver);
  }
  void operator()(const trace::ProcessingFinished& e) {
    if (e.outcome == "failed") return;
    with(e.record, [&](Fate& fate) {
      if (Receiver* known = fate.receiver(board.reader_of(event.node))) known->processed = true;
    });
  }
  /// Passed over, because the transaction was aborted: nothing is to come any more.
  void operator()(const trace::RecordsFiltered& e) {
    const NodeId reader = board.reader_of(event.node);
    const auto known = board.began_at_.find({{e.topic, e.partition}, reader});
    if (known != board.began_at_.end())
      known->second.position = e.base_offset + static_cast<std::int64_t>(e.records.size());
    with_each(e.records, [&](Fate& fate) {
      if (!fate.receiver(reader)) fate.receivers.push_back({reader, 0, false, false});
    });
  }

  // ---- on the way, so that what travels or waits in somebody's hands isn't called lost too early
  void operator()(const trace::MessageSent& e) {
    if (board.keep_logs_.count(event.node) > 0) return;
    with_each(e.records, [&](Fate& fate) { fate.travelling_to.push_back(e.destination); });
  }
  void operator()(const trace::MessageArrived& e) { end_of_way(e.message, true); }
  void operator()(const trace::MessageLost& e) { end_of_way(e.message, false); }
  void end_of_way(MessageId id, bool arrived) {
    const MessageInfo* message = history.message(id);
    if (message == nullptr || message->end != position) return;
    if (!followed(*message)) return;
    const auto* sent = history[message->sent_at].as<trace::MessageSent>();
    for (const RecordId record : sent->records)
      with(record, [&](Fate& fate) {
        remove_one(fate.travelling_to, message->to);
        if (!arrived) return;
        add_once(fate.held_by, message->to);
        board.remembered_by_[message->to].insert(record);
      });
  }
  /// It was sent before its sender was known to keep logs, or by one who keeps none.
  bool followed(const MessageInfo& message) const {
    return board.keep_logs_.count(message.from) == 0;
  }
  void operator()(const trace::NodeStopped&) {
    const auto found = board.remembered_by_.find(event.node);
    if (found == board.remembered_by_.end()) return;
    const std::set<RecordId> records = std::move(found->second);
    board.remembered_by_.erase(found);
    for (const RecordId id : records)
      with(id, [&](Fate& fate) {
        remove_one(fate.held_by, event.node);
        if (fate.producer == event.node) fate.at_producer = false;
      });
  }

  // ---- Kafka. Where records stand then is found out before; what has changed is settled after.
  void operator()(const trace::BatchAppended& e) {
    if (e.as_follower) return;
    board.keep_logs_.insert(event.node);
    std::int64_t offset = e.base_offset;
    for (const RecordId id : e.records) {
      with(id, [&](Fate& fate) {
        let_go(id, fate);
        fate.offset = offset;
        fate.partition = e.partition;
      });
      ++offset;
    }
  }
  void operator()(const trace::LogStartAdvanced& e) {
    auto& expired = board.expired_[{e.topic, e.partition}];
    for (const RecordId id : e.records) {
      const auto found = board.fates_.find(id);
      if (found == board.fates_.end() || found->second.expired) continue;
      found->second.expired = true;
      expired.push_back(id);
    }
    with_each(e.records, [](Fate&) {});
  }
  /// Before its logs are forgotten.
  void delete_topic(const trace::TopicDeleted& e) {
    board.standing_.for_each_counting(e.topic, [&](RecordId id) {
      const auto found = board.fates_.find(id);
      if (found != board.fates_.end()) found->second.expired = true;
    });
  }
  void operator()(const trace::LogCompacted& e) {
    with_each(e.records, [](Fate& fate) { fate.compacted = true; });
  }
  void operator()(const trace::ProduceRefused& e) {
    for (const RecordId id : e.records) with(id, [&](Fate& fate) { let_go(id, fate); });
  }
  void operator()(const trace::PositionReset& e) {
    const PartitionId partition{e.topic, e.partition};
    const NodeId reader = board.reader_of(event.node);
    const auto known = board.began_at_.find({partition, reader});
    if (known == board.began_at_.end()) return begin(reader, partition, {e.offset, true, e.offset});
    Beginning& now = known->second;
    const std::int64_t before = now.offset;
    if (now.has_position && e.offset > now.position)
      now.skipped.emplace_back(now.position, e.offset);
    for (auto& [from, to] : now.skipped) to = std::min(to, e.offset);  // it goes back there
    std::erase_if(now.skipped, [](const auto& range) { return range.first >= range.second; });
    now.offset = now.has_position ? std::min(before, e.offset) : e.offset;
    now.has_position = true;
    now.position = e.offset;
    settle_from(partition, std::min(before, now.offset));
  }
  void begin(NodeId consumer, const PartitionId& partition, Beginning beginning) {
    const NodeId reader = board.reader_of(consumer);
    if (!board.began_at_.try_emplace({partition, reader}, beginning).second) return;
    settle_from(partition, beginning.offset);
  }
  /// Somebody begins to read the partition somewhere else: at `offset` or after it.
  void settle_from(const PartitionId& partition, std::int64_t offset) {
    std::vector<RecordId> concerned;
    board.standing_.for_each_in(partition, [&](std::int64_t at, RecordId record) {
      if (at >= offset) concerned.push_back(record);
    });
    with_each(concerned, [](Fate&) {});
    with_each(board.expired_[partition], [](Fate&) {});
  }

  // ---- channels without Kafka
  void operator()(const trace::QueueStored& e) {
    board.channel_ = Channel::queue;
    with(e.record, [&](Fate& fate) {
      fate.stored = true;
      let_go(e.record, fate);
    });
  }
  void operator()(const trace::QueueDeadLettered& e) {
    with(e.record, [](Fate& fate) { fate.dead = true; });
  }
  void operator()(const trace::RecordPutAside& e) {
    if (e.dead_letter) with(e.record, [](Fate& fate) { fate.dead = true; });
  }
  void operator()(const trace::RecordsSettled& e) {
    if (e.outcome != "archived" && e.outcome != "rejected") return;
    for (const RecordId record : e.records) with(record, [](Fate& fate) { fate.dead = true; });
  }
  void operator()(const trace::BroadcastSent& e) {
    board.channel_ = Channel::broadcast;
    with(e.record, [&](Fate& fate) {
      fate.broadcast = true;
      fate.wanted_by = e.subscribers;
      let_go(e.record, fate);
    });
  }
};

void Scoreboard::append(const History& history, Position position) {
  const trace::Event& event = history[position];
  Update update{*this, history, position, event};
  std::vector<RecordId> touched;
  if (const auto* deleted = event.as<trace::TopicDeleted>()) update.delete_topic(*deleted);
  standing_.on_event(event, touched);
  trace::visit(update, event.body);
  update.with_each(touched, [](Fate&) {});
}

}  // namespace eventarium::viz
