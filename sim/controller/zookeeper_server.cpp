#include "sim/controller/zookeeper_server.h"

#include <algorithm>
#include <utility>

namespace eventarium::zookeeper {
namespace {

ServerDisk make_disk(std::optional<Settled>& settled) {
  if (!settled) return ServerDisk(ZnodeTree());
  return ServerDisk(settled->tree, settled->epoch);
}

}  // namespace

ZookeeperServer::ZookeeperServer(std::vector<NodeId> servers, std::optional<Settled> settled,
                                 ServerOptions options)
    : options_(options),
      servers_(std::move(servers)),
      disk_(make_disk(settled)),
      tree_(disk_.snapshot()),
      election_(servers_, engine::Token{0, election_timer, 0}),
      clients_(*this, 2 * options_.tick_time, 20 * options_.tick_time) {
  if (settled) settled_leader_ = settled->leader;
}

// ---- roles

void ZookeeperServer::on_start(engine::Runtime& runtime) {
  if (settled_leader_) return settle(runtime);
  tree_ = disk_.snapshot();
  look(runtime);
}

void ZookeeperServer::settle(engine::Runtime& runtime) {
  const NodeId leader = *settled_leader_;
  settled_leader_.reset();
  election_.settle({leader, disk_.last_zxid(), disk_.current_epoch()}, runtime.self());
  if (leader == runtime.self()) {
    leader_ = std::make_unique<EnsembleLeader>(role_host(), runtime.self());
    leader_->settle(runtime);
  } else {
    follower_ = std::make_unique<EnsembleFollower>(role_host(), leader);
    follower_->begin(runtime);
  }
}

void ZookeeperServer::look(engine::Runtime& runtime) {
  election_.look(runtime, {runtime.self(), disk_.last_zxid(), disk_.current_epoch()});
}

void ZookeeperServer::elected(engine::Runtime& runtime, const Vote& vote) {
  if (vote.leader == runtime.self()) {
    leader_ = std::make_unique<EnsembleLeader>(role_host(), runtime.self());
    leader_->begin(runtime);
  } else {
    follower_ = std::make_unique<EnsembleFollower>(role_host(), vote.leader);
    follower_->begin(runtime);
  }
}

void ZookeeperServer::leave_role(engine::Runtime& runtime) {
  runtime.cancel_timer(role_timer_);
  if (follower_) runtime.disconnect(follower_->leader(), {runtime.self(), quorum_lane});
  for (const NodeId server : servers_)
    if (leader_ && server != runtime.self()) runtime.disconnect(server, {server, quorum_lane});
  leader_.reset();
  follower_.reset();
  clients_.close_all(runtime);
  touched_.clear();
  serving_ = false;
}

void ZookeeperServer::look_again_if_given_up(engine::Runtime& runtime) {
  if (!std::exchange(gives_up_, false)) return;
  leave_role(runtime);
  look(runtime);
}

void ZookeeperServer::on_message(engine::Runtime& runtime, engine::Message message) {
  if (const auto* notification = message.as<Notification>()) {
    if (const auto vote = election_.on_notification(runtime, message.source, *notification))
      elected(runtime, *vote);
  } else if (!clients_.on_message(runtime, message)) {
    const bool opened_here = message.lane.opener == runtime.self();
    bool taken = false;
    if (leader_ && !opened_here) taken = leader_->on_message(runtime, message.source, message);
    if (follower_ && opened_here && message.source == follower_->leader())
      taken = follower_->on_message(runtime, message);
    if (!taken) runtime.disconnect(message.source, message.lane);  // nobody listens
  }
  look_again_if_given_up(runtime);
}

void ZookeeperServer::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.kind == election_timer) {
    if (const auto vote = election_.on_timer(runtime)) elected(runtime, *vote);
  } else if (token.kind == role_timer) {
    role_timer_ = TimerId{};
    if (leader_) leader_->on_timer(runtime);
    if (follower_) follower_->on_timer(runtime);
  }
  look_again_if_given_up(runtime);
}

void ZookeeperServer::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  clients_.on_disconnect(peer, lane);
  if (lane.purpose == quorum_lane) {
    if (leader_ && lane.opener == peer) leader_->on_disconnect(peer);
    if (follower_ && lane.opener == runtime.self() && peer == follower_->leader())
      follower_->on_disconnect(runtime);
  }
  look_again_if_given_up(runtime);
}

void ZookeeperServer::on_stop(engine::Runtime&, engine::StopReason reason) {
  leader_.reset();
  follower_.reset();
  clients_.forget_all();
  election_.stop();
  touched_.clear();
  serving_ = gives_up_ = false;
  role_timer_ = TimerId{};
  if (reason == engine::StopReason::power_loss)
    disk_.lose_power();
  else
    disk_.process_ended();
}

