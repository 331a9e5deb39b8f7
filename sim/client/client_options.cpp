#include "sim/client/client_options.h"

#include <algorithm>

#include "sim/base/iso_duration.h"

namespace eventarium::kafka {
namespace {

/// later than any time of a run, and can be added to without overflow
constexpr Duration forever = Duration::max() / 4;

struct Reader {
  const Config& config;
  ConfigScope scope;

  Duration ms(std::string_view key) const {
    return std::min(config_ms(config, scope, key), forever);
  }
  std::uint64_t unsigned_value(std::string_view key) const {
    return static_cast<std::uint64_t>(config_int(config, scope, key));
  }
  std::string text(std::string_view key) const { return config_text(config, scope, key); }
  bool flag(std::string_view key) const { return config_bool(config, scope, key); }

  /// At least 1 ms: Kafka's clients spend real time in every pass of their loops, these don't, and
  /// time must go on whatever is configured.
  Duration passing_ms(std::string_view key) const {
    return std::max(ms(key), Duration{std::chrono::milliseconds(1)});
  }

  ClientOptions client() const {
    return {passing_ms("request.timeout.ms"),
            ExponentialBackoff(passing_ms("retry.backoff.ms"), passing_ms("retry.backoff.max.ms")),
            ExponentialBackoff(passing_ms("reconnect.backoff.ms"),
                               passing_ms("reconnect.backoff.max.ms")),
            ExponentialBackoff(ms("socket.connection.setup.timeout.ms"),
                               ms("socket.connection.setup.timeout.max.ms")),
            ms("metadata.max.age.ms")};
  }

  /// Kafka's "no value": absent, or the word null.
  std::string text_or_empty(std::string_view key) const {
    const std::string value = text(key);
    return value == "null" ? "" : value;
  }

  GroupOptions group() const {
    std::string wrong;
    const std::string id = text_or_empty("group.id");
    return {.group = id,
            .instance_id = text_or_empty("group.instance.id"),
            .consumer_protocol = text("group.protocol") == "consumer",
            .remote_assignor = text_or_empty("group.remote.assignor"),
            .assignors = parse_assignors(text("partition.assignment.strategy"), wrong),
            .session_timeout = ms("session.timeout.ms"),
            .heartbeat_interval = passing_ms("heartbeat.interval.ms"),
            .max_poll_interval = ms("max.poll.interval.ms"),
            .auto_commit = !id.empty() && flag("enable.auto.commit"),
            .auto_commit_interval = passing_ms("auto.commit.interval.ms"),
            .api_timeout = ms("default.api.timeout.ms"),
            .explicit_acknowledgement = text("share.acknowledgement.mode") == "explicit"};
  }
};

std::int16_t parse_acks(const std::string& text) { return text == "0" ? 0 : text == "1" ? 1 : -1; }

}  // namespace

ProducerOptions make_producer_options(const Config& config) {
  const Reader read{config, ConfigScope::producer};
  ProducerOptions options{
      .client = read.client(),
      .acks = parse_acks(read.text("acks")),
      .retries = static_cast<std::uint32_t>(read.unsigned_value("retries")),
      .linger = read.ms("linger.ms"),
      .batch_size_bytes = std::max<std::uint64_t>(1, read.unsigned_value("batch.size")),
      .buffer_memory_bytes = read.unsigned_value("buffer.memory"),
      .max_block = read.ms("max.block.ms"),
      .delivery_timeout = read.ms("delivery.timeout.ms"),
      .max_request_size_bytes = read.unsigned_value("max.request.size"),
      .round_robin = read.text("partitioner.class") != "null",
      .adaptive = read.flag("partitioner.adaptive.partitioning.enable"),
      .availability_timeout = read.ms("partitioner.availability.timeout.ms"),
      .ignore_keys = read.flag("partitioner.ignore.keys"),
      .idempotent = is_idempotent(config),
      .transactional_id =
          config.contains("transactional.id") ? read.text("transactional.id") : std::string{},
      .transaction_timeout = read.ms("transaction.timeout.ms"),
  };
  options.client.max_in_flight_requests =
      static_cast<std::uint32_t>(read.unsigned_value("max.in.flight.requests.per.connection"));
  if (!config.contains("delivery.timeout.ms"))
    options.delivery_timeout =
        std::max(options.delivery_timeout, options.linger + options.client.request_timeout);
  return options;
}

ConsumerOptions make_consumer_options(const Config& config) {
  const Reader read{config, ConfigScope::consumer};
  using Reset = ConsumerOptions::Reset;
  ConsumerOptions options{
      .client = read.client(),
      .max_poll_records = static_cast<std::uint32_t>(read.unsigned_value("max.poll.records")),
      .fetch_min_bytes = read.unsigned_value("fetch.min.bytes"),
      .fetch_max_bytes = read.unsigned_value("fetch.max.bytes"),
      .max_partition_fetch_bytes = read.unsigned_value("max.partition.fetch.bytes"),
      .fetch_max_wait = read.ms("fetch.max.wait.ms"),
      .auto_offset_reset = Reset::latest,
      .reset_duration = {},
      .isolation = read.text("isolation.level") == "read_committed" ? Isolation::read_committed
                                                                    : Isolation::read_uncommitted,
      .group = read.group(),
  };
  const std::string reset = read.text("auto.offset.reset");
  if (reset == "earliest") options.auto_offset_reset = Reset::earliest;
  if (reset == "none") options.auto_offset_reset = Reset::none;
  constexpr std::string_view by_duration = "by_duration:";
  if (reset.starts_with(by_duration)) {
    options.auto_offset_reset = Reset::by_duration;
    options.reset_duration =
        parse_iso_duration(std::string_view(reset).substr(by_duration.size())).value_or(Duration{});
  }
  return options;
}

}  // namespace eventarium::kafka
