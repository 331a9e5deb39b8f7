// See describe_groups.h. A partition that nobody reads has no consumer, a member that reads
// nothing no partition, and what is missing is "-", as Kafka's tool has it.
#include "sim/app/describe_groups.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/app/assembly.h"
#include "sim/app/run_summary.h"
#include "sim/app/table.h"

namespace eventarium::app {
namespace {

using Align = Table::Align;
using check::GroupFact;
using check::GroupMember;
using check::Ledger;

std::string list(const std::vector<check::PartitionKey>& partitions) {
  std::string text;
  for (const check::PartitionKey& key : partitions)
    text += fmt::format("{}{}-{}", text.empty() ? "" : ",", key.topic, key.partition);
  return text.empty() ? "-" : text;
}

std::string host_of(const Ledger& ledger, const GroupMember& member) {
  return "/" + ledger.names().name(member.client);
}

/// Kafka's order: by topic and partition, then members without any.
void add_offsets(Table& table, const std::string& name, const GroupFact& group,
                 const Ledger& ledger) {
  struct Reader {
    const std::string* id;
    const GroupMember* member;
  };
  std::map<check::PartitionKey, Reader> readers;
  for (const auto& [id, member] : group.members)
    for (const check::PartitionKey& key : member.partitions) readers[key] = {&id, &member};
  for (const check::GroupLag& lag : check::lags_of(group, ledger.logs())) {
    const auto reader = readers.find(lag.partition);
    if (!lag.committed && reader == readers.end()) continue;
    const bool read = reader != readers.end();
    table.add_row({name, lag.partition.topic, std::to_string(lag.partition.partition),
                   lag.committed ? std::to_string(*lag.committed) : "-",
                   std::to_string(lag.log_end), lag.committed ? std::to_string(lag.lag()) : "-",
                   read ? *reader->second.id : "-",
                   read ? host_of(ledger, *reader->second.member) : "-",
                   read ? ledger.names().name(reader->second.member->client) : "-"});
  }
  for (const auto& [id, member] : group.members)
    if (member.partitions.empty())
      table.add_row({name, "-", "-", "-", "-", "-", id, host_of(ledger, member),
                     ledger.names().name(member.client)});
}

void add_members(Table& table, const std::string& name, const GroupFact& group,
                 const Ledger& ledger) {
  for (const auto& [id, member] : group.members)
    table.add_row({name, id, host_of(ledger, member), ledger.names().name(member.client),
                   std::to_string(member.partitions.size()), list(member.partitions)});
}

void add_state(Table& table, const std::string& name, const GroupFact& group,
               const Ledger& ledger) {
  std::string coordinator = "-";
  if (group.coordinator.valid()) {
    const std::string broker = ledger.names().name(group.coordinator);
    coordinator = fmt::format("{} ({})", broker, broker_id(broker));
  }
  // While a classic group shares out anew, Kafka's coordinator leaves the assignor out.
  const bool tells_assignor = group.kind != "classic" || group.state == "Stable";
  table.add_row({name, coordinator,
                 group.assignor.empty() || !tells_assignor ? "-" : group.assignor, group.state,
                 std::to_string(group.members.size())});
}

/// kafka-share-groups.sh --describe: where a share group starts; whoever reads reads everything.
void add_starts(Table& table, const std::string& name, const GroupFact& group,
                const Ledger& ledger) {
  for (const check::GroupLag& lag : check::lags_of(group, ledger.logs()))
    table.add_row({name, lag.partition.topic, std::to_string(lag.partition.partition),
                   lag.committed ? std::to_string(*lag.committed) : "-",
                   lag.committed ? std::to_string(lag.lag()) : "-"});
}

Table empty_table(GroupTable kind) {
  switch (kind) {
    case GroupTable::members:
      return Table({{"GROUP"},
                    {"CONSUMER-ID"},
                    {"HOST"},
                    {"CLIENT-ID"},
                    {"#PARTITIONS", Align::right},
                    {"ASSIGNMENT"}});
    case GroupTable::state:
      return Table({{"GROUP"},
                    {"COORDINATOR (ID)"},
                    {"ASSIGNMENT-STRATEGY"},
                    {"STATE"},
                    {"#MEMBERS", Align::right}});
    case GroupTable::offsets:
      break;
  }
  return Table({{"GROUP"},
                {"TOPIC"},
                {"PARTITION", Align::right},
                {"CURRENT-OFFSET", Align::right},
                {"LOG-END-OFFSET", Align::right},
                {"LAG", Align::right},
                {"CONSUMER-ID"},
                {"HOST"},
                {"CLIENT-ID"}});
}

}  // namespace

nlohmann::ordered_json groups_json(const Ledger& ledger, const std::string& only) {
  using Json = nlohmann::ordered_json;
  Json groups = Json::array();
  for (const auto& [name, group] : ledger.cluster().groups().all()) {
    if (!only.empty() && name != only) continue;
    Json members = Json::array(), offsets = Json::array();
    for (const auto& [id, member] : group.members) {
      Json partitions = Json::array();
      for (const check::PartitionKey& key : member.partitions)
        partitions.push_back({{"topic", key.topic}, {"partition", key.partition}});
      members.push_back({{"member", id},
                         {"client", ledger.names().name(member.client)},
                         {"partitions", partitions}});
    }
    for (const check::GroupLag& lag : check::lags_of(group, ledger.logs()))
      offsets.push_back({{"topic", lag.partition.topic},
                         {"partition", lag.partition.partition},
                         {"committed", lag.committed ? Json(*lag.committed) : Json(nullptr)},
                         {"lag", lag.committed ? Json(lag.lag()) : Json(nullptr)}});
    groups.push_back({{"group", name},
                      {"kind", group.kind},
                      {"state", group.state},
                      {"generation", group.generation},
                      {"rebalances", group.rebalances},
                      {"members", members},
                      {"offsets", offsets}});
  }
  return groups;
}

std::string describe_groups(const scenario::Scenario& scenario, const Ledger& ledger,
                            GroupTable kind, const std::string& only, bool json) {
  if (json) return groups_json(ledger, only).dump(2) + "\n";
  if (scenario.channel != scenario::Channel::kafka)
    return fmt::format("There are no consumer groups: events travel by {}.\n",
                       channel_name(scenario.channel));
  Table table = empty_table(kind);
  const auto& groups = ledger.cluster().groups().all();
  std::string without_members;
  bool others = false;  // groups that are no share groups
  for (const auto& [name, group] : groups) {
    if (!only.empty() && name != only) continue;
    const bool shares = group.kind == "share";
    if (group.members.empty() && kind != GroupTable::state)
      without_members += fmt::format("\n{} group '{}' has no active members.\n",
                                     shares ? "Share" : "Consumer", name);
    if (shares && kind == GroupTable::offsets) continue;  // a table of their own
    others = others || kind == GroupTable::offsets;
    if (kind == GroupTable::offsets) add_offsets(table, name, group, ledger);
    if (kind == GroupTable::members) add_members(table, name, group, ledger);
    if (kind == GroupTable::state) add_state(table, name, group, ledger);
  }
  if (groups.empty())
    return table.text() +
           "\nThere are no consumer groups: every consumer here is assigned its partitions and "
           "commits no offsets.\n`eventarium describe services` shows their positions.\n";
  if (kind != GroupTable::offsets) return table.text() + without_members;
  Table starts({{"GROUP"},
                {"TOPIC"},
                {"PARTITION", Align::right},
                {"START-OFFSET", Align::right},
                {"LAG", Align::right}});
  bool any = false;
  for (const auto& [name, group] : groups) {
    if (group.kind != "share" || (!only.empty() && name != only)) continue;
    any = true;
    add_starts(starts, name, group, ledger);
  }
  const std::string shown = any && !others ? "" : table.text() + (any ? "\n" : "");
  return shown + (any ? starts.text() : "") + without_members;
}

}  // namespace eventarium::app
