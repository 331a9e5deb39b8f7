// The table of Kafka's configuration keys: default, bounds, and whether this simulator honours
// them. Data only; the rules over it are in config_keys.cpp. Defaults are those of Kafka 4.1.
// Where nothing else is said, a key that is not honoured may still be set to its default: that is
// what happens here as well.
#include <limits>

#include "sim/base/config_keys.h"
#include "sim/base/share_keys.h"

namespace eventarium {
namespace {

using Type = ConfigKey::Type;
using Scope = ConfigScope;

constexpr double no_limit = 9.3e18;
constexpr double int_max = 2147483647;
constexpr double mebibyte = 1048576;

struct Row {
  std::string_view name, default_value, doc;
};

ConfigKey integer(Scope scope, Row row, double low, double high = int_max) {
  return {scope, row.name, row.default_value, Type::integer, true, low, high, {}, row.doc, {}};
}

ConfigKey real(Scope scope, Row row, double low, double high) {
  return {scope, row.name, row.default_value, Type::real, true, low, high, {}, row.doc, {}};
}

ConfigKey boolean(Scope scope, Row row) {
  return {scope, row.name, row.default_value, Type::boolean, true, 0, 0, {}, row.doc, {}};
}

ConfigKey choice(Scope scope, Row row, std::vector<std::string_view> choices) {
  return {scope, row.name, row.default_value,  Type::choice, true,
          0,     0,        std::move(choices), row.doc,      {}};
}

ConfigKey text(Scope scope, Row row) {
  return {scope, row.name, row.default_value, Type::text, true, 0, 0, {}, row.doc, {}};
}

/// Known to Kafka, not simulated yet; its default is what happens here.
ConfigKey inert(ConfigKey key) {
  key.honoured = false;
  key.inert_value = key.default_value;
  return key;
}

/// Known to Kafka, not simulated yet; `value` is what happens here. Empty: no value does.
ConfigKey inert(ConfigKey key, std::string_view value) {
  key.honoured = false;
  key.inert_value = value;
  return key;
}

ConfigKey inert_ms(Scope scope, std::string_view name, std::string_view value,
                   std::string_view doc) {
  return inert(integer(scope, {name, value, doc}, -1, no_limit));
}

void add(std::vector<ConfigKey>& table, std::vector<ConfigKey> rows) {
  for (ConfigKey& row : rows) table.push_back(std::move(row));
}

// CommonClientConfigs: keys that producers and consumers share.
std::vector<ConfigKey> client_keys(Scope s) {
  return {
      inert(text(s, {"client.id", "", "clients go by the names of their nodes"})),
      integer(s, {"request.timeout.ms", "30000", "wait for one response, in ms; 0 counts as 1"}, 0),
      integer(s,
              {"retry.backoff.ms", "100",
               "pause before the first retry, in ms; doubles; 0 counts as 1"},
              0, no_limit),
      integer(
          s, {"retry.backoff.max.ms", "1000", "longest pause before a retry, in ms; 0 counts as 1"},
          0, no_limit),
      integer(s,
              {"reconnect.backoff.ms", "50",
               "pause before the first reconnect, in ms; doubles; 0 counts as 1"},
              0, no_limit),
      integer(s,
              {"reconnect.backoff.max.ms", "1000",
               "longest pause before a reconnect, in ms; 0 counts as 1"},
              0, no_limit),
      integer(
          s,
          {"socket.connection.setup.timeout.ms", "10000", "wait for a connection, in ms; doubles"},
          1, no_limit),
      integer(s,
              {"socket.connection.setup.timeout.max.ms", "30000",
               "longest wait for a connection, in ms"},
              1, no_limit),
      integer(s, {"metadata.max.age.ms", "300000", "forced metadata refresh, in ms"}, 0, no_limit),
  };
}

std::vector<ConfigKey> producer_sending_keys() {
  constexpr Scope s = Scope::producer;
  return {
      choice(s, {"acks", "all", "who must have the batch before the leader answers"},
             {"all", "-1", "0", "1"}),
      integer(s, {"retries", "2147483647", "most resends of a batch"}, 0),
      integer(s,
              {"max.in.flight.requests.per.connection", "5",
               "unanswered requests per broker connection; 1 keeps order"},
              1),
      integer(s, {"linger.ms", "5", "longest wait for a batch to fill, in ms"}, 0, no_limit),
      integer(s, {"batch.size", "16384", "upper size of a batch, in bytes; 0: no batching"}, 0),
      integer(s, {"buffer.memory", "33554432", "memory for unsent batches, in bytes"}, 0, no_limit),
      integer(s, {"max.block.ms", "60000", "longest wait of send() for metadata and memory, in ms"},
              0, no_limit),
      integer(s, {"delivery.timeout.ms", "120000", "from batch creation to failure, in ms"}, 0),
      integer(s, {"max.request.size", "1048576", "largest record and request, in bytes"}, 0),
      boolean(s, {"enable.idempotence", "true",
                  "brokers recognise what is sent twice; retries keep the order"}),
      text(s, {"transactional.id", "null",
               "this producer's transactions, also after a restart; fences a former one"}),
      integer(s,
              {"transaction.timeout.ms", "60000",
               "longest transaction, in ms; its coordinator aborts it then"},
              1),
      inert(choice(s, {"compression.type", "none", "compression of batches"},
                   {"none", "gzip", "snappy", "lz4", "zstd"})),
      inert_ms(s, "metadata.max.idle.ms", "300000", "forgetting the metadata of idle topics"),
  };
}

std::vector<ConfigKey> producer_partitioning_keys() {
  constexpr Scope s = Scope::producer;
  return {
      choice(s, {"partitioner.class", "null", "null is the built-in partitioner"},
             {"null", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}),
      boolean(s, {"partitioner.adaptive.partitioning.enable", "true",
                  "records without a key prefer partitions with short queues"}),
      integer(
          s,
          {"partitioner.availability.timeout.ms", "0",
           "avoid partitions of brokers that could not be sent to for this long, in ms; 0: off"},
          0, no_limit),
      boolean(s, {"partitioner.ignore.keys", "false", "treat keyed records like those without"}),
  };
}

std::vector<ConfigKey> consumer_fetch_keys() {
  constexpr Scope s = Scope::consumer;
  return {
      text(s, {"auto.offset.reset", "latest",
               "where to read from without a valid position: earliest, latest, none, "
               "by_duration:PT1H"}),
      integer(s, {"max.poll.records", "500", "records handed out by one poll()"}, 1),
      integer(s, {"fetch.min.bytes", "1", "the broker answers once it has this many bytes"}, 0),
      integer(s, {"fetch.max.wait.ms", "500", "longest wait for fetch.min.bytes, in ms"}, 0),
      integer(s,
              {"max.partition.fetch.bytes", "1048576",
               "bytes of one partition in an answer; a first batch may be larger"},
              0),
      integer(s, {"fetch.max.bytes", "52428800", "bytes of an answer; a first batch may be larger"},
              0),
      choice(s,
             {"isolation.level", "read_uncommitted",
              "read_committed: nothing of open or aborted transactions"},
             {"read_uncommitted", "read_committed"}),
      integer(s, {"default.api.timeout.ms", "60000", "how long commitSync() may take, in ms"}, 0),
      inert(boolean(s, {"allow.auto.create.topics", "true", "topics are not created by asking"}),
            "false"),
      inert(text(s, {"client.rack", "", "racks"})),
  };
}

std::vector<ConfigKey> consumer_group_keys() {
  constexpr Scope s = Scope::consumer;
  return {
      text(s, {"group.id", "null", "the group whose members share the partitions"}),
      text(s, {"group.instance.id", "null", "a static member: it may restart without a rebalance"}),
      choice(s, {"group.protocol", "classic", "consumer: the brokers assign (KIP-848)"},
             {"classic", "consumer"}),
      text(s, {"group.remote.assignor", "null",
               "consumer protocol: the assignor wished for, uniform or range"}),
      text(s, {"partition.assignment.strategy", "RangeAssignor,CooperativeStickyAssignor",
               "assignors, preferred ones first: RangeAssignor, RoundRobinAssignor, "
               "StickyAssignor, CooperativeStickyAssignor"}),
      integer(s,
              {"session.timeout.ms", "45000",
               "a member that is not heard of for so long is removed, in ms"},
              0),
      integer(s, {"heartbeat.interval.ms", "3000", "between two heartbeats of a member, in ms"}, 0),
      integer(s,
              {"max.poll.interval.ms", "300000",
               "a member that does not call poll() for so long leaves, in ms"},
              1),
      boolean(s, {"enable.auto.commit", "true", "commit positions in poll(); false without group"}),
      integer(s, {"auto.commit.interval.ms", "5000", "between two automatic commits, in ms"}, 0),
  };
}

std::vector<ConfigKey> broker_log_keys() {
  constexpr Scope s = Scope::broker;
  return {
      integer(s, {"message.max.bytes", "1048588", "largest batch a broker accepts, in bytes"}, 0),
      integer(s, {"fetch.max.bytes", "57671680", "most bytes in the answer to any fetch"}, 1024),
      choice(s, {"log.message.timestamp.type", "CreateTime", "whose clock stamps records"},
             {"CreateTime", "LogAppendTime"}),
      integer(s, {"min.insync.replicas", "1", "in-sync replicas that acks=all needs"}, 1),
      inert_ms(s, "log.message.timestamp.before.max.ms", "9223372036854775807",
               "refusal of old timestamps"),
      inert_ms(s, "log.message.timestamp.after.max.ms", "3600000",
               "refusal of timestamps of the future"),
      inert(choice(s, {"compression.type", "producer", "compression of batches"},
                   {"producer", "none", "uncompressed", "gzip", "snappy", "lz4", "zstd"})),
  };
}

std::vector<ConfigKey> broker_segment_keys() {
  constexpr Scope s = Scope::broker;
  return {
      integer(s, {"log.segment.bytes", "1073741824", "a segment is closed at this size"}, mebibyte),
      integer(s, {"log.roll.ms", "604800000", "a segment is closed at this age, in ms"}, 1,
              no_limit),
      integer(s, {"log.roll.hours", "168", "as log.roll.ms, which wins"}, 1),
      integer(s, {"log.roll.jitter.ms", "0", "closed up to that much earlier, at random, in ms"}, 0,
              no_limit),
      integer(s, {"log.retention.ms", "604800000", "age at which records go, in ms; -1: never"}, -1,
              no_limit),
      integer(s, {"log.retention.minutes", "10080", "as log.retention.ms, which wins"}, -1),
      integer(s, {"log.retention.hours", "168", "as log.retention.minutes, which wins"}, -1),
      integer(s, {"log.retention.bytes", "-1", "bytes of a partition that stay; -1: all"}, -1,
              no_limit),
      integer(s, {"log.retention.check.interval.ms", "300000", "between retention passes, in ms"},
              1, no_limit),
      integer(s, {"log.segment.delete.delay.ms", "60000", "until a deleted segment's file goes"}, 0,
              no_limit),
      integer(s, {"log.initial.task.delay.ms", "30000", "from the start to the first pass, in ms"},
              0, no_limit),
      integer(s,
              {"log.flush.interval.messages", "9223372036854775807",
               "records of a partition before it is fsynced, and only then answered"},
              1, no_limit),
      integer(s,
              {"log.flush.interval.ms", "9223372036854775807",
               "age of unflushed records at which they are fsynced, in ms; see "
               "log.flush.scheduler.interval.ms"},
              0, no_limit),
      integer(s,
              {"log.flush.scheduler.interval.ms", "9223372036854775807",
               "between looks for what is to be fsynced by age, in ms"},
              1, no_limit),
      integer(s,
              {"log.flush.offset.checkpoint.interval.ms", "60000",
               "between writes of the recovery points, in ms"},
              1, no_limit),
      inert_ms(s, "num.recovery.threads.per.data.dir", "2", "logs are recovered one by one"),
  };
}

std::vector<ConfigKey> broker_cleaner_keys() {
  constexpr Scope s = Scope::broker;
  return {
      choice(s, {"log.cleanup.policy", "delete", "what becomes of old records"},
             {"delete", "compact", "compact,delete", "delete,compact"}),
      inert(boolean(s, {"log.cleaner.enable", "true", "compaction"})),
      inert_ms(s, "log.cleaner.threads", "1", "there is one cleaner"),
      integer(s,
              {"producer.id.expiration.ms", "86400000",
               "a producer that has not written to a partition for so long is forgotten, in ms"},
              1),
      integer(s,
              {"producer.id.expiration.check.interval.ms", "600000",
               "between looks for producers to forget, in ms"},
              1),
      integer(s, {"log.cleaner.backoff.ms", "15000", "pause when nothing is to be cleaned, in ms"},
              1, no_limit),
      real(s, {"log.cleaner.min.cleanable.ratio", "0.5", "share of dirty bytes to be exceeded"}, 0,
           1),
      integer(s, {"log.cleaner.delete.retention.ms", "86400000", "life of tombstones, in ms"}, 0,
              no_limit),
      integer(s, {"log.cleaner.min.compaction.lag.ms", "0", "age before compaction, in ms"}, 0,
              no_limit),
      integer(s,
              {"log.cleaner.max.compaction.lag.ms", "9223372036854775807",
               "age at which compaction is due whatever the ratio, in ms"},
              1, no_limit),
  };
}

std::vector<ConfigKey> replication_keys() {
  constexpr Scope s = Scope::broker;
  return {
      integer(s,
              {"replica.lag.time.max.ms", "30000",
               "a follower that has not caught up for so long leaves the in-sync set, in ms"},
              1, no_limit),
      integer(s,
              {"replica.fetch.wait.max.ms", "500",
               "a follower's fetch waits for data at most so long, in ms"},
              0, no_limit),
      integer(s, {"replica.fetch.min.bytes", "1", "a follower's fetch waits for so many bytes"}, 0,
              int_max),
      integer(s,
              {"replica.fetch.max.bytes", "1048576",
               "bytes of one partition in a follower's fetch; a first batch may be larger"},
              0, int_max),
      integer(s,
              {"replica.fetch.response.max.bytes", "10485760",
               "bytes of a follower's fetch; a first batch may be larger"},
              0, int_max),
      integer(s, {"replica.fetch.backoff.ms", "1000", "a follower's pause after an error, in ms"},
              0, no_limit),
      integer(s, {"replica.socket.timeout.ms", "30000", "a follower's wait for an answer, in ms"},
              1, no_limit),
      integer(s,
              {"replica.high.watermark.checkpoint.interval.ms", "5000",
               "between writes of the high watermarks, in ms"},
              1, no_limit),
      integer(
          s,
          {"num.replica.fetchers", "1", "connections on which a follower fetches from one leader"},
          1, 64),
  };
}

std::vector<ConfigKey> broker_cluster_keys() {
  constexpr Scope s = Scope::broker;
  return {
      inert_ms(s, "num.partitions", "1", "automatic creation of topics"),
      inert_ms(s, "default.replication.factor", "1", "automatic creation of topics"),
      inert(boolean(s, {"auto.create.topics.enable", "true", "automatic creation of topics"}),
            "false"),
      integer(s,
              {"transaction.max.timeout.ms", "900000",
               "longest transaction.timeout.ms that a producer may ask for, in ms"},
              1),
      integer(s,
              {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "10000",
               "between looks for transactions that take too long, in ms"},
              1),
      integer(s,
              {"group.consumer.session.timeout.ms", "45000",
               "consumer protocol: a member without heartbeat for this long is removed, in ms"},
              45000, 60000),
      integer(s,
              {"group.consumer.heartbeat.interval.ms", "5000",
               "consumer protocol: how often members report, in ms"},
              5000, 15000),
      integer(
          s,
          {"group.consumer.max.size", "2147483647", "consumer protocol: most members of a group"},
          1),
      integer(s,
              {"transaction.state.log.num.partitions", "50", "partitions of __transaction_state"},
              1),
      integer(
          s,
          {"transaction.state.log.replication.factor", "3",
           "replicas of __transaction_state; as many as there are brokers, when those are fewer"},
          1, 32767),
      integer(s,
              {"transaction.state.log.segment.bytes", "104857600",
               "a segment of __transaction_state is closed at this size; only closed ones are "
               "compacted"},
              mebibyte),
      integer(s,
              {"transaction.state.log.min.isr", "2", "min.insync.replicas of __transaction_state"},
              1),
  };
}

// GroupCoordinatorConfig, OffsetConfig.
std::vector<ConfigKey> group_coordinator_keys() {
  constexpr Scope s = Scope::broker;
  return {
      integer(s, {"offsets.topic.num.partitions", "50", "partitions of __consumer_offsets"}, 1),
      integer(
          s,
          {"offsets.topic.replication.factor", "3",
           "replicas of __consumer_offsets; as many as there are brokers, when those are fewer"},
          1, 32767),
      integer(s,
              {"offsets.topic.segment.bytes", "104857600",
               "a segment of __consumer_offsets is closed at this size; only closed ones are "
               "compacted"},
              mebibyte),
      integer(
          s,
          {"offsets.retention.minutes", "10080", "life of positions that nobody needs, in minutes"},
          1),
      integer(s,
              {"offsets.retention.check.interval.ms", "600000",
               "how often such positions are looked for, in ms"},
              1, no_limit),
      integer(s,
              {"offsets.commit.timeout.ms", "5000",
               "longest wait of a group coordinator's write for the in-sync replicas, in ms"},
              1),
      integer(s,
              {"group.initial.rebalance.delay.ms", "3000",
               "how long an empty group waits for more members, in ms"},
              0),
      integer(s, {"group.min.session.timeout.ms", "6000", "shortest session.timeout.ms, in ms"}, 0),
      integer(s, {"group.max.session.timeout.ms", "1800000", "longest session.timeout.ms, in ms"},
              0),
      integer(s, {"group.max.size", "2147483647", "most members of a group"}, 1),
  };
}

// ZkConfigs and the keys that only matter with ZooKeeper (3.9).
std::vector<ConfigKey> broker_zookeeper_keys() {
  constexpr Scope s = Scope::broker;
  return {
      integer(s,
              {"zookeeper.session.timeout.ms", "18000",
               "ZooKeeper mode: a broker unheard of for this long is given up, in ms; ZooKeeper "
               "itself allows 4000 to 40000"},
              4000, 40000),
      integer(s,
              {"zookeeper.max.in.flight.requests", "10",
               "ZooKeeper mode: unanswered requests of a broker to ZooKeeper"},
              1),
      integer(s,
              {"leader.imbalance.per.broker.percentage", "10",
               "ZooKeeper mode: leadership is given back to a broker that lacks more than this "
               "share, in percent"},
              0, 100),
      boolean(s,
              {"controlled.shutdown.enable", "true",
               "ZooKeeper mode: a broker that is asked to stop hands its leaderships over first"}),
      integer(s,
              {"controlled.shutdown.max.retries", "3",
               "ZooKeeper mode: how often a stopping broker asks the controller"},
              0),
      integer(s,
              {"controlled.shutdown.retry.backoff.ms", "5000",
               "ZooKeeper mode: pause before it asks again, in ms"},
              0),
  };
}

std::vector<ConfigKey> broker_controller_keys() {
  constexpr Scope s = Scope::broker;
  return {
      boolean(s, {"unclean.leader.election.enable", "false",
                  "a replica that was not in sync may lead when no other can: records are lost"}),
      integer(s,
              {"unclean.leader.election.interval.ms", "300000",
               "how often the controller looks for partitions to elect uncleanly, in ms"},
              1, no_limit),
      boolean(s, {"auto.leader.rebalance.enable", "true",
                  "the controller gives leadership back to preferred leaders"}),
      integer(s, {"leader.imbalance.check.interval.seconds", "300", "how often it does, in s"}, 1,
              int_max),
      integer(
          s,
          {"broker.heartbeat.interval.ms", "2000", "from a broker's heartbeat to the next, in ms"},
          1),
      integer(s,
              {"broker.session.timeout.ms", "9000",
               "a broker without heartbeat for this long is fenced, in ms"},
              8),
      integer(s,
              {"initial.broker.registration.timeout.ms", "60000",
               "a broker that could not register for this long exits, in ms"},
              1),
      integer(s,
              {"controller.quorum.fetch.timeout.ms", "2000",
               "a voter that has not fetched for this long wants an election, in ms; a leader that "
               "no majority fetches from resigns after half as long again"},
              2),
      integer(
          s,
          {"controller.quorum.election.timeout.ms", "1000",
           "least wait for votes before the next attempt, in ms; up to as much again at random"},
          1),
      integer(s,
              {"controller.quorum.election.backoff.max.ms", "1000",
               "longest wait of a leader's later successors, in ms"},
              0),
      integer(s,
              {"controller.quorum.append.linger.ms", "25",
               "longest wait of metadata records for others to be written with, in ms"},
              0),
      integer(s,
              {"controller.quorum.request.timeout.ms", "2000",
               "wait of voters and observers for one answer, in ms"},
              1),
      integer(s,
              {"controller.quorum.retry.backoff.ms", "20",
               "pause of voters and observers after a failed request, in ms; doubles"},
              1),
      integer(
          s,
          {"metadata.max.idle.interval.ms", "500",
           "how often the active controller writes a record that says nothing, in ms; 0: never"},
          0),
  };
}

std::vector<ConfigKey> topic_keys() {
  constexpr Scope s = Scope::topic;
  return {
      integer(s, {"max.message.bytes", "1048588", "largest batch accepted, in bytes"}, 0),
      choice(s, {"message.timestamp.type", "CreateTime", "whose clock stamps records"},
             {"CreateTime", "LogAppendTime"}),
      integer(s, {"min.insync.replicas", "1", "in-sync replicas that acks=all needs"}, 1),
      inert_ms(s, "message.timestamp.before.max.ms", "9223372036854775807",
               "refusal of old timestamps"),
      inert_ms(s, "message.timestamp.after.max.ms", "3600000",
               "refusal of timestamps of the future"),
      boolean(s, {"unclean.leader.election.enable", "false",
                  "a replica that was not in sync may lead when no other can: records are lost"}),
      inert(choice(s, {"compression.type", "producer", "compression of batches"},
                   {"producer", "none", "uncompressed", "gzip", "snappy", "lz4", "zstd"})),
  };
}

std::vector<ConfigKey> topic_storage_keys() {
  constexpr Scope s = Scope::topic;
  return {
      integer(s, {"segment.bytes", "1073741824", "a segment is closed at this size"}, mebibyte),
      integer(s, {"segment.ms", "604800000", "a segment is closed at this age, in ms"}, 1,
              no_limit),
      integer(s, {"segment.jitter.ms", "0", "closed up to that much earlier, at random, in ms"}, 0,
              no_limit),
      integer(s, {"retention.ms", "604800000", "age at which records go, in ms; -1: never"}, -1,
              no_limit),
      integer(s, {"retention.bytes", "-1", "bytes of a partition that stay; -1: all"}, -1,
              no_limit),
      integer(s, {"file.delete.delay.ms", "60000", "until a deleted segment's file goes, in ms"}, 0,
              no_limit),
      choice(s, {"cleanup.policy", "delete", "what becomes of old records"},
             {"delete", "compact", "compact,delete", "delete,compact"}),
      real(s, {"min.cleanable.dirty.ratio", "0.5", "share of dirty bytes to be exceeded"}, 0, 1),
      integer(s, {"delete.retention.ms", "86400000", "life of tombstones, in ms"}, 0, no_limit),
      integer(s, {"min.compaction.lag.ms", "0", "age before compaction, in ms"}, 0, no_limit),
      integer(s,
              {"max.compaction.lag.ms", "9223372036854775807",
               "age at which compaction is due whatever the ratio, in ms"},
              1, no_limit),
      integer(s,
              {"flush.messages", "9223372036854775807",
               "records of a partition before it is fsynced, and only then answered"},
              1, no_limit),
      integer(s,
              {"flush.ms", "9223372036854775807",
               "age of unflushed records at which they are fsynced, in ms; looked for every "
               "log.flush.scheduler.interval.ms"},
              0, no_limit),
  };
}

std::vector<ConfigKey> make_table() {
  std::vector<ConfigKey> table;
  add(table, producer_sending_keys());
  add(table, producer_partitioning_keys());
  add(table, client_keys(Scope::producer));
  add(table, consumer_fetch_keys());
  add(table, consumer_group_keys());
  add(table, client_keys(Scope::consumer));
  add(table, broker_log_keys());
  add(table, broker_segment_keys());
  add(table, broker_cleaner_keys());
  add(table, replication_keys());
  add(table, broker_cluster_keys());
  add(table, group_coordinator_keys());
  add(table, share_group_keys());
  add(table, broker_controller_keys());
  add(table, broker_zookeeper_keys());
  add(table, topic_keys());
  add(table, topic_storage_keys());
  return table;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> table = make_table();
  return table;
}

}  // namespace eventarium
