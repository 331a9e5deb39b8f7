// See history.h.
#include "viz/model/history.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::viz {

Role role_from(std::string_view name) {
  if (name == "producer") return Role::producer;
  if (name == "broker") return Role::broker;
  if (name == "controller") return Role::controller;
  if (name == "zookeeper") return Role::zookeeper;
  if (name == "admin") return Role::admin;
  if (name == "consumer") return Role::consumer;
  if (name == "service") return Role::service;
  if (name == "queue") return Role::queue;
  if (name == "station") return Role::station;
  return Role::other;
}

bool is_channel(Role role) {
  return role == Role::broker || role == Role::queue || role == Role::station;
}

bool is_management(Role role) {
  return role == Role::controller || role == Role::zookeeper || role == Role::admin;
}

std::string to_text(const PartitionId& partition) {
  return partition.partition < 0 ? partition.topic
                                 : fmt::format("{}-{}", partition.topic, partition.partition);
}

namespace {

template <class E>
void collect_records(const E& event, std::vector<RecordId>& out) {
  trace::visit_fields(event, [&out]([[maybe_unused]] std::string_view name, const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, RecordId>)
      out.push_back(value);
    else if constexpr (std::is_same_v<Value, trace::RecordList>)
      out.insert(out.end(), value.begin(), value.end());
  });
}

}  // namespace

namespace {

/// Kafka's own topics, in which coordinators keep what they have to remember.
bool is_internal(std::string_view topic) { return topic.starts_with("__"); }

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view begin) { return text.substr(0, begin.size()) == begin; });
}

/// Labels of what brokers, controllers and ZooKeeper say to each other whether or not anything is
/// going on. What clients say is never routine.
bool is_routine(Role from, Role to, std::string_view label) {
  const bool inside =
      (from == Role::broker || is_management(from)) && (to == Role::broker || is_management(to));
  return inside && begins_with_any(label, {"BrokerHeartbeat", "Heartbeat", "ReplicaFetch", "Fetch",
                                           "MetadataFetch", "Ping", "Metadata"});
}

}  // namespace

std::vector<RecordId> records_of(const trace::Event& event) {
  std::vector<RecordId> out;
  trace::visit(
      [&out](const auto& body) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(body)>, std::monostate>)
          collect_records(body, out);
      },
      event.body);
  return out;
}

void History::append(trace::Event event) {
  const Position position = size();
  EVENTARIUM_CHECK(position != no_position, "a history holds fewer than 2^32 events");
  events_.push_back(std::move(event));
  const trace::Event& stored = events_.back();
  index_node(position, stored);
  index_expected(stored);
  index_message(position, stored);
  index_records(position, stored);
  index_log(position, stored);
  index_cluster(position, stored);
  effects_.append(position, stored);
  markers_.append(position, stored);
  tell(stored);
}

Position History::find(EventId id) const {
  if (!id.valid() || empty()) return no_position;
  // Ids are dense from 1, so the guess is nearly always right.
  if (id.value <= events_.size() && events_[id.value - 1].id == id)
    return static_cast<Position>(id.value - 1);
  const auto found =
      std::lower_bound(events_.begin(), events_.end(), id,
                       [](const trace::Event& event, EventId wanted) { return event.id < wanted; });
  if (found == events_.end() || found->id != id) return no_position;
  return static_cast<Position>(found - events_.begin());
}

Position History::at(SimTime t) const {
  const auto after =
      std::upper_bound(events_.begin(), events_.end(), t,
                       [](SimTime wanted, const trace::Event& event) { return wanted < event.t; });
  return static_cast<Position>(after - events_.begin());
}

const NodeInfo* History::node(NodeId id) const {
  if (!id.valid() || id.value >= nodes_.size()) return nullptr;
  return nodes_[id.value].declared == no_position ? nullptr : &nodes_[id.value];
}

const std::vector<Position>& History::events_of(NodeId id) const {
  static const std::vector<Position> none;
  return id.valid() && id.value < node_events_.size() ? node_events_[id.value] : none;
}

const RecordInfo* History::record(RecordId id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? nullptr : &found->second;
}

const trace::RecordProduced* History::produced(RecordId id) const {
  const RecordInfo* info = record(id);
  if (info == nullptr || info->produced == no_position) return nullptr;
  return events_[info->produced].as<trace::RecordProduced>();
}

std::string History::record_name(RecordId id) const {
  const auto* made = produced(id);
  return made != nullptr && !made->event_id.empty() ? made->event_id
                                                    : fmt::format("record {}", id.value);
}

