// A service: reacts to events. It takes deliveries from its subscriber, works on each for the
// service time, and at the end of that time does its side effects and emits its events. A consumer
// is a service without reactions, which only reads. What carries the events it doesn't know.
//
// Work on one delivery:
//   (none) --delivery, reaction found--> working                  ProcessingStarted
//   (none) --delivery, no reaction-----> finishing                (a consumer works on everything)
//   (none) --handled before (dedup)----> finishing                RecordSkipped
//   (none) --answer nobody waits for---> finishing                RecordSkipped
//   working --service time over--------> done      SideEffectDone..., RecordProduced...,
//                                                  ProcessingFinished ok
//   finishing ---------at once---------> done      ProcessingFinished ignored, or ok
//   working --handler fails------------> done      ProcessingFinished failed: nothing was done; the
//                                                  channel hears of it, Kafka's consumer goes on
//                                                  with the next record. Or, as failure_policy.h
//                                                  says:
//                                      > pausing  then working again, ProcessingStarted
//                                      > putting aside  a copy is published: RecordPutAside
//                                      > gone     it ends, and the record comes again
//   putting aside --acknowledged-------> done      only now may the position pass the record
//   putting aside --send failed--------> pausing   then putting aside again
//   (none) --delivery not yet due------> held      RecordDelayed; its partition waits until then
//   working --process dies-------------> gone      nothing was done; whether the event comes again
//                                                  is the channel's matter
//
// Without a queue poll()'s thread does the work: one delivery at a time. With one, deliveries are
// taken over and wait for a worker (service_intake.cpp).
//
// It does not wait for its publisher: the event is finished when the emissions are handed over.
// A crash between the two loses emissions that were not sent yet, though their side effects are
// done and the event will not come again. With `publish: outbox` the emissions are rows of its
// database first (reaction.h) and its relay publishes them (outbox_relay.h).
#pragma once

#include <cstdint>
#include <deque>
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
#include "sim/service/database.h"
#include "sim/service/failure_policy.h"
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
    const scenario::Reaction* reaction = nullptr;  // null: a consumer's, or nothing to do
    bool ignored = false;
    bool nothing_to_do = false;  // done before, or an answer that nobody waits for
    std::uint32_t attempts = 0;  // that have failed, in former deliveries as well
    std::string last_failure{};
    RecordId copy{};  // that is being published instead
    std::optional<bool> copy_acknowledged{};
    EventId copy_settled{};
    bool is_handled() const { return !ignored && !nothing_to_do; }
  };
  /// Work by the handle of its delivery, which is the value of its timers.
  using Works = std::map<std::uint64_t, Work>;
  enum TimerKind : std::uint16_t { service_time_over, try_again, put_aside_again, partition_due };

  void listen();
  void own_timer(engine::Runtime& runtime, engine::Token token);
  void end_when_closed(engine::Runtime& runtime);
  void forget_work();
  const scenario::Reaction* reaction_to(const std::string& event_type, bool unanswered) const;
  void take_up(engine::Runtime& runtime, const bus::Delivery& delivery);
  bool has_nothing_to_do(engine::Runtime& runtime, const Record& record);
  void begin(engine::Runtime& runtime, Work& work);
  void finish(engine::Runtime& runtime, Work& work);
  void pass(engine::Runtime& runtime, Work& work, bool ok);
  void do_work(engine::Runtime& runtime, const Work& work);
  ReactionTools tools();
  void on_published(RecordId record, bool acknowledged, EventId event) override;

  // failures: service_failures.cpp
  std::string failure(const Work& work);
  void on_failure(engine::Runtime& runtime, Work& work, const std::string& reason);
  void put_aside(engine::Runtime& runtime, Work& work);
  void settle_put_aside(engine::Runtime& runtime);
  void give_up(engine::Runtime& runtime, const Work& work, const std::string& reason);
  bool wait_until_due(engine::Runtime& runtime, const bus::Delivery& delivery);
  void on_partition_due(engine::Runtime& runtime, std::uint64_t number);

  // a queue and workers of its own: service_intake.cpp
  void take_in(engine::Runtime& runtime, const bus::Delivery& delivery);
  void queue_up(engine::Runtime& runtime, const bus::Delivery& delivery);
  void worker_free(engine::Runtime& runtime);

  // questions over topics: service_requests.cpp
  OpenRequests& requests() {
    return service_.requests_in_database ? database_->requests() : requests_in_memory_;
  }
  void adopt_questions(engine::Runtime& runtime);
  bool take_answer(engine::Runtime& runtime, const Record& answer);
  void answer_dealt_with(engine::Runtime& runtime, const Record& answer, bool ok);
  void on_overdue(engine::Runtime& runtime, std::uint64_t number);

  scenario::Service service_;
  std::unique_ptr<bus::Subscriber> subscriber_;
  std::unique_ptr<bus::Publisher> publisher_;
  SideEffectLedger& ledger_;
  Works works_;
  std::deque<bus::Delivery> queue_;       // taken over, and no worker is free
  std::optional<bus::Delivery> waiting_;  // not taken over yet: the queue is full
  bool paused_ = false;                   // its subscriber is
  bool closing_ = false;                  // asked to end
  EmissionCounts emitted_;
  std::shared_ptr<Database> database_;
  OpenRequests requests_in_memory_;
  OutboxRelay relay_;
  PlantedFaults planted_;
  std::string remember_later_;  // with a planted fault only
  double handler_factor_ = 1;
  std::map<std::uint64_t, std::pair<std::string, std::int64_t>> held_;  // partitions, by timer
  std::uint64_t last_held_ = 0;
};

}  // namespace eventarium::service
