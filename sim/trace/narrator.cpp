// See narrator.h. Teller has one function per type of event; returning nothing means that the
// event isn't worth a sentence in the detail asked for.
#include "sim/trace/narrator.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/trace/fault_words.h"
#include "sim/trace/flat_json.h"
#include "sim/trace/group_teller.h"

namespace eventarium::trace {
namespace {

using Sentence = std::optional<std::string>;

constexpr std::string_view connection_refused = "connection refused";
constexpr std::string_view of_split = "split";  // detail of the cuts that a split is made of

std::string shortened(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t cut = limit;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

std::string in_words(const FlatObject::Member& member) {
  if (const auto* text = std::get_if<std::string>(&member.value)) return shortened(*text, 40);
  if (const auto* n = std::get_if<std::uint64_t>(&member.value))
    return fmt::format("{} {}", member.key, *n);
  if (const auto* n = std::get_if<std::int64_t>(&member.value))
    return fmt::format("{} {}", member.key, *n);
  if (const auto* x = std::get_if<double>(&member.value))
    return fmt::format("{} {:.4g}", member.key, *x);
  if (const auto* flag = std::get_if<bool>(&member.value))
    return fmt::format("{} {}", member.key, *flag ? "yes" : "no");
  return {};
}

/// The first values of an event's data: " (ada@example.org, amount 12)", or "". A value that only
/// repeats the event's id is left out.
std::string summary(const std::string& data, const std::string& event_id) {
  FlatObject object;
  if (parse_flat_json(data, object)) return {};
  std::string words;
  for (const auto& member : object.members) {
    const std::string word = in_words(member);
    if (word.empty() || word == event_id) continue;
    if (words.size() + word.size() > 60) break;
    words += (words.empty() ? "" : ", ") + word;
  }
  return words.empty() ? words : " (" + words + ")";
}

std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string partition_name(const std::string& topic, std::int64_t partition) {
  return partition < 0 ? topic : fmt::format("{}-{}", topic, partition);
}

}  // namespace

struct Narrator::Teller : GroupTeller {
  using GroupTeller::operator();

  const Narrator& told;
  bool told_again;  // that the peer can't be reached has been told since it went down

  const std::string& name(NodeId id) const { return told.names_.name(id); }
  const std::string& self() const { return name(event.node); }
  std::string list(const NodeList& nodes) const {
    std::string out;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      out += (i == 0 ? "" : i + 1 == nodes.size() ? " and " : ", ") + name(nodes[i]);
    return out;
  }

  Sentence operator()(const std::monostate&) const { return std::nullopt; }

