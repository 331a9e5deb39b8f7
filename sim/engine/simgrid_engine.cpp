// How SimGrid is used: no actors; transfers, executions and disk writes are started from the
// kernel itself and report through one completion callback; one kernel timer stands for the head
// of our heap. Completions of one instant are put in the order in which the work was started
// before anybody hears of them, so that SimGrid's own order is never seen.
#include "sim/engine/simgrid_engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/kernel/resource/Action.hpp>
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>

#include "sim/base/check.h"

namespace eventarium::engine {
namespace {

namespace sg = simgrid::s4u;
using simgrid::kernel::timer::Timer;

constexpr std::uint32_t item_done = 16;       // b: ticket
constexpr std::uint32_t item_begin = 17;      // b: key in latencies; the first byte has arrived
constexpr double tcp_window_bytes = 4194304;  // SimGrid's network/TCP-gamma
constexpr std::size_t spare_machines = 256;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// One activity of SimGrid that is under way for us.
struct Work {
  std::uint64_t ticket = 0;
  std::uint64_t started = 0;  // sequence number
  sg::ActivityPtr activity;
  std::optional<NodeId> disk;  // a write: whose
};

/// A transfer in its latency. It is ours, not SimGrid's: a transfer of SimGrid 3.32 whose link's
/// latency changes while it is in its latency phase never completes.
struct Latent {
  NodeId from, to;
  double size_bytes = 0;
  std::uint64_t ticket = 0;
};

struct Machine {
  double speed_flops = 0;  // of the host; the node's may have changed
  sg::Host* host = nullptr;
  sg::SplitDuplexLink* cable = nullptr;
  /// A host of its own: its flops are bytes. SimGrid 3.32 never takes a finished Io out of a list
  /// that it searches whenever an Exec ends, so that each write makes all that follows slower.
  sg::Host* disk = nullptr;
  double disk_bytes_per_s = 0;  // as it is now; the speed of `disk` is what it was when built
};

SimTime clock_now() { return sim_time_ns(std::llround(sg::Engine::get_clock() * 1e9)); }

double seconds(SimTime t) { return to_seconds(t); }

}  // namespace

struct SimgridEngine::Platform {
  std::unique_ptr<sg::Engine> engine;
  sg::NetZone* zone = nullptr;
  std::vector<Machine> machines;
  std::vector<std::unique_ptr<Work>> works;  // owns all; the idle ones stand in `pool`
  std::vector<Work*> pool;
  Slots<Latent> latencies;
  std::vector<Work*> finished;  // of this instant
  /// Of the last instant: SimGrid still looks at the one whose callback has led to pump().
  std::vector<sg::ActivityPtr> grave;
  std::vector<sg::ActivityPtr> suspended;  // replaced by others; nobody waits for them
  std::uint64_t last_started = 0;
  std::vector<simgrid::kernel::resource::Model*> models;
  std::size_t ending = 0;  // activities that end at this instant and were not reported yet
  std::int64_t armed_ns = never;
  bool pumping = false;
  bool sealed = false;

  /// How many activities SimGrid is about to report.
  std::size_t count_ending() const {
    std::size_t count = 0;
    for (auto* model : models)
      count += model->get_finished_action_set()->size() + model->get_failed_action_set()->size();
    return count;
  }

  Work* take(std::uint64_t ticket) {
    if (pool.empty()) {
      works.push_back(std::make_unique<Work>());
      pool.push_back(works.back().get());
    }
    Work* work = pool.back();
    pool.pop_back();
    work->ticket = ticket;
    work->started = ++last_started;
    work->disk.reset();
    return work;
  }

  /// Starts writing so many bytes on the disk of `work`.
  void write(Work& work, double size_bytes) {
    const Machine& machine = machines[work.disk->value];
    sg::ExecPtr exec = sg::Exec::init();
    work.activity = exec;
    exec->set_data(&work);
    exec->set_flops_amount(size_bytes * machine.disk->get_speed() / machine.disk_bytes_per_s);
    exec->set_host(machine.disk);
    exec->start();
  }

