// The scoreboard against the report's ledger on made-up histories of a replicated partition, in
// which leaders change, logs are cut off and cleaned, processes end and retention deletes: whatever
// happens, both must say the same.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/base/random.h"
#include "sim/check/ledger.h"
#include "trace_builder.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

/// A cluster of three brokers, whose logs are known here so that its events make sense.
class Cluster {
 public:
  explicit Cluster(std::uint64_t seed) : random_(RandomStream(seed, "verdict")) {
    shop_ = t.declare("producer", "shop");
    for (const char* name : {"broker-1", "broker-2", "broker-3"})
      brokers_.push_back(t.declare("broker", name));
    for (const char* name : {"crm", "mailer"}) readers_.push_back(t.declare("service", name));
    for (const NodeId reader : readers_)
      t.add(reader, trace::SubscriptionDeclared{"orders", 0, "kafka", "earliest"});
    isr_ = brokers_;
    leader_ = brokers_.front();
    trace::PartitionCreated created;
    created.topic = "orders";
    created.leader = leader_;
    created.replicas = created.isr = brokers_;
    created.min_isr = 2;
    t.add(leader_, created);
  }

  void step() {
    t.now += 1ms;
    switch (pick(13)) {
      case 0:
      case 1:
      case 2:
        return publish();
      case 3:
      case 4:
        return copy();
      case 5:
        return acknowledge();
      case 6:
        return deliver();
      case 7:
        return elect();
      case 8:
        return take_over();
      case 9:
        return stop_or_start();
      case 10:
        return cut();
      case 11:
        return begin_anew();
      default:
        return expire();
    }
  }

  TraceBuilder t;

 private:
  std::size_t pick(std::size_t count) { return random_.below(count); }
  NodeId any_broker() { return brokers_[pick(brokers_.size())]; }
  std::vector<RecordId> from(NodeId broker, std::int64_t offset) const {
    std::vector<RecordId> records;
    const auto found = logs_.find(broker);
    if (found == logs_.end()) return records;
    for (const auto& [at, record] : found->second)
      if (at >= offset) records.push_back(record);
    return records;
  }
  std::int64_t end(NodeId broker) {
    const auto& log = logs_[broker];
    return log.empty() ? starts_[broker] : log.rbegin()->first + 1;
  }

  void publish() {
    const RecordId record = t.produce(shop_, "orders", "ada");
    made_.push_back(record);
    t.add(shop_, trace::RecordBatched{record, "orders", 0, "key", record.value});
    if (!leader_.valid()) return;
    const MessageId message = t.send(shop_, leader_, "Produce", {record});
    if (down_.count(leader_) > 0) return t.lose(message, "down");
    t.arrive(message);
    const std::int64_t offset = end(leader_);
    t.append(leader_, "orders", 0, offset, {record});
    logs_[leader_][offset] = record;
  }
  void copy() {
    const NodeId follower = any_broker();
    if (!leader_.valid() || follower == leader_ || down_.count(follower) > 0) return;
    if (end(follower) > end(leader_)) return;
    const auto records = from(leader_, end(follower));
    if (records.empty()) return;
    const std::int64_t base = end(leader_) - static_cast<std::int64_t>(records.size());
    if (base != end(follower)) return;
    t.add(follower, trace::BatchAppended{"orders", 0, base, records, 0, 100, true});
    std::int64_t offset = base;
    for (const RecordId record : records) logs_[follower][offset++] = record;
  }
  void acknowledge() {
    if (made_.empty()) return;
    t.acknowledge(shop_, "orders", 0, 0, {made_[pick(made_.size())]});
  }
  void deliver() {
    const NodeId broker = any_broker();
    const auto& log = logs_[broker];
    if (log.empty()) return;
    auto entry = log.begin();
    std::advance(entry, static_cast<std::ptrdiff_t>(pick(log.size())));
    const NodeId reader = readers_[pick(readers_.size())];
    if (pick(4) == 0) t.add(reader, trace::PositionReset{"orders", 0, "latest", entry->first});
    t.deliver(reader, "orders", 0, entry->first, {entry->second});
  }
  void elect() {
    trace::PartitionChanged changed;
    changed.topic = "orders";
    changed.leader = leader_ = pick(3) == 0 ? NodeId{} : any_broker();
    changed.leader_epoch = ++epoch_;
    changed.partition_epoch = epoch_;
    changed.replicas = brokers_;
    isr_.clear();
    for (const NodeId broker : brokers_)
      if (pick(2) == 0 || broker == leader_) isr_.push_back(broker);
    changed.isr = isr_;
    if (pick(3) == 0) changed.elr = {any_broker()};
    t.add(brokers_.front(), changed);
  }
  void take_over() {
    if (!leader_.valid() || down_.count(leader_) > 0) return;
    t.add(leader_, trace::LeadershipTaken{"orders", 0, epoch_, end(leader_)});
  }
  void stop_or_start() {
    const NodeId broker = any_broker();
    if (down_.erase(broker) > 0) {
      t.add(broker, trace::NodeStarted{2});
      return;
    }
    down_.insert(broker);
    t.add(broker, trace::NodeStopped{pick(2) == 0 ? "crash" : "power_loss"});
  }
  void cut() {
    const NodeId broker = any_broker();
    const auto& log = logs_[broker];
    if (log.empty()) return;
    auto entry = log.begin();
    std::advance(entry, static_cast<std::ptrdiff_t>(pick(log.size())));
    const std::int64_t offset = entry->first;
    t.add(broker, trace::LogTruncated{"orders", 0, offset, from(broker, offset), "diverges"});
    logs_[broker].erase(logs_[broker].lower_bound(offset), logs_[broker].end());
  }
  /// The leader's log starts beyond its end.
  void begin_anew() {
    const NodeId broker = any_broker();
    auto& log = logs_[broker];
    starts_[broker] = end(broker) + 3;
    t.add(broker,
          trace::LogTruncated{"orders", 0, starts_[broker], from(broker, 0), "out of range"});
    log.clear();
  }
  void expire() {
    const NodeId broker = any_broker();
    auto& log = logs_[broker];
    if (log.size() < 6) return;
    auto entry = log.begin();
    std::vector<RecordId> gone;
    for (int i = 0; i < 2; ++i, ++entry) gone.push_back(entry->second);
    starts_[broker] = entry->first;
    t.add(broker, trace::LogStartAdvanced{"orders", 0, entry->first, gone, "retention.ms"});
    log.erase(log.begin(), entry);
  }