  // ---- the world
  Sentence operator()(const NodeDeclared& e) const {
    if (!all) return std::nullopt;
    return fmt::format("there is a {}, {}", e.role, e.name);
  }
  Sentence operator()(const SubscriptionDeclared& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} wants what is published to {}{}{}", self(),
                       partition_name(e.topic, e.partition), e.group.empty() ? "" : ", in group ",
                       e.group);
  }
  Sentence operator()(const PublisherDeclared& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} publishes with acks={}{}{}{}", self(), e.acks,
                       e.idempotent ? ", idempotent" : "",
                       e.transactional_id.empty() ? "" : ", transactional.id=", e.transactional_id);
  }
  Sentence operator()(const NodeStarted& e) const {
    if (e.incarnation > 1) return self() + " is up again";
    if (all || to_ns(event.t) > 0) return self() + " started";
    return std::nullopt;
  }
  Sentence operator()(const NodeStopped& e) const {
    if (e.reason == "crash") return self() + " crashed";
    if (e.reason == "power_loss") return self() + " lost power";
    return self() + " stopped";
  }
  Sentence operator()(const FaultInjected& e) const {
    const std::string detail = e.detail.empty() ? "" : ": " + e.detail;
    // What follows, NodeStopped, tells it.
    if (ends_process(e.fault) && !all && e.detail.empty()) return std::nullopt;
    if (e.detail == of_split && !all) return std::nullopt;  // told as one
    return "fault: " + fault_sentence(e.fault, event.node.valid() ? self() : "", name(e.peer)) +
           detail;
  }
  Sentence operator()(const FaultHealed& e) const {
    const std::string detail = e.detail.empty() ? "" : ": " + e.detail;
    if (ends_process(e.fault))  // what follows, NodeStarted, tells it
      return all ? Sentence(fmt::format("{} is started again{}", self(), detail)) : std::nullopt;
    if (e.detail == of_split && !all) return std::nullopt;  // told as one
    return "healed: " + healed_sentence(e.fault, event.node.valid() ? self() : "", name(e.peer)) +
           detail;
  }
  static bool ends_process(const std::string& fault) {
    return fault == "crash" || fault == "power_loss" || fault == "stop";
  }
  Sentence operator()(const CommandRejected& e) const { return "command refused: " + e.reason; }
  Sentence operator()(const ExpectationChecked& e) const {
    if (e.met && e.expect.ends_with(": " + e.actual)) return "as expected: " + e.expect;
    return fmt::format("{}: {}; it is {}", e.met ? "as expected" : "NOT as expected", e.expect,
                       e.actual);
  }
  Sentence operator()(const RunEnded& e) const {
    const std::string verdict = told.verdict();
    if (!all) return verdict.empty() ? Sentence("the run has ended") : Sentence(verdict);
    return fmt::format("the run has ended after {}, fingerprint {}{}{}",
                       count_of(e.events, "event", "events"), e.fingerprint,
                       verdict.empty() ? "" : "; ", verdict);
  }

  // ---- the network
  Sentence operator()(const MessageSent& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} sent {} to {} ({} bytes)", self(), e.label, name(e.destination),
                       e.size_bytes);
  }
  Sentence operator()(const MessageArrived& e) const {
    if (!all) return std::nullopt;
    const auto found = told.on_their_way_.find(e.message);
    if (found == told.on_their_way_.end()) return self() + " received a message";
    return fmt::format("{} from {} arrived at {}", found->second.label, name(found->second.source),
                       self());
  }
  Sentence operator()(const MessageLost& e) const {
    if (!all) return std::nullopt;
    const auto found = told.on_their_way_.find(e.message);
    const std::string what =
        found == told.on_their_way_.end() ? std::string("a message") : found->second.label;
    return fmt::format("{} from {} is lost: {}", what, self(), e.reason);
  }
  Sentence operator()(const ConnectionStalled& e) const {
    if (!all && e.attempt > 1) return std::nullopt;
    return fmt::format("{} can't reach {} ({}); TCP tries again in {}", self(), name(e.destination),
                       e.reason, format_duration(e.retry_in));
  }
  Sentence operator()(const ConnectionClosed& e) const {
    if (e.reason == "closed by " + self())
      return fmt::format("{} closed its connection to {}", self(), name(e.peer));
    if (e.reason != connection_refused)
      return fmt::format("{} lost its connection to {}: {}", self(), name(e.peer), e.reason);
    if (told_again) return std::nullopt;
    return fmt::format("{} can't reach {}: {}", self(), name(e.peer), e.reason);
  }

  // ---- records
  Sentence operator()(const RecordProduced& e) const {
    std::string text = fmt::format("{} published {} {}{}", self(), e.event_type, e.event_id,
                                   summary(e.data, e.event_id));
    if (all)
      text += fmt::format(" to {}, {}", e.topic, e.keyed ? "key " + e.partitionkey : "no key");
    return text;
  }
  Sentence operator()(const RecordBatched& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} put {} into batch {} for {} (partition chosen by {})", self(),
                       told.record(e.record), e.batch, partition_name(e.topic, e.partition), e.by);
  }
  Sentence operator()(const RecordsAcknowledged& e) const {
    if (!all) return std::nullopt;
    if (e.partition >= 0 && e.base_offset < 0)
      return fmt::format("{} sent {} to {} with acks=0: nobody will tell it whether that is in",
                         self(), told.records(e.records), partition_name(e.topic, e.partition));
    const std::string offset =
        e.base_offset < 0 ? std::string() : fmt::format(" at offset {}", e.base_offset);
    return fmt::format("{} knows: {} safe in {}{}", self(),
                       told.records(e.records) + (e.records.size() == 1 ? " is" : " are"),
                       partition_name(e.topic, e.partition), offset);
  }
  Sentence operator()(const SendRetried& e) const {
    return fmt::format("{} could not publish {} ({}); it tries again in {}", self(),
                       told.records(e.records), e.error, format_duration(e.backoff));
  }
  Sentence operator()(const SendFailed& e) const {
    return fmt::format("{} gave up on {}: {}", self(), told.records(e.records), e.error);
  }
  Sentence operator()(const RecordsDelivered& e) const {
    std::string text = fmt::format("{} received {}", self(), told.records(e.records));
    if (e.attempt > 1) text += fmt::format(" again (delivery {})", e.attempt);
    if (all && e.base_offset >= 0)
      text +=
          fmt::format(" from {} at offset {}", partition_name(e.topic, e.partition), e.base_offset);
    return text;
  }
  Sentence operator()(const ProcessingStarted& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} works on {} for {}", self(), told.record(e.record),
                       format_duration(e.service_time));
  }
  Sentence operator()(const ProcessingFinished& e) const {
    if (e.outcome == "failed") return self() + " failed to process " + told.record(e.record);
    if (!all) return std::nullopt;
    if (e.outcome == "ignored") return self() + " has no use for " + told.record(e.record);
    return self() + " is done with " + told.record(e.record);
  }
  Sentence operator()(const SideEffectDone& e) const {
    std::string text = fmt::format("{}: {}", self(), e.text.empty() ? e.effect : e.text);
    if (e.times > 1) text += fmt::format(" (done {} times now!)", e.times);
    return text;
  }

  // ---- Kafka
  Sentence operator()(const PartitionCreated& e) const {
    if (!all && e.leader_epoch <= 0) return std::nullopt;
    const std::string partition = partition_name(e.topic, e.partition);
    if (!e.leader.valid()) return partition + " has no leader";
    return fmt::format("{} is led by {}, in-sync replicas: {}", partition, name(e.leader),
                       list(e.isr));
  }
  Sentence operator()(const BatchAppended& e) const {
    if (!all) return std::nullopt;
    const std::string what = e.control.empty() ? count_of(e.records.size(), "record", "records")
                                               : "a transaction's " + e.control + " marker";
    return fmt::format("{} wrote {} at offset {} of {}", self(), what, e.base_offset,
                       partition_name(e.topic, e.partition));
  }
  Sentence operator()(const BatchRecognised& e) const {
    return fmt::format("{} has {} already: written once, acknowledged again", self(),
                       told.records(e.records));
  }
  Sentence operator()(const RecordsFiltered& e) const {
    return fmt::format("{} passes over {}: the transaction was aborted", self(),
                       told.records(e.records));
  }
  Sentence operator()(const RecordsAcquired& e) const {
    if (!all && e.delivery_count == 1) return std::nullopt;
    return fmt::format("{} gives {} to {} for {} (delivery {})", self(), told.records(e.records),
                       name(e.client), format_duration(e.lock), e.delivery_count);
  }
  Sentence operator()(const RecordsSettled& e) const {
    if (!all && e.outcome == "accepted") return std::nullopt;
    return fmt::format("{}: {} {}{}{}", self(), told.records(e.records), e.outcome,
                       e.reason.empty() ? "" : ": ", e.reason);
  }
  Sentence operator()(const LogTruncated& e) const {
    return fmt::format("{} lost {} at the end of {}: {}", self(),
                       count_of(e.records.size(), "record", "records"),
                       partition_name(e.topic, e.partition), e.reason);
  }
  Sentence operator()(const HighWatermarkAdvanced& e) const {
    if (!all) return std::nullopt;
    return fmt::format("consumers may read {} up to offset {} (high watermark {})",
                       partition_name(e.topic, e.partition), e.high_watermark - 1,
                       e.high_watermark);
  }
  Sentence operator()(const ProduceRefused& e) const {
    return fmt::format("{} refused {}: {}", self(), told.records(e.records), e.error);
  }
  Sentence operator()(const ProduceDropped& e) const {
    return fmt::format("{} never looked at {}: the connection has closed", self(),
                       told.records(e.records));
  }
  Sentence operator()(const PositionReset& e) const {
    const std::string partition = partition_name(e.topic, e.partition);
    const std::string end = e.policy == "latest"     ? "the end"
                            : e.policy == "earliest" ? "the beginning"
                                                     : std::string();
    if (end.empty() || !told.began_late_.contains(event.node)) {
      if (!all) return std::nullopt;
      return fmt::format("{} reads {} from offset {} ({})", self(), partition, e.offset, e.policy);
    }
    return fmt::format("{} starts {}at offset {} of {}, {} (auto.offset.reset={})", self(),
                       told.began_late_.at(event.node) > 1 ? "again " : "", e.offset, partition,
                       end, e.policy);
  }
  Sentence operator()(const ConsumerFailed& e) const {
    return self() + " has stopped reading: " + e.error;
  }
  Sentence operator()(const ClientWarning& e) const { return self() + ": " + e.text; }

  // ---- services
  Sentence operator()(const RecordSkipped& e) const {
    return fmt::format("{} has nothing to do for {}: {}", self(), told.record(e.record), e.reason);
  }
  Sentence operator()(const RecordPutAside& e) const {
    return fmt::format("{} puts {} aside in {} ({}): {}", self(), told.record(e.record), e.topic,
                       e.dead_letter ? "dead letter" : fmt::format("attempt {} failed", e.attempt),
                       e.reason);
  }
  Sentence operator()(const RecordDelayed& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} waits {} before it tries {} again", self(), format_duration(e.delay),
                       told.record(e.record));
  }
  Sentence operator()(const RecordQueued& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} is to wait for a worker of {}, where {} wait", told.record(e.record),
                       self(), e.waiting);
  }
  Sentence operator()(const RecordDropped& e) const {
    return fmt::format("{} lets {} go: {} wait already", self(), told.record(e.record), e.waiting);
  }
  Sentence operator()(const DatabaseWritten& e) const {
    return fmt::format("{} writes to its database: {} {}{}{}", self(), e.table, e.key,
                       e.value.empty() ? "" : " = ", e.value);
  }
  Sentence operator()(const OutboxRelayed& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} relays {} from its outbox; {} left", self(), told.record(e.record),
                       e.waiting);
  }
  Sentence operator()(const SagaStateChanged& e) const {
    return fmt::format("saga {} is {}{}{}", e.saga, e.state, e.reason.empty() ? "" : ": ",
                       e.reason);
  }
  Sentence operator()(const ReplyMatched& e) const {
    return fmt::format("{} has the answer to {} after {}: {}", self(), told.record(e.request),
                       format_duration(e.took), told.record(e.record));
  }
  Sentence operator()(const ReplyMissed& e) const {
    return fmt::format("{} waits no more for the answer to {} ({})", self(), told.record(e.request),
                       format_duration(e.waited));
  }

  // ---- channels without Kafka
  Sentence operator()(const CallFailed& e) const {
    return fmt::format("{} called {} with {} in vain (attempt {}): {}", self(), name(e.receiver),
                       told.record(e.record), e.attempt, e.reason);
  }
  Sentence operator()(const QueueStored& e) const {
    return fmt::format("{} keeps {}; {} waiting", self(), told.record(e.record), e.depth);
  }
  Sentence operator()(const QueueLeased& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} handed {} to {} and hides it for {} (delivery {})", self(),
                       told.record(e.record), name(e.receiver),
                       format_duration(e.visibility_timeout), e.attempt);
  }
  Sentence operator()(const QueueReturned& e) const {
    return fmt::format("{} shows {} again: {}", self(), told.record(e.record), e.reason);
  }
  Sentence operator()(const QueueDeleted& e) const {
    if (!all) return std::nullopt;
    return fmt::format("{} forgets {}: it was acknowledged", self(), told.record(e.record));
  }
  Sentence operator()(const QueueDeadLettered& e) const {
    return fmt::format("{} moved {} to the dead-letter queue after {}", self(),
                       told.record(e.record), count_of(e.attempts, "delivery", "deliveries"));
  }
  Sentence operator()(const SubscriberJoined& e) const {
    return fmt::format("{} tuned in to {}; {} now", name(e.subscriber), self(),
                       count_of(e.subscribers, "listener", "listeners"));
  }
  Sentence operator()(const SubscriberLeft& e) const {
    return fmt::format("{} no longer listens to {} ({}); {} now", name(e.subscriber), self(),
                       e.reason, count_of(e.subscribers, "listener", "listeners"));
  }
  Sentence operator()(const BroadcastSent& e) const {
    if (e.subscribers.empty())
      return fmt::format("{} broadcast {}, but nobody was listening", self(),
                         told.record(e.record));
    return fmt::format("{} broadcast {} to {}", self(), told.record(e.record), list(e.subscribers));
  }
};

