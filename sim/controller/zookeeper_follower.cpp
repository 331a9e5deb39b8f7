#include "sim/controller/zookeeper_follower.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace eventarium::zookeeper {
namespace {

constexpr int connect_attempts_max = 5;       // Learner.connectToLeader
constexpr Duration connect_retry_delay = 1s;  // its pause

}  // namespace

template <class P>
void EnsembleFollower::send(engine::Runtime& runtime, P packet) const {
  const std::uint64_t size_bytes = packet.size_bytes();
  runtime.send(leader_, std::make_unique<P>(std::move(packet)), size_bytes,
               {runtime.self(), quorum_lane});
}

void EnsembleFollower::begin(engine::Runtime& runtime) {
  deadline_ = runtime.now() + host_.options().init_limit_ticks * host_.options().tick_time;
  runtime.disconnect(leader_, {runtime.self(), quorum_lane});
  connect(runtime);
}

void EnsembleFollower::connect(engine::Runtime& runtime) {
  phase_ = Phase::discovery;
  ++attempts_;
  FollowerInfo info;
  info.connection = connection_ = to_ns(runtime.now());
  info.accepted_epoch = host_.disk().accepted_epoch();
  send(runtime, std::move(info));
  host_.arm_role_timer(runtime, deadline_ - runtime.now());
}

void EnsembleFollower::on_disconnect(engine::Runtime& runtime) {
  // Nobody listens there yet: it has not learned that it was elected.
  if (phase_ == Phase::discovery && epoch_ == 0 && attempts_ < connect_attempts_max) {
    phase_ = Phase::connecting;
    return host_.arm_role_timer(runtime, connect_retry_delay);
  }
  host_.give_up();
}

void EnsembleFollower::on_timer(engine::Runtime& runtime) {
  if (phase_ == Phase::connecting && runtime.now() < deadline_) return connect(runtime);
  if (runtime.now() >= deadline_) return host_.give_up();
  host_.arm_role_timer(runtime, deadline_ - runtime.now());
}

/// Each word of the leader's counts; its pings come every half tick.
void EnsembleFollower::heard(engine::Runtime& runtime) {
  if (phase_ == Phase::active)
    deadline_ = runtime.now() + host_.options().sync_limit_ticks * host_.options().tick_time;
}

bool EnsembleFollower::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (const auto* info = message.as<LeaderInfo>()) {
    if (info->connection == connection_ && epoch_ == 0) on_leader_info(runtime, *info);
    return true;
  }
  if (epoch_ == 0) return true;  // said to a former connection
  heard(runtime);
  if (const auto* proposal = message.as<Proposal>()) {
    host_.disk().append(proposal->transaction);
    host_.write_out(runtime, proposal->transaction->size_bytes());
  } else if (const auto* commit = message.as<Commit>()) {
    host_.commit_up_to(runtime, commit->zxid);
  } else if (message.as<QuorumPing>()) {
    QuorumPingReply reply;
    reply.sessions = host_.take_touched();
    send(runtime, std::move(reply));
  } else if (const auto* reply = message.as<RevalidateReply>()) {
    host_.on_revalidated(runtime, *reply);
  } else {
    on_sync_packet(runtime, message);
  }
  return true;
}

void EnsembleFollower::on_sync_packet(engine::Runtime& runtime, const engine::Message& message) {
  if (const auto* sync = message.as<Sync>()) {
    on_sync(runtime, *sync);
  } else if (const auto* new_leader = message.as<NewLeader>()) {
    host_.disk().set_current_epoch(new_leader->epoch);
    new_leader_seen_ = true;
    taken_over_ = host_.disk().last_zxid();
    host_.write_out(runtime, 8);
  } else if (const auto* up_to_date = message.as<UpToDate>()) {
    phase_ = Phase::active;
    heard(runtime);
    host_.arm_role_timer(runtime, deadline_ - runtime.now());
    host_.commit_up_to(runtime, up_to_date->committed);
    host_.serve(runtime);
  }
}

void EnsembleFollower::on_leader_info(engine::Runtime& runtime, const LeaderInfo& info) {
  ServerDisk& disk = host_.disk();
  if (info.epoch < disk.accepted_epoch()) return host_.give_up();
  epoch_ = info.epoch;
  if (info.epoch == disk.accepted_epoch()) {
    AckEpoch ack;
    ack.promised_before = true;
    ack.current_epoch = disk.current_epoch();
    ack.last_zxid = disk.last_zxid();
    return send(runtime, std::move(ack));
  }
  disk.accept_epoch(info.epoch);
  promise_written_ = true;
  host_.write_out(runtime, 8);
}

void EnsembleFollower::on_sync(engine::Runtime& runtime, const Sync& sync) {
  phase_ = Phase::syncing;
  ServerDisk& disk = host_.disk();
  if (sync.truncate_to) {
    disk.truncate_to(*sync.truncate_to);
    if (host_.tree().last_zxid() > *sync.truncate_to) host_.rebuild_tree(*sync.truncate_to);
  }
  std::uint64_t size_bytes = 0;
  for (const TransactionPtr& transaction : sync.transactions) {
    disk.append(transaction);
    size_bytes += transaction->size_bytes();
  }
  host_.write_out(runtime, size_bytes);
  host_.commit_up_to(runtime, sync.committed);
}

void EnsembleFollower::on_durable(engine::Runtime& runtime) {
  const ServerDisk& disk = host_.disk();
  if (promise_written_ && disk.durable_accepted_epoch() == epoch_) {
    promise_written_ = false;
    AckEpoch ack;
    ack.current_epoch = disk.current_epoch();
    ack.last_zxid = disk.last_zxid();
    send(runtime, std::move(ack));
  }
  if (new_leader_seen_ && disk.durable_current_epoch() == epoch_ &&
      disk.durable_zxid() >= taken_over_)
    acknowledge(runtime);
}

void EnsembleFollower::acknowledge(engine::Runtime& runtime) {
  const Zxid zxid = std::max(first_zxid(epoch_), host_.disk().durable_zxid());
  if (zxid <= acked_) return;
  acked_ = zxid;
  Ack ack;
  ack.zxid = zxid;
  send(runtime, std::move(ack));
}

void EnsembleFollower::forward(engine::Runtime& runtime, Transaction transaction) {
  Forward packet;
  packet.transaction = std::make_shared<const Transaction>(std::move(transaction));
  send(runtime, std::move(packet));
}

void EnsembleFollower::revalidate(engine::Runtime& runtime, SessionId session,
                                  std::uint64_t attachment) {
  Revalidate packet;
  packet.session = session;
  packet.attachment = attachment;
  send(runtime, std::move(packet));
}

}  // namespace eventarium::zookeeper
