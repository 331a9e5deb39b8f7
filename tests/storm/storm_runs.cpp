// See storm_runs.h.
#include "tests/storm/storm_runs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/app/simulation.h"
#include "sim/engine/lean_engine.h"
#include "sim/engine/simgrid_engine.h"

namespace eventarium::storm {
namespace {

using Json = nlohmann::json;

std::unique_ptr<engine::Engine> make_engine(bool simgrid, std::uint64_t seed) {
  if (simgrid) return std::make_unique<engine::SimgridEngine>(seed);
  return std::make_unique<engine::LeanEngine>(seed);
}

/// Expectations that were not met.
struct Unmet : trace::Sink {
  void on_event(const trace::Event& event) override {
    if (const auto* checked = event.as<trace::ExpectationChecked>(); checked && !checked->met)
      text += checked->expect + "; it is " + checked->actual + "\n";
  }
  std::string text;
};

std::string file_of(const StormRun& run) {
  if (run.shares) return "tests/storm/share.yaml";
  if (run.patterns) return "tests/storm/patterns.yaml";
  if (run.groups) return "tests/storm/groups.yaml";
  return run.zookeeper ? "tests/storm/zookeeper.yaml" : "tests/storm/cluster.yaml";
}

/// In the child: the outcome as one line.
std::string carry_out(const StormRun& run) {
  auto loaded = scenario::load_file(EVENTARIUM_SOURCE_DIR "/" + file_of(run), run.set);
  if (!loaded.scenario) return Json{{"crash", to_text(loaded.problems.at(0))}}.dump();
  loaded.scenario->seed = run.seed;
  app::add_storm(*loaded.scenario, {run.seed, run.intensity, run.power_loss},
                 loaded.scenario->duration);
  app::Simulation simulation(
      std::move(*loaded.scenario),
      [&](std::uint64_t seed) { return make_engine(run.simgrid, seed); }, std::nullopt,
      run.planted);
  Unmet unmet;
  simulation.add_sink(unmet);
  simulation.begin();
  simulation.run_until(simulation.end());
  const check::Ledger& ledger = simulation.ledger();
  const check::Verdict verdict = ledger.verdict();
  const std::vector<check::LossReport> losses = ledger.losses();
  std::string broken, first;
  for (const auto& violation : ledger.cluster().violations()) {
    if (first.empty()) first = violation.invariant;
    if (broken.size() < 3000) broken += violation.invariant + ": " + violation.text + "\n";
  }
  const auto has_reason = [](const check::LossReport& loss) { return loss.sealed_by.valid(); };
  return Json{{"broken", broken},
              {"first_broken", first},
              {"produced", verdict.produced.count},
              {"acknowledged", verdict.acknowledged.count},
              {"failed", verdict.failed.count},
              {"lost", verdict.lost_acknowledged.count},
              {"undelivered", verdict.undelivered.count},
              {"duplicated", verdict.duplicated.count},
              {"explained", std::all_of(losses.begin(), losses.end(), has_reason)},
              {"unmet", unmet.text},
              {"first_loss", losses.empty() ? "" : losses[0].why}}
      .dump();
}

struct Child {
  StormRun run;
  pid_t pid = -1;
  int output = -1;
};

Child start(StormRun run) {
  Child child;
  child.run = std::move(run);
  int ends[2];
  if (pipe(ends) != 0) return child;
  std::fflush(nullptr);
  child.pid = fork();
  if (child.pid == 0) {
    close(ends[0]);
    const std::string line = carry_out(child.run);
    std::size_t written = 0;
    while (written < line.size()) {
      const ssize_t count = write(ends[1], line.data() + written, line.size() - written);
      if (count <= 0) break;
      written += static_cast<std::size_t>(count);
    }
    _exit(0);
  }
  close(ends[1]);
  child.output = ends[0];
  return child;
}

StormOutcome finish(const Child& child) {
  std::string text;
  char block[4096];
  for (ssize_t count = 0; (count = read(child.output, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(count));
  close(child.output);
  int status = 0;
  waitpid(child.pid, &status, 0);
  StormOutcome outcome;
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || json.contains("crash")) {
    outcome.crash = json.is_discarded() ? fmt::format("ended with status {}", status)
                                        : json["crash"].get<std::string>();
    return outcome;
  }
  outcome.broken = json["broken"];
  outcome.first_broken = json["first_broken"];
  outcome.produced = json["produced"];
  outcome.acknowledged = json["acknowledged"];
  outcome.failed = json["failed"];
  outcome.lost = json["lost"];
  outcome.undelivered = json["undelivered"];
  outcome.duplicated = json["duplicated"];
  outcome.all_explained = json["explained"];
  outcome.first_loss = json["first_loss"];
  outcome.unmet = json["unmet"];
  return outcome;
}

}  // namespace

std::string how_to_reproduce(const StormRun& run) {
  std::string command = fmt::format(
      "eventarium run {} --seed {} --storm {} --engine {}", file_of(run), run.seed,
      app::storm_text({run.seed, run.intensity, run.power_loss}), run.simgrid ? "simgrid" : "lean");
  for (const auto& [path, value] : run.set) command += fmt::format(" --set {}={}", path, value);
  return command;
}

void run_storms(std::size_t count, const std::function<StormRun(std::size_t)>& run,
                const std::function<bool(const StormRun&, const StormOutcome&)>& visit) {
  const std::size_t at_a_time = std::max(1U, std::thread::hardware_concurrency());
  std::deque<Child> children;
  bool go_on = true;
  for (std::size_t i = 0; (go_on && i < count) || !children.empty();) {
    while (go_on && i < count && children.size() < at_a_time) children.push_back(start(run(i++)));
    const StormOutcome outcome = finish(children.front());
    if (go_on) go_on = visit(children.front().run, outcome);
    children.pop_front();
  }
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? std::strtoull(value, nullptr, 10) : otherwise;
}

}  // namespace eventarium::storm
