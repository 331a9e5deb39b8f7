// The life of a record, line by line, from the events that name it and the messages that carried
// it.
#include <algorithm>

#include <fmt/format.h>

#include "viz/model/inspector.h"

namespace eventarium::viz {
namespace {

// How far behind a BatchAppended its high watermark is looked for.
constexpr std::size_t watermark_search_max = 4096;

struct Life {
  const History& history;
  RecordId record;
  Position moment;
  Position position = 0;
  std::vector<LifeLine> lines{};

  const trace::Event& event() const { return history[position]; }
  const std::string& self() const { return history.name(event().node); }

  void say(std::string word, std::string text, bool trouble = false) {
    lines.push_back({std::move(word), event().t, std::move(text), position, trouble});
  }
  void say_at(Position at, std::string word, std::string text, bool trouble) {
    lines.push_back({std::move(word), history[at].t, std::move(text), at, trouble});
  }
  static std::string place(const std::string& topic, std::int64_t partition, std::int64_t offset) {
    const std::string name = to_text(PartitionId{topic, partition});
    return offset < 0 ? name : fmt::format("{} @ {}", name, offset);
  }
  /// The record's own offset in a list that begins at `base`.
  std::int64_t offset_in(const std::vector<RecordId>& list, std::int64_t base) const {
    if (base < 0) return -1;
    return base + (std::find(list.begin(), list.end(), record) - list.begin());
  }

  template <class Other>
  void operator()(const Other&) {}

