// See inspector.h. Here: what to say of nodes, records, messages, partitions, events and numbers.
// The life of a record is in life.cpp, causes in causes.cpp, Kafka's commands in real_command.cpp.
#include "viz/model/inspector.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/trace/fault_words.h"
#include "viz/model/cluster_inspector.h"
#include "viz/model/flights.h"
#include "viz/model/group_inspector.h"
#include "viz/model/inspector_rows.h"
#include "viz/model/real_command.h"

namespace eventarium::viz {
namespace {

struct Inspector {
  const History& history;
  const Scoreboard& scoreboard;
  const World& world;
  Inspection out{};

  void operator()(std::monostate) {}

  // ---- a node
  void operator()(NodeId id) {
    const NodeInfo* info = history.node(id);
    const NodeView* view = world.node(id);
    if (info == nullptr || view == nullptr) return;
    out.title = info->name;
    out.subtitle = info->role_name + (info->label.empty() ? "" : " · " + info->label);
    state_of(*view);
    publisher(*view);
    receiver(*view);
    queue(*view);
    station(*view);
    inspect_member(history, world, *view, out);
    Rows("machine")
        .add("network", bandwidth(info->bandwidth_bytes_per_s), "of its interface, each direction")
        .add("latency", format_duration(info->latency), "of its cable to the switch, one way")
        .into(out);
    if (view->down()) why_of_node(*view, fmt::format("Why is {} down?", info->name));
    inspect_client(history, world, *view, out);
    for (RealCommand& command : commands_for_node(history, world, *view))
      out.commands.push_back(std::move(command));
  }

  static std::string bandwidth(double bytes_per_s) {
    const double bits = bytes_per_s * 8;
    if (bits >= 1e9) return fmt::format("{:.3g} Gbit/s", bits / 1e9);
    if (bits >= 1e6) return fmt::format("{:.3g} Mbit/s", bits / 1e6);
    return fmt::format("{:.3g} kbit/s", bits / 1e3);
  }

  void state_of(const NodeView& view) {
    Rows rows("");
    if (view.running)
      rows.add("state", "running", "its process is alive");
    else if (view.incarnation == 0)
      rows.add("state", "not started yet", "its process starts later");
    else
      rows.add("state", fmt::format("{} since {}", stop_words(view), format_clock(view.changed_at)),
               "its process has ended");
    if (view.incarnation > 1)
      rows.count("restarts", view.incarnation - 1, "how often its process was started again");
    for (const ActiveFault& fault : view.faults) {
      std::string text = fault.peer.valid() ? "nothing gets to " + history.name(fault.peer)
                                            : trace::fault_words(fault.fault);
      if (!fault.detail.empty()) text += ", " + fault.detail;
      rows.add("fault", text + " since " + format_clock(fault.since), "broken on purpose",
               EventSelection{fault.event});
    }
    if (!view.failure.empty())
      rows.add("failed", view.failure, "poll() has thrown: it reads no more until a restart");
    if (!view.warning.empty())
      rows.add("warning", view.warning, "its latest, at " + format_clock(view.warning_at));
    rows.into(out);
  }
  static std::string stop_words(const NodeView& view) {
    if (view.stop_reason == "crash") return "crashed";
    if (view.stop_reason == "power_loss") return "without power";
    return "stopped";
  }

  void publisher(const NodeView& view) {
    const PublisherView& publisher = view.publisher;
    if (publisher.produced == 0 && view.role != Role::producer) return;
    Rows rows("publishes");
    rows.count("published", publisher.produced, "events that it made")
        .count("acknowledged", publisher.acknowledged, "it was told: they are in");
    if (publisher.failed > 0) rows.count("given up", publisher.failed, "it stopped trying");
    if (publisher.retries > 0)
      rows.count("retries", publisher.retries, "attempts that failed and were repeated");
    rows.count("pending", publisher.pending.size(), "neither acknowledged nor given up");
    for (std::size_t i = 0; i < publisher.batches.size() && i < listed_max; ++i) {
      const PendingBatch& batch = publisher.batches[i];
      rows.add(fmt::format("batch {}", batch.number),
               fmt::format("{} {} for {}, {}", batch.records.size(),
                           batch.records.size() == 1 ? "record" : "records",
                           to_text(batch.partition), batch.sent ? "sent" : "filling"),
               "batch.size and linger.ms decide when it is sent", batch.partition);
    }
    rows.into(out);
  }

  static void patterns(const ReceiverView& receiver, Rows& rows) {
    const auto count = [&](const char* what, std::uint64_t number, const char* meaning) {
      if (number > 0) rows.count(what, number, meaning);
    };
    count("skipped", receiver.skipped, "seen to be done before, or an answer nobody waits for");
    count("dropped", receiver.dropped, "its queue was full");
    count("put aside", receiver.put_aside, "copies in retry topics and dead-letter topics");
    count("dead letters", receiver.dead_lettered, "nobody will try again by itself");
    count("answered", receiver.answered, "of what it has asked");
    count("unanswered", receiver.unanswered, "of what it has asked, in time");
  }