std::optional<RecordId> History::find_record(std::string_view event_id) const {
  const auto found = record_by_event_id_.find(std::string(event_id));
  if (found == record_by_event_id_.end()) return std::nullopt;
  return found->second;
}

const MessageInfo* History::message(MessageId id) const {
  // Numbers are dense from 1, so the guess is nearly always right.
  if (id.valid() && id.value <= messages_.size() && messages_[id.value - 1].id == id)
    return &messages_[id.value - 1];
  const auto found = message_index_.find(id);
  return found == message_index_.end() ? nullptr : &messages_[found->second];
}

std::optional<History::Cell> History::cell(const ReplicaId& replica, std::int64_t offset,
                                           Position moment) const {
  const auto log = logs_.find(replica);
  if (log == logs_.end()) return std::nullopt;
  const std::vector<LogBatch>& batches = log->second;
  auto batch = std::partition_point(batches.begin(), batches.end(),
                                    [moment](const LogBatch& b) { return b.appended < moment; });
  if (batch == batches.begin() || offset >= std::prev(batch)->next_offset) return std::nullopt;
  // Sorted by offset as long as nothing was cut off; else what was written last counts.
  if (truncated_.count(replica) == 0)
    batch = std::partition_point(batches.begin(), batch,
                                 [offset](const LogBatch& b) { return b.base_offset <= offset; });
  while (batch != batches.begin()) {
    --batch;
    if (batch->base_offset > offset || offset >= batch->next_offset) continue;
    const auto* appended = events_[batch->appended].as<trace::BatchAppended>();
    if (appended == nullptr) break;
    const auto index = static_cast<std::size_t>(offset - batch->base_offset);
    const RecordId record = appended->records[index];
    if (const auto cleaned = compacted_.find(replica); cleaned != compacted_.end()) {
      const auto removed = cleaned->second.find(record);
      if (removed != cleaned->second.end() && removed->second < moment) return std::nullopt;
    }
    return Cell{record, batch->appended};
  }
  return std::nullopt;
}

const std::vector<Position>& History::changes_of(const PartitionId& partition) const {
  static const std::vector<Position> none;
  const auto found = changes_.find(partition);
  return found == changes_.end() ? none : found->second;
}

std::string History::sentence(Position position) const {
  const std::uint64_t begin = position == 0 ? 0 : sentence_ends_[position - 1];
  return sentences_.substr(begin, sentence_ends_[position] - begin);
}

Position History::next_story(Position from) const {
  const auto found = std::lower_bound(story_positions_.begin(), story_positions_.end(), from);
  return found == story_positions_.end() ? no_position : *found;
}

Position History::previous_story(Position before) const {
  const auto found = std::lower_bound(story_positions_.begin(), story_positions_.end(), before);
  return found == story_positions_.begin() ? no_position : *std::prev(found);
}

void History::index_node(Position position, const trace::Event& event) {
  names_.apply(event);
  if (const auto* declared = event.as<trace::NodeDeclared>(); declared && declared->index.valid()) {
    const std::size_t index = declared->index.value;
    // Numbers are dense; a damaged trace must not make us allocate by a wild one.
    if (index <= nodes_.size() + 4096) {
      if (index >= nodes_.size()) nodes_.resize(index + 1);
      nodes_[index] = {declared->index,
                       declared->name,
                       declared->role,
                       declared->label,
                       role_from(declared->role),
                       declared->bandwidth_bytes_per_s,
                       declared->latency,
                       position};
    }
  }
  if (!event.node.valid() || event.node.value > nodes_.size() + 4096) return;
  if (node_events_.size() <= event.node.value) node_events_.resize(event.node.value + 1);
  node_events_[event.node.value].push_back(position);
}

std::size_t History::link_between(NodeId first, NodeId second) {
  const auto pair = std::minmax(first, second);
  const auto [known, is_new] = link_index_.try_emplace({pair.first, pair.second}, links_.size());
  if (is_new) links_.push_back({first, second, 0});
  return known->second;
}

void History::index_expected(const trace::Event& event) {
  if (const auto* wanted = event.as<trace::SubscriptionDeclared>()) {
    subscribers_.push_back({event.node, wanted->topic, wanted->channel, wanted->partition});
    index_group(event.node, wanted->group);
    expect_links();
  } else if (const auto* created = event.as<trace::PartitionCreated>()) {
    expect_links_of({created->topic, created->partition}, created->leader);
  } else if (const auto* changed = event.as<trace::PartitionChanged>()) {
    expect_links_of({changed->topic, changed->partition}, changed->leader);
  }
}

