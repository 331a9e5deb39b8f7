// `eventarium describe`: the tables that Kafka's own tools print, at a time of the run. Those about
// the cluster itself are in describe_cluster.cpp, those about groups in describe_groups.cpp.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/app/describe_cluster.h"
#include "sim/app/table.h"
#include "sim/scenario/suggest.h"

namespace eventarium::app {
namespace {

using Align = Table::Align;

/// Whose process has ended, and whose goes on without reading, at the end of what it has seen.
class ProcessWatch : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override {
    if (event.as<trace::NodeStopped>()) stopped.insert(event.node);
    if (event.as<trace::ConsumerFailed>()) failed.insert(event.node);
    if (!event.as<trace::NodeStarted>()) return;
    stopped.erase(event.node);
    failed.erase(event.node);
  }
  std::set<NodeId> stopped, failed;
};

std::string state_of(const check::Ledger& ledger, const scenario::Service& service, SimTime now,
                     const ProcessWatch& processes) {
  if (now < sim_time(service.start)) return "not started";
  const NodeId node = ledger.names().find(service.name).value_or(NodeId{});
  if (processes.stopped.contains(node)) return "stopped";
  return processes.failed.contains(node) ? "failed" : "running";
}

/// One row per service and partition (or topic, where there are no partitions). What was delivered
/// and processed is counted per topic and stands in the first of its rows.
std::string describe_services(const scenario::Scenario& scenario, const check::Ledger& ledger,
                              SimTime now, const ProcessWatch& processes) {
  Table table({{"SERVICE"},
               {"STATE"},
               {"TOPIC"},
               {"PARTITION", Align::right},
               {"POSITION", Align::right},
               {"LOG-END-OFFSET", Align::right},
               {"LAG", Align::right},
               {"DELIVERED", Align::right},
               {"PROCESSED", Align::right}});
  for (const scenario::Service& service : scenario.services) {
    check::Filter only;
    only.to = ledger.names().find(service.name).value_or(NodeId{});
    const std::string state = state_of(ledger, service, now, processes);
    for (const std::string& topic : service.topics) {
      only.topic = topic;
      const check::Verdict verdict = ledger.verdict(only);
      const std::string delivered = std::to_string(verdict.delivered.count);
      const std::string processed = std::to_string(verdict.processed.count);
      bool any = false;
      for (const auto& [reader, position] : ledger.positions()) {
        const auto& [consumer, partition] = reader;
        if (consumer != only.to || partition.topic != topic) continue;
        const auto found = ledger.logs().partitions().find(partition);
        if (found == ledger.logs().partitions().end()) continue;
        const std::int64_t end = found->second.log().log_end_offset();
        table.add_row({service.name, state, topic, std::to_string(partition.partition),
                       std::to_string(position), std::to_string(end),
                       std::to_string(end - position), any ? "" : delivered, any ? "" : processed});
        any = true;
      }
      if (!any)
        table.add_row({service.name, state, topic, "-", "-", "-", "-", delivered, processed});
    }
  }
  return table.empty() ? "There are no services.\n" : table.text();
}

/// What is wrong with the group asked for, or "".
std::string problem_with_group(const scenario::Scenario& scenario, const std::string& group) {
  std::vector<std::string> known;
  for (const scenario::Service& service : scenario.services)
    if (!service.group().empty()) known.push_back(service.group());
  if (group.empty() || std::find(known.begin(), known.end(), group) != known.end()) return {};
  return fmt::format("there is no group '{}'{}", group, scenario::did_you_mean(group, known));
}

}  // namespace

int describe_command(const Program& program, const DescribeOptions& options) {
  Output output;
  const auto scenario = load_scenario(program, output, options.file, options.simulation);
  const EngineFactory factory = choose_engine(program, output, options.simulation.engine);
  if (!scenario || !factory) return exit_usage;
  if (const std::string problem = problem_with_group(*scenario, options.group); !problem.empty()) {
    output.complain(problem);
    return exit_usage;
  }
  Simulation simulation(*scenario, factory, options.simulation.until);
  ProcessWatch processes;
  simulation.add_sink(processes);
  simulation.begin();
  simulation.run_until(simulation.end());
  switch (options.what) {
    case Described::topics:
      output.write(describe_topics(*scenario, simulation.cluster()));
      break;
    case Described::quorum:
      output.write(describe_quorum(*scenario, simulation.cluster()));
      break;
    case Described::brokers:
      output.write(describe_brokers(*scenario, simulation.cluster()));
      break;
    case Described::groups:
      output.write(describe_groups(*scenario, simulation.ledger(), options.table, options.group,
                                   options.json));
      break;
    case Described::services:
      output.write(describe_services(*scenario, simulation.ledger(), simulation.now(), processes));
      break;
  }
  return output.finish() ? exit_fine : exit_internal;
}

}  // namespace eventarium::app