  void receiver(const NodeView& view) {
    const ReceiverView& receiver = view.receiver;
    if (view.role != Role::consumer && view.role != Role::service && receiver.delivered == 0)
      return;
    Rows rows("receives");
    rows.count("delivered", receiver.delivered, "records handed to it")
        .count("processed", receiver.processed, "its handler has finished them");
    if (receiver.ignored > 0)
      rows.count("ignored", receiver.ignored, "of a type that it has no reaction to");
    if (receiver.failed > 0) rows.count("failed", receiver.failed, "its handler failed");
    patterns(receiver, rows);
    for (const Busy& busy : receiver.busy)
      rows.add("works on", record_with_time(busy.record, busy.until), "its handler takes this long",
               busy.record);
    if (!receiver.inbox.empty())
      rows.count("in hand", receiver.inbox.size(), "handed over, not begun");
    for (const ReadPosition& position : receiver.positions) {
      const PartitionView* partition = world.partition(position.partition);
      const std::int64_t lag =
          partition == nullptr
              ? 0
              : std::max<std::int64_t>(partition->high_watermark() - position.offset, 0);
      rows.add(
          to_text(position.partition), fmt::format("position {}, lag {}", position.offset, lag),
          "the offset that it reads next; lag: readable records behind it", position.partition);
    }
    rows.into(out);
    Rows effects("side effects");
    for (const EffectView& effect : receiver.effects) {
      const std::string again =
          effect.repeated > 0 ? fmt::format(" ({} of them again!)", effect.repeated) : "";
      effects.add(effect.name, fmt::format("{}{}", effect.times, again), "latest: " + effect.latest,
                  ClusterPart::side_effects);
    }
    effects.into(out);
  }
  std::string record_with_time(RecordId record, SimTime until) const {
    return fmt::format("{} until {}", history.record_name(record), format_clock(until));
  }

  void list_records(const std::string& title, const std::vector<RecordId>& records,
                    const std::string& doc) {
    Rows rows(fmt::format("{} ({})", title, records.size()));
    for (std::size_t i = 0; i < records.size() && i < listed_max; ++i)
      rows.add(history.record_name(records[i]), type_of(records[i]), doc, records[i]);
    if (records.size() > listed_max)
      rows.add("…", fmt::format("and {} more", records.size() - listed_max));
    rows.into(out);
  }
  std::string type_of(RecordId record) const {
    const auto* produced = history.produced(record);
    return produced == nullptr ? std::string() : produced->event_type;
  }

  void queue(const NodeView& view) {
    if (view.role != Role::queue) return;
    const QueueView& queue = view.queue;
    Rows("queue")
        .count("waiting", queue.visible.size(), "visible to the next receiver")
        .count("leased", queue.leased.size(), "handed to a receiver, hidden until acknowledged")
        .count("dead letters", queue.dead_letters.size(), "delivered too often, put aside")
        .count("stored", queue.stored, "so far")
        .count("deleted", queue.deleted, "acknowledged by a receiver and forgotten")
        .into(out);
    list_records("waiting", queue.visible, "until a receiver asks");
    Rows leases("leased");
    for (std::size_t i = 0; i < queue.leased.size() && i < listed_max; ++i) {
      const Lease& lease = queue.leased[i];
      leases.add(history.record_name(lease.record),
                 fmt::format("{} until {}, delivery {}", history.name(lease.receiver),
                             format_clock(lease.until), lease.attempt),
                 "visible again then unless acknowledged (visibility time-out)", lease.record);
    }
    leases.into(out);
    list_records("dead letters", queue.dead_letters, "max_deliveries was reached");
  }

  void station(const NodeView& view) {
    if (view.role != Role::station) return;
    Rows rows("on air");
    rows.count("broadcast", view.station.sent, "to everybody connected; nothing is kept")
        .count("unheard", view.station.unheard, "nobody was listening");
    for (const NodeId subscriber : view.station.subscribers)
      rows.add("listener", history.name(subscriber), "connected now", subscriber);
    rows.into(out);
  }

  void why_of_node(const NodeView& view, std::string title) {
    const auto& events = history.events_of(view.id);
    for (auto it = events.rbegin(); it != events.rend(); ++it) {
      if (*it >= world.moment || !history[*it].as<trace::NodeStopped>()) continue;
      set_why(std::move(title), *it);
      return;
    }
  }
  void set_why(std::string title, Position position) {
    out.why = causes_of(history, position);
    if (!out.why.empty()) out.why_title = std::move(title);
  }

