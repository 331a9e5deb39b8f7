// See cluster_inspector.h.
#include "viz/model/cluster_inspector.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "viz/model/inspector_rows.h"
#include "viz/model/real_command.h"

namespace eventarium::viz {
namespace {

constexpr std::size_t history_max = 10;
constexpr std::size_t entries_shown = 24;

std::string since(SimTime t) { return "since " + format_clock(t); }

// ---- a broker, a controller, a ZooKeeper node

void standing(const NodeView& node, Inspection& out) {
  const MembershipView& member = node.member;
  Rows rows("in the cluster");
  std::string state = "counts as alive";
  if (member.unregistered)
    state = "unregistered";
  else if (member.fenced)
    state = "fenced";
  else if (member.expired)
    state = "its session has expired";
  else if (member.leaving)
    state = "shuts down";
  if (member.changed_at > SimTime{}) state += " " + since(member.changed_at);
  rows.add("controller says", state,
           "fenced: it may not lead, is in no in-sync set, and clients don't see it");
  if (!member.reason.empty()) rows.add("because", member.reason, "as the controller has said");
  if (member.epoch >= 0)
    rows.add("broker epoch", std::to_string(member.epoch), "of its latest registration");
  rows.into(out);
}

void partitions_on(const World& world, const NodeView& node, Inspection& out) {
  const BrokerLoad load = load_of(world, node.id);
  Rows sums("partitions");
  sums.count("leads", load.led, "producers write here, consumers read here")
      .count("follows", load.followed, "copies from their leaders");
  if (load.under_replicated > 0)
    sums.count("under-replicated", load.under_replicated,
               "of those it leads: fewer replicas in sync than there should be");
  if (load.out_of_sync > 0)
    sums.count("out of sync", load.out_of_sync, "of those it follows: too far behind");
  if (node.refused > 0) sums.count("refused", node.refused, "batches that it did not take");
  sums.into(out);
  Rows rows("replicas");
  std::size_t listed = 0, more = 0;
  for (const auto& [id, partition] : world.partitions) {
    const ReplicaView* copy = partition.replica(node.id);
    if (copy == nullptr) continue;
    if (++listed > listed_max * 2) {
      ++more;
      continue;
    }
    const bool leads = partition.leader == node.id;
    const char* mark = leads ? "★" : partition.in_sync(node.id) ? "○" : "out of sync";
    std::string text =
        fmt::format("log end {}, high watermark {}", copy->log_end_offset, copy->high_watermark);
    if (const std::int64_t lag = partition.lag(*copy); lag > 0 && !leads)
      text += fmt::format(", {} behind", lag);
    rows.add(fmt::format("{} {}", to_text(id), mark), text,
             leads ? "leads: producers write here" : "follows", ReplicaId{id, node.id});
  }
  if (more > 0) rows.add("…", fmt::format("and {} more", more));
  rows.into(out);
}

void quorum(const History& history, const World& world, const NodeView& node, Inspection& out) {
  const ControllerView& view = node.controller;
  const bool votes = !view.raft_role.empty();
  if (!votes && view.epoch < 0 && node.role != Role::controller) return;
  Rows rows("controller");
  rows.add("role", view.active ? "active" : "standby",
           "the active one decides for the whole cluster");
  if (view.epoch >= 0)
    rows.add("controller epoch", std::to_string(view.epoch), "in which it is or was active");
  if (votes) {
    rows.add("Raft role", view.raft_role, "its role in the quorum", ClusterPart::metadata_log);
    rows.add("Raft epoch", std::to_string(view.raft_epoch), "the term: +1 for every election");
    if (view.raft_leader.valid())
      rows.add("follows", history.name(view.raft_leader), "the quorum's leader as it knows it",
               view.raft_leader);
    if (view.voted_for.valid())
      rows.add("voted for", history.name(view.voted_for), "in this epoch: one vote each",
               view.voted_for);
  }
  rows.add("log end offset", std::to_string(view.log_end_offset), "of its copy of the metadata log",
           ClusterPart::metadata_log);
  rows.add("committed", std::to_string(world.metadata_committed),
           "a majority has the entries below it", ClusterPart::metadata_log);
  rows.into(out);
}

void ensemble(const NodeView& node, Inspection& out) {
  Rows("ensemble")
      .add("role", node.controller.leads_ensemble ? "leader" : "follower",
           "the leader orders all changes of the tree")
      .add("epoch",
           node.controller.ensemble_epoch >= 0 ? std::to_string(node.controller.ensemble_epoch)
                                               : "–",
           "of the leader that it was")
      .into(out);
}

// ---- a partition

void replica_table(const History& history, const World& world, const PartitionView& view,
                   Inspection& out) {
  Rows rows("replicas");
  for (std::size_t i = 0; i < view.replicas.size(); ++i) {
    const ReplicaView& copy = view.replicas[i];
    const bool leads = view.leader == copy.broker;
    const NodeView* broker = world.node(copy.broker);
    std::string text = fmt::format("end {}, hw {}", copy.log_end_offset, copy.high_watermark);
    if (const std::int64_t lag = view.lag(copy); lag > 0 && !leads)
      text += fmt::format(", {} behind", lag);
    if (view.stale_leader(copy))
      text += ", believes that it leads";
    else if (!leads)
      text += fmt::format(", {} {}", view.in_sync(copy.broker) ? "in sync" : "out of sync",
                          since(copy.isr_changed_at));
    if (broker != nullptr && broker->down()) text += ", down";
    const char* mark = leads ? "★" : view.in_sync(copy.broker) ? "○" : "×";
    rows.add(fmt::format("{} {}", mark, history.name(copy.broker)), text,
             i == 0 ? "the preferred leader: the first of the assignment" : "keeps a copy",
             copy.broker);
  }
  rows.into(out);
}

void past_of(const History& history, const World& world, const PartitionId& id, Inspection& out) {
  const std::vector<Position>& all = history.changes_of(id);
  const auto end = std::lower_bound(all.begin(), all.end(), world.moment);
  Rows rows("what the controller decided");
  std::size_t shown = 0;
  for (auto at = end; at != all.begin() && shown < history_max; ++shown) {
    const trace::Event& event = history[*--at];
    const auto add = [&](const auto& state, const std::string& reason) {
      rows.add(format_clock(event.t),
               fmt::format("leader {}, in sync {}{}",
                           state.leader.valid() ? history.name(state.leader) : "none",
                           names_of(history, state.isr), reason.empty() ? "" : " – " + reason),
               "leader and in-sync set from then on", EventSelection{event.id});
    };
    if (const auto* created = event.as<trace::PartitionCreated>()) add(*created, "created");
    if (const auto* changed = event.as<trace::PartitionChanged>()) add(*changed, changed->reason);
  }
  rows.into(out);
}

void partition_rows(const History& history, const PartitionView& view, Inspection& out) {
  Rows rows("partition");
  rows.add("leader", view.leader.valid() ? history.name(view.leader) : "none: offline",
           "takes all writes and reads", view.leader);
  rows.add("leader epoch", std::to_string(view.leader_epoch), "+1 for every change of leader");
  if (view.unclean)
    rows.add("unclean", "its leader was not in sync",
             "unclean.leader.election.enable: records may have been lost");
  std::vector<NodeId> replicas;
  for (std::size_t i = 0; i < view.assigned && i < view.replicas.size(); ++i)
    replicas.push_back(view.replicas[i].broker);
  rows.add("replicas", names_of(history, replicas), "who keeps a copy; the first is preferred");
  rows.add("in sync", names_of(history, view.isr),
           "acks=all waits for them; one of them may take over");
  if (!view.elr.empty())
    rows.add("eligible", names_of(history, view.elr),
             "eligible leader replicas: have everything that was acknowledged");
  if (!view.adding.empty()) rows.add("joining", names_of(history, view.adding), "a reassignment");
  if (!view.removing.empty())
    rows.add("leaving", names_of(history, view.removing), "a reassignment");
  rows.add("min.insync.replicas", std::to_string(view.min_isr),
           view.min_isr > view.effective_min_isr()
               ? fmt::format("in effect {}: there are no more replicas", view.effective_min_isr())
               : "fewer in sync: acks=all is refused");
  rows.add("log end offset", std::to_string(view.log_end_offset()), "of the leader");
  rows.add("high watermark", std::to_string(view.high_watermark()),
           "first offset that consumers can't read yet");
  rows.into(out);
}

// ---- the cluster

void health(const World& world, Inspection& out) {
  const ClusterHealth now = health_of(world);
  out.title = "The cluster";
  out.subtitle = fmt::format("{} brokers, {} partitions", now.brokers, now.partitions);
  Rows("brokers")
      .count("registered", now.brokers, "known to the controller")
      .count("running", now.brokers_up, "their processes are alive")
      .count("fenced", now.brokers_fenced, "the controller counts on them no more")
      .into(out);
  Rows("partitions")
      .count("offline", now.offline, "nobody leads them: neither written nor read")
      .count("under-replicated", now.under_replicated, "fewer replicas in sync than are assigned")
      .count("under min ISR", now.under_min_isr, "acks=all is refused")
      .into(out);
}

void who_decides(const History& history, const World& world, Inspection& out) {
  Rows rows("who decides");
  rows.add("active controller", world.controller.valid() ? history.name(world.controller) : "none",
           "changes of leaders and in-sync sets wait for one", world.controller);
  if (world.controller_epoch >= 0)
    rows.add("epoch", std::to_string(world.controller_epoch), "+1 for every controller");
  rows.add("metadata log", fmt::format("committed up to {}", world.metadata_committed),
           "everything that was decided, in order", ClusterPart::metadata_log);
  rows.into(out);
}

void metadata_log(const History& history, const World& world, Inspection& out) {
  out.title = "Metadata log";
  out.subtitle = fmt::format("committed up to {}", world.metadata_committed);
  Rows copies("who has got how far");
  for (const NodeView& node : world.nodes) {
    const ControllerView& view = node.controller;
    if (!node.declared || (view.log_end_offset == 0 && view.applied == 0)) continue;
    std::string text;
    if (view.log_end_offset > 0) text = fmt::format("log end {}", view.log_end_offset);
    if (view.applied > 0)
      text += fmt::format("{}applied {}", text.empty() ? "" : ", ", view.applied);
    copies.add((view.active ? "★ " : "") + history.name(node.id), text,
               "voters keep the log, brokers act on what is committed", node.id);
  }
  copies.into(out);
  Rows rows("latest entries");
  for (const MetadataEntry& entry : metadata_entries(history, world, entries_shown))
    rows.add(fmt::format("{} {}", entry.offset, entry.kind),
             entry.text + (entry.committed ? "" : " (not committed)"),
             fmt::format("written in epoch {}", entry.epoch),
             EventSelection{history[entry.position].id});
  rows.into(out);
}

void invariants(const History& history, const World& world, Inspection& out) {
  const auto& all = history.violations();
  const auto end = std::lower_bound(all.begin(), all.end(), world.moment);
  const auto count = end - all.begin();
  out.title = count == 0 ? "All invariants hold" : fmt::format("{} broken", count);
  out.subtitle = "what must never be, checked after every event";
  std::set<std::string> names;
  for (auto at = all.begin(); at != end; ++at)
    names.insert(history[*at].as<trace::InvariantViolated>()->invariant);
  for (const std::string& name : names) {
    Rows rows(name);
    std::size_t listed = 0;
    for (auto at = all.begin(); at != end && listed < listed_max; ++at) {
      const trace::Event& event = history[*at];
      const auto* violated = event.as<trace::InvariantViolated>();
      if (violated->invariant != name) continue;
      ++listed;
      rows.add(format_clock(event.t), violated->text, names_of(history, violated->nodes),
               EventSelection{event.id});
      if (!violated->records.empty())
        rows.add("record", history.record_name(violated->records.front()), "the first concerned",
                 violated->records.front());
    }
    rows.into(out);
  }
  if (count == 0) return;
  out.why = causes_of(history, *std::prev(end));
  out.why_title = "Why did that happen?";
}

}  // namespace

void inspect_member(const History& history, const World& world, const NodeView& node,
                    Inspection& out) {
  if (node.role == Role::zookeeper) return ensemble(node, out);
  if (node.role != Role::broker && node.role != Role::controller) return;
  if (node.role == Role::broker) standing(node, out);
  quorum(history, world, node, out);
  if (node.role == Role::broker) partitions_on(world, node, out);
}

void inspect_partition(const History& history, const World& world, const PartitionId& id,
                       NodeId broker, Inspection& out) {
  const PartitionView* view = world.partition(id);
  if (view == nullptr) return;
  const ReplicaView* copy = view->replica(broker);
  if (broker.valid() && copy == nullptr) return;
  out.title = to_text(id);
  out.subtitle = "partition of topic " + id.topic;
  if (copy != nullptr) {
    out.subtitle = fmt::format("{} on {}", view->leader == broker ? "leader" : "follower",
                               history.name(broker));
    Rows rows("this replica");
    rows.add("log start offset", std::to_string(copy->log_start_offset), "oldest record kept")
        .add("log end offset", std::to_string(copy->log_end_offset),
             "the next record gets this one")
        .add("high watermark", std::to_string(copy->high_watermark), "consumers read below it");
    if (const std::int64_t lag = view->lag(*copy); view->leader != broker)
      rows.add("behind", fmt::format("{} {}", lag, lag == 1 ? "record" : "records"),
               "what the leader has and this copy has not");
    rows.count("segments", copy->segments, "files that the log is cut into");
    rows.add("believes",
             copy->leads             ? fmt::format("it leads, epoch {}", copy->leader_epoch)
             : copy->follows.valid() ? fmt::format("{} leads, epoch {}",
                                                   history.name(copy->follows), copy->leader_epoch)
                                     : "nobody leads",
             "what this broker itself knows; the controller may have decided otherwise");
    rows.into(out);
  }
  partition_rows(history, *view, out);
  replica_table(history, world, *view, out);
  Rows readers("read by");
  for (const auto& [consumer, offset] : readers_of(world, view->id))
    readers.add(history.name(consumer),
                fmt::format("position {}, lag {}", offset,
                            std::max<std::int64_t>(view->high_watermark() - offset, 0)),
                "the offset that it reads next", consumer);
  readers.into(out);
  past_of(history, world, id, out);
  out.commands = commands_for_partition(history, world, id);
}

void inspect_cluster(const History& history, const World& world, ClusterPart part,
                     Inspection& out) {
  switch (part) {
    case ClusterPart::health:
      health(world, out);
      who_decides(history, world, out);
      out.commands = commands_for_cluster(history, world);
      return;
    case ClusterPart::metadata_log:
      metadata_log(history, world, out);
      out.commands = commands_for_quorum(history, world);
      return;
    case ClusterPart::invariants:
      return invariants(history, world, out);
    case ClusterPart::side_effects:
      return;  // no matter of the cluster
  }
}

std::vector<MetadataEntry> metadata_entries(const History& history, const World& world,
                                            std::size_t entries_max, bool changes_only) {
  std::vector<MetadataEntry> entries;
  std::set<std::int64_t> seen;  // what a new leader has overwritten is no entry any more
  const auto& all = history.metadata();
  auto at = std::lower_bound(all.begin(), all.end(), world.moment);
  while (at != all.begin() && entries.size() < entries_max) {
    const Position position = *--at;
    const auto* appended = history[position].as<trace::MetadataAppended>();
    if (changes_only && appended->kind == "NoOpRecord") continue;
    if (!seen.insert(appended->offset).second) continue;
    entries.push_back({appended->offset, appended->epoch, appended->kind, appended->text,
                       appended->offset < world.metadata_committed, position});
  }
  return entries;
}

}  // namespace eventarium::viz
