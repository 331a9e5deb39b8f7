// The subcommands of `eventarium`, one function each; each is in a file of its own and returns
// the exit code. command_line.h parses what a user typed into these options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/describe_groups.h"
#include "sim/app/output.h"
#include "sim/app/simulation.h"
#include "sim/app/storm.h"
#include "sim/scenario/loader.h"
#include "sim/trace/narrator.h"

namespace eventarium::app {

/// What the program was linked with and where it lies.
struct Program {
  EngineFactory make_simgrid;  // empty where it is not linked
  EngineFactory make_lean;
  std::string folder;  // of the executable, without a slash at its end
};

/// How to simulate a scenario; common to run, check and describe.
struct SimulationOptions {
  std::string engine = "simgrid";
  std::optional<std::uint64_t> seed;
  std::optional<Duration> until;
  std::optional<StormOptions> storm;
  scenario::Overrides set;
};

struct RunOptions {
  std::vector<std::string> files;
  SimulationOptions simulation;
  std::string trace;  // file to write, "-" for stdout, empty for none
  trace::Detail detail = trace::Detail::story;
  bool json = false, events = false, quiet = false, serve = false;
};

int run_command(const Program& program, const RunOptions& options);
/// The window's child: one scenario, commands from stdin, trace to stdout. See serve.cpp.
int serve_command(const Program& program, const RunOptions& options);
int check_command(const Program& program, const std::vector<std::string>& files,
                  const scenario::Overrides& set);
int list_command(const Program& program, bool json);

enum class Described { topics, brokers, quorum, groups, services };
struct DescribeOptions {
  Described what = Described::topics;
  std::string file;
  SimulationOptions simulation;
  std::string group;  // groups: only this one
  GroupTable table = GroupTable::offsets;
  bool json = false;  // groups
};
int describe_command(const Program& program, const DescribeOptions& options);

struct MetricsOptions {
  std::string file;  // a scenario, or a trace (.jsonl)
  SimulationOptions simulation;
  bool json = false, csv = false;
};
int metrics_command(const Program& program, const MetricsOptions& options);

struct ReplayOptions {
  std::string file;  // "-": stdin
  trace::Detail detail = trace::Detail::story;
  bool json = false, events = false, quiet = false;
};
int replay_command(const ReplayOptions& options);

/// Replaces this process by the window; returns only when that fails.
int view_command(const Program& program, const std::vector<std::string>& arguments);
int completion_command(const std::string& shell);

// ---- shared by them

/// Loads a scenario by path or bare name and applies the options; complains on stderr and returns
/// nothing when it can't.
std::optional<scenario::Scenario> load_scenario(const Program& program, Output& output,
                                                const std::string& file,
                                                const SimulationOptions& options);
/// The engine asked for; complains and returns an empty one when there is none of that name.
EngineFactory choose_engine(const Program& program, Output& output, const std::string& name);

}  // namespace eventarium::app