  RandomStream random_;
  NodeId shop_, leader_;
  std::vector<NodeId> brokers_, readers_, isr_;
  std::map<NodeId, std::map<std::int64_t, RecordId>> logs_;
  std::map<NodeId, std::int64_t> starts_;
  std::set<NodeId> down_;
  std::vector<RecordId> made_;
  std::int64_t epoch_ = 0;
};

/// Every record that was published is in one of these numbers.
std::vector<RecordId> accounted_for(const check::Verdict& verdict) {
  std::set<RecordId> all;
  for (const check::Number* number :
       {&verdict.failed, &verdict.lost_acknowledged, &verdict.expired, &verdict.compacted,
        &verdict.undelivered, &verdict.stored, &verdict.delivered})
    all.insert(number->records.begin(), number->records.end());
  return {all.begin(), all.end()};
}

std::vector<RecordId> sorted(std::vector<RecordId> records) {
  std::sort(records.begin(), records.end());
  return records;
}

}  // namespace

TEST_CASE("the scoreboard of a cluster in which everything goes wrong is the ledger's") {
  std::uint64_t lost = 0, expired = 0, skipped = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Cluster cluster(seed);
    check::Ledger ledger;
    std::size_t fed = 0;
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 25; ++i) cluster.step();
      const TraceBuilder& t = cluster.t;
      for (; fed < t.events.size(); ++fed) ledger.on_event(t.events[fed]);
      const check::Verdict verdict = ledger.verdict();
      CAPTURE(round);
      CHECK(sorted(t.scored(Score::lost)) == sorted(verdict.lost_acknowledged.records));
      CHECK(sorted(t.scored(Score::waiting)) == sorted(verdict.undelivered.records));
      CHECK(sorted(t.scored(Score::failed)) == sorted(verdict.failed.records));
      CHECK(t.score(Score::expired) == verdict.expired.count);
      CHECK(t.score(Score::skipped) == verdict.skipped.count);
      skipped += verdict.skipped.count;
      CHECK(t.score(Score::duplicated) == verdict.duplicated.count);
      CHECK(t.score(Score::out_of_order) == verdict.out_of_order.count);
      CHECK(accounted_for(verdict) == sorted(verdict.produced.records));
      lost += verdict.lost_acknowledged.count;
      expired += verdict.expired.count;
    }
  }
  CHECK(lost > 0);
  CHECK(expired > 0);
  CHECK(skipped > 0);
}

TEST_CASE("the scoreboard knows the event that sealed a loss") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId one = t.declare("broker", "broker-1"), two = t.declare("broker", "broker-2");
  t.partition("orders", 0, one, {one, two});
  const RecordId a = t.produce(shop, "orders");
  t.append(one, "orders", 0, 0, {a});
  t.acknowledge(shop, "orders", 0, 0, {a});
  t.add(one, trace::NodeStopped{"crash"});
  CHECK(t.score(Score::lost) == 0);  // it may come back
  trace::PartitionChanged changed;
  changed.topic = "orders";
  changed.leader = two;
  changed.leader_epoch = changed.partition_epoch = 1;
  changed.replicas = {one, two};
  changed.isr = {two};
  t.add(two, changed);
  const EventId taken = t.add(two, trace::LeadershipTaken{"orders", 0, 1, 0});
  CHECK(t.scored(Score::lost) == std::vector<RecordId>{a});
  const Position since = t.scoreboard.since(Score::lost, a, t.history.size());
  REQUIRE(since != no_position);
  CHECK(t.history[since].id == taken);
  CHECK(t.scoreboard.since(Score::lost, a, since) == no_position);
}