  void operator()(const trace::RecordProduced& e) {
    say("published", fmt::format("by {} to {}", self(), e.topic));
  }
  void operator()(const trace::RecordBatched& e) {
    say("batched",
        fmt::format("{}, batch {}, chosen by {}", place(e.topic, e.partition, -1), e.batch, e.by));
  }
  void operator()(const trace::MessageSent& e) {
    const MessageInfo* message = history.message(e.message);
    const bool lost = message != nullptr && message->lost && message->end < moment;
    const NodeInfo* sender = history.node(event().node);
    const bool arrived = message != nullptr && message->end < moment && !lost;
    // What left a broker, queue or station and came in is told by its delivery.
    if (sender != nullptr && is_channel(sender->role) && arrived) return;
    say("sent", fmt::format("{} → {} ({})", self(), history.name(e.destination), e.label));
    if (!lost) return;
    const auto* loss = history[message->end].as<trace::MessageLost>();
    say_at(message->end, "lost",
           fmt::format("{} → {}: {}", self(), history.name(e.destination), loss->reason), true);
  }
  void operator()(const trace::RecordsAcknowledged& e) {
    // A broker's answer has the offset. Without one nobody has answered: the client says "done"
    // as soon as the record has left.
    if (e.partition >= 0 && e.base_offset < 0)
      say("acks=0", fmt::format("nobody will tell {} whether it is in", self()));
    else
      say("acked", fmt::format("{} knows that it is in", self()));
  }
  void operator()(const trace::SendRetried& e) {
    say("retry", fmt::format("{}; again in {}", e.error, format_duration(e.backoff)), true);
  }
  void operator()(const trace::SendFailed& e) {
    say("given up", fmt::format("by {}: {}", self(), e.error), true);
  }
  void operator()(const trace::RecordsDelivered& e) {
    const std::string again = e.attempt > 1 ? fmt::format(", delivery {}", e.attempt) : "";
    say("delivered", fmt::format("to {}{}", self(), again), e.attempt > 1);
  }
  void operator()(const trace::ProcessingStarted& e) {
    const std::string work = format_duration(e.service_time);
    // Mostly at once: then it is one line with the delivery.
    if (LifeLine* delivery = line_now("delivered")) {
      delivery->text += fmt::format(", works on it for {}", work);
      return;
    }
    say("taken up", fmt::format("by {}, for {}", self(), work));
  }
  void operator()(const trace::ProcessingFinished& e) {
    if (e.outcome == "ok" && line_now("effect") != nullptr) return;  // that says it
    const bool ok = e.outcome == "ok";
    say(ok ? "processed" : e.outcome, fmt::format("by {}", self()), e.outcome == "failed");
  }
  /// A line of the same node and time with this word; null when there is none.
  LifeLine* line_now(std::string_view word) {
    for (auto line = lines.rbegin(); line != lines.rend() && line->t == event().t; ++line)
      if (line->word == word && history[line->position].node == event().node) return &*line;
    return nullptr;
  }
  void operator()(const trace::RecordSkipped& e) { say("skipped", e.reason); }
  void operator()(const trace::RecordDropped& e) {
    say("dropped", fmt::format("by {}, where {} wait already", self(), e.waiting), true);
  }
  void operator()(const trace::RecordPutAside& e) {
    say("put aside", fmt::format("by {} in {}: {}", self(), e.topic, e.reason), true);
  }
  void operator()(const trace::RecordDelayed& e) {
    say("delayed", fmt::format("by {} for {}", self(), format_duration(e.delay)));
  }
  void operator()(const trace::ReplyMatched& e) {
    say("answers", fmt::format("a question of {}, {} later", self(), format_duration(e.took)));
  }
  void operator()(const trace::ReplyMissed& e) {
    say("unanswered",
        fmt::format("for {}, and {} waits no more", format_duration(e.waited), self()), true);
  }
  void operator()(const trace::SideEffectDone& e) {
    const std::string again = e.times > 1 ? fmt::format(" ({} times now!)", e.times) : "";
    say("effect", fmt::format("{}{}", e.text.empty() ? e.effect : e.text, again), e.times > 1);
  }
  void operator()(const trace::BatchAppended& e) {
    const std::int64_t offset = offset_in(e.records, e.base_offset);
    if (e.as_follower) return say("copied", fmt::format("by {}", self()));
    say("stored", fmt::format("{} on {}", place(e.topic, e.partition, offset), self()));
    const auto& events = history.events_of(event().node);
    auto next = std::upper_bound(events.begin(), events.end(), position);
    for (std::size_t i = 0; i < watermark_search_max && next != events.end(); ++i, ++next) {
      if (*next >= moment) return;
      // Cut off before it could be read: another record may have its offset later.
      const auto* cut = history[*next].as<trace::LogTruncated>();
      if (cut != nullptr && cut->topic == e.topic && cut->partition == e.partition &&
          cut->log_end_offset <= offset)
        return;
      const auto* mark = history[*next].as<trace::HighWatermarkAdvanced>();
      if (mark == nullptr || mark->topic != e.topic || mark->partition != e.partition) continue;
      if (mark->high_watermark <= offset) continue;
      say_at(*next, "readable", fmt::format("high watermark {}", mark->high_watermark), false);
      return;
    }
  }
  void operator()(const trace::LogTruncated& e) {
    say("gone", fmt::format("from {} on {}: {}", place(e.topic, e.partition, -1), self(), e.reason),
        true);
  }
  void operator()(const trace::LogStartAdvanced& e) {
    say("deleted", fmt::format("on {}: {}", self(), e.reason));
  }
  void operator()(const trace::LogCompacted&) {
    say("compacted", fmt::format("on {}: a later record has its key", self()));
  }
  void operator()(const trace::ProduceTimedOut& e) {
    say("no answer", fmt::format("{} has it, but tells its producer {}", self(), e.error), true);
  }
  void operator()(const trace::ProduceRefused& e) {
    say("refused", fmt::format("by {}: {}", self(), e.error), true);
  }
  void operator()(const trace::ProduceDropped&) {
    say("dropped", fmt::format("by {}: the connection has closed", self()), true);
  }
  void operator()(const trace::CallFailed& e) {
    say("call failed", fmt::format("{} did not answer: {}", history.name(e.receiver), e.reason),
        true);
  }
  void operator()(const trace::QueueStored&) { say("stored", fmt::format("in {}", self())); }
  void operator()(const trace::QueueLeased& e) {
    say("leased", fmt::format("to {} for {}", history.name(e.receiver),
                              format_duration(e.visibility_timeout)));
  }
  void operator()(const trace::QueueReturned& e) { say("returned", e.reason, true); }
  void operator()(const trace::QueueDeleted&) { say("deleted", "acknowledged, forgotten"); }
  void operator()(const trace::QueueDeadLettered& e) {
    say("dead letter", fmt::format("after {} deliveries", e.attempts), true);
  }
  void operator()(const trace::BroadcastSent& e) {
    if (e.subscribers.empty())
      say("on air", "nobody was listening", true);
    else
      say("on air", fmt::format("{} listening", e.subscribers.size()));
  }
};

}  // namespace

std::vector<LifeLine> life_of(const History& history, RecordId record, Position moment) {
  const RecordInfo* info = history.record(record);
  if (info == nullptr) return {};
  Life life{history, record, moment};
  for (const Position position : info->events) {
    if (position >= moment) break;
    life.position = position;
    trace::visit(life, history[position].body);
  }
  std::stable_sort(life.lines.begin(), life.lines.end(),
                   [](const LifeLine& a, const LifeLine& b) { return a.position < b.position; });
  for (LifeLine& line : life.lines) line.after = line.t - life.lines.front().t;
  return std::move(life.lines);
}

}  // namespace eventarium::viz
