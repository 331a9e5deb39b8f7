// `eventarium describe`: the tables that Kafka's own tools print, at a time of the run. Kafka's
// columns and layout are those of kafka-consumer-groups.sh (4.1); the tables about the cluster
// itself are in describe_cluster.cpp.
#include <set>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/app/describe_cluster.h"
#include "sim/app/run_summary.h"
#include "sim/app/table.h"

namespace eventarium::app {
namespace {

using Align = Table::Align;

/// kafka-consumer-groups.sh --describe --all-groups where there are no groups.
std::string describe_groups(const scenario::Scenario& scenario) {
  if (scenario.channel != scenario::Channel::kafka)
    return fmt::format("There are no consumer groups: events travel by {}.\n",
                       channel_name(scenario.channel));
  Table header({{"GROUP"},
                {"TOPIC"},
                {"PARTITION"},
                {"CURRENT-OFFSET"},
                {"LOG-END-OFFSET"},
                {"LAG"},
                {"CONSUMER-ID"},
                {"HOST"},
                {"CLIENT-ID"}});
  return header.text() +
         "\nThere are no consumer groups: every consumer here is assigned its partitions and "
         "commits no offsets.\n`eventarium describe services` shows their positions.\n";
}

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

}  // namespace

int describe_command(const Program& program, Described what, const std::string& file,
                     const SimulationOptions& options) {
  Output output;
  const auto scenario = load_scenario(program, output, file, options);
  const EngineFactory factory = choose_engine(program, output, options.engine);
  if (!scenario || !factory) return exit_usage;
  Simulation simulation(*scenario, factory, options.until);
  ProcessWatch processes;
  simulation.add_sink(processes);
  simulation.begin();
  simulation.run_until(simulation.end());
  switch (what) {
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
      output.write(describe_groups(*scenario));
      break;
    case Described::services:
      output.write(describe_services(*scenario, simulation.ledger(), simulation.now(), processes));
      break;
  }
  return output.finish() ? exit_fine : exit_internal;
}

}  // namespace eventarium::app