  // ---- a record
  void operator()(RecordId id) {
    const RecordInfo* info = history.record(id);
    if (info == nullptr || info->events.front() >= world.moment) return;
    out.title = history.record_name(id);
    const auto* produced = history.produced(id);
    if (produced != nullptr) {
      out.subtitle = produced->event_type;
      if (produced->keyed) out.subtitle += " · key " + produced->partitionkey;
      const trace::Event& event = history[info->produced];
      Rows("event")
          .add("id", produced->event_id, "CloudEvents id: unique per source")
          .add("source", history.name(event.node), "who made it", event.node)
          .add("type", produced->event_type, "CloudEvents type")
          .add("time", format_clock(event.t), "when it happened")
          .add("data", produced->data, "CloudEvents data")
          .add("topic", produced->topic, "where it is published")
          .add("size", fmt::format("{} bytes", produced->size_bytes), "key and value")
          .into(out);
    }
    out.life = life_of(history, id, world.moment);
    why_of_record(*info);
    for (const Score score : {Score::lost, Score::expired}) {
      const Position since = scoreboard.since(score, id, world.moment);
      if (since == no_position) continue;
      out.life.push_back({std::string(score_name(score)),
                          history[since].t,
                          history.sentence(since),
                          since,
                          true,
                          {}});
      out.life.back().after = out.life.back().t - out.life.front().t;
      set_why(fmt::format("Why is it {}?", score_name(score)), since);
    }
    out.commands = commands_for_record(history, world, id);
  }

  void why_of_record(const RecordInfo& info) {
    // The latest thing that happened to it, with trouble before everything else.
    Position latest = info.events.front();
    Position trouble = no_position;
    for (const LifeLine& line : out.life) {
      latest = line.position;
      if (line.trouble) trouble = line.position;
    }
    if (trouble != no_position)
      set_why("Why did that happen?", trouble);
    else if (latest != info.events.front())
      set_why("How did it come here?", latest);
  }

  // ---- a message
  void operator()(MessageId id) {
    const MessageInfo* message = history.message(id);
    if (message == nullptr || message->sent_at >= world.moment) return;
    const auto* sent = history[message->sent_at].as<trace::MessageSent>();
    out.title = sent->label;
    out.subtitle = fmt::format("{} → {}", history.name(message->from), history.name(message->to));
    Rows rows("message");
    rows.add("from", history.name(message->from), "who sent it", message->from)
        .add("to", history.name(message->to), "to whom", message->to)
        .add("size", fmt::format("{} bytes", sent->size_bytes), "on the wire")
        .add("sent", format_clock(message->sent), "handed to its connection",
             EventSelection{history[message->sent_at].id});
    if (message->end < world.moment)
      rows.add(message->lost ? "lost" : "arrived",
               fmt::format("{}, after {}", format_clock(message->ended),
                           format_duration(message->ended - message->sent)),
               "received whole, or never", EventSelection{history[message->end].id});
    else
      rows.add("state", "on its way", "sent, not yet arrived");
    rows.into(out);
    list_records("carries", sent->records, "in this message");
    const bool over = message->end < world.moment;
    set_why(over && message->lost ? "Why was it lost?" : "Why was it sent?",
            over && message->lost ? message->end : message->sent_at);
  }

  // ---- what only a cluster has
  void operator()(const PartitionId& id) { inspect_partition(history, world, id, NodeId{}, out); }
  void operator()(const ReplicaId& id) {
    inspect_partition(history, world, id.partition, id.broker, out);
  }
  void operator()(ClusterPart part) {
    if (part == ClusterPart::side_effects) return inspect_side_effects(history, world, out);
    inspect_cluster(history, world, part, out);
  }
  void operator()(const GroupSelection& group) { inspect_group(history, world, group.name, out); }

  // ---- the way between two nodes
  void operator()(const WaySelection& way) {
    if (world.node(way.a) == nullptr || world.node(way.b) == nullptr) return;
    out.title = fmt::format("{} – {}", history.name(way.a), history.name(way.b));
    out.subtitle = "the way between them";
    for (const auto& [from, to] : {std::pair(way.a, way.b), std::pair(way.b, way.a)}) {
      Rows rows(fmt::format("{} → {}", history.name(from), history.name(to)));
      std::size_t flying = 0;
      for (const MessageId id : world.in_flight)
        if (const MessageInfo* message = history.message(id))
          flying += message->from == from && message->to == to ? 1 : 0;
      rows.count("on their way", flying, "messages sent, not yet arrived");
      for (const StalledWay& stalled : world.stalled)
        if (stalled.from == from && stalled.to == to)
          rows.add("held up",
                   fmt::format("{}; again at {}", stalled.reason, format_clock(stalled.retry_at)),
                   "TCP waits to send again: nothing is lost yet");
      const NodeView* sender = world.node(from);
      for (const ActiveFault& fault : sender->faults)
        if (fault.fault == "cut" && fault.peer == to)
          rows.add("cut", "since " + format_clock(fault.since), "broken on purpose",
                   EventSelection{fault.event});
      rows.into(out);
    }
    Rows("ends")
        .add("one end", history.name(way.a), "", way.a)
        .add("the other", history.name(way.b), "", way.b)
        .into(out);
  }

