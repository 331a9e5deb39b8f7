// Helpers of the coordinators' tests: a node that is a broker as far as a part of one can see. Its
// logs lie in a store that several such nodes share, as if each had a perfect replica; replication
// takes a millisecond, or as long as a test wants.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/broker/broker_part.h"
#include "sim/engine/lean_engine.h"
#include "tests/unit/broker/scripted_client.h"

namespace eventarium::kafka::test {

/// What survives a broker: logs, and the cluster's metadata.
struct Store {
  ClusterImage image;
  Config config;
  std::map<TopicPartition, PartitionLog> logs;
  std::int64_t last_producer_id = 0;
};

class PartHost : public engine::Node, public BrokerServices {
 public:
  PartHost(Store& store, std::unique_ptr<BrokerPart> part)
      : store_(store), part_(std::move(part)) {}

  // ---- for tests
  BrokerPart& part() { return *part_; }
  engine::Runtime& runtime() { return *runtime_; }
  void lead(const TopicPartition& tp, std::int32_t epoch) {
    store_.logs[tp].begin_leader_epoch(epoch);
    led_[tp] = epoch;
    part_->on_leadership(*runtime_, tp, epoch);
  }
  void resign(const TopicPartition& tp) {
    led_.erase(tp);
    part_->on_leadership(*runtime_, tp, -1);
  }
  /// Nothing is replicated from now on, until release().
  void hold() { holds_ = true; }
  void release() {
    holds_ = false;
    for (const std::uint64_t number : std::exchange(held_, {})) finish(number);
  }
  /// Every append is refused with it; Error::none: no more.
  Error refuse = Error::none;
  /// What waits for replication is given up with it.
  void fail_held(Error error) {
    for (const std::uint64_t number : std::exchange(held_, {})) {
      const Append append = appends_.at(number);
      appends_.erase(number);
      part_->on_appended(*runtime_, append.token, error);
    }
  }

  // ---- engine::Node
  void on_start(engine::Runtime& runtime) override {
    runtime_ = &runtime;
    part_->start(runtime, *this);
  }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    if (message.lane.opener == runtime.self()) {
      part_->on_message(runtime, message);
      return;
    }
    const RequestTicket ticket{0, ++last_ticket_};
    requests_[ticket.serial] = {message.source, message.lane};
    if (!part_->handle(runtime, ticket, message)) ++refused_requests;
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    if (token.component != host_component) {
      part_->on_timer(runtime, token);
    } else if (token.kind == refused_token) {
      const auto [refused, error] = refusals_.at(token.value);
      refusals_.erase(token.value);
      part_->on_appended(runtime, refused, error);
    } else if (holds_) {
      held_.insert(token.value);
    } else {
      finish(token.value);
    }
  }
  void on_done(engine::Runtime& runtime, engine::Token token) override {
    part_->on_done(runtime, token);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    part_->stop(runtime, reason);
    appends_.clear();
    held_.clear();
    refusals_.clear();
    led_.clear();
    requests_.clear();
  }

  // ---- BrokerServices
  const ClusterImage& image() const override { return store_.image; }
  const Config& config() const override { return store_.config; }
  std::int64_t new_producer_id() override { return ++store_.last_producer_id; }
  void respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
               std::unique_ptr<Response> response) override {
    const auto found = requests_.find(ticket.serial);
    if (found == requests_.end()) return;
    response->header = header;
    const std::uint64_t size_bytes = response->size_bytes();
    runtime.send(found->second.first, std::move(response), size_bytes, found->second.second);
    requests_.erase(found);
  }
  bool in_hand(RequestTicket ticket) const override { return requests_.contains(ticket.serial); }
  const PartitionLog* log(const TopicPartition& tp) const override {
    const auto found = store_.logs.find(tp);
    return found == store_.logs.end() ? nullptr : &found->second;
  }
  std::int32_t led_epoch(const TopicPartition& tp) const override {
    const auto found = led_.find(tp);
    return found == led_.end() ? -1 : found->second;
  }
  std::int64_t append(engine::Runtime& runtime, const TopicPartition& tp, RecordBatch batch,
                      Duration, std::uint64_t token) override {
    const std::uint64_t number = ++last_append_;
    const Error error = led_.contains(tp) ? refuse : Error::not_leader_or_follower;
    if (error != Error::none) {
      refusals_[number] = {token, error};
      runtime.set_timer(Duration::zero(), {host_component, refused_token, number});
      return -1;
    }
    PartitionLog& log = store_.logs[tp];
    const std::int64_t base_offset = log.log_end_offset();
    log.append_as_leader(std::move(batch), led_[tp], runtime.now());
    appends_[number] = {tp, log.log_end_offset(), token};
    runtime.set_timer(1ms, {host_component, replicated_token, number});
    return base_offset;
  }

  int refused_requests = 0;

 private:
  static constexpr std::uint16_t host_component = 999;
  enum : std::uint16_t { replicated_token, refused_token };
  struct Append {
    TopicPartition tp;
    std::int64_t end = 0;
    std::uint64_t token = 0;
  };

  void finish(std::uint64_t number) {
    const auto found = appends_.find(number);
    if (found == appends_.end()) return;
    const Append append = found->second;
    appends_.erase(found);
    PartitionLog& log = store_.logs[append.tp];
    if (log.high_watermark() < append.end) log.set_high_watermark(append.end);
    part_->on_appended(*runtime_, append.token, Error::none);
  }

  Store& store_;
  std::unique_ptr<BrokerPart> part_;
  engine::Runtime* runtime_ = nullptr;
  bool holds_ = false;
  std::map<TopicPartition, std::int32_t> led_;
  std::map<std::uint64_t, Append> appends_;
  std::set<std::uint64_t> held_;
  std::map<std::uint64_t, std::pair<std::uint64_t, Error>> refusals_;
  std::map<std::uint64_t, std::pair<NodeId, engine::Lane>> requests_;  // by serial
  std::uint64_t last_append_ = 0, last_ticket_ = 0;
};

}  // namespace eventarium::kafka::test
