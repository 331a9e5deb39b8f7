#include "sim/controller/zookeeper_leader.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <tuple>
#include <utility>

namespace eventarium::zookeeper {

EnsembleLeader::EnsembleLeader(RoleHost& host, NodeId self)
    : host_(host), self_(self), sessions_(host.options().tick_time) {}

template <class P>
void EnsembleLeader::send(engine::Runtime& runtime, NodeId to, P packet) const {
  const std::uint64_t size_bytes = packet.size_bytes();
  runtime.send(to, std::make_unique<P>(std::move(packet)), size_bytes, {to, quorum_lane});
}

void EnsembleLeader::begin(engine::Runtime& runtime) {
  give_up_at_ = runtime.now() + host_.options().init_limit_ticks * host_.options().tick_time;
  epoch_seen_max_ = host_.disk().accepted_epoch();
  host_.arm_role_timer(runtime, host_.options().tick_time / 2);
  if (host_.quorum() == 1) {
    epoch_ = epoch_seen_max_ + 1;
    host_.disk().accept_epoch(epoch_);
    phase_ = Phase::announcing;
    host_.write_out(runtime, 8);
  }
}

void EnsembleLeader::settle(engine::Runtime& runtime) {
  epoch_ = epoch_seen_max_ = host_.disk().current_epoch();
  phase_ = Phase::active;
  last_proposed_ = std::max(first_zxid(epoch_), host_.disk().last_zxid());
  committed_ = host_.disk().last_zxid();
  quorum_heard_ = runtime.now();
  // Their connections are not there yet: they will come as to any leader.
  sessions_.restart(host_.tree().sessions(), runtime.now());
  host_.arm_role_timer(runtime, host_.options().tick_time / 2);
  runtime.emit(trace::ZookeeperLeaderElected{epoch_});
  host_.serve(runtime);
}

bool EnsembleLeader::on_message(engine::Runtime& runtime, NodeId from,
                                const engine::Message& message) {
  if (const auto* info = message.as<FollowerInfo>()) {
    on_follower_info(runtime, from, *info);
    return true;
  }
  const auto known = learners_.find(from);
  if (known == learners_.end()) return false;
  known->second.heard = runtime.now();
  if (const auto* ack_epoch = message.as<AckEpoch>()) {
    on_ack_epoch(runtime, from, *ack_epoch);
  } else if (const auto* ack = message.as<Ack>()) {
    on_ack(runtime, from, ack->zxid);
  } else if (const auto* reply = message.as<QuorumPingReply>()) {
    for (const SessionId session : reply->sessions) sessions_.touch(session, runtime.now());
  } else if (const auto* forward = message.as<Forward>()) {
    if (active()) propose(runtime, *forward->transaction);
  } else if (const auto* revalidate = message.as<Revalidate>()) {
    RevalidateReply answer;
    answer.session = revalidate->session;
    answer.attachment = revalidate->attachment;
    answer.valid = active() && sessions_.alive(revalidate->session);
    if (answer.valid) {
      sessions_.touch(revalidate->session, runtime.now());
      sessions_.set_owner(revalidate->session, from);
    }
    send(runtime, from, std::move(answer));
  } else {
    return false;
  }
  return true;
}

// ---- becoming a leader that a quorum follows

void EnsembleLeader::on_follower_info(engine::Runtime& runtime, NodeId from,
                                      const FollowerInfo& info) {
  learners_[from] = {};
  learners_[from].heard = runtime.now();
  learners_[from].connection = info.connection;
  if (phase_ == Phase::discovery) {
    epoch_seen_max_ = std::max(epoch_seen_max_, info.accepted_epoch);
    if (learners_.size() + 1 < host_.quorum()) return;
    epoch_ = epoch_seen_max_ + 1;
    host_.disk().accept_epoch(epoch_);
    phase_ = Phase::announcing;
    host_.write_out(runtime, 8);
    return;
  }
  if (phase_ != Phase::announcing) announce(runtime, from);
}

void EnsembleLeader::announce(engine::Runtime& runtime, NodeId to) {
  LeaderInfo info;
  info.epoch = epoch_;
  info.connection = learners_[to].connection;
  send(runtime, to, std::move(info));
}

void EnsembleLeader::on_ack_epoch(engine::Runtime& runtime, NodeId from, const AckEpoch& ack) {
  Learner& learner = learners_[from];
  learner.answered = true;
  if (!ack.promised_before) promised_.insert(from);
  learner.last_zxid = ack.last_zxid;
  if (phase_ == Phase::active) return sync(runtime, from, learner);
  const ServerDisk& disk = host_.disk();
  if (std::make_tuple(ack.current_epoch, ack.last_zxid) >
      std::make_tuple(disk.current_epoch(), disk.last_zxid()))
    return host_.give_up();  // it would be the better leader
  if (phase_ == Phase::promised && disk.current_epoch() == epoch_)
    return sync(runtime, from, learner);
  check_promises(runtime);
}

void EnsembleLeader::check_promises(engine::Runtime& runtime) {
  if (phase_ != Phase::promised || host_.disk().current_epoch() == epoch_) return;
  if (promised_.size() + 1 < host_.quorum()) return;
  host_.disk().set_current_epoch(epoch_);
  host_.write_out(runtime, 8);
  for (auto& [id, learner] : learners_)
    if (learner.answered) sync(runtime, id, learner);
}

/// Brings the follower's log to this one's: DIFF, or TRUNC first when it has what nobody knows.
void EnsembleLeader::sync(engine::Runtime& runtime, NodeId to, Learner& learner) {
  const ServerDisk& disk = host_.disk();
  Sync packet;
  const std::size_t common = disk.entries_up_to(learner.last_zxid);
  if (!disk.has(learner.last_zxid))
    packet.truncate_to = common == 0 ? disk.snapshot().last_zxid() : disk.log()[common - 1]->zxid;
  packet.transactions.assign(disk.log().begin() + static_cast<std::ptrdiff_t>(common),
                             disk.log().end());
  packet.committed = committed_;
  learner.synced = true;
  send(runtime, to, std::move(packet));
  NewLeader new_leader;
  new_leader.epoch = epoch_;
  send(runtime, to, std::move(new_leader));
}

void EnsembleLeader::on_durable(engine::Runtime& runtime) {
  switch (phase_) {
    case Phase::discovery:
      return;
    case Phase::announcing:
      if (host_.disk().durable_accepted_epoch() != epoch_) return;
      phase_ = Phase::promised;
      for (const auto& [id, learner] : learners_) announce(runtime, id);
      return check_promises(runtime);
    case Phase::promised:
      return check_following(runtime);
    case Phase::active:
      return advance_commit(runtime);
  }
}

void EnsembleLeader::on_ack(engine::Runtime& runtime, NodeId from, Zxid zxid) {
  Learner& learner = learners_[from];
  const bool was_following = learner.following;
  learner.acked = std::max(learner.acked, zxid);
  learner.following = learner.following || (learner.synced && zxid >= first_zxid(epoch_));
  if (phase_ == Phase::promised) return check_following(runtime);
  advance_commit(runtime);
  if (!was_following && learner.following) {
    UpToDate up_to_date;
    up_to_date.committed = committed_;
    send(runtime, from, std::move(up_to_date));
  }
}

void EnsembleLeader::check_following(engine::Runtime& runtime) {
  const ServerDisk& disk = host_.disk();
  if (disk.durable_current_epoch() != epoch_ || disk.durable_zxid() != disk.last_zxid()) return;
  const auto following = std::count_if(learners_.begin(), learners_.end(),
                                       [](const auto& entry) { return entry.second.following; });
  if (static_cast<std::size_t>(following) + 1 < host_.quorum()) return;
  phase_ = Phase::active;
  last_proposed_ = first_zxid(epoch_);
  committed_ = disk.last_zxid();
  quorum_heard_ = runtime.now();
  runtime.emit(trace::ZookeeperLeaderElected{epoch_});
  host_.commit_up_to(runtime, committed_);
  sessions_.restart(host_.tree().sessions(), runtime.now());
  for (const auto& [id, learner] : learners_) {
    if (!learner.following) continue;
    UpToDate up_to_date;
    up_to_date.committed = committed_;
    send(runtime, id, std::move(up_to_date));
  }
  host_.serve(runtime);
}

// ---- being it

void EnsembleLeader::propose(engine::Runtime& runtime, Transaction transaction) {
  if (transaction.kind == Transaction::Kind::operations &&
      !sessions_.owned_by(transaction.session, transaction.origin))
    return;  // SESSIONMOVED: its client has another server, and no one waits for this
  transaction.zxid = ++last_proposed_;
  const auto shared = std::make_shared<const Transaction>(std::move(transaction));
  host_.disk().append(shared);
  host_.write_out(runtime, shared->size_bytes());
  for (const auto& [id, learner] : learners_) {
    if (!learner.synced) continue;
    Proposal proposal;
    proposal.transaction = shared;
    send(runtime, id, std::move(proposal));
  }
}

/// What a quorum has on disk is decided: the quorum-th highest of what each one has.
void EnsembleLeader::advance_commit(engine::Runtime& runtime) {
  std::vector<Zxid> durable = {host_.disk().durable_zxid()};
  for (const auto& [id, learner] : learners_)
    if (learner.following) durable.push_back(learner.acked);
  if (durable.size() < host_.quorum()) return;
  std::sort(durable.begin(), durable.end(), std::greater<>());
  const Zxid decided = std::min(durable[host_.quorum() - 1], host_.disk().last_zxid());
  if (decided <= committed_) return;
  committed_ = decided;
  host_.commit_up_to(runtime, committed_);
  for (const auto& [id, learner] : learners_) {
    if (!learner.synced) continue;
    Commit commit;
    commit.zxid = committed_;
    send(runtime, id, std::move(commit));
  }
}

void EnsembleLeader::on_applied(const Transaction& transaction, const Applied& applied,
                                SimTime now) {
  if (!active() || applied.code != Code::ok) return;
  if (transaction.kind == Transaction::Kind::open_session) {
    sessions_.add(applied.session, transaction.timeout, now);
    sessions_.set_owner(applied.session, transaction.origin);
  } else if (transaction.kind == Transaction::Kind::close_session) {
    sessions_.remove(transaction.session);
  }
}

void EnsembleLeader::expire_sessions(engine::Runtime& runtime) {
  for (const SessionId session : sessions_.take_expired(runtime.now())) {
    Transaction closing;
    closing.kind = Transaction::Kind::close_session;
    closing.session = session;
    closing.client = host_.tree().sessions().at(session).client;
    closing.expired = true;
    closing.origin = self_;
    propose(runtime, std::move(closing));
  }
}

/// A connection without a word for sync_limit is closed; what would still come of it is too late.
void EnsembleLeader::drop_silent(engine::Runtime& runtime) {
  const Duration limit = host_.options().sync_limit_ticks * host_.options().tick_time;
  std::vector<NodeId> silent;
  for (const auto& [id, learner] : learners_)
    if (runtime.now() - learner.heard > limit) silent.push_back(id);
  for (const NodeId id : silent) {
    runtime.disconnect(id, {id, quorum_lane});
    learners_.erase(id);
  }
}

/// Every half tick, on the half ticks of the clock: whole ones are when sessions expire.
void EnsembleLeader::on_timer(engine::Runtime& runtime) {
  const Duration half_tick = host_.options().tick_time / 2;
  const Duration since_start = runtime.now().time_since_epoch();
  host_.arm_role_timer(runtime, (since_start / half_tick + 1) * half_tick - since_start);
  if (phase_ != Phase::active) {
    if (runtime.now() >= give_up_at_) host_.give_up();
    return;
  }
  drop_silent(runtime);
  const auto following = std::count_if(learners_.begin(), learners_.end(),
                                       [](const auto& entry) { return entry.second.following; });
  if (static_cast<std::size_t>(following) + 1 >= host_.quorum()) quorum_heard_ = runtime.now();
  // A follower that has hung up is missed at once, one that is silent only after sync_limit; the
  // next whole tick decides. The first ones of a settled ensemble have yet to come.
  if (runtime.now() - quorum_heard_ >= host_.options().tick_time) return host_.give_up();
  for (const auto& [id, learner] : learners_)
    if (learner.following) send(runtime, id, QuorumPing{});
  expire_sessions(runtime);
}

}  // namespace eventarium::zookeeper
