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
//   free --handled before (dedup)----> finishing                RecordSkipped
//   finishing ---------at once-------> free     ProcessingFinished ok
//   working --looked up in vain------> free     ProcessingFinished failed, as a malformed event
//   working --event malformed--------> free     ProcessingFinished failed: nothing was done; the
//                                               channel hears of it, Kafka's consumer goes on with
//                                               the next record
//   working --process dies-----------> gone     nothing was done; whether the event comes again
//                                               is the channel's matter
//
// It does not wait for its publisher: the event is finished when the emissions are handed over.
// A crash between the two loses emissions that were not sent yet, though their side effects are
// done and the event will not come again. With `publish: outbox` the emissions are rows of its
// database first (reaction.h) and its relay publishes them (outbox_relay.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sim/base/planted_fault.h"
#include "sim/bus/channel.h"
#include "sim/engine/node.h"
#include "sim/scenario/scenario.h"
#include "sim/service/breakable.h"
#include "sim/service/database.h"
#include "sim/service/outbox_relay.h"
#include "sim/service/reaction.h"
#include "sim/service/side_effects.h"

namespace eventarium::service {

class ServiceNode : public engine::Node,
                    public bus::Listener,
                    public EventHandler,
                    private bus::PublicationListener {
 public:
  /// `publisher` may be null when no reaction emits anything. The parts were built with
  /// subscriber_component and publisher_component. `ledger` outlives the node.
  /// `database`: shared by all instances of the service; null: it has one of its own.
  ServiceNode(scenario::Service service, std::unique_ptr<bus::Subscriber> subscriber,
              std::unique_ptr<bus::Publisher> publisher, SideEffectLedger& ledger,
              std::shared_ptr<Database> database = nullptr, PlantedFaults planted = {});

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
    bool done_before = false;
  };

  void end_when_closed(engine::Runtime& runtime);
  const scenario::Reaction* reaction_to(const std::string& event_type) const;
  void finish(engine::Runtime& runtime);
  void listen();
  bool do_work(engine::Runtime& runtime, const Work& work);
  void on_published(RecordId record, bool acknowledged) override;

  scenario::Service service_;
  std::unique_ptr<bus::Subscriber> subscriber_;
  std::unique_ptr<bus::Publisher> publisher_;
  SideEffectLedger& ledger_;
  std::optional<Work> work_;
  bool closing_ = false;  // asked to end
  EmissionCounts emitted_;
  std::shared_ptr<Database> database_;
  OutboxRelay relay_;
  PlantedFaults planted_;
  std::string remember_later_;  // with a planted fault only
  double handler_factor_ = 1;
};

}  // namespace eventarium::service