// ---- RoleHost

void ZookeeperServer::write_out(engine::Runtime& runtime, std::uint64_t size_bytes) {
  if (runtime.append_to_disk(size_bytes) != engine::DiskResult::ok)
    return runtime.exit(engine::StopReason::crash);
  runtime.fsync(engine::Token{0, fsync_done, disk_.begin_fsync()});
}

void ZookeeperServer::on_done(engine::Runtime& runtime, engine::Token token) {
  if (token.kind != fsync_done) return;
  if (runtime.disk() == engine::DiskResult::failed) return runtime.exit(engine::StopReason::crash);
  disk_.end_fsync(token.value);
  if (leader_) leader_->on_durable(runtime);
  if (follower_) follower_->on_durable(runtime);
  look_again_if_given_up(runtime);
}

void ZookeeperServer::commit_up_to(engine::Runtime& runtime, Zxid zxid) {
  const auto& log = disk_.log();
  for (std::size_t i = disk_.entries_up_to(tree_.last_zxid());
       i < log.size() && log[i]->zxid <= zxid; ++i) {
    const TransactionPtr transaction = log[i];
    const Applied applied = tree_.apply(*transaction);
    if (leader_) {
      leader_->on_applied(*transaction, applied, runtime.now());
      if (leader_->active() && transaction->zxid > announced_)
        announce(runtime, *transaction, applied);
    }
    announced_ = std::max(announced_, transaction->zxid);
    clients_.on_applied(runtime, *transaction, applied);
  }
}

/// What the ensemble has decided stands in the trace once, by its leader.
void ZookeeperServer::announce(engine::Runtime& runtime, const Transaction& transaction,
                               const Applied& applied) {
  if (applied.code != Code::ok) return;
  if (transaction.kind == Transaction::Kind::close_session && transaction.expired) {
    const NodeId owner = transaction.client;
    runtime.set_cause(runtime.emit(trace::ZookeeperSessionExpired{transaction.session, owner}));
  }
  const auto name_of = [&](NodeId node) { return runtime.name_of(node); };
  for (const Change& change : applied.changes) {
    const char* what = change.kind == Change::Kind::created ? "created"
                       : change.kind == Change::Kind::set   ? "set"
                                                            : "deleted";
    runtime.emit(trace::ZnodeChanged{change.path, what,
                                     change.value ? change.value->text(name_of) : std::string(),
                                     transaction.zxid});
  }
}

void ZookeeperServer::rebuild_tree(Zxid committed) {
  tree_ = disk_.snapshot();
  for (const TransactionPtr& transaction : disk_.log())
    if (transaction->zxid <= committed) tree_.apply(*transaction);
}

void ZookeeperServer::serve(engine::Runtime&) { serving_ = true; }

std::vector<SessionId> ZookeeperServer::take_touched() {
  std::vector<SessionId> sessions(touched_.begin(), touched_.end());
  touched_.clear();
  return sessions;
}

void ZookeeperServer::on_revalidated(engine::Runtime& runtime, const RevalidateReply& reply) {
  clients_.on_revalidated(runtime, reply.attachment, reply.valid);
}

void ZookeeperServer::arm_role_timer(engine::Runtime& runtime, Duration delay) {
  runtime.cancel_timer(role_timer_);
  role_timer_ =
      runtime.set_timer(std::max(delay, Duration::zero()), engine::Token{0, role_timer, 0});
}

// ---- ClientHost

void ZookeeperServer::submit(engine::Runtime& runtime, Transaction transaction) {
  transaction.origin = runtime.self();
  if (leader_) leader_->propose(runtime, std::move(transaction));
  if (follower_) follower_->forward(runtime, std::move(transaction));
}

void ZookeeperServer::touch(engine::Runtime& runtime, SessionId session) {
  if (leader_)
    leader_->sessions().touch(session, runtime.now());
  else
    touched_.insert(session);
}

void ZookeeperServer::revalidate(engine::Runtime& runtime, SessionId session,
                                 std::uint64_t attachment) {
  if (follower_) return follower_->revalidate(runtime, session, attachment);
  SessionTracker& sessions = leader_->sessions();
  const bool alive = sessions.alive(session);
  if (alive) {
    sessions.touch(session, runtime.now());
    sessions.set_owner(session, runtime.self());
  }
  clients_.on_revalidated(runtime, attachment, alive);
}

}  // namespace eventarium::zookeeper