  // ---- an event
  void operator()(const EventSelection& selection) {
    const Position position = history.find(selection.id);
    if (position == no_position || position >= world.moment) return;
    const trace::Event& event = history[position];
    out.title = std::string(trace::wire_name(event.body));
    std::replace(out.title.begin(), out.title.end(), '_', ' ');
    out.subtitle = format_clock(event.t) +
                   (event.node.valid() ? " · " + history.name(event.node) : std::string());
    Rows rows("");
    rows.add("in words", history.sentence(position));
    if (event.node.valid())
      rows.add("node", history.name(event.node), "to whom it happened", event.node);
    fields(event, rows);
    rows.into(out);
    set_why("Why?", position);
  }
  void fields(const trace::Event& event, Rows& rows) const {
    const auto& table = trace::event_table()[event.body.index() - 1];
    std::size_t next = 0;
    trace::visit(
        [&](const auto& body) {
          if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(body)>, std::monostate>)
            trace::visit_fields(body, [&](std::string_view name, const auto& value) {
              std::string title(name);
              std::replace(title.begin(), title.end(), '_', ' ');
              rows.add(title, value_text(value), std::string(table.fields[next++].doc),
                       value_target(value));
            });
        },
        event.body);
  }
  std::string value_text(bool value) const { return value ? "yes" : "no"; }
  std::string value_text(std::int64_t value) const { return std::to_string(value); }
  std::string value_text(std::uint64_t value) const { return std::to_string(value); }
  std::string value_text(double value) const { return fmt::format("{:.6g}", value); }
  std::string value_text(const std::string& value) const { return value; }
  std::string value_text(SimTime value) const { return format_clock(value); }
  std::string value_text(Duration value) const { return format_duration(value); }
  std::string value_text(NodeId value) const { return history.name(value); }
  std::string value_text(MessageId value) const { return fmt::format("#{}", value.value); }
  std::string value_text(RecordId value) const { return history.record_name(value); }
  std::string value_text(const std::vector<NodeId>& value) const {
    return names_of(history, value);
  }
  std::string value_text(const std::vector<RecordId>& value) const {
    std::string text;
    for (std::size_t i = 0; i < value.size() && i < listed_max; ++i)
      text += (i == 0 ? "" : ", ") + history.record_name(value[i]);
    if (value.size() > listed_max) text += fmt::format(" … {} in all", value.size());
    return text.empty() ? "none" : text;
  }
  template <class Value>
  static Selection value_target(const Value& value) {
    if constexpr (std::is_same_v<Value, NodeId> || std::is_same_v<Value, RecordId> ||
                  std::is_same_v<Value, MessageId>) {
      if (value.valid()) return value;
    } else if constexpr (std::is_same_v<Value, std::vector<RecordId>>) {
      if (!value.empty()) return value.front();
    }
    return {};
  }

  // ---- a number of the scoreboard
  void operator()(Score score) {
    const auto records = scoreboard.records(score, world.moment);
    const std::uint64_t count = scoreboard.count(score, world.moment);
    out.title = fmt::format("{} {}", count, score_name(score));
    out.subtitle = std::string(score_doc(score));
    const bool sealed = score == Score::lost || score == Score::expired || score == Score::failed;
    if (!sealed) return list_records("records", records, "click to follow it");
    Rows rows(fmt::format("records ({})", records.size()));
    for (std::size_t i = 0; i < records.size() && i < listed_max; ++i) {
      rows.add(history.record_name(records[i]), type_of(records[i]), "click to follow it",
               records[i]);
      const Position since = scoreboard.since(score, records[i], world.moment);
      if (since == no_position) continue;
      std::string why = history.sentence(since);
      if (why.empty()) why = std::string(trace::wire_name(history[since].body));
      rows.add(format_clock(history[since].t), why, "the event that sealed it",
               EventSelection{history[since].id});
    }
    if (records.size() > listed_max)
      rows.add("…", fmt::format("and {} more", records.size() - listed_max));
    rows.into(out);
    if (records.empty()) return;
    const Position last = scoreboard.since(score, records.back(), world.moment);
    if (last != no_position)
      set_why(fmt::format("Why is {} {}?", history.record_name(records.back()), score_name(score)),
              last);
  }
};

}  // namespace

Inspection inspect(const History& history, const Scoreboard& scoreboard, const World& world,
                   const Selection& selection) {
  Inspector inspector{history, scoreboard, world};
  std::visit(inspector, selection);
  return std::move(inspector.out);
}

}  // namespace eventarium::viz
