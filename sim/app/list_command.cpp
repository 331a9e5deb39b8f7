// `eventarium list`: the scenarios there are, each with its one-line promise and its length.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/app/commands.h"
#include "sim/app/scenario_files.h"
#include "sim/app/table.h"

namespace eventarium::app {

int list_command(const Program& program, bool as_json) {
  Output output;
  const auto files = list_scenario_files(program.folder);
  if (files.empty()) {
    output.complain("there is no folder scenarios/ here or beside the program");
    return exit_usage;
  }
  int code = exit_fine;
  Table table({{"SCENARIO"}, {"MINUTES", Table::Align::right}, {"WHAT YOU WILL SEE"}});
  auto json = nlohmann::ordered_json::array();
  for (const std::string& file : files) {
    const auto scenario = load_scenario(program, output, file, {});
    if (!scenario) {
      code = exit_usage;
      continue;
    }
    table.add_row({scenario->name, std::to_string(scenario->info.minutes),
                   scenario->info.promise.empty() ? scenario->info.title : scenario->info.promise});
    json.push_back({{"scenario", scenario->name},
                    {"title", scenario->info.title},
                    {"promise", scenario->info.promise},
                    {"minutes", scenario->info.minutes},
                    {"path", scenario->path}});
  }
  constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
  output.write(as_json ? json.dump(2, ' ', false, replace) + "\n" : table.text());
  return output.finish() ? code : exit_internal;
}

}  // namespace eventarium::app
