// From what a user typed to a scenario and an engine, or to a complaint with a place and a hint.
#include <filesystem>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/app/scenario_files.h"
#include "sim/scenario/suggest.h"

namespace eventarium::app {

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
  if (options.seed) loaded.scenario->seed = *options.seed;
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
