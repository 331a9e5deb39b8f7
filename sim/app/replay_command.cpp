// `eventarium replay`: tells a recorded run again from its trace alone, prints the report, and
// checks that the trace is the run whose fingerprint it carries.
#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/app/narration.h"
#include "sim/app/run_summary.h"
#include "sim/trace/fingerprint.h"
#include "sim/trace/reader.h"

namespace eventarium::app {
namespace {

trace::TraceFile read_standard_input() {
  std::string text;
  std::array<char, 65536> block;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), stdin))
    text.append(block.data(), count);
  return trace::read_trace(text);
}

}  // namespace

int replay_command(const ReplayOptions& options) {
  Output output;
  const trace::TraceFile file =
      options.file == "-" ? read_standard_input() : trace::read_trace_file(options.file);
  if (file.warning) {
    const std::string where =
        file.warning->line > 0 ? fmt::format("{}:{}: ", options.file, file.warning->line) : "";
    const char* kept = file.events.empty() ? "" : "; everything before it was read";
    output.complain(where + file.warning->message + kept);
  }
  if (!file.header) return exit_usage;

  check::Ledger ledger;
  ledger.settle_records();
  ExpectationLog expectations;
  trace::Fingerprint fingerprint;
  Narration narration(output, options.detail,
                      options.events ? Narration::Form::json_lines : Narration::Form::text);
  std::string promised;
  for (const trace::Event& event : file.events) {
    ledger.on_event(event);
    expectations.on_event(event);
    fingerprint.on_event(event);
    if (!options.quiet && !options.json) narration.on_event(event);
    if (const auto* ended = event.as<trace::RunEnded>()) promised = ended->fingerprint;
  }
  const RunSummary summary{*file.header,
                           ledger,
                           expectations,
                           0,
                           file.reached - SimTime{},
                           0,
                           0,
                           fingerprint.events(),
                           fingerprint.text()};
  if (options.json)
    output.write(to_json(summary, 2));
  else if (!options.events)
    output.write(report_text(summary, output));
  const bool differs = file.complete && promised != fingerprint.text();
  if (differs)
    output.complain(fmt::format("this is not the run it says: its fingerprint is {}, not {}",
                                fingerprint.text(), promised));
  else if (!file.complete)
    output.complain("the trace ends before its run did; there is no fingerprint to check");
  if (!output.finish()) return exit_internal;
  if (file.warning) return exit_usage;  // what is told is true, but it is not all
  const bool broken = !ledger.cluster().violations().empty();
  return differs || broken || !expectations.all_met() ? exit_unmet : exit_fine;
}

}  // namespace eventarium::app
