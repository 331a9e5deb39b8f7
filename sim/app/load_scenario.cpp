// From what a user typed to a scenario and an engine, or to a complaint with a place and a hint.
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/app/commands.h"
#include "sim/app/scenario_files.h"
#include "sim/scenario/suggest.h"

namespace eventarium::app {
namespace {

void note(const std::string& text) {
  std::fflush(stdout);
  std::fprintf(stderr, "note: %s\n", text.c_str());
}

/// False, with a complaint, when there is nothing that a storm could break, or no time for it. A
/// scenario that is too short goes on for as long as it takes.
bool raise_storm(Output& output, scenario::Scenario& scenario, const SimulationOptions& options) {
  if (scenario.channel != scenario::Channel::kafka) {
    output.complain("a storm needs a Kafka cluster: this scenario has none");
    return false;
  }
  if (options.until && *options.until < storm_duration_min) {
    output.complain(
        fmt::format("a storm needs a run of at least {}, this one ends after {}: leave out --until",
                    format_duration(storm_duration_min), format_duration(*options.until)));
    return false;
  }
  if (!options.until && scenario.duration < storm_duration_min) {
    const Duration longer = lengthened_for_storm(scenario.duration);
    note(
        fmt::format("the run ends after {} instead of {}: after the storm all is healed and judged",
                    format_duration(longer), format_duration(scenario.duration)));
    scenario.duration = longer;
  }
  add_storm(scenario, *options.storm, options.until.value_or(scenario.duration));
  std::vector<std::string> aside;
  for (const scenario::Expectation& expectation : set_own_course_aside(scenario))
    aside.push_back(expectation.text);
  if (!aside.empty())
    note(fmt::format("not judged in a storm, as they are about the scenario's own faults alone: {}",
                     fmt::join(aside, "; ")));
  return true;
}

}  // namespace

std::optional<scenario::Scenario> load_scenario(const Program& program, Output& output,
                                                const std::string& file,
                                                const SimulationOptions& options) {
  const std::string path = find_scenario_file(program.folder, file);
  if (path.empty()) {
    std::vector<std::string> names;
    for (const std::string& known : list_scenario_files(program.folder))
      names.push_back(std::filesystem::path(known).stem().string());
    output.complain(
        fmt::format("there is no scenario '{}'{}", file, scenario::did_you_mean(file, names)));
    return std::nullopt;
  }
  scenario::LoadResult loaded = scenario::load_file(path, options.set);
  for (const scenario::Problem& problem : loaded.problems) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", scenario::to_text(problem).c_str());
  }
  if (!loaded.scenario) return std::nullopt;
  for (const scenario::Problem& remark : loaded.remarks) note(scenario::to_text(remark));
  if (options.until && *options.until > loaded.scenario->duration)
    note(fmt::format(
        "the scenario ends after {}; here it goes on until {} with what is still under way",
        format_duration(loaded.scenario->duration), format_duration(*options.until)));
  if (options.seed) loaded.scenario->seed = *options.seed;
  if (options.storm && !raise_storm(output, *loaded.scenario, options)) return std::nullopt;
  return std::move(loaded.scenario);
}

EngineFactory choose_engine(const Program& program, Output& output, const std::string& name) {
  EngineFactory factory;
  if (name == "simgrid") factory = program.make_simgrid;
  if (name == "lean") factory = program.make_lean;
  if (!factory) output.complain(fmt::format("there is no engine '{}' here", name));
  return factory;
}

}  // namespace eventarium::app
