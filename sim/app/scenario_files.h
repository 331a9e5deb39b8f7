// Where scenarios are: by path, or by bare name in the scenarios/ folders around the program.
#pragma once

#include <string>
#include <vector>

namespace eventarium::app {

/// Folders that are searched for a bare name, the nearest first: scenarios/ here, beside the
/// program, above it (a build folder inside the source tree), and in share/eventarium/.
std::vector<std::string> scenario_folders(const std::string& program_folder);

/// All scenario files of the first of these folders that has any, sorted by name.
std::vector<std::string> list_scenario_files(const std::string& program_folder);

/// The path for what a user typed: itself when it is a file or has a folder in it, else the first
/// <folder>/<name>.yaml there is; empty when there is none.
std::string find_scenario_file(const std::string& program_folder, const std::string& typed);

}  // namespace eventarium::app
