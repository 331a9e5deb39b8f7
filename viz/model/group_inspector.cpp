// See group_inspector.h.
#include "viz/model/group_inspector.h"

#include <algorithm>

#include <fmt/format.h>

#include "viz/model/group_command.h"
#include "viz/model/inspector_rows.h"

namespace eventarium::viz {
namespace {

constexpr std::size_t effects_listed_max = 40;

std::string seconds(Duration length) {
  if (length < 100ms) return fmt::format("{:.1f} ms", to_seconds(length) * 1e3);
  return fmt::format("{:.2f} s", to_seconds(length));
}

std::string list(const std::vector<PartitionId>& partitions) {
  std::string text;
  for (const PartitionId& id : partitions) text += (text.empty() ? "" : " ") + to_text(id);
  return text.empty() ? "none" : text;
}

void state_rows(const History& history, const GroupView& group, Inspection& out) {
  const bool classic = group.kind == "classic";
  Rows rows("state");
  rows.add("state", group.state,
           "Empty, PreparingRebalance, CompletingRebalance or (KIP-848) Assigning, Reconciling, "
           "Stable, Dead");
  rows.add(classic ? "generation" : "group epoch", std::to_string(group.generation),
           classic ? "+1 for every rebalance: who comes with an older one is refused"
                   : "+1 whenever the assignment has to be made anew");
  if (!group.protocol.empty())
    rows.add("protocol", group.protocol,
             group.protocol == "eager"         ? "everybody gives up everything, then all join"
             : group.protocol == "cooperative" ? "only what moves is given up, in a second round"
                                               : "KIP-848: the coordinator moves partition by "
                                                 "partition, members just follow");
  if (!group.assignor.empty())
    rows.add("assignor", group.assignor,
             classic ? "partition.assignment.strategy" : "group.remote.assignor");
  rows.add("coordinator", group.coordinator.valid() ? history.name(group.coordinator) : "none yet",
           "the broker that leads the group's partition of __consumer_offsets", group.coordinator);
  rows.count("rebalances", group.rebalances, "begun so far");
  rows.into(out);
}

std::string stop_text(const MemberView& member, SimTime now) {
  const Duration length = member.stopped(now);
  if (length <= Duration{}) return "went on";
  const char* word = member.was_reading ? "stopped" : "waited";
  return fmt::format("{} {}{}", word, seconds(length), member.stopped_since ? " so far" : "");
}

void rebalance_rows(const History& history, const World& world, const GroupView& group,
                    Inspection& out) {
  if (!group.rebalance) return;
  const RebalanceView& last = *group.rebalance;
  Rows rows(last.ended ? "latest rebalance" : "rebalance, going on");
  rows.add("began", format_clock(last.began), "the group was Stable no more",
           EventSelection{last.event});
  rows.add("took", seconds(last.length(world.t)) + (last.ended ? "" : " so far"),
           "until the group was Stable again");
  if (!last.reason.empty())
    rows.add("because", last.reason, "as the coordinator has said", EventSelection{last.event});
  for (const MemberView& member : group.members)
    if (member.joined() || member.stopped(world.t) > Duration{})
      rows.add(history.name(member.client), stop_text(member, world.t),
               "how long it read nothing at all", member.client);
  rows.into(out);
  Rows unread("partitions that nobody read");
  for (std::size_t i = 0; i < last.unread.size() && i < listed_max * 2; ++i) {
    const UnreadSpan& span = last.unread[i];
    std::string text = seconds(span.to.value_or(world.t) - span.from);
    if (!span.to)
      text += " so far";
    else
      text += fmt::format(", {} → {}", history.name(span.before), history.name(span.after));
    unread.add(to_text(span.partition), text, "from the one giving it up to the next one having it",
               span.partition);
  }
  unread.into(out);
}

void member_rows(const History& history, const World& world, const GroupView& group,
                 Inspection& out) {
  Rows rows(fmt::format("members ({})", group.joined()));
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const MemberView& member = group.members[i];
    const NodeView* node = world.node(member.client);
    std::string text = list(member.held);
    if (node != nullptr && node->down())
      text = member.joined() ? "down; the group still counts on it" : "down";
    else if (!member.joined())
      text = "not in the group";
    else if (member.stopped_since)
      text = fmt::format("{} {}", member.was_reading ? "stopped" : "waits",
                         seconds(world.t - *member.stopped_since));
    rows.add(fmt::format("{}  {}", i + 1, history.name(member.client)), text,
             member.instance_id.empty() ? "what it reads"
                                        : "static member, group.instance.id=" + member.instance_id,
             member.client);
  }
  rows.into(out);
}

void offset_rows(const History& history, const World& world, const GroupView& group,
                 Inspection& out) {
  Rows rows("positions");
  for (const GroupLag& lag : lags_of(world, group)) {
    const MemberView* reader = group.reader(lag.partition);
    std::string text = lag.committed ? fmt::format("committed {}", *lag.committed)
                                     : std::string("nothing committed");
    if (lag.position) text += fmt::format(", reads {}", *lag.position);
    text += fmt::format(", end {}, lag {}", lag.log_end, lag.lag());
    rows.add(to_text(lag.partition), text,
             reader == nullptr ? "nobody reads it" : "read by " + history.name(reader->client),
             lag.partition);
  }
  rows.into(out);
}

/// Of a share group, instead of positions: what has become of each partition's records.
void share_rows(const World& world, const GroupView& group, Inspection& out) {
  Rows rows("share partitions");
  for (const auto& [id, share] : group.shares) {
    const auto start = group.committed.find(id);
    const PartitionView* partition = world.partition(id);
    rows.add(to_text(id),
             fmt::format("start {}, end {}",
                         start == group.committed.end() ? "–" : std::to_string(start->second),
                         partition == nullptr ? 0 : partition->high_watermark()),
             "share-partition start offset: everything below is finished", id);
    rows.count("given out", share.given_out, "each delivery counts, also those in vain")
        .count("in work", share.locked.size(), "locked for a member, for a time")
        .count("done", share.done, "accepted")
        .count("archived", share.archived.size(),
               "rejected, or given out group.share.delivery.count.limit times in vain");
  }
  rows.into(out);
}

/// The chain that led to the group's latest rebalance.
void why_rebalance(const History& history, const GroupView& group, Inspection& out) {
  if (!group.rebalance) return;
  const Position position = history.find(group.rebalance->event);
  if (position == no_position) return;
  out.why = causes_of(history, position);
  if (!out.why.empty()) out.why_last = true;
  if (!out.why.empty())
    out.why_title = group.rebalance->ended ? "Why did it rebalance?" : "Why does it rebalance?";
}

void locked_rows(const GroupView& group, const MemberView& member, Rows& rows) {
  for (const auto& [id, share] : group.shares)
    for (const auto& [offset, record] : share.locked)
      if (record.client == member.client)
        rows.add(fmt::format("{} @ {}", to_text(id), offset),
                 fmt::format("until {}, delivery {} of {}", format_clock(record.until),
                             record.delivery, record.deliveries_max),
                 "locked for it: then somebody else may get it");
}

void membership(const History& history, const World& world, const GroupView& group,
                const MemberView& member, Inspection& out) {
  Rows rows("in its group");
  rows.add("group", group.name, "group.id", GroupSelection{group.name});
  rows.add("number", std::to_string(group.number_of(member.client)), "on its card and in the rows");
  rows.add("member id", member.joined() ? member.id : "–", "given by the coordinator or chosen");
  if (!member.instance_id.empty())
    rows.add("group.instance.id", member.instance_id,
             "static: it may be away for session.timeout.ms and finds its partitions again");
  rows.add("reads", list(member.held), "as it knows itself");
  if (group.kind == "share") locked_rows(group, member, rows);
  if (member.assigned != member.held)
    rows.add("is to read", list(member.assigned), "as the coordinator has it");
  if (!member.paused.empty()) rows.add("paused", list(member.paused), "back-pressure: pause()");
  if (group.rebalance)
    rows.add(group.rebalancing() ? "this rebalance" : "latest rebalance",
             stop_text(member, world.t), "how long it read nothing at all");
  for (const GroupLag& lag : lags_of(world, group)) {
    if (group.reader(lag.partition) != &member) continue;
    rows.add(to_text(lag.partition),
             fmt::format("committed {}, lag {}",
                         lag.committed ? std::to_string(*lag.committed) : "–", lag.lag()),
             "the offset that somebody else would begin at", lag.partition);
  }
  rows.into(out);
  for (RealCommand& command : commands_for_group(history, world, group))
    out.commands.push_back(std::move(command));
}

void transaction_rows(const History& history, const World& world, const TransactionView& view,
                      NodeId asked, Inspection& out) {
  Rows rows("transaction " + view.id);
  rows.add("state", view.state,
           "at its coordinator: Empty, Ongoing, PrepareCommit, CompleteCommit, PrepareAbort, ...");
  if (view.producer != asked && view.producer.valid())
    rows.add("taken over by", history.name(view.producer), "who came with the same id later",
             view.producer);
  if (view.fenced_producer == asked && !view.fenced.empty())
    rows.add("fenced", view.fenced,
             "it may not go on: somebody else has its transactional.id, or "
             "its transaction took too long");
  rows.add("producer id", fmt::format("{}, epoch {}", view.producer_id, view.producer_epoch),
           "who comes with an older epoch is refused");
  rows.add("coordinator", view.coordinator.valid() ? history.name(view.coordinator) : "none yet",
           "the broker that leads its partition of __transaction_state", view.coordinator);
  rows.add("open", view.begun ? seconds(world.t - *view.begun) : "no",
           "transaction.timeout.ms aborts one that takes too long");
  if (!view.partitions.empty())
    rows.add("writes to", list(view.partitions), "what counts all together or not at all");
  for (const auto& [id, partition] : world.partitions)
    for (const OpenTransaction& open : partition.open_transactions)
      if (open.producer_id == view.producer_id)
        rows.add(to_text(id), fmt::format("open from offset {}", open.first_offset),
                 "who reads committed records only waits there", id);
  rows.count("committed", view.committed, "as the producer knows")
      .count("aborted", view.aborted, "as the producer knows");
  if (!view.outcome.empty())
    rows.add("latest", view.outcome + (view.reason.empty() ? "" : ": " + view.reason),
             "how its latest one ended");
  rows.into(out);
  for (RealCommand& command : commands_for_transaction(history, world, view))
    out.commands.push_back(std::move(command));
}

}  // namespace

