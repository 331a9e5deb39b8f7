// See scenario_files.h.
#include "sim/app/scenario_files.h"

#include <algorithm>
#include <filesystem>

namespace eventarium::app {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_directory(path, error);
}

}  // namespace

std::vector<std::string> scenario_folders(const std::string& program_folder) {
  const fs::path program(program_folder);
  std::vector<std::string> folders;
  for (const fs::path& folder :
       {fs::path("scenarios"), program / "scenarios", program / ".." / "scenarios",
        program / ".." / ".." / "scenarios", program / ".." / "share/eventarium/scenarios"}) {
    std::error_code error;
    if (fs::is_directory(folder, error)) folders.push_back(folder.lexically_normal().string());
  }
  return folders;
}

std::vector<std::string> list_scenario_files(const std::string& program_folder) {
  std::vector<std::string> files;
  for (const std::string& folder : scenario_folders(program_folder)) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
      if (entry.path().extension() == ".yaml" && is_file(entry.path()))
        files.push_back(entry.path().string());
    if (!files.empty()) break;
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string find_scenario_file(const std::string& program_folder, const std::string& typed) {
  if (is_file(typed) || typed.find('/') != std::string::npos) return typed;
  for (const std::string& folder : scenario_folders(program_folder))
    for (const char* ending : {"", ".yaml"})
      if (const fs::path path = fs::path(folder) / (typed + ending); is_file(path))
        return path.string();
  return {};
}

}  // namespace eventarium::app
