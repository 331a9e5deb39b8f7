// The log directory of a broker through its life, on the lean engine.
#include "sim/broker/log_manager.h"

#include <doctest/doctest.h>

#include "sim/broker/components.h"
#include "sim/engine/lean_engine.h"
#include "tests/unit/broker/scripted_client.h"
#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

const TopicPartition orders{"orders", 0};

/// A process with nothing but a log manager.
class LogHost : public engine::Node {
 public:
  LogHost(Config broker_config, Config topic_config)
      : logs(std::move(broker_config)), topic_config_(std::move(topic_config)) {}

  void on_start(engine::Runtime& runtime) override {
    runtime_ = &runtime;
    if (logs.start(runtime)) ready(runtime);
  }
  void on_message(engine::Runtime&, engine::Message) override {}
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    logs.on_timer(runtime, token);
  }
  void on_done(engine::Runtime& runtime, engine::Token token) override {
    if (logs.on_done(runtime, token)) ready(runtime);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    logs.stop(runtime, reason);
  }

  StoredLog& stored() { return *logs.find(orders); }
  /// One batch of one record with this value size, stamped with the present time.
  bool append(std::uint32_t value_bytes = 100) {
    return logs.append_as_leader(*runtime_, stored(),
                                 test::make_batch(next_id_++, 1, value_bytes, runtime_->now()),
                                 0) != nullptr;
  }
  void append_keyed(const std::vector<test::KeyedRecord>& records) {
    logs.append_as_leader(*runtime_, stored(),
                          test::keyed_batch(records, runtime_->now(), next_id_), 0);
    next_id_ += records.size();
    commit();
  }
  void commit() { stored().log.set_high_watermark(stored().log.log_end_offset()); }
  engine::Runtime& runtime() { return *runtime_; }

  LogManager logs;
  std::vector<SimTime> ready_at;

 private:
  void ready(engine::Runtime& runtime) {
    ready_at.push_back(runtime.now());
    logs.open(runtime, orders, topic_config_);
  }

  Config topic_config_;
  engine::Runtime* runtime_ = nullptr;
  std::uint64_t next_id_ = 1;
};

struct Machine {
  explicit Machine(Config topic_config = {}, Config broker_config = {},
                   double disk_size_bytes = 1e12) {
    engine.add_sink(trace);
    engine::NodeSpec spec;
    spec.name = "broker-1";
    spec.host.disk_size_bytes = disk_size_bytes;
    engine.add_node(spec,
                    std::make_unique<LogHost>(std::move(broker_config), std::move(topic_config)));
    run(1ms);
  }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  /// As a handler of the node would; commands reach it between events.
  void at(Duration when, std::function<void(LogHost&)> action) {
    engine.schedule(sim_time(when), [this, action] { action(host()); });
  }
  LogHost& host() { return dynamic_cast<LogHost&>(engine.node(node)); }
  const PartitionLog& log() { return host().stored().log; }

  NodeId node{0};
  test::Trace trace;
  engine::LeanEngine engine{1};
};

const Config small_segments{{"segment.bytes", "1048576"}};

}  // namespace

