// The model of a scenario file after loading: every default filled in, every reference resolved
// or reported. Plain values; knows nothing of engines and nodes. loader.h makes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/time.h"

namespace eventarium::scenario {

/// What the file says about itself; Markdown in the longer texts.
struct Info {
  std::string title;                         // "The newsletter"
  std::string promise;                       // one line for the gallery
  int minutes = 5;                           // to play and understand
  std::string what, how, use;                // what is it, how does it work, how to use it
  std::vector<std::string> notice, attempt;  // `notice:` and `try:`
  std::string extend;
};

struct Network {
  double bandwidth_bytes_per_s = 125e6;
  Duration latency = 50us;  // one way to the switch
  double loss = 0;          // probability per segment, on every cable
};

/// Kafka keys; the loader checks them against the table of config_keys.h.
using eventarium::Config;

enum class ClusterMode { kraft, zookeeper };

struct Cluster {
  ClusterMode mode = ClusterMode::kraft;
  int brokers = 1;  // named broker-1 ... broker-n
  /// KRaft: voters on machines of their own, named controller-1 ... controller-n. 0: combined; the
  /// first 3 brokers (the first one, when there are fewer) are controllers as well.
  int controllers = 0;
  int zookeepers = 3;             // ZooKeeper mode: the ensemble, zookeeper-1 ... zookeeper-n
  double disk_size_bytes = 1e12;  // of each broker
  Config config;                  // of brokers and controllers
};

enum class Channel { kafka, direct, queue, broadcast };

/// `bus:` — event-driven architecture without Kafka. Nodes: a queue or station named `name`;
/// for direct calls there is none.
struct Bus {
  std::string name;                   // default: "queue" or "station"
  Duration call_timeout = 1s;         // direct: how long a caller waits for one receiver
  int call_attempts = 1;              // direct: tries per receiver before giving up
  Duration visibility_timeout = 30s;  // queue
  int max_deliveries = 5;             // queue: then the dead-letter queue
};

struct Topic {
  std::string name;
  int partitions = 1;
  int replicas = 1;
  Config config;
};

/// A length of time drawn anew for each event.
struct Distribution {
  enum class Kind { fixed, uniform, exponential, log_normal } kind = Kind::fixed;
  Duration a{};      // fixed: the value; uniform: low; exponential: mean; log_normal: median
  Duration b{};      // uniform: high
  double sigma = 0;  // log_normal: of the underlying normal
};

/// A value of an event's data: a template text with {placeholders}, or one of several at random,
/// or a random integer. Placeholders: {n} counts from 1, {id}, {type}, {source}, {time}, {key}
/// and any field of the data of the event at hand, e.g. {email}.
struct DataValue {
  enum class Kind { text, number, boolean, one_of, integer, real } kind = Kind::text;
  std::string text;                 // text; number and boolean as written
  std::vector<std::string> one_of;  // templates
  std::int64_t low = 0, high = 0;   // integer: uniform in [low, high]
  double real_low = 0, real_high = 0;
};

/// In the order of the file.
using DataTemplate = std::vector<std::pair<std::string, DataValue>>;

struct Producer {
  std::string name;
  std::string family;  // name as it stands in the file; with `instances` the name has a number
  std::string topic;
  std::string event = "Event";     // CloudEvents type
  std::string id;                  // template; default "<name>-{n}"
  std::optional<std::string> key;  // template; absent: no key
  DataTemplate data;
  bool tombstone = false;        // Kafka: no value; in a compacted topic "forget this key"
  std::uint32_t size_bytes = 0;  // of the value; 0: as long as its JSON
  Duration start = 1s;           // first event; all others have started by then
  Distribution every{Distribution::Kind::fixed, 1s, {}, 0};
  int per_tick = 1;                    // events made at once, each time
  std::optional<std::uint64_t> count;  // events; absent: until `until`
  std::optional<Duration> until;       // no event after; default: the run's end less 5 s
  std::vector<Duration> at;            // explicit times instead of every/count
  Config config;                       // Kafka producer config
};

struct PartitionRef {
  std::string topic;
  int partition = 0;
  auto operator<=>(const PartitionRef&) const = default;
};

struct SideEffect {
  std::string name;    // "welcome-email"
  std::string text;    // template, "welcome email to {email}"
  std::string key;     // template of the idempotency key; default "<name>:{id}"
  std::string when{};  // condition, see service/condition.h; empty: always
};

/// Into the service's own database: the event's data, under a key.
struct DatabaseWrite {
  std::string table;
  std::string key;  // template
  std::string when{};
};

struct Emission {
  enum class Role { event, question, answer } role = Role::event;
  std::string topic;  // empty for an answer: the question says where
  std::string event;
  std::string id;                  // template; default "<service>-{n}"
  std::optional<std::string> key;  // template; default: the key of the event reacted to
  DataTemplate data;               // default: the data of the event reacted to
  bool copy_data = true;           // no data given: copy
  std::string when{};
  std::string reply_to{};            // question: the topic for its answer
  std::optional<Duration> within{};  // question: waits that long for it; absent: for ever
};

/// Failures that pass: something that the handler needs doesn't answer now and then.
struct TransientFailure {
  int every = 1;  // each that-many-th event, as the service first comes to see them
  int times = 1;  // how many attempts fail
};

struct Reaction {
  std::string event;  // CloudEvents type, or "*"
  Distribution service_time;
  std::vector<SideEffect> effects;
  std::vector<Emission> emits;
  std::vector<DatabaseWrite> writes{};
  /// A row of the service's own database whose fields can be named like the event's.
  std::optional<DatabaseWrite> looks_up{};
  std::optional<TransientFailure> fails{};
  bool unanswered = false;  // `event` is a question of its own that got no answer in time
};

/// What a service does with an event that its handler fails with.
enum class OnFailure {
  skip,          // says so and goes on with the next one
  retry,         // tries again in place, so that everything behind it waits; then goes on
  retry_topics,  // publishes it to <topic>-retry-1, -2, ... which it reads as well; then:
  dead_letter,   // publishes it to <topic>-dlt, for people to look at
  stop           // ends: the event comes again when it is started again
};

struct RetryPolicy {
  int attempts = 3;  // in all, the first one included
  Duration backoff = 1s;
  double factor = 2;  // each pause is that many times as long as the one before
};

/// What a service does with a record when all workers are busy and its queue is full.
enum class WhenFull {
  wait,   // poll() is not called before there is room
  pause,  // pauses its partitions and goes on calling poll()
  drop,   // lets the record go
  grow    // takes it up: the queue has no end
};

/// Handing records over to threads of their own. Without it poll()'s thread does the work.
struct WorkQueue {
  int workers = 1;
  int size = 100;  // records that wait for a worker
  WhenFull when_full = WhenFull::pause;
};

/// What a service recognises as the same thing when it comes again.
enum class Deduplication { none, key, id };

/// When the application of a Kafka consumer in a group commits its positions.
enum class Commit {
  automatic,    // enable.auto.commit: inside poll(), every auto.commit.interval.ms
  before,       // commitSync() right after poll(), before anything is processed: at most once
  after,        // commitSync() when all records of a poll() are processed: at least once
  each,         // commitSync() after each record
  transaction,  // with the transaction of what the service publishes: exactly once
  never
};

/// A service; one of `consumers:` is a service without reactions, which only reads.
struct Service {
  std::string name;
  std::string family;  // name as it stands in the file; with `instances` the name has a number
  bool is_consumer = false;              // declared under consumers:
  std::vector<std::string> topics;       // what it reads
  std::vector<PartitionRef> partitions;  // Kafka: explicit assignment; default: all of topics
  std::vector<Reaction> reactions;
  Distribution service_time;                // for events without a reaction (consumers)
  Duration start{};                         // its process starts then
  std::optional<Duration> stop;             // and ends cleanly then
  Config consumer_config, producer_config;  // group.id among them
  bool share_group = false;                 // its group is a share group (KIP-932)
  Commit commit = Commit::automatic;
  Deduplication deduplication = Deduplication::none;
  bool outbox = false;  // publish: outbox
  std::optional<WorkQueue> queue;
  bool requests_in_database = false;  // pending_requests: what it has asked survives a crash
  OnFailure on_failure = OnFailure::skip;
  RetryPolicy retry;

