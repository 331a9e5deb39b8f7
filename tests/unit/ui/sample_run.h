// A small made-up run for the tests of the window: a website publishes subscriptions to one
// broker with two partitions, three services react; the last one crashes on the way.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/header.h"
#include "sim/trace/reader.h"
#include "viz/model/session.h"

namespace eventarium::viz::ui::testing {

class SampleRun {
 public:
  /// `records` subscriptions, half a second apart.
  explicit SampleRun(int records) {
    file_.header = trace::Header{1, "newsletter", "The newsletter", 42, "lean", "test"};
    website_ = declare("website", "producer", "acks=1");
    broker_ = declare("broker-1", "broker", "rack a");
    for (const char* name : {"mailer", "crm", "discounts"})
      services_.push_back(declare(name, "service", "reads signups"));
    for (const std::int64_t partition : {0, 1})
      emit(sim_time(0s), broker_,
           trace::PartitionCreated{"signups", partition, broker_, 0, {broker_}, {broker_}});
    for (const NodeId service : services_)
      for (const std::int64_t partition : {0, 1})
        emit(sim_time(0s), service, trace::PositionReset{"signups", partition, "assigned", 0});
    for (int i = 1; i <= records; ++i) publish(i);
    const SimTime end = sim_time(500ms * (records + 2));
    emit(end - 400ms, services_.back(), trace::FaultInjected{"crash", NodeId{}, ""});
    emit(end - 400ms, services_.back(), trace::NodeStopped{"crash"});
    emit(end, NodeId{}, trace::RunEnded{file_.events.size(), "0123456789abcdef"});
    std::stable_sort(file_.events.begin(), file_.events.end(),
                     [](const trace::Event& a, const trace::Event& b) { return a.t < b.t; });
    std::uint64_t id = 0;
    for (trace::Event& event : file_.events) event.id = EventId{++id};
    file_.reached = end;
    file_.complete = true;
  }

  const trace::TraceFile& file() const { return file_; }
  NodeId website() const { return website_; }
  NodeId broker() const { return broker_; }
  SimTime end() const { return file_.reached; }

  /// A session that stands at `t`.
  std::unique_ptr<Session> session_at(SimTime t) const {
    auto session = std::make_unique<Session>(std::make_unique<FileSource>(file_));
    session->playback().pause();
    session->frame(Duration{});
    session->playback().seek(t);
    session->frame(Duration{});
    return session;
  }

 private:
  NodeId declare(const std::string& name, const std::string& role, const std::string& label) {
    const NodeId id{nodes_++};
    trace::NodeDeclared node;
    node.index = id;
    node.name = name;
    node.role = role;
    node.label = label;
    node.latency = 50us;
    emit(sim_time(0s), NodeId{}, node);
    emit(sim_time(0s), id, trace::NodeStarted{1});
    file_.names.declare(id, name);
    return id;
  }

  void emit(SimTime t, NodeId node, trace::EventBody body) {
    file_.events.push_back({EventId{}, t, node, EventId{}, std::move(body)});
  }

  void message(SimTime from_t, SimTime to_t, NodeId from, NodeId to, const std::string& label,
               std::vector<RecordId> records) {
    const MessageId id{++messages_};
    emit(from_t, from, trace::MessageSent{id, to, label, 200, std::move(records)});
    emit(to_t, to, trace::MessageArrived{id});
  }

  void publish(int i) {
    const SimTime t = sim_time(500ms * i);
    const RecordId record{static_cast<std::uint64_t>(i)};
    const std::int64_t partition = i % 2;
    const std::int64_t offset = counts_[static_cast<std::size_t>(partition)]++;
    const std::string id = "sub-" + std::to_string(i);
    emit(t, website_,
         trace::RecordProduced{record, id, "NewSubscriber", "", false, "signups",
                               R"({"email":"ada@example.org"})", 90});
    emit(t, website_, trace::RecordBatched{record, "signups", partition, "sticky", 1});
    message(t + 5ms, t + 105ms, website_, broker_, "Produce", {record});
    emit(t + 105ms, broker_, trace::BatchAppended{"signups", partition, offset, {record}, 0, 120});
    emit(t + 105ms, broker_, trace::HighWatermarkAdvanced{"signups", partition, offset + 1});
    message(t + 106ms, t + 160ms, broker_, website_, "ProduceResponse", {});
    emit(t + 160ms, website_, trace::RecordsAcknowledged{{record}, "signups", partition, offset});
    Duration extra{};
    for (const NodeId service : services_) {
      extra += 30ms;
      message(t + 110ms, t + 180ms + extra, broker_, service, "FetchResponse", {record});
      emit(t + 180ms + extra, service,
           trace::RecordsDelivered{{record}, "signups", partition, offset, 1});
      emit(t + 180ms + extra, service, trace::ProcessingStarted{record, 100ms});
      emit(t + 280ms + extra, service, trace::ProcessingFinished{record, "ok"});
      emit(t + 280ms + extra, service,
           trace::SideEffectDone{record, file_.names.name(service) + "-effect", id,
                                 "did its part for ada@example.org", 1});
      message(t + 281ms + extra, t + 330ms + extra, service, broker_, "Fetch", {});
    }
  }

  trace::TraceFile file_;
  std::vector<NodeId> services_;
  NodeId website_, broker_;
  std::uint32_t nodes_ = 0;
  std::uint64_t messages_ = 0;
  std::int64_t counts_[2] = {0, 0};
};

}  // namespace eventarium::viz::ui::testing
