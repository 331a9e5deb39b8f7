// What a user typed, turned into one of the commands.
#pragma once

#include "sim/app/commands.h"

namespace eventarium::app {

/// Parses and carries out; returns the exit code. `arguments` without the program's name.
int run_command_line(const Program& program, const std::vector<std::string>& arguments);

}  // namespace eventarium::app