/// A node is in one group only, whatever it reads.
void History::index_group(NodeId member, const std::string& name) {
  if (name.empty() || node(member) == nullptr) return;
  for (const Group& group : groups_)
    if (std::find(group.members.begin(), group.members.end(), member) != group.members.end())
      return;
  const auto known = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& group) { return group.name == name; });
  if (known != groups_.end())
    known->members.push_back(member);
  else
    groups_.push_back({name, {member}});
}

/// A partition has another leader: whoever publishes to it or reads from it will talk to that one.
void History::expect_links_of(const PartitionId& partition, NodeId leader) {
  NodeId& known = leaders_[partition];
  if (!leader.valid() || known == leader) return;
  known = leader;
  for (const Publisher& publisher : publishers_) {
    const auto node = names_.find(publisher.node);
    if (node && this->node(*node) != nullptr && publisher.topic == partition.topic)
      link_between(*node, leader);
  }
  for (const Subscriber& reader : subscribers_)
    if (reader.node.valid() && reader.topic == partition.topic &&
        (reader.partition < 0 || reader.partition == partition.partition))
      link_between(reader.node, leader);
}

/// Whoever publishes or reads talks to the leaders of the topic's partitions, to the queue or the
/// station, or, without anything in the middle, the publisher to its readers.
void History::expect_links() {
  const auto to_channel = [this](NodeId node, const std::string& topic, std::int64_t partition) {
    for (const auto& [id, leader] : leaders_)
      if (leader.valid() && id.topic == topic && (partition < 0 || id.partition == partition))
        link_between(node, leader);
    for (const NodeInfo& info : nodes_)
      if (info.role == Role::queue || info.role == Role::station) link_between(node, info.id);
  };
  for (const Publisher& publisher : publishers_) {
    const auto node = names_.find(publisher.node);
    if (!node || this->node(*node) == nullptr) continue;
    to_channel(*node, publisher.topic, -1);
    for (const Subscriber& reader : subscribers_)
      if (reader.channel == "direct" && reader.topic == publisher.topic && reader.node != *node)
        link_between(*node, reader.node);
  }
  for (const Subscriber& reader : subscribers_)
    if (reader.node.valid()) to_channel(reader.node, reader.topic, reader.partition);
}

void History::index_message(Position position, const trace::Event& event) {
  if (const auto* sent = event.as<trace::MessageSent>()) {
    message_index_[sent->message] = static_cast<std::uint32_t>(messages_.size());
    MessageInfo info;
    info.id = sent->message;
    info.from = event.node;
    info.to = sent->destination;
    info.sent = event.t;
    info.sent_at = position;
    info.launched = event.t;
    info.records = static_cast<std::uint32_t>(sent->records.size());
    if (!sent->records.empty()) info.first_record = sent->records.front();
    const auto role_of = [this](NodeId id) {
      const NodeInfo* known = node(id);
      return known == nullptr ? Role::other : known->role;
    };
    info.routine =
        info.records == 0 && is_routine(role_of(info.from), role_of(info.to), sent->label);
    const std::size_t link = link_between(info.from, info.to);
    ++links_[link].messages;
    info.link = static_cast<std::uint32_t>(link);
    messages_.push_back(info);
    return;
  }
  if (const auto* stalled = event.as<trace::ConnectionStalled>()) {
    retried_at_[{event.node, stalled->destination}] = event.t + stalled->retry_in;
    return;
  }
  const auto* arrived = event.as<trace::MessageArrived>();
  const auto* lost = event.as<trace::MessageLost>();
  if (arrived == nullptr && lost == nullptr) return;
  const auto found = message_index_.find(arrived != nullptr ? arrived->message : lost->message);
  if (found == message_index_.end()) return;
  MessageInfo& info = messages_[found->second];
  if (info.end != no_position) return;
  info.ended = event.t;
  info.end = position;
  info.lost = lost != nullptr;
  const auto retried = retried_at_.find({info.from, info.to});
  if (retried != retried_at_.end() && retried->second > info.sent && retried->second < event.t)
    info.launched = retried->second;
  if (info.lost) lost_messages_.push_back(found->second);
}

/// What coordinators keep in internal topics, and the markers of transactions, are no records that
/// somebody has published.
void History::index_records(Position position, const trace::Event& event) {
  if (const auto* appended = event.as<trace::BatchAppended>();
      appended && (is_internal(appended->topic) || !appended->control.empty())) {
    internal_records_.insert(appended->records.begin(), appended->records.end());
    return;
  }
  for (const RecordId id : records_of(event)) {
    if (internal_records_.contains(id)) continue;
    const auto [found, is_new] = records_.try_emplace(id);
    if (is_new) record_order_.push_back(id);
    RecordInfo& info = found->second;
    if (info.events.empty() || info.events.back() != position) info.events.push_back(position);
    const auto* made = event.as<trace::RecordProduced>();
    if (made == nullptr || info.produced != no_position) continue;
    info.produced = position;
    record_by_event_id_.try_emplace(made->event_id, id);
  }
}

