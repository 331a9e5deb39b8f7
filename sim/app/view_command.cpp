// `eventarium view`: the window is a program of its own beside this one; this process becomes it.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/app/scenario_files.h"

namespace eventarium::app {

int view_command(const Program& program, const std::vector<std::string>& arguments) {
  Output output;
  const std::string path = program.folder + "/eventarium-view";
  std::vector<std::string> texts{path};
  for (const std::string& argument : arguments) {
    const bool is_name = texts.size() == 1 && !argument.empty() && argument[0] != '-';
    const std::string found =
        is_name ? find_scenario_file(program.folder, argument) : std::string();
    texts.push_back(found.empty() ? argument : found);
  }
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  execv(path.c_str(), pointers.data());
  output.complain(fmt::format("can't start {}: {}", path, std::strerror(errno)));
  return exit_internal;
}

}  // namespace eventarium::app