void inspect_group(const History& history, const World& world, const std::string& name,
                   Inspection& out) {
  const GroupView* group = world.group(name);
  if (group == nullptr) return;
  out.title = name;
  const std::size_t joined = group->joined();
  out.subtitle = fmt::format("{} group · {} · {} {} · lag {}", group->kind, group->state, joined,
                             joined == 1 ? "member" : "members", lag_of(world, *group));
  rebalance_rows(history, world, *group, out);
  state_rows(history, *group, out);
  member_rows(history, world, *group, out);
  if (group->kind == "share")
    share_rows(world, *group, out);
  else
    offset_rows(history, world, *group, out);
  why_rebalance(history, *group, out);
  out.commands = commands_for_group(history, world, *group);
}

void inspect_client(const History& history, const World& world, const NodeView& node,
                    Inspection& out) {
  for (const auto& [name, group] : world.groups)
    if (const MemberView* member = group.member(node.id))
      membership(history, world, group, *member, out);
  for (const auto& [id, transaction] : world.transactions)
    if (transaction.producer == node.id || transaction.fenced_producer == node.id)
      transaction_rows(history, world, transaction, node.id, out);
}

void inspect_side_effects(const History& history, const World& world, Inspection& out) {
  const EffectLedger::Counts counts = history.effects().counts(world.moment);
  out.title = "Side effects";
  out.subtitle = counts.keys == 0
                     ? std::string("Nothing has been done in the outside world yet.")
                     : fmt::format("{} done in the outside world, {} of them more than once",
                                   counts.keys, counts.repeated);
  Rows repeated("done more than once"), once("done once");
  for (const EffectEntry& entry : history.effects().entries(world.moment, effects_listed_max)) {
    Rows& rows = entry.repeated() ? repeated : once;
    const Position first = entry.times.front(), last = entry.times.back();
    rows.add(entry.text.empty() ? entry.key : fmt::format("{}: {}", entry.effect, entry.text),
             entry.repeated() ? fmt::format("✕ {}×", entry.times.size()) : "once",
             "idempotency key " + entry.key, EventSelection{history[last].id});
    if (!entry.repeated()) continue;
    for (const Position at : {first, last}) {
      const auto* done = history[at].as<trace::SideEffectDone>();
      rows.add(format_clock(history[at].t),
               fmt::format("{} for {}", history.name(history[at].node),
                           history.record_name(done->record)),
               at == first ? "the first time" : "again: click for the chain of causes",
               EventSelection{history[at].id});
    }
  }
  repeated.into(out);
  once.into(out);
  const std::uint64_t listed = std::min<std::uint64_t>(counts.keys, effects_listed_max);
  if (counts.keys > listed)
    Rows("").add("…", fmt::format("and {} more, done before", counts.keys - listed)).into(out);
  if (counts.repeated == 0) return;
  const Position last = history.effects().entries(world.moment, 1).front().times.back();
  out.why = causes_of(history, last);
  out.why_title = "Why was it done again?";
  out.why_last = true;
}

}  // namespace eventarium::viz