void History::index_log(Position position, const trace::Event& event) {
  if (const auto* appended = event.as<trace::BatchAppended>()) {
    const auto count = static_cast<std::int64_t>(appended->records.size());
    logs_[{{appended->topic, appended->partition}, event.node}].push_back(
        {position, appended->base_offset, appended->base_offset + count});
  } else if (const auto* cut = event.as<trace::LogTruncated>()) {
    const ReplicaId replica{{cut->topic, cut->partition}, event.node};
    logs_[replica].push_back({position, cut->log_end_offset, cut->log_end_offset});
    truncated_.insert(replica);
  } else if (const auto* cleaned = event.as<trace::LogCompacted>()) {
    auto& removed = compacted_[{{cleaned->topic, cleaned->partition}, event.node}];
    for (const RecordId record : cleaned->records) removed.try_emplace(record, position);
  }
}

void History::index_cluster(Position position, const trace::Event& event) {
  const auto assign = [&](const auto& change) {
    if (is_internal(change.topic)) return;
    const PartitionId id{change.topic, change.partition};
    changes_[id].push_back(position);
    auto& replicas = assignments_[id];
    if (replicas == change.replicas) return;
    ++assignment_changes_;
    replicas = change.replicas;
  };
  if (const auto* created = event.as<trace::PartitionCreated>()) {
    assign(*created);
  } else if (const auto* changed = event.as<trace::PartitionChanged>()) {
    assign(*changed);
  } else if (const auto* deleted = event.as<trace::TopicDeleted>()) {
    const std::size_t before = assignments_.size();
    std::erase_if(assignments_,
                  [&](const auto& entry) { return entry.first.topic == deleted->topic; });
    if (assignments_.size() != before) ++assignment_changes_;
  } else if (const auto* appended = event.as<trace::MetadataAppended>()) {
    if (!appended->text.empty()) metadata_.push_back(position);
  } else if (event.as<trace::InvariantViolated>()) {
    violations_.push_back(position);
  } else if (event.as<trace::OperationAsked>()) {
    operations_.push_back(position);
  }
}

CellFate History::fate(const Cell& cell, std::int64_t offset, Position moment) const {
  const auto* appended = events_[cell.appended].as<trace::BatchAppended>();
  return appended == nullptr ? CellFate::plain : markers_.fate(*appended, offset, moment);
}

namespace {

/// What a lecturer would interrupt a sentence for.
bool is_turning_point(const trace::Event& event) {
  if (const auto* changed = event.as<trace::PartitionChanged>())
    return !changed->reason.empty() || changed->unclean;
  if (const auto* answer = event.as<trace::OperationAnswered>()) return !answer->error.empty();
  if (const auto* ended = event.as<trace::TransactionEnded>()) return ended->outcome != "committed";
  if (const auto* effect = event.as<trace::SideEffectDone>()) return effect->times > 1;
  if (const auto* finished = event.as<trace::ProcessingFinished>())
    return finished->outcome == "failed";
  return event.as<trace::FaultInjected>() || event.as<trace::FaultHealed>() ||
         event.as<trace::NodeStopped>() || event.as<trace::InvariantViolated>() ||
         event.as<trace::OperationAsked>() || event.as<trace::SendFailed>() ||
         event.as<trace::ConsumerFailed>() || event.as<trace::LogTruncated>() ||
         event.as<trace::LogDirectoryFailed>() || event.as<trace::GroupStateChanged>() ||
         event.as<trace::GroupMemberJoined>() || event.as<trace::GroupMemberLeft>() ||
         event.as<trace::OffsetCommitFailed>() || event.as<trace::ProducerFenced>() ||
         event.as<trace::ControllerElected>() || event.as<trace::ControllerResigned>() ||
         event.as<trace::BrokerFenced>() || event.as<trace::BrokerUnfenced>() ||
         event.as<trace::CommandRejected>();
}

}  // namespace

void History::tell(const trace::Event& event) {
  const auto story = story_narrator_.tell(event);
  const auto full = full_narrator_.tell(event);
  story_.push_back(story.has_value());
  if (story) {
    story_positions_.push_back(static_cast<Position>(story_.size() - 1));
    if (is_turning_point(event)) turning_points_.push_back(story_positions_.back());
    sentences_ += *story;
  } else if (full) {
    sentences_ += *full;
  }
  sentence_ends_.push_back(sentences_.size());
}

}  // namespace eventarium::viz
