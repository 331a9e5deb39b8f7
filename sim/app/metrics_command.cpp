// `eventarium metrics`: Kafka's metrics of a run as time series, from a scenario that is simulated
// for it or from a recorded trace. A table of what moved, CSV with a row per second, or JSON.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/app/commands.h"
#include "sim/app/table.h"
#include "sim/trace/metrics.h"
#include "sim/trace/reader.h"

namespace eventarium::app {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

std::string number(double value) { return fmt::format("{:.6g}", value); }

std::string as_csv(const trace::Metrics& metrics) {
  std::string out = "second";
  for (const trace::MetricInfo& info : trace::metric_table()) out += fmt::format(",{}", info.name);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    out += fmt::format("\n{}", number(to_seconds(metrics.interval() * static_cast<int>(i + 1))));
    for (const trace::MetricInfo& info : trace::metric_table())
      out += ',' + number(metrics.series(info.metric)[i]);
  }
  return out + "\n";
}

std::string as_json(const trace::Metrics& metrics) {
  Json list = Json::array();
  for (const trace::MetricInfo& info : trace::metric_table())
    list.push_back({{"name", info.name},
                    {"mbean", info.mbean},
                    {"unit", info.unit},
                    {"doc", info.doc},
                    {"values", metrics.series(info.metric)}});
  const Json object = {{"interval_s", to_seconds(metrics.interval())}, {"metrics", list}};
  return object.dump(2) + "\n";
}

/// One row per metric: its smallest, mean, largest and last value, and when it was largest.
std::string as_table(const trace::Metrics& metrics) {
  Table table({{"METRIC"},
               {"UNIT"},
               {"MIN", Align::right},
               {"MEAN", Align::right},
               {"MAX", Align::right},
               {"AT", Align::right},
               {"LAST", Align::right}});
  for (const trace::MetricInfo& info : trace::metric_table()) {
    const std::vector<double>& values = metrics.series(info.metric);
    if (values.empty()) continue;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    double sum = 0;
    for (const double value : values) sum += value;
    const auto second = static_cast<int>(high - values.begin()) + 1;
    table.add_row({std::string(info.name), std::string(info.unit), number(*low),
                   number(sum / static_cast<double>(values.size())), number(*high),
                   *high > *low ? format_clock(sim_time(metrics.interval() * second)) : "-",
                   number(values.back())});
  }
  return table.empty() ? "The run is shorter than a second: there is nothing to tell.\n"
                       : table.text();
}

/// False, with a complaint, when the file can't be read as a trace.
bool fold_trace(Output& output, const std::string& file, trace::Metrics& metrics) {
  const trace::TraceFile trace = trace::read_trace_file(file);
  if (trace.warning)
    output.complain(fmt::format("{}:{}: {}", file, trace.warning->line, trace.warning->message));
  if (!trace.header) return false;
  for (const trace::Event& event : trace.events) metrics.on_event(event);
  metrics.advance(trace.reached);
  return true;
}

bool fold_scenario(const Program& program, Output& output, const MetricsOptions& options,
                   trace::Metrics& metrics) {
  auto scenario = load_scenario(program, output, options.file, options.simulation);
  const EngineFactory factory = choose_engine(program, output, options.simulation.engine);
  if (!scenario || !factory) return false;
  Simulation simulation(std::move(*scenario), factory, options.simulation.until);
  simulation.add_sink(metrics);
  simulation.begin();
  simulation.run_until(simulation.end());
  metrics.advance(simulation.now());
  return true;
}

}  // namespace

int metrics_command(const Program& program, const MetricsOptions& options) {
  Output output;
  trace::Metrics metrics;
  const bool is_trace = options.file.ends_with(".jsonl") && std::filesystem::exists(options.file);
  if (!(is_trace ? fold_trace(output, options.file, metrics)
                 : fold_scenario(program, output, options, metrics)))
    return exit_usage;
  output.write(options.json ? as_json(metrics) : options.csv ? as_csv(metrics) : as_table(metrics));
  return output.finish() ? exit_fine : exit_internal;
}

}  // namespace eventarium::app
