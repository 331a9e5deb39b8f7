// `eventarium run`: scenarios one after the other, each in a process of its own when there are
// several, because SimGrid's engine can be used once per process.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <memory>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/app/narration.h"
#include "sim/app/progress.h"
#include "sim/app/run_summary.h"
#include "sim/trace/fault_words.h"
#include "sim/trace/writer.h"

namespace eventarium::app {
namespace {

using FilePtr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
int keep_open(std::FILE*) { return 0; }

/// The trace file of a run, or nothing when none is asked for.
struct TraceOutput {
  FilePtr file{nullptr, &keep_open};
  std::unique_ptr<trace::Writer> writer;

  /// False, with a complaint, when the file can't be written.
  bool open(Output& output, const std::string& path, const trace::Header& header) {
    if (path.empty()) return true;
    if (path == "-")
      file = FilePtr(stdout, &keep_open);
    else
      file = FilePtr(std::fopen(path.c_str(), "wb"), &std::fclose);
    if (!file) {
      output.complain(fmt::format("can't write {}: {}", path, std::strerror(errno)));
      return false;
    }
    writer = std::make_unique<trace::Writer>(file.get(), header);
    return true;
  }
  /// Writes out the rest. False, with a complaint, when it failed for another reason than a reader
  /// of stdout that went away.
  bool finish(Output& output, const std::string& path) {
    if (!writer) return true;
    writer->flush();
    if (writer->ok() || writer->error() == EPIPE) return true;
    output.complain(fmt::format("can't write {}: {}", path == "-" ? "to stdout" : path,
                                std::strerror(writer->error())));
    return false;
  }
};

/// What run this is, before it begins: its seed and everything that will be broken in it.
std::string heading(const Simulation& simulation, const Output& output) {
  const trace::Header header = simulation.header();
  std::string text = output.strong(header.title.empty() ? header.scenario : header.title);
  text += fmt::format("  seed {}, {} engine, {}\n", header.seed, header.engine,
                      format_duration(simulation.end() - SimTime{}));
  for (const scenario::Fault& fault : simulation.scenario().faults) {
    text += fmt::format("{}  planned: {}", format_clock(sim_time(fault.at)),
                        trace::fault_sentence(fault_name(fault.kind), fault.target, fault.peer));
    if (fault.both_ways) text += ", nor back";
    if (fault.lasts) text += " for " + format_duration(*fault.lasts);
    text += '\n';
  }
  for (const scenario::Operation& operation : simulation.scenario().operations) {
    text += fmt::format("{}  planned: {}", format_clock(sim_time(operation.at)),
                        operation_name(operation.kind));
    for (const std::string* of :
         {&operation.broker, &operation.client, &operation.group, &operation.topic, &operation.key})
      if (!of->empty()) text += " " + *of;
    text += '\n';
  }
  return text + "\n";
}

void advance_to_end(Simulation& simulation, bool show_progress) {
  Progress progress(show_progress, simulation.end());
  simulation.begin();
  simulation.run_until(SimTime{});
  while (!simulation.ended()) {
    simulation.run_until(simulation.now() + 100ms);
    progress.show(simulation.now());
  }
}

int run_one(const Program& program, const RunOptions& options, const std::string& file) {
  Output output;
  auto scenario = load_scenario(program, output, file, options.simulation);
  const EngineFactory factory = choose_engine(program, output, options.simulation.engine);
  if (!scenario || !factory) return exit_usage;

  Simulation simulation(std::move(*scenario), factory, options.simulation.until);
  simulation.settle_records();
  const trace::Header header = simulation.header();
  TraceOutput trace;
  if (!trace.open(output, options.trace, header)) return exit_usage;
  if (trace.writer) simulation.add_sink(*trace.writer);
  ExpectationLog expectations;
  simulation.add_sink(expectations);
  const bool trace_on_stdout = options.trace == "-";
  const bool narrate = !options.quiet && !options.json && !trace_on_stdout;
  Narration narration(output, options.detail,
                      options.events ? Narration::Form::json_lines : Narration::Form::text);
  if (narrate) simulation.add_sink(narration);
  if (narrate && !options.events) output.write(heading(simulation, output));

  const auto started = std::chrono::steady_clock::now();
  const std::clock_t cpu_started = std::clock();
  const bool stdout_busy = narrate && output.is_terminal();
  advance_to_end(simulation, output.errors_to_terminal() && !stdout_busy);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started;
  const double cpu_s = static_cast<double>(std::clock() - cpu_started) / CLOCKS_PER_SEC;

  const RunSummary summary{header,
                           simulation.ledger(),
                           expectations,
                           simulation.expectations_not_due(),
                           simulation.now() - SimTime{},
                           wall.count(),
                           cpu_s,
                           simulation.events(),
                           simulation.fingerprint()};
  if (options.json)
    output.write(to_json(summary, options.files.size() > 1 ? -1 : 2));
  else if (!options.events && !trace_on_stdout)
    output.write(report_text(summary, output));
  if (!trace.finish(output, options.trace)) return exit_internal;
  if (!output.finish()) return exit_internal;
  return expectations.all_met() && simulation.invariants().violated().empty() ? exit_fine
                                                                              : exit_unmet;
}

/// Runs one file in a child process; its exit code, or exit_internal when it was killed.
int run_in_child(const Program& program, const RunOptions& options, const std::string& file) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return exit_internal;
  if (child == 0) {
    const int code = run_one(program, options, file);
    std::fflush(nullptr);
    _exit(code);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  Output().complain(fmt::format("{}: the run was killed by signal {}", file, WTERMSIG(status)));
  return exit_internal;
}

}  // namespace

int run_command(const Program& program, const RunOptions& options) {
  if (options.serve) return serve_command(program, options);
  if (options.files.size() == 1) return run_one(program, options, options.files[0]);
  int worst = exit_fine;
  for (const std::string& file : options.files)
    worst = std::max(worst, run_in_child(program, options, file));
  return worst;
}

}  // namespace eventarium::app
