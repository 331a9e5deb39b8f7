// How SimGrid is used: no actors; transfers, executions and disk writes are started from the
// kernel itself and report through one completion callback; one kernel timer stands for the head
// of our heap. Completions of one instant are put in the order in which the work was started
// before anybody hears of them, so that SimGrid's own order is never seen.
#include "sim/engine/simgrid_engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>

#include "sim/base/check.h"

namespace eventarium::engine {
namespace {

namespace sg = simgrid::s4u;
using simgrid::kernel::timer::Timer;

constexpr std::uint32_t item_done = 16;  // b: ticket
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// One activity of SimGrid that is under way for us.
struct Work {
  std::uint64_t ticket = 0;
  std::uint64_t started = 0;  // sequence number
  sg::ActivityPtr activity;
};

struct Machine {
  sg::Host* host = nullptr;
  sg::SplitDuplexLink* cable = nullptr;
  sg::Disk* disk = nullptr;
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
  std::vector<Work*> finished;        // of this instant
  std::deque<sg::ActivityPtr> grave;  // SimGrid still looks at them after the callback
  std::uint64_t last_started = 0;
  std::int64_t armed_ns = never;
  bool pumping = false;

  Work* take(std::uint64_t ticket) {
    if (pool.empty()) {
      works.push_back(std::make_unique<Work>());
      pool.push_back(works.back().get());
    }
    Work* work = pool.back();
    pool.pop_back();
    work->ticket = ticket;
    work->started = ++last_started;
    return work;
  }

  void give_back(Work* work) {
    grave.push_back(std::move(work->activity));
    if (grave.size() > 8) grave.pop_front();
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

SimgridEngine::~SimgridEngine() = default;

void SimgridEngine::build(NodeId id) {
  const HostSpec& spec = host(id).spec;
  const std::string& name = names().name(id);
  Machine machine;
  machine.host = platform_->zone->create_host(name, spec.speed_flops);
  machine.disk = machine.host->create_disk("disk:" + name, spec.disk_write_bytes_per_s,
                                           spec.disk_write_bytes_per_s);
  machine.cable =
      platform_->zone->create_split_duplex_link("cable:" + name, spec.bandwidth_bytes_per_s);
  machine.cable->set_latency(to_seconds(spec.latency));
  machine.cable->seal();
  machine.host->seal();
  platform_->zone->add_route(machine.host->get_netpoint(), nullptr, nullptr, nullptr,
                             {{machine.cable, sg::LinkInRoute::Direction::UP}}, true);
  platform_->machines.push_back(machine);
}

void SimgridEngine::begin() {
  platform_->zone->seal();
  platform_->engine->seal_platform();
  sg::Activity::on_completion_cb([this](sg::Activity const& activity) {
    Work* work = activity.get_data<Work>();
    if (!work || !work->activity) return;
    if (platform_->finished.empty() && !platform_->pumping)
      Timer::set(sg::Engine::get_clock(), [this] { pump(); });
    platform_->finished.push_back(work);
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

void SimgridEngine::on_item(const QueueItem& item) { work_done(item.b); }

void SimgridEngine::start_transfer(NodeId from, NodeId to, double size_bytes,
                                   std::uint64_t ticket) {
  Work* work = platform_->take(ticket);
  sg::CommPtr comm = sg::Comm::sendto_init();
  work->activity = comm;
  comm->set_data(work);
  comm->set_payload_size(static_cast<std::uint64_t>(std::max(1.0, size_bytes)));
  comm->set_source(platform_->machines[from.value].host);
  comm->set_destination(platform_->machines[to.value].host);  // starts it: both ends are known
}

void SimgridEngine::start_compute(NodeId node, double work_flops, std::uint64_t ticket) {
  Work* work = platform_->take(ticket);
  sg::ExecPtr exec = sg::Exec::init();
  work->activity = exec;
  exec->set_data(work);
  exec->set_flops_amount(work_flops);
  exec->set_host(platform_->machines[node.value].host);
  exec->start();
}

void SimgridEngine::start_write(NodeId node, double size_bytes, std::uint64_t ticket) {
  Work* work = platform_->take(ticket);
  sg::IoPtr io = platform_->machines[node.value].disk->io_init(
      static_cast<sg_size_t>(std::max(1.0, size_bytes)), sg::Io::OpType::WRITE);
  work->activity = io;
  io->set_data(work);
  io->start();
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
  for (sg::Link* link : {machine.cable->get_link_up(), machine.cable->get_link_down()}) {
    if (state.link_up != link->is_on()) {
      if (state.link_up)
        link->turn_on();
      else
        link->turn_off();
    }
    if (link->get_bandwidth() != state.spec.bandwidth_bytes_per_s)
      link->set_bandwidth(state.spec.bandwidth_bytes_per_s);
    if (link->get_latency() != to_seconds(state.spec.latency))
      link->set_latency(to_seconds(state.spec.latency));
  }
}

}  // namespace eventarium::engine
