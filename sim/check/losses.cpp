// See losses.h.
#include "sim/check/losses.h"

#include <fmt/format.h>

namespace eventarium::check {

std::vector<RecordId> Losses::left_behind(const trace::Event& event,
                                          const trace::LeadershipTaken& taken,
                                          const LogState& logs) {
  std::vector<RecordId> left;
  const PartitionState* partition = logs.find(taken.topic, taken.partition);
  if (!partition || taken.leader_epoch < partition->taken_epoch) return left;
  const ReplicaLog* former = partition->logs.find(partition->taken_by);
  static const ReplicaLog empty;
  const ReplicaLog* found = partition->logs.find(event.node);
  const ReplicaLog& log = found ? *found : empty;
  if (!former || former == &log) return left;
  former->for_each(found ? log.equal_until(*former, 0) : 0, [&](std::int64_t offset, RecordId id) {
    if (log.at(offset) == id) return;
    Seal seal;
    seal.event = event.id;
    seal.t = event.t;
    seal.last_leader = partition->taken_by;
    seal.new_leader = event.node;
    seal.offset = offset;
    seal.unclean = partition->unclean_pending;
    seal.power_lost = log.power_lost;
    seals_[id] = seal;
    left.push_back(id);
  });
  return left;
}

void Losses::on_truncated(const trace::Event& event, const trace::LogTruncated& truncated,
                          const LogState& logs) {
  const PartitionState* partition = logs.find(truncated.topic, truncated.partition);
  const ReplicaLog* log = partition ? partition->logs.find(event.node) : nullptr;
  std::int64_t offset = truncated.log_end_offset;
  for (const RecordId record : truncated.records) {
    const auto [found, added] = seals_.try_emplace(record);
    Seal& seal = found->second;
    if (added) {
      seal.event = event.id;
      seal.t = event.t;
      seal.last_leader = event.node;
      seal.offset = offset;
      seal.power_lost = log && log->power_lost;
      seal.only_copy = true;
      if (partition)
        for (const auto& [broker, other] : partition->logs.all())
          if (broker != event.node && other.at(offset) == record) seal.only_copy = false;
    }
    seal.cut_event = event.id;
    seal.cut_t = event.t;
    seal.cut_on = event.node;
    seal.cut_reason = truncated.reason;
    ++offset;
  }
}

const Losses::Seal* Losses::find(RecordId record) const {
  const auto found = seals_.find(record);
  return found == seals_.end() ? nullptr : &found->second;
}

std::string loss_text(const LossReport& report, const Losses::Seal* seal,
                      const trace::NodeNames& names) {
  std::string text = fmt::format("{} was acknowledged to {} at {}", report.event_id,
                                 names.name(report.producer), format_clock(report.acknowledged));
  if (!seal) {
    return text + (report.offset < 0 ? ", but never reached a log: with acks=0 nobody waits for an "
                                       "answer"
                                     : ", and stands in no log any more");
  }
  text += fmt::format(" at offset {} of {}-{}", seal->offset, report.topic, report.partition);
  if (seal->new_leader.valid()) {
    text += fmt::format("; {} had it in its log. {} became the leader at {} without it",
                        names.name(seal->last_leader), names.name(seal->new_leader),
                        format_clock(seal->t));
    if (seal->unclean)
      text += ": an unclean election, it was not in sync";
    else if (seal->power_lost)
      text += ": its machine had lost power before the record was flushed to its disk";
    else
      text += ": it had not copied it yet, and acks=1 does not wait for that";
  }
  if (seal->cut_event.valid()) {
    text += fmt::format("{} {} {} it at {}", seal->new_leader.valid() ? "." : ";",
                        names.name(seal->cut_on), seal->new_leader.valid() ? "cut off" : "lost",
                        format_clock(seal->cut_t));
    if (!seal->cut_reason.empty()) text += fmt::format(" ({})", seal->cut_reason);
    if (!seal->new_leader.valid() && seal->only_copy) text += ", and no other replica held it";
  }
  return text;
}

}  // namespace eventarium::check
