// What a node may do: the Runtime of each node, with its CPU queue.
#include "sim/engine/engine_state.h"

namespace eventarium::engine {

SimTime Engine::NodeRuntime::now() const { return engine_.now_; }
NodeId Engine::NodeRuntime::self() const { return node_.id; }
const std::string& Engine::NodeRuntime::name() const { return node_.spec.name; }
const std::string& Engine::NodeRuntime::name_of(NodeId node) const {
  return engine_.names_.name(node);
}
bool Engine::NodeRuntime::clean_start() const { return node_.clean_start; }

MessageId Engine::NodeRuntime::send(NodeId destination, std::unique_ptr<const Payload> payload,
                                    std::uint64_t size_bytes, Lane lane) {
  EVENTARIUM_CHECK(!node_.stopping, "a node that has crashed can't send");
  return engine_.send(node_, destination, std::move(payload), size_bytes, lane);
}

void Engine::NodeRuntime::disconnect(NodeId peer, Lane lane) {
  engine_.close_by(node_.id, peer, lane);
}

void Engine::NodeRuntime::exit(StopReason reason) {
  const auto end = [this, reason, incarnation = node_.incarnation, cause = engine_.cause_] {
    if (node_.incarnation == incarnation)
      engine_.with_cause(cause, [&] { engine_.stop(node_.id, reason); });
  };
  engine_.schedule(engine_.now_, end);
}

TimerId Engine::NodeRuntime::set_timer(Duration delay, Token token) {
  EVENTARIUM_CHECK(delay >= Duration::zero(), "a timer can't be set in the past");
  const std::uint64_t key = engine_.timers_.put({node_.incarnation, token, engine_.cause_});
  const Duration longest = SimTime::max() - engine_.now_;
  engine_.push(engine_.now_ + std::min(delay, longest), item_timer, node_.id.value, key);
  return TimerId{key};
}

void Engine::NodeRuntime::cancel_timer(TimerId& timer) {
  if (timer.valid()) engine_.timers_.take(timer.value);
  timer = TimerId{};
}

void Engine::NodeRuntime::compute(double work_flops, Token token) {
  EVENTARIUM_CHECK(work_flops >= 0, "work can't be negative");
  CpuJob job;
  job.work_flops = work_flops;
  job.token = token;
  job.cause = engine_.cause_;
  engine_.queue_job(node_, std::move(job));
}

DiskResult Engine::NodeRuntime::append_to_disk(std::uint64_t size_bytes) {
  return engine_.append(node_, size_bytes);
}

void Engine::NodeRuntime::free_disk(std::uint64_t size_bytes) {
  std::uint64_t& used = node_.host.disk_used_bytes;
  used -= std::min(used, size_bytes);
}

DiskResult Engine::NodeRuntime::disk() const { return engine_.ask_disk(node_, 1); }

SimTime Engine::NodeRuntime::written_before() const {
  return node_.page_cache.written_before(engine_.now_);
}

void Engine::NodeRuntime::fsync(Token token) {
  engine_.queue_write(node_, {node_.incarnation, token, engine_.cause_});
}

RandomStream& Engine::NodeRuntime::random(std::string_view purpose) {
  const auto found = node_.streams.find(purpose);
  if (found != node_.streams.end()) return found->second;
  const std::string name = node_.spec.name + "/" + std::string(purpose);
  return node_.streams.emplace(std::string(purpose), RandomStream(engine_.seed_, name))
      .first->second;
}

RecordId Engine::NodeRuntime::new_record() { return RecordId{++engine_.last_record_}; }

EventId Engine::NodeRuntime::emit(trace::EventBody body) {
  return engine_.emit(std::move(body), node_.id);
}

EventId Engine::NodeRuntime::current_cause() const { return engine_.cause_; }
void Engine::NodeRuntime::set_cause(EventId cause) { engine_.cause_ = cause; }

// ---- CPU: one piece of work at a time, in order

void Engine::queue_job(NodeState& node, CpuJob job) {
  node.cpu_queue.push_back(std::move(job));
  if (!node.cpu_busy) next_job(node);
}

void Engine::next_job(NodeState& node) {
  node.cpu_busy = !node.cpu_queue.empty();
  if (!node.cpu_busy) return;
  const double work_flops = node.cpu_queue.front().work_flops;
  if (work_flops > 0) {
    start_compute(node.id, work_flops,
                  make_ticket(TicketKind::compute, node.id.value, node.incarnation));
  } else {
    push(now_, item_job_done, node.id.value, node.incarnation);
  }
}

void Engine::finish_job(NodeState& node) {
  EVENTARIUM_CHECK(!node.cpu_queue.empty(), "finished work was queued");
  if (node.paused) {
    node.deferred.emplace_back(Deferred::Kind::job);
    return;
  }
  CpuJob job = std::move(node.cpu_queue.front());
  node.cpu_queue.pop_front();
  next_job(node);
  if (job.message.payload) {
    handle(node, std::move(job.message));
  } else {
    enter(node, job.cause,
          [&](Node& machine, Runtime& runtime) { machine.on_done(runtime, job.token); });
  }
}

}  // namespace eventarium::engine