  /// What is being written goes on at the new speed: what is left of it is begun anew. (A
  /// suspended activity takes nothing from the others and never ends; a canceled one would be
  /// reported.)
  void change_disk(NodeId id, double bytes_per_s) {
    Machine& machine = machines[id.value];
    const double before = machine.disk_bytes_per_s / machine.disk->get_speed();
    machine.disk_bytes_per_s = bytes_per_s;
    for (const auto& work : works) {
      if (!work->activity || work->disk != id ||
          std::find(finished.begin(), finished.end(), work.get()) != finished.end())
        continue;
      const double left_bytes = work->activity->get_remaining() * before;
      work->activity->set_data(nullptr);
      work->activity->suspend();
      suspended.push_back(std::move(work->activity));
      write(*work, std::max(1.0, left_bytes));
    }
  }

  void give_back(Work* work) {
    grave.push_back(std::move(work->activity));
    work->activity = nullptr;
    pool.push_back(work);
  }
};

SimgridEngine::SimgridEngine(std::uint64_t seed)
    : Engine(seed), platform_(std::make_unique<Platform>()) {
  static bool used = false;  // SimGrid's clock and callbacks are per process
  EVENTARIUM_CHECK(!used, "SimGrid allows one run per process");
  used = true;
  // SimGrid parses its command line; it gets one of ours.
  static std::array<std::string, 4> words = {"eventarium", "--cfg=network/model:CM02",
                                             "--cfg=network/crosstraffic:0",
                                             "--log=root.thres:critical"};
  static std::array<char*, 5> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  int argc = static_cast<int>(words.size());
  platform_->engine = std::make_unique<sg::Engine>(&argc, argv.data());
  sg::Engine::set_config("surf/precision:1e-9");
  platform_->zone = sg::create_star_zone("eventarium:network");
}

/// Activities that are still under way can't be destroyed (SimGrid complains of each), and the
/// process has no other run: they stay reachable until its end.
SimgridEngine::~SimgridEngine() {
  static auto* const unfinished = new std::vector<sg::ActivityPtr>;
  for (const auto& work : platform_->works)
    if (work->activity) unfinished->push_back(std::move(work->activity));
  for (sg::ActivityPtr& activity : platform_->suspended) unfinished->push_back(std::move(activity));
}

/// SimGrid 3.32 refuses hosts once its platform is sealed, which it must be before the clock can
/// run. So there are spare machines, which nobody sees until a node is added while the run goes on.
void SimgridEngine::build(NodeId id) {
  if (!platform_->sealed) {
    build_machine(names().name(id), host(id).spec);
    return;
  }
  EVENTARIUM_CHECK(id.value < platform_->machines.size(), "there is a spare machine");
  host_changed(id);
}

std::size_t SimgridEngine::spare_nodes() const {
  return platform_->sealed ? platform_->machines.size() - node_count() : spare_machines;
}

void SimgridEngine::build_machine(const std::string& name, const HostSpec& spec) {
  Machine machine;
  machine.speed_flops = spec.speed_flops;
  machine.host = platform_->zone->create_host(name, spec.speed_flops);
  machine.disk = platform_->zone->create_host("disk:" + name, spec.disk_write_bytes_per_s);
  machine.disk_bytes_per_s = spec.disk_write_bytes_per_s;
  machine.cable =
      platform_->zone->create_split_duplex_link("cable:" + name, spec.bandwidth_bytes_per_s);
  machine.cable->seal();
  machine.host->seal();
  machine.disk->seal();
  platform_->zone->add_route(machine.host->get_netpoint(), nullptr, nullptr, nullptr,
                             {{machine.cable, sg::LinkInRoute::Direction::UP}}, true);
  platform_->machines.push_back(machine);
}

void SimgridEngine::begin() {
  for (std::size_t i = 1; i <= spare_machines; ++i)
    build_machine("eventarium:spare:" + std::to_string(i), HostSpec{});
  platform_->sealed = true;
  platform_->zone->seal();
  platform_->engine->seal_platform();
  platform_->models = platform_->engine->get_all_models();
  sg::Engine::on_time_advance_cb([this](double) {
    if (!platform_->finished.empty()) pump();  // SimGrid reported fewer than it had counted
    platform_->ending = platform_->count_ending();
  });
  sg::Activity::on_completion_cb([this](sg::Activity const& activity) {
    Work* work = activity.get_data<Work>();
    if (!work || !work->activity) return;
    platform_->finished.push_back(work);
    if (platform_->ending > 0) --platform_->ending;
    if (platform_->ending == 0 && !platform_->pumping) pump();
  });
}

void SimgridEngine::advance(SimTime until) {
  const double target = seconds(until);
  while (sg::Engine::get_clock() < target) platform_->engine->run_until(target);
  pump();
  run_heap(until);
  if (!queue().empty()) arm(queue().next_time());
}

/// Brings what has finished at this instant into our heap, in the order of its start, and runs
/// the heap up to now.
void SimgridEngine::pump() {
  platform_->pumping = true;
  const SimTime t = std::max(now(), clock_now());
  auto& finished = platform_->finished;
  if (!finished.empty()) {
    platform_->grave.clear();
    std::sort(finished.begin(), finished.end(),
              [](const Work* x, const Work* y) { return x->started < y->started; });
    for (Work* work : finished) {
      push(t, item_done, 0, work->ticket);
      platform_->give_back(work);
    }
    finished.clear();
  }
  run_heap(t);
  platform_->pumping = false;
  if (platform_->armed_ns <= to_ns(t)) platform_->armed_ns = never;
  if (!queue().empty()) arm(queue().next_time());
}

void SimgridEngine::heap_changed() {
  if (!platform_->pumping && !queue().empty()) arm(queue().next_time());
}

void SimgridEngine::arm(SimTime t) {
  if (to_ns(t) >= platform_->armed_ns) return;  // an earlier timer will arm the next one
  platform_->armed_ns = to_ns(t);
  Timer::set(std::max(seconds(t), sg::Engine::get_clock()), [this] { pump(); });
}

void SimgridEngine::start_transfer(NodeId from, NodeId to, double size_bytes,
                                   std::uint64_t ticket) {
  push(now() + host(from).spec.latency + host(to).spec.latency, item_begin, 0,
       platform_->latencies.put({from, to, size_bytes, ticket}));
}

void SimgridEngine::on_item(const QueueItem& item) {
  if (item.kind == item_done) return work_done(item.b);
  const auto latent = platform_->latencies.take(item.b);
  if (!latent) return;
  const HostState& from = host(latent->from);
  const HostState& to = host(latent->to);
  // The way has broken meanwhile: the engine has interrupted this transfer already.
  if (!from.powered || !to.powered || !from.link_up || !to.link_up) return;
  Work* work = platform_->take(latent->ticket);
  sg::CommPtr comm = sg::Comm::sendto_init();
  work->activity = comm;
  comm->set_data(work);
  comm->set_payload_size(static_cast<std::uint64_t>(std::max(1.0, latent->size_bytes)));
  const double round_trip_s = 2 * to_seconds(from.spec.latency + to.spec.latency);
  const double bandwidth = std::min(from.spec.bandwidth_bytes_per_s, to.spec.bandwidth_bytes_per_s);
  if (round_trip_s * bandwidth > tcp_window_bytes) comm->set_rate(tcp_window_bytes / round_trip_s);
  comm->set_source(platform_->machines[latent->from.value].host);
  comm->set_destination(platform_->machines[latent->to.value].host);  // starts it
}

void SimgridEngine::start_compute(NodeId node, double work_flops, std::uint64_t ticket) {
  Work* work = platform_->take(ticket);
  sg::ExecPtr exec = sg::Exec::init();
  work->activity = exec;
  exec->set_data(work);
  // SimGrid's hosts can't change their speed at will; the same time on another amount can be had.
  const Machine& machine = platform_->machines[node.value];
  exec->set_flops_amount(work_flops * machine.speed_flops / host(node).spec.speed_flops);
  exec->set_host(machine.host);
  exec->start();
}

void SimgridEngine::start_write(NodeId node, double size_bytes, std::uint64_t ticket) {
  Work* work = platform_->take(ticket);
  work->disk = node;
  platform_->write(*work, std::max(1.0, size_bytes));
}

void SimgridEngine::host_changed(NodeId id) {
  const HostState& state = host(id);
  if (id.value >= platform_->machines.size()) return;
  Machine& machine = platform_->machines[id.value];
  if (state.powered != machine.host->is_on()) {
    if (state.powered)
      machine.host->turn_on();
    else
      machine.host->turn_off();
  }
  if (machine.disk_bytes_per_s != state.spec.disk_write_bytes_per_s)
    platform_->change_disk(id, state.spec.disk_write_bytes_per_s);
  for (sg::Link* link : {machine.cable->get_link_up(), machine.cable->get_link_down()}) {
    if (state.link_up != link->is_on()) {
      if (state.link_up)
        link->turn_on();
      else
        link->turn_off();
    }
    if (link->get_bandwidth() != state.spec.bandwidth_bytes_per_s)
      link->set_bandwidth(state.spec.bandwidth_bytes_per_s);
  }
}

}  // namespace eventarium::engine
