// The headless program. Ties the command line to the engines: the only file above sim/engine that
// links SimGrid.
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "sim/app/command_line.h"
#include "sim/engine/lean_engine.h"
#include "sim/engine/simgrid_engine.h"

namespace {

std::string program_folder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  const std::string text(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.rfind('/'));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace eventarium;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen by the failing write
  std::signal(SIGABRT, [](int) { _exit(app::exit_internal); });
  app::Program program;
  program.make_simgrid = [](std::uint64_t seed) -> std::unique_ptr<engine::Engine> {
    return std::make_unique<engine::SimgridEngine>(seed);
  };
  program.make_lean = [](std::uint64_t seed) -> std::unique_ptr<engine::Engine> {
    return std::make_unique<engine::LeanEngine>(seed);
  };
  program.folder = program_folder();
  try {
    return app::run_command_line(program, {argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eventarium: internal error: %s\n", error.what());
    return app::exit_internal;
  }
}
