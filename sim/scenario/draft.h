// A scenario while it is being loaded: the model so far, and what can only be judged once the
// whole file has been read (who is named where). Filled by the read_* functions, one per block of
// the file; finished by resolve().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/map_reader.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml_tree.h"

namespace eventarium::scenario {

/// A name that must be declared somewhere in the file.
struct Reference {
  /// source: declared under producers:. disk: a node that keeps files.
  /// reader: also a group, as the one reader that it is. reading_node: not a group. client: any
  /// node of producers:, consumers: and services:.
  enum class To {
    topic,
    node,
    broker,
    leader,
    controller,
    producer,
    source,
    reader,
    reading_node,
    disk,
    effect,
    group,
    client
  };
  To to;
  std::string name;
  Place place;
  std::string what;            // the key, for the message
  std::optional<Duration> at;  // a broker must have joined by then
};

/// A table of a service's own database.
struct LookUp {
  std::string service, table;
};

/// A text with {placeholders}; what they may be depends on who publishes what.
struct TemplateUse {
  std::string text;
  Place place;
  std::string what;
  std::vector<std::string> attributes;  // of the event that can be named here
  std::vector<std::string> own_fields;  // of the data that stands beside it
  std::optional<std::string> event;     // reacted to; "*": any
  std::vector<std::string> topics;      // where that event is read from
  std::optional<LookUp> looks_up{};     // its fields can be named, too
  std::string unanswered_by{};          // the service: `event` is a question of its own
};

/// A reaction's event, which something must publish to one of the topics.
struct ReactionUse {
  std::string event, service;
  Place place;
  std::vector<std::string> topics;
};

/// A partition that its topic must have.
struct PartitionUse {
  PartitionRef partition;
  Place place;
};

/// Where an operation and its keys stand.
struct OperationPlaces {
  Place whole, broker, topic, partition, partitions, replicas, replication_factor, value, client;
};

/// A producer, consumer or service that joins while the run goes on.
struct LateClient {
  Duration at{};
  bool is_producer = false;
};

/// What an operation makes of a topic, and when; the first entry is what the file declares.
struct TopicHistory {
  bool exists = false;
  int partitions = 0, replicas = 0;
  int partitions_max = 0;
  Config config{};
};

struct Draft {
  Scenario scenario;
  Problems problems;
  std::map<std::string, Place> nodes;  // names taken, and by whom
  std::vector<Reference> references;
  std::vector<TemplateUse> templates;
  std::vector<ReactionUse> reactions;
  std::vector<PartitionUse> partitions;
  std::vector<OperationPlaces> operation_places;       // one for each of scenario.operations
  std::map<std::string, Duration> joins;               // brokers that an operation adds
  std::map<std::string, LateClient> late_clients;      // clients that an operation adds
  std::map<std::string, TopicHistory> topic_history;   // filled by check_operations()
  std::vector<std::pair<Place, std::string>> remarks;  // right, but worth knowing
  bool topics_given = false;

  /// Reports a name that is taken already.
  void declare_node(const std::string& name, const Place& place);
  void refer(Reference::To to, const std::string& name, const Place& place, std::string what,
             std::optional<Duration> at = std::nullopt);
};

void read_info(const YamlNode& node, Draft& draft);
void read_network(const YamlNode& node, Draft& draft);
void read_cluster(const YamlNode& node, Draft& draft);
/// The names of brokers, controllers and ZooKeeper's nodes, before anybody else can take them.
void declare_cluster(Draft& draft);
void read_bus(const YamlNode& node, Draft& draft);
void read_topics(const YamlNode& node, Draft& draft);
void read_view(const YamlNode& node, Draft& draft);
void read_producers(const YamlNode& node, Draft& draft);
/// consumers: when `is_consumer`, else services:.
void read_services(const YamlNode& node, bool is_consumer, Draft& draft);
/// `group` and `commit`, before the Kafka keys of the entry are read: they must not contradict.
void read_group(const MapReader& map, Service& service, Draft& draft);
/// The rest of a group's keys, and the rules between them.
void complete_group(const MapReader& map, Service& service, Draft& draft);
/// Declares as many as `instances` says, each with its number, or the one that there is.
void expand_service(const MapReader& map, const Service& service, Draft& draft);
/// `reply_to` and `within` of a question.
void read_question(const MapReader& map, Emission& emission, Draft& draft);
/// `event` or `unanswered` of a reaction, of which it must have one; true for the second.
bool read_unanswered(const MapReader& map, Reaction& reaction, Draft& draft);
/// `pending_requests`, and what a service that asks needs.
void check_questions(const MapReader& map, Service& service, Draft& draft);
/// `workers`, `queue` and `when_full`.
void read_work_queue(const MapReader& map, Service& service, Draft& draft);
/// `fails` of a reaction: what its handler needs doesn't answer now and then.
void read_transient_failure(const YamlNode& node, Reaction& reaction, Draft& draft);
/// `on_failure` and `retry`; the second, once the producer's keys are known.
void read_on_failure(const MapReader& map, Service& service, Draft& draft);
void check_on_failure(const MapReader& map, const Service& service, Draft& draft);
/// Retry topics and dead-letter topics, where the file doesn't declare them. Part of resolve().
void declare_put_aside_topics(Draft& draft);
void expand_producer(const MapReader& map, const Producer& producer, Draft& draft);
/// Protocols that the cluster's brokers have not got. Part of resolve().
void check_group_protocols(Draft& draft);
/// Groups that will miss something by default. Part of resolve().
void remark_groups(Draft& draft);
void read_operations(const YamlNode& node, Draft& draft);
void read_faults(const YamlNode& node, Draft& draft);
void read_expectations(const YamlNode& node, Draft& draft);

/// The fields of an event's data; `use.own_fields` gets their names, also those of bad values.
/// `use` says what the templates inside may name; they are noted for check_events(). A field may
/// name those that stand before it.
DataTemplate read_data(const YamlNode& node, TemplateUse& use, Draft& draft);

/// Notes the template under `key`, if there is one, for check_events().
void note_template(const MapReader& map, std::string_view key, const TemplateUse& around,
                   Draft& draft);

/// Follows the operations in the order of their times: whether each is possible then, which topics
/// there are, and how many partitions they come to have. Part of resolve().
void check_operations(Draft& draft);
/// References, defaults that depend on other blocks, and rules between blocks.
void resolve(Draft& draft);
/// {placeholders} that nothing fills, and reactions to what nothing publishes. Part of resolve().
void check_events(Draft& draft);

}  // namespace eventarium::scenario
