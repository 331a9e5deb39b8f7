// What there is to say about a thing that was clicked: titled rows, the life of a record, the
// chain of causes in plain words, and the real command that would show the same. Text only; how
// it looks is the window's business.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "viz/model/history.h"
#include "viz/model/scoreboard.h"
#include "viz/model/world.h"

namespace eventarium::viz {

struct EventSelection {
  EventId id;
  bool operator==(const EventSelection&) const = default;
};

/// The way between two nodes.
struct WaySelection {
  NodeId a, b;
  bool operator==(const WaySelection&) const = default;
};

/// What is told of the cluster, or of the run, as a whole.
enum class ClusterPart { health, metadata_log, invariants, side_effects };

/// A consumer group, by group.id.
struct GroupSelection {
  std::string name;
  bool operator==(const GroupSelection&) const = default;
};

/// What is selected. A ReplicaId is one broker's copy of a partition.
using Selection = std::variant<std::monostate, NodeId, RecordId, MessageId, PartitionId, ReplicaId,
                               EventSelection, Score, WaySelection, ClusterPart, GroupSelection>;

struct Row {
  std::string name, value;
  std::string doc;     // for a tooltip
  Selection leads_to;  // what a click on the value selects
};

struct Section {
  std::string title;  // may be empty
  std::vector<Row> rows;
};

/// A line in the life of a record: "stored  14.121  orders-1 @ 12 on broker-2".
struct LifeLine {
  std::string word;  // sent, stored, readable, delivered, processed, effect, retry, lost, ...
  SimTime t{};
  std::string text;
  Position position = no_position;
  bool trouble = false;
  Duration after{};  // since the first line
};

/// A link of a chain of causes, first cause first.
struct Reason {
  SimTime t{};
  std::string text;
  Position position = no_position;
  std::string setting;  // the keys that decided here, e.g. "linger.ms, batch.size"; may be empty
};

struct RealCommand {
  std::string command;              // "kafka-topics.sh --describe --topic orders ..."
  std::vector<std::string> output;  // its table as it would print it, line by line
  bool wide = false;                // with more columns than a narrow panel has room for
};

struct Inspection {
  std::string title, subtitle;
  std::vector<Section> sections;
  std::vector<LifeLine> life;
  std::string why_title;  // "Why is it waiting?"; empty when there is no chain
  std::vector<Reason> why;
  bool why_last = false;  // the sections are what was asked for
  std::vector<RealCommand> commands;
  bool empty() const { return title.empty(); }
};

/// At the world's moment: nothing that happens later is told. An empty Inspection for nothing,
/// and for what doesn't exist (yet).
Inspection inspect(const History& history, const Scoreboard& scoreboard, const World& world,
                   const Selection& selection);

/// The chain of causes that ends in the event, first cause first, at most `links_max` long (the
/// middle is left out).
std::vector<Reason> causes_of(const History& history, Position position,
                              std::size_t links_max = 12);

/// The life of a record up to `moment`.
std::vector<LifeLine> life_of(const History& history, RecordId record, Position moment);

}  // namespace eventarium::viz
