// What a group means for the consumer: when it commits, what a rebalance takes and gives, and
// transactions that its positions are part of.
#include <utility>

#include <fmt/format.h>

#include "sim/bus/cause_scope.h"
#include "sim/client/consumer.h"

namespace eventarium::kafka {
namespace {

const char* name_of(RevokeReason reason) {
  switch (reason) {
    case RevokeReason::revoked:
      return "revoked";
    case RevokeReason::lost:
      return "lost";
    case RevokeReason::closed:
      return "closed";
  }
  return "?";
}

}  // namespace

/// What poll() has returned, and the markers behind it; not what the listener doesn't want yet, nor
/// what it has taken over, if the application keeps an account of that.
Offsets Consumer::consumed() const {
  Offsets offsets;
  for (const auto& [tp, position] : fetcher_.consumed())
    offsets[tp] = {position.first, position.second};
  for (const auto& [tp, held] : held_)
    offsets[tp] = {held.items.front().delivery.offset, held.items.front().leader_epoch};
  if (!commits_what_is_finished()) return offsets;
  for (const auto& [handle, item] : taken_) {
    const auto position = offsets.find(item.place());
    if (position != offsets.end() && item.delivery.offset < position->second.offset)
      position->second = {item.delivery.offset, item.leader_epoch};
  }
  return offsets;
}

/// poll() has returned records. False when a commit is waited for before they are taken up; one
/// that has failed already is for run() to settle before that.
bool Consumer::records_polled(engine::Runtime& runtime) {
  if (producer_) {
    group_at_poll_ = {options_.group.group,
                      membership_ ? membership_->generation() : -1,
                      member_id(),
                      options_.group.instance_id,
                      {}};
    producer_->begin_transaction(runtime);
  }
  if (commit_ != CommitPolicy::before || !offsets_) return true;
  waiting_ = Waiting::before;
  commit_sync(runtime, consumed());
  return !blocked();
}

/// All records of the last poll() are finished. False when there is something to wait for before
/// the next one.
bool Consumer::all_finished(engine::Runtime& runtime) {
  const bool polled = std::exchange(has_records_, false);
  const bool apart = std::exchange(finished_apart_, false);
  if (producer_) {
    end_transaction(runtime);
    return !ending_transaction_;
  }
  if ((commit_ != CommitPolicy::after && !apart) || !offsets_) return true;
  Offsets offsets = consumed();
  if (!polled && offsets == committed_) return true;  // the oldest one is still in work
  committed_ = offsets;
  waiting_ = Waiting::after;
  commit_sync(runtime, std::move(offsets));
  settle_commit(runtime);
  return !blocked();
}

void Consumer::commit_sync(engine::Runtime& runtime, Offsets offsets) {
  offsets_->begin_commit(runtime, std::move(offsets), "sync", options_.group.api_timeout);
}

/// A commit that the application waits for may have ended.
void Consumer::settle_commit(engine::Runtime& runtime) {
  if (!offsets_ || waiting_ == Waiting::rebalance || waiting_ == Waiting::nothing) return;
  const auto ok = offsets_->take_outcome();
  if (!ok) return;
  // Not committed, so not processed either: the application that commits before it works polls the
  // same records again, if they are still its own.
  const bool starts_over = waiting_ == Waiting::before && !*ok;
  waiting_ = Waiting::nothing;
  if (!starts_over) return;
  refused_ = true;
  rewind(runtime);
}

/// As RebalanceInProgressException asks for: poll() to end the rebalance, then commit. Records that
/// it brought meanwhile would only be refused their commit, too.
bool Consumer::waits_to_be_member() {
  refused_ = refused_ && membership_ && membership_->standing() != Standing::member;
  return refused_;
}

/// Back to where the last poll() began; its records are not handed out.
void Consumer::rewind(engine::Runtime& runtime) {
  slice_.clear();
  has_records_ = false;
  while (!held_.empty()) drop_held(runtime, TopicPartition(held_.begin()->first));
  for (const auto& [tp, position] : began_at_)
    if (fetcher_.is_assigned(tp) && fetcher_.position(tp) != position.offset)
      fetcher_.seek(runtime, tp, position.offset);
}

void Consumer::auto_commit(engine::Runtime& runtime) {
  const SimTime now = runtime.now();
  if (!options_.group.auto_commit) return;
  if (offsets_->take_async_retry())
    auto_commit_at_ = now + options_.client.retry_backoff.after(0, runtime.random("backoff"));
  if (auto_commit_at_ > now) return;
  const bool sent = offsets_->commit_async(runtime, consumed(), "auto");
  auto_commit_at_ =
      now + (sent ? options_.group.auto_commit_interval
                  : options_.client.retry_backoff.after(0, runtime.random("backoff")));
}

bool Consumer::commit_before_rebalance(engine::Runtime& runtime) {
  if (!options_.group.auto_commit) return true;
  if (waiting_ == Waiting::nothing) {
    waiting_ = Waiting::rebalance;
    offsets_->begin_commit(runtime, consumed(), "revoke", options_.group.max_poll_interval);
  }
  if (!offsets_->take_outcome()) return false;
  waiting_ = Waiting::nothing;
  return true;
}

/// A rebalance that has ended otherwise, or a membership that is lost, asks no more how it went.
void Consumer::forget_rebalance_commit() {
  if (waiting_ != Waiting::rebalance || offsets_->waits()) return;
  offsets_->take_outcome();
  waiting_ = Waiting::nothing;
}

void Consumer::revoke_partitions(engine::Runtime& runtime, const PartitionList& partitions,
                                 RevokeReason reason) {
  if (reason == RevokeReason::lost) forget_rebalance_commit();
  for (const TopicPartition& tp : partitions) {
    fetcher_.unassign(tp);
    held_.erase(tp);
    std::erase_if(taken_, [&](const auto& entry) { return entry.second.place() == tp; });
    runtime.emit(
        trace::PartitionRevoked{options_.group.group, tp.topic, tp.partition, name_of(reason)});
  }
}

void Consumer::assign_partitions(engine::Runtime& runtime, const PartitionList& partitions,
                                 std::int32_t generation) {
  forget_rebalance_commit();
  auto_commit_at_ = runtime.now() + options_.group.auto_commit_interval;
  for (const TopicPartition& tp : partitions) {
    core_.metadata.add_topic(tp.topic);
    fetcher_.assign(tp, true);
    if (paused_) fetcher_.pause(runtime, tp, *paused_);
    runtime.emit(
        trace::PartitionAssigned{options_.group.group, tp.topic, tp.partition, generation});
  }
}

/// Positions go with the transaction of what the records have led to. They are sent as those of the
/// member that polled them: if the group has gone on without it, the coordinator refuses them.
void Consumer::end_transaction(engine::Runtime& runtime) {
  ending_transaction_ = true;
  if (producer_->must_abort())
    return producer_->abort_transaction(runtime, "a send in the transaction has failed");
  group_at_poll_.offsets = consumed();
  for (const auto& [tp, position] : group_at_poll_.offsets)
    runtime.emit(trace::OffsetCommitAsked{options_.group.group, tp.topic, tp.partition,
                                          position.offset, "transaction"});
  producer_->send_offsets_to_transaction(runtime, std::move(group_at_poll_));
  producer_->commit_transaction(runtime);
}

void Consumer::on_transactions_ready(engine::Runtime& runtime) { run(runtime); }

void Consumer::on_transaction_ended(engine::Runtime& runtime, bool committed) {
  if (!std::exchange(ending_transaction_, false)) return;
  if (!committed) rewind(runtime);
  run(runtime);
}

void Consumer::on_transactions_failed(engine::Runtime& runtime, Error error) {
  if (failed_) return;
  ending_transaction_ = false;
  slice_.clear();
  throw_out_of_poll(
      runtime, fmt::format("the transactional producer has failed: {}", kafka::name_of(error)));
}

/// What the application has finished, and not what it holds in its hand.
Offsets Consumer::finished_offsets() const {
  Offsets offsets = consumed();
  for (auto item = slice_.rbegin(); item != slice_.rend(); ++item)
    offsets[item->place()] = {item->delivery.offset, item->leader_epoch};
  if (in_hand_) offsets[in_hand_->place()] = {in_hand_->delivery.offset, in_hand_->leader_epoch};
  return offsets;
}

bool Consumer::commits_on_close() const {
  return options_.group.auto_commit || commit_ == CommitPolicy::after ||
         commit_ == CommitPolicy::each;
}

/// As close(), when there is no time to wait for answers.
void Consumer::close(engine::Runtime& runtime) {
  if (!link_) return;
  if (commits_on_close() && link_->can_send() && fetcher_.failure().empty())
    offsets_->commit_async(runtime, finished_offsets(), "close");
  if (membership_) membership_->leave(runtime);
}

bool Consumer::begin_close(engine::Runtime& runtime) {
  constexpr Duration close_timeout = 30s;  // KafkaConsumer.DEFAULT_CLOSE_TIMEOUT_MS
  if (!link_ || failed_ || producer_) return true;
  closing_ = true;
  if (commits_on_close() && fetcher_.failure().empty() && !offsets_->waits())
    offsets_->begin_commit(runtime, finished_offsets(), "close", close_timeout);
  slice_.clear();
  run(runtime);
  return closed_;
}

void Consumer::go_on_closing(engine::Runtime& runtime) {
  if (closed_ || offsets_->waits()) return;
  if (membership_) membership_->leave(runtime);
  closed_ = true;
}

}  // namespace eventarium::kafka
