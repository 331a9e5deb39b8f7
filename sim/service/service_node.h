// A service: reacts to events. It takes one delivery at a time from its subscriber, works on it
// for the service time, and at the end of that time does its side effects and emits its events.
// A consumer is a service without reactions, which only reads. What carries the events it doesn't
// know.
//
//   free --delivery, reaction found--> working                  ProcessingStarted
//   free --delivery, no reaction-----> finishing                (a consumer works on everything)
//   working --service time over------> free     SideEffectDone..., RecordProduced...,
//                                               ProcessingFinished ok
//   finishing ---------at once-------> free     ProcessingFinished ignored
//   working --handler fails----------> free     ProcessingFinished failed: nothing was done; the
//                                               channel hears of it, Kafka's consumer goes on with
//                                               the next record. Or, as failure_policy.h says:
//                                    > pausing  then working again, ProcessingStarted
//                                    > putting aside  a copy is published: RecordPutAside
//                                    > gone     it ends, and the record comes again
//   putting aside --acknowledged-----> free     only now may the position pass the record
//   putting aside --send failed------> pausing  then putting aside again
//   free --delivery not yet due------> free     RecordDelayed; its partition is held until then
//   working --process dies-----------> gone     nothing was done; whether the event comes again
//                                               is the channel's matter
//
// It does not wait for its publisher: the event is finished when the emissions are handed over.
// A crash between the two loses emissions that were not sent yet, though their side effects are
// done and the event will not come again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sim/base/planted_fault.h"
#include "sim/bus/channel.h"
#include "sim/engine/node.h"
#include "sim/scenario/scenario.h"
#include "sim/service/breakable.h"
#include "sim/service/failure_policy.h"
#include "sim/service/side_effects.h"

namespace eventarium::service {

class ServiceNode : public engine::Node,
                    public bus::Listener,
                    public bus::PublishListener,
                    public EventHandler {
 public:
  /// `publisher` may be null when no reaction emits anything. The parts were built with
  /// subscriber_component and publisher_component. `ledger` outlives the node.
  ServiceNode(scenario::Service service, std::unique_ptr<bus::Subscriber> subscriber,
              std::unique_ptr<bus::Publisher> publisher, SideEffectLedger& ledger);

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  /// What it works on is dropped; it ends when its subscriber has said goodbye.
  bool on_stop_request(engine::Runtime& runtime) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// 10 microseconds of a 1 Gflop/s core and 1 flop per byte: reading and parsing; the work that
  /// an event means is its service time.
  double handling_work_flops(const engine::Message& message) const override {
    return 10e3 + static_cast<double>(message.size_bytes);
  }

  void on_delivery(engine::Runtime& runtime, const bus::Delivery& delivery) override;
  void on_published(RecordId record, bool acknowledged, EventId event) override;
  void plant(PlantedFaults planted) { planted_ = planted; }

  void set_handler_factor(double factor) override { handler_factor_ = factor; }

  /// While the process is down: what it reads and publishes with from the next start on.
  void set_channels(std::unique_ptr<bus::Subscriber> subscriber,
                    std::unique_ptr<bus::Publisher> publisher) {
    subscriber_ = std::move(subscriber);
    publisher_ = std::move(publisher);
    listen();
  }

  const bus::Subscriber& subscriber() const { return *subscriber_; }
  const bus::Publisher* publisher() const { return publisher_.get(); }

 private:
  struct Work {
    bus::Delivery delivery;
    const scenario::Reaction* reaction = nullptr;  // null: a consumer's, or ignored
    bool ignored = false;
    std::uint32_t attempts = 0;  // that have failed, in former deliveries as well
    RecordId copy{};             // that is being published instead
    std::optional<bool> copy_acknowledged{};
    EventId copy_settled{};
  };
  enum TimerKind : std::uint16_t { service_time_over, try_again, put_aside_again, partition_due };

  void listen();

  void end_when_closed(engine::Runtime& runtime);
  const scenario::Reaction* reaction_to(const std::string& event_type) const;
  void begin(engine::Runtime& runtime);
  void finish(engine::Runtime& runtime);
  void pass(engine::Runtime& runtime, bool ok);

  // failures: service_failures.cpp
  std::string failure(const Work& work);
  void on_failure(engine::Runtime& runtime, const std::string& reason);
  void put_aside(engine::Runtime& runtime, const AfterFailure& after);
  void settle_put_aside(engine::Runtime& runtime);
  void give_up(engine::Runtime& runtime, const std::string& reason);
  bool wait_until_due(engine::Runtime& runtime, const bus::Delivery& delivery);
  void on_partition_due(engine::Runtime& runtime, std::uint64_t number);
  void react(engine::Runtime& runtime, const Work& work);
  void emit_events(engine::Runtime& runtime, const Work& work);

  scenario::Service service_;
  std::unique_ptr<bus::Subscriber> subscriber_;
  std::unique_ptr<bus::Publisher> publisher_;
  SideEffectLedger& ledger_;
  std::optional<Work> work_;
  bool closing_ = false;  // asked to end
  // {n} of each emission, by its id template. Stands for whatever makes ids unique (a database
  // sequence, a UUID), and so survives a crash.
  std::map<std::string, std::uint64_t> emitted_;
  double handler_factor_ = 1;
  std::string last_failure_;                                            // of the work in hand
  std::map<std::uint64_t, std::pair<std::string, std::int64_t>> held_;  // partitions, by timer
  std::uint64_t last_held_ = 0;
  PlantedFaults planted_;
};

}  // namespace eventarium::service