TEST_CASE("a full segment is closed, told, and fsynced in the background") {
  Machine machine(small_segments);
  for (int i = 0; i < 3; ++i) machine.at(1s, [](LogHost& host) { host.append(500'000); });
  machine.run(1s);
  REQUIRE(machine.trace.all<trace::SegmentRolled>().size() == 1);
  const auto rolled = machine.trace.all<trace::SegmentRolled>()[0].second;
  CHECK(rolled.base_offset == 2);
  CHECK(rolled.reason == "segment.bytes");
  CHECK(machine.log().recovery_point() == 0);
  machine.run(100ms);  // 1.5 MB at 200 MB/s
  CHECK(machine.log().recovery_point() == 2);
}

TEST_CASE("retention comes by 30 s after the start, then every 5 min; files go 60 s later") {
  Machine machine(Config{{"segment.bytes", "1048576"}, {"retention.ms", "10000"}});
  for (int i = 0; i < 3; ++i)
    machine.at(1s, [](LogHost& host) {
      host.append(1'000'000);
      host.commit();
    });
  machine.run(29900ms);
  CHECK(machine.log().log_start_offset() == 0);
  machine.run(200ms);
  CHECK(machine.log().log_start_offset() == 3);
  const auto advanced = machine.trace.all<trace::LogStartAdvanced>();
  REQUIRE(advanced.size() == 1);
  CHECK(advanced[0].second.reason == "retention.ms");
  CHECK(advanced[0].second.records.size() == 3);
  CHECK(machine.trace.all<trace::SegmentDeleted>().empty());
  machine.run(60s);
  const auto deleted = machine.trace.all<trace::SegmentDeleted>();
  REQUIRE(deleted.size() == 3);
  CHECK(deleted[0].first.t - advanced[0].first.t == 60s);
  machine.at(100s, [](LogHost& host) {
    host.append(1000);
    host.commit();
  });
  machine.run(230s);  // 320 s: long too old, but nobody has looked since 30 s
  CHECK(machine.log().log_start_offset() == 3);
  machine.run(11s);
  CHECK(machine.log().log_start_offset() == 4);
}

TEST_CASE(
    "check 48, on the disk: the first segment's space is free again 60 s after its deletion") {
  // Segments of 1.0, 1.0, 1.0 and 0.5 MB, a limit of 2 MB, and a disk of 4 MB.
  Machine machine(Config{{"segment.bytes", "1048576"}, {"retention.bytes", "2000000"}}, {}, 4e6);
  for (const std::uint32_t size : {1'000'000u, 1'000'000u, 1'000'000u, 500'000u})
    machine.at(1s, [size](LogHost& host) {
      host.append(size);
      host.commit();
    });
  machine.run(31s);
  CHECK(machine.log().log_start_offset() == 1);
  CHECK(test::base_offsets_of(machine.log()) == std::vector<std::int64_t>{1, 2, 3});
  machine.run(58s);
  CHECK(machine.trace.all<trace::SegmentDeleted>().empty());
  machine.run(2s);
  CHECK(machine.trace.all<trace::SegmentDeleted>().size() == 1);
  bool written = false;
  machine.at(92s, [&](LogHost& host) { written = host.append(1'000'000); });
  machine.run(1s);
  CHECK(written);  // 2.5 + 1.0 MB: would not have found space with the deleted file
}

TEST_CASE(
    "a disk that runs full halts the broker, and again after every start until there is space") {
  Machine machine({}, {}, 1e6);
  machine.at(1s, [](LogHost& host) { CHECK(host.append(600'000)); });
  machine.at(2s, [](LogHost& host) { CHECK_FALSE(host.append(600'000)); });
  machine.run(3s);
  CHECK_FALSE(machine.engine.is_running(machine.node));
  REQUIRE(machine.trace.all<trace::LogDirectoryFailed>().size() == 1);
  CHECK(machine.trace.all<trace::LogDirectoryFailed>()[0].second.reason ==
        "no space left on device");
  machine.engine.set_disk(machine.node, engine::DiskCondition::full);
  machine.engine.start(machine.node);
  machine.run(1s);
  CHECK_FALSE(machine.engine.is_running(machine.node));
  machine.engine.set_disk(machine.node, engine::DiskCondition::healthy);
  machine.engine.start(machine.node);
  machine.run(1s);
  CHECK(machine.engine.is_running(machine.node));
  CHECK(machine.log().log_end_offset() == 1);
}

TEST_CASE("a failing disk is noticed by the next write, or by the next checkpoint") {
  Machine machine;
  machine.at(1s, [](LogHost& host) { host.append(); });
  machine.run(2s);
  machine.engine.set_disk(machine.node, engine::DiskCondition::failed);
  machine.run(27s);
  CHECK(machine.engine.is_running(machine.node));
  machine.run(2s);
  CHECK_FALSE(machine.engine.is_running(machine.node));
  CHECK(machine.trace.all<trace::LogDirectoryFailed>()[0].second.reason == "input/output error");
}

TEST_CASE("kill -9 loses nothing; the start reads again what lies above the recovery point") {
  Machine machine;
  machine.at(1s, [](LogHost& host) {
    host.append(1'000'000);
    host.commit();
    host.stored().high_watermark = 1;
    host.append(1'000'000);
  });
  machine.run(2s);
  machine.engine.stop(machine.node, engine::StopReason::crash);
  machine.engine.start(machine.node);
  machine.run(5ms);
  CHECK(machine.host().ready_at.size() == 1);  // 2 MB at 200 MB/s
  machine.run(10ms);
  REQUIRE(machine.host().ready_at.size() == 2);
  CHECK(machine.log().log_end_offset() == 2);
  CHECK(machine.log().high_watermark() == 1);  // its checkpoint
  CHECK(machine.trace.all<trace::LogTruncated>().empty());
  const auto recovered = machine.trace.all<trace::LogRecovered>();
  REQUIRE(recovered.size() == 1);
  CHECK(recovered[0].second.from_offset == 0);
  CHECK(recovered[0].second.log_end_offset == 2);
}

TEST_CASE("power loss takes what is younger than the system's write-back, and says which records") {
  Machine machine;
  machine.at(1s, [](LogHost& host) { host.append(); });
  machine.at(50s, [](LogHost& host) { host.append(); });
  machine.run(60s);
  machine.engine.stop(machine.node, engine::StopReason::power_loss);
  machine.run(1s);
  CHECK(machine.trace.all<trace::LogTruncated>().empty());  // found out at the next start
  machine.engine.power_on(machine.node);
  machine.engine.start(machine.node);
  machine.run(1s);
  const auto truncated = machine.trace.all<trace::LogTruncated>();
  REQUIRE(truncated.size() == 1);
  CHECK(truncated[0].second.records == std::vector<RecordId>{RecordId{2}});
  CHECK(machine.log().log_end_offset() == 1);
}

TEST_CASE("a clean stop leaves nothing to recover, and nothing for a power loss to take") {
  Machine machine;
  machine.at(1s, [](LogHost& host) { host.append(1'000'000); });
  machine.run(2s);
  machine.engine.stop(machine.node, engine::StopReason::clean);
  machine.engine.stop(machine.node, engine::StopReason::power_loss);
  machine.engine.power_on(machine.node);
  machine.engine.start(machine.node);
  machine.run(1ms);
  CHECK(machine.host().ready_at.size() == 2);
  CHECK(machine.trace.all<trace::LogRecovered>().empty());
  CHECK(machine.log().log_end_offset() == 1);
  CHECK(machine.log().recovery_point() == 1);
}

TEST_CASE("recovery points are saved every minute: recovery begins there") {
  Machine machine(small_segments);
  for (int i = 0; i < 3; ++i) machine.at(1s, [](LogHost& host) { host.append(1'000'000); });
  machine.run(29s);
  CHECK(machine.host().stored().recovery_point == 0);
  CHECK(machine.log().recovery_point() == 2);
  machine.run(2s);
  CHECK(machine.host().stored().recovery_point == 2);
  machine.engine.stop(machine.node, engine::StopReason::crash);
  machine.engine.start(machine.node);
  machine.run(1s);
  CHECK(machine.trace.all<trace::LogRecovered>()[0].second.from_offset == 2);
  CHECK(machine.log().log_end_offset() == 3);
}

TEST_CASE("flush.ms is looked for every log.flush.scheduler.interval.ms only") {
  for (const bool scheduled : {false, true}) {
    Config broker;
    if (scheduled) broker["log.flush.scheduler.interval.ms"] = "1000";
    Machine machine(Config{{"flush.ms", "5000"}}, broker);
    machine.at(40s, [](LogHost& host) { host.append(); });
    machine.run(50s);
    CHECK(machine.log().recovery_point() == (scheduled ? 1 : 0));
  }
}

TEST_CASE("check 49, by the cleaner's own clock: 15 s pauses, gaps, then old files go") {
  Machine machine(Config{{"cleanup.policy", "compact"}, {"segment.ms", "1000"}});
  machine.at(1s, [](LogHost& host) { host.append_keyed({{"k1"}, {"k2"}, {"k1"}, {"k2", true}}); });
  machine.at(3s, [](LogHost& host) { host.append_keyed({{"k3"}}); });  // closes the segment
  machine.run(14s);
  CHECK(machine.trace.all<trace::LogCompacted>().empty());
  machine.run(2s);
  const auto compacted = machine.trace.all<trace::LogCompacted>();
  REQUIRE(compacted.size() == 1);
  CHECK(compacted[0].second.clean_offset == 4);
  CHECK(compacted[0].second.records == std::vector<RecordId>{RecordId{1}, RecordId{2}});
  CHECK(test::offsets_of(machine.log()) == std::vector<std::int64_t>{2, 3, 4});
  CHECK(machine.trace.all<trace::SegmentDeleted>().empty());
  machine.run(61s);
  CHECK(machine.trace.all<trace::SegmentDeleted>().size() == 1);
  CHECK(machine.trace.all<trace::LogCompacted>().size() == 1);  // nothing is dirty
}

TEST_CASE("compact,delete: the cleaner's passes also delete by age") {
  Machine machine(Config{
      {"cleanup.policy", "compact,delete"}, {"segment.ms", "1000"}, {"retention.ms", "20000"}});
  machine.at(1s, [](LogHost& host) { host.append_keyed({{"k1"}, {"k1"}}); });
  machine.at(3s, [](LogHost& host) { host.append_keyed({{"k2"}}); });
  machine.run(20s);
  CHECK(test::offsets_of(machine.log()) == std::vector<std::int64_t>{1, 2});
  machine.run(20s);
  CHECK(machine.log().log_start_offset() == 3);
}

TEST_CASE("a cut of the log while the cleaner reads it gives that cleaning up") {
  Machine machine(Config{{"cleanup.policy", "compact"}, {"segment.bytes", "1048576"}});
  machine.at(1s, [](LogHost& host) {
    for (int i = 0; i < 12'000; ++i) host.append_keyed({{"k1"}, {"k2"}, {"k3"}});
  });
  // More than 2 MB are read at 100 MB/s from 15 s on.
  machine.at(15010ms, [](LogHost& host) {
    host.logs.truncate(host.runtime(), host.stored(), 1000, "a new leader has another log");
  });
  machine.run(40s);
  CHECK(machine.log().log_end_offset() == 999);
  CHECK(machine.trace.all<trace::LogCompacted>().empty());
  CHECK(machine.trace.all<trace::LogTruncated>().size() == 1);
}

TEST_CASE("a log that is removed is gone at once, its files a minute later") {
  Machine machine;
  machine.at(1s, [](LogHost& host) { host.append(1000); });
  machine.at(2s, [](LogHost& host) { host.logs.remove(host.runtime(), orders); });
  machine.run(3s);
  CHECK(machine.host().logs.find(orders) == nullptr);
  CHECK(machine.trace.all<trace::SegmentDeleted>().empty());
  machine.run(60s);
  CHECK(machine.trace.all<trace::SegmentDeleted>().size() == 1);
}

TEST_CASE("an fsync that began before a cut does not vouch for what was appended after it") {
  Machine machine(small_segments);
  machine.at(1s, [](LogHost& host) {
    host.append(1'000'000);
    host.append(1'000'000);  // rolls: fsync up to offset 1
    host.logs.truncate(host.runtime(), host.stored(), 0, "a new leader has another log");
    host.append(1'000);
  });
  machine.run(2s);
  CHECK(machine.log().log_end_offset() == 1);
  CHECK(machine.log().recovery_point() == 0);
}