  /// group.id; empty when it is in no group.
  std::string group() const {
    const auto found = consumer_config.find("group.id");
    return found == consumer_config.end() ? std::string{} : found->second;
  }
};

enum class FaultKind {
  crash,       // the process is killed
  power_loss,  // its machine goes dark, and the page cache with it
  stop,        // asked to end (SIGTERM): a broker hands over first
  start,       // started, or started again
  pause,       // a long garbage collection: nothing happens, connections stay
  slow_cpu,    // its CPU at `factor` of its speed
  slow_disk,   // its disk at `factor` of its speed
  disk_full,
  disk_failure,
  link_down,
  link_up,
  latency,
  bandwidth,
  cut,    // one way, or both
  split,  // `sides`: nothing gets from a side to another
  loss,
  slow_handler,  // a service's handlers take `factor` times as long
  poison,        // the next record of this producer makes every handler fail
  retry_storm    // a producer that waits for no answer longer than `patience` and never backs off
};

struct Fault {
  Duration at{};
  FaultKind kind = FaultKind::crash;
  std::string target;             // a node
  std::string peer;               // cut: the other node
  bool both_ways = false;         // cut
  std::optional<Duration> lasts;  // `for:`; healed (or restarted) then
  Duration latency{};
  double bandwidth_bytes_per_s = 0;
  double loss = 0;
  double factor = 1;    // slow_cpu, slow_disk: below 1; slow_handler: above 1
  Duration patience{};  // retry_storm
  std::vector<std::vector<std::string>> sides;  // split: nodes of each side, all different
  int line = 0;
};

/// Administration of the cluster and of its clients while they run: `operations:`, or a live
/// command.
enum class OperationKind {
  add_broker,          // a new machine joins; it gets partitions only by reassignment
  remove_broker,       // moves its replicas to the others, stops it, unregisters it
  rebalance,           // spreads the replicas of all topics, or of `topic`, over all brokers
  reassign,            // `topic`, `partition` to `replicas`
  replication_factor,  // of `topic` to `count`
  add_partitions,      // of `topic` to `count`
  create_topic,        // `topic`, `count` partitions, `replicas_count`
  delete_topic,
  elect_leader,       // `topic`, `partition`; `unclean`
  set_config,         // of `topic`: `key`, `value`
  add_producer,       // one more like `client`, with the next number of its family: `name`
  remove_producer,    // `client` ends cleanly and for good
  add_consumer,       // one more like `client`, in its group; a service as well
  remove_consumer,    // `client` ends cleanly and for good; a service as well
  set_client_config,  // of `client`: `key`, `value`; it is restarted cleanly with it
  reset_offsets       // positions of `group` in `topic` to `to`; nobody may be in the group
};

struct Operation {
  Duration at{};
  OperationKind kind = OperationKind::add_broker;
  std::string broker;  // add_broker: its name, default the next number; remove_broker
  std::string topic;
  std::optional<int> partition;  // elect_leader: absent means all of the topic
  std::vector<std::string> replicas;
  int count = 0, replicas_count = 1;
  bool unclean = false;
  std::string key, value;
  Config config;       // create_topic
  std::string client;  // a producer, consumer or service; add_*: or its family
  std::string name;    // add_producer, add_consumer: of the new one; empty: the next number
  std::string group;   // reset_offsets
  std::string to;      // reset_offsets: see OffsetTarget
  int line = 0;
};

/// Where reset_offsets leads to: "earliest", "latest", an offset, or "-30s": the first record that
/// is at most that old.
struct OffsetTarget {
  enum class Kind { earliest, latest, offset, age } kind = Kind::earliest;
  std::int64_t offset = 0;
  Duration age{};
};

/// What must hold, at the end of the run or at a time.
struct Expectation {
  enum class What {
    produced,
    acknowledged,
    delivered,
    processed,
    side_effects,
    side_effects_repeated,
    side_effects_distinct,  // however often each was done
    skipped,                // records recognised as done before
    states_without_event,   // rows of databases whose event is stored nowhere
    lost,
    duplicated,
    out_of_order,
    undelivered,
    failed,
    dead_lettered,
    put_aside,  // pairs whose reader published a copy elsewhere because its handler failed
    latency_p50,
    latency_p95,
    latency_p99,
    log_end_offset,
    high_watermark,
    log_start_offset,
    expired,         // pairs that retention deleted before the consumer got them
    leader,          // name of the leader of topic and partition, or "none": `name`
    leader_changes,  // of topic and partition, or of all
    isr_size,        // smallest of the partitions meant
    replicas_size,   // of the partitions meant, smallest
    partitions,      // of topic
    unclean_elections,
    offline_partitions,
    under_replicated_partitions,
    controller,  // name of the active controller, or "none": `name`
    controller_changes,
    client_errors,  // SendFailed and what consumers could not handle
    truncated,      // records cut from some replica's log
    compacted,      // records removed by compaction
    refused,        // batches refused by brokers
    rebalances,     // times that `group` had to share its partitions out anew, after the first
    members,        // of `group`
    longest_stop,   // of `group`: the longest time that a rebalance kept a member from reading
    lag,            // of `group`: log end less position, over the partitions that it reads
    committed,      // position of `group` in topic and partition
    group_state,    // of `group`: `name`
    invariants_violated
  } what = What::produced;
  enum class Comparison {
    equal,
    less,
    at_most,
    more,
    at_least,
    between
  } comparison = Comparison::equal;
  double value = 0, high = 0;    // counts; seconds for times; `between` uses both
  std::string to;                // a consumer or service: delivered, processed, latency_*
  std::string effect;            // side_effects*
  std::string from;              // a producer: produced, acknowledged
  std::string name;              // leader, controller, group_state
  std::string group;             // a group.id
  std::string topic;             // log_end_offset, high_watermark; optional for counts
  std::optional<int> partition;  // absent: sum over partitions
  std::optional<Duration> at;    // absent: at the end
  std::string text;              // the entry in one line, for reports
  int line = 0;
};

struct View {
  std::optional<double> speed;  // simulated seconds per second of the viewer
  std::string layout = "auto";
};

struct Scenario {
  std::string name;  // file name without folder and .yaml
  std::string path;
  Info info;
  std::uint64_t seed = 42;
  Duration duration = 30s;
  Network network;
  Channel channel = Channel::kafka;
  Cluster cluster;
  Bus bus;
  std::vector<Topic> topics;  // for a bus: its channels
  std::vector<Producer> producers;
  std::vector<Service> services;  // consumers: first, then services:
  std::vector<Fault> faults;
  std::vector<Operation> operations;
  std::vector<Expectation> expectations;
  View view;
};

}  // namespace eventarium::scenario