std::string Narrator::verdict() const {
  if (expectations_ == 0) return {};
  if (expectations_met_ == expectations_)
    return expectations_ == 1 ? "the one expectation is met"
                              : fmt::format("all {} expectations met", expectations_);
  return fmt::format("{} of {} met", expectations_met_,
                     count_of(expectations_, "expectation", "expectations"));
}

std::string Narrator::record(RecordId id) const {
  const auto found = records_.find(id);
  return found == records_.end() ? fmt::format("record {}", id.value) : found->second;
}

std::string Narrator::records(const RecordList& list) const {
  constexpr std::size_t shown_max = 3;
  if (list.empty()) return "no records";
  std::string out;
  const std::size_t shown = list.size() <= shown_max ? list.size() : shown_max - 1;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == list.size();
    out += (i == 0 ? "" : last ? " and " : ", ") + record(list[i]);
  }
  if (shown < list.size()) out += fmt::format(" and {} more", list.size() - shown);
  return out;
}

void Narrator::learn(const Event& event) {
  names_.apply(event);
  if (const auto* produced = event.as<RecordProduced>()) {
    records_[produced->record] = produced->event_type + " " + produced->event_id;
    named_.push_back(produced->record);
    if (named_.size() > names_kept) {
      records_.erase(named_.front());
      named_.pop_front();
    }
  }
  if (const auto* started = event.as<NodeStarted>();
      started && (started->incarnation > 1 || event.t > SimTime{}))
    began_late_[event.node] = started->incarnation;
  if (const auto* checked = event.as<ExpectationChecked>()) {
    ++expectations_;
    if (checked->met) ++expectations_met_;
  }
  if (detail_ != Detail::all) return;
  if (const auto* sent = event.as<MessageSent>())
    on_their_way_[sent->message] = {sent->label, event.node};
}

/// Whether this event says once more what was told of the same outage; in all detail never.
bool Narrator::is_told_again(const Event& event) {
  if (event.as<NodeStarted>())
    std::erase_if(unreachable_, [&](const auto& pair) {
      return pair.first == event.node || pair.second == event.node;
    });
  const auto* closed = event.as<ConnectionClosed>();
  if (!closed || closed->reason != connection_refused || detail_ == Detail::all) return false;
  return !unreachable_.emplace(event.node, closed->peer).second;
}

Sentence Narrator::tell(const Event& event) {
  learn(event);
  const bool told_again = is_told_again(event);
  const GroupTeller teller{{names_, event, detail_ == Detail::all}};
  auto sentence = trace::visit(Teller{teller, *this, told_again}, event.body);
  if (const auto* arrived = event.as<MessageArrived>()) on_their_way_.erase(arrived->message);
  if (const auto* lost = event.as<MessageLost>()) on_their_way_.erase(lost->message);
  return sentence;
}

}  // namespace eventarium::trace
