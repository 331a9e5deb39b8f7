// Where things lie on this machine: the `eventarium` program beside this one, the scenarios/
// folder of the project or installation.
#pragma once

#include <optional>
#include <string>

namespace eventarium::viz::app {

/// The headless program: in this program's own folder. Empty when it isn't there.
std::string find_simulator();

/// The nearest folder scenarios/ in this program's folder or above it, else in the current folder
/// or above it. Empty when there is none.
std::string find_scenarios();

/// The file that `input` means: itself, or <scenarios>/<input>.yaml. Empty when there is neither.
std::string find_input(const std::string& input, const std::string& scenarios);

/// By its name: *.yaml and *.yml are scenarios, anything else is a trace.
bool is_scenario(const std::string& path);

}  // namespace eventarium::viz::app
