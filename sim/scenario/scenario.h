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

struct Cluster {
  int brokers = 1;  // named broker-1 ... broker-n
  Config config;
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
  std::string topic;
  std::string event = "Event";     // CloudEvents type
  std::string id;                  // template; default "<name>-{n}"
  std::optional<std::string> key;  // template; absent: no key
  DataTemplate data;
  std::uint32_t size_bytes = 0;  // of the value; 0: as long as its JSON
  Duration start = 1s;           // first event; all others have started by then
  Distribution every{Distribution::Kind::fixed, 1s, {}, 0};
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
  std::string name;  // "welcome-email"
  std::string text;  // template, "welcome email to {email}"
  std::string key;   // template of the idempotency key; default "<name>:{id}"
};

struct Emission {
  std::string topic;
  std::string event;
  std::string id;                  // template; default "<service>-{n}"
  std::optional<std::string> key;  // template; default: the key of the event reacted to
  DataTemplate data;               // default: the data of the event reacted to
  bool copy_data = true;           // no data given: copy
};

struct Reaction {
  std::string event;  // CloudEvents type, or "*"
  Distribution service_time;
  std::vector<SideEffect> effects;
  std::vector<Emission> emits;
};

/// A service; one of `consumers:` is a service without reactions, which only reads.
struct Service {
  std::string name;
  bool is_consumer = false;              // declared under consumers:
  std::vector<std::string> topics;       // what it reads
  std::vector<PartitionRef> partitions;  // Kafka: explicit assignment; default: all of topics
  std::vector<Reaction> reactions;
  Distribution service_time;     // for events without a reaction (consumers)
  Duration start{};              // its process starts then
  std::optional<Duration> stop;  // and ends cleanly then
  Config consumer_config, producer_config;
};

enum class FaultKind {
  crash,
  power_loss,
  stop,
  start,
  link_down,
  link_up,
  latency,
  bandwidth,
  cut,
  loss
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
  int line = 0;
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
    lost,
    duplicated,
    out_of_order,
    undelivered,
    failed,
    dead_lettered,
    latency_p50,
    latency_p95,
    latency_p99,
    log_end_offset,
    high_watermark
  } what = What::produced;
  enum class Comparison {
    equal,
    less,
    at_most,
    more,
    at_least,
    between
  } comparison = Comparison::equal;
  double value = 0, high = 0;    // counts; seconds for latencies; `between` uses both
  std::string to;                // a consumer or service: delivered, processed, latency_*
  std::string effect;            // side_effects*
  std::string from;              // a producer: produced, acknowledged
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
  std::vector<Expectation> expectations;
  View view;
};

}  // namespace eventarium::scenario
