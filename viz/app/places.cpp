// See places.h. Everything is found from where the program itself lies, never from a fixed path.
#include "viz/app/places.h"

#include <filesystem>

namespace eventarium::viz::app {

namespace fs = std::filesystem;

namespace {

fs::path own_folder() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path(error) : self.parent_path();
}

std::string scenarios_from(fs::path folder) {
  std::error_code error;
  while (!folder.empty()) {
    if (fs::is_directory(folder / "scenarios", error)) return (folder / "scenarios").string();
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return "";
}

}  // namespace

std::string find_simulator() {
  std::error_code error;
  const fs::path program = own_folder() / "eventarium";
  return fs::exists(program, error) ? program.string() : "";
}

std::string find_scenarios() {
  const std::string beside = scenarios_from(own_folder());
  if (!beside.empty()) return beside;
  std::error_code error;
  return scenarios_from(fs::current_path(error));
}

std::string find_input(const std::string& input, const std::string& scenarios) {
  std::error_code error;
  if (fs::is_regular_file(input, error)) return input;
  for (const char* ending : {".yaml", ".yml"}) {
    const fs::path named = fs::path(scenarios) / (input + ending);
    if (!scenarios.empty() && fs::is_regular_file(named, error)) return named.string();
  }
  return "";
}

bool is_scenario(const std::string& path) {
  const std::string ending = fs::path(path).extension().string();
  return ending == ".yaml" || ending == ".yml";
}

}  // namespace eventarium::viz::app
