// `eventarium check`: is the file right? Loads scenarios and names everything that is wrong in
// them, without running anything.
#include <fmt/format.h>

#include "sim/app/assembly.h"
#include "sim/app/commands.h"

namespace eventarium::app {

int check_command(const Program& program, const std::vector<std::string>& files,
                  const scenario::Overrides& set) {
  Output output;
  int code = exit_fine;
  SimulationOptions options;
  options.set = set;
  for (const std::string& file : files) {
    const auto scenario = load_scenario(program, output, file, options);
    if (!scenario) {
      code = exit_usage;
      continue;
    }
    const auto count = [](std::size_t n, const char* what) {
      return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    output.write(fmt::format(
        "{}: fine ({}, {}, {}, {})\n", scenario->path, channel_name(scenario->channel),
        count(scenario->producers.size(), "producer"), count(scenario->services.size(), "service"),
        count(scenario->expectations.size(), "expectation")));
  }
  return output.finish() ? code : exit_internal;
}

}  // namespace eventarium::app
