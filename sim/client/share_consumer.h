// A Kafka share consumer: poll() after poll(), and its listener gets one record after the other,
// each of which is its own for a time. What it says of them goes to the leaders with the next
// request. Follows KafkaShareConsumer (ShareConsumerImpl, 4.1) and the loop of an application
// around it.
//
//   share.acknowledgement.mode
//   implicit   poll() accepts all that the poll() before it has returned, whatever became of it
//   explicit   what the handler has finished is accepted, what it has failed at is released
//
// A clean stop is an application that stops between two records: it says what it has finished,
// closes its share sessions, which gives back the rest, and leaves the group.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/bus/channel.h"
#include "sim/client/client_core.h"
#include "sim/client/coordinator_link.h"
#include "sim/client/share_fetcher.h"
#include "sim/client/share_membership.h"

namespace eventarium::kafka {

class ShareConsumer : public bus::Subscriber {
 public:
  /// As a Consumer's arguments; `config` has a group.id, `topics` are subscribed to.
  ShareConsumer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap,
                std::vector<std::string> topics);

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// A handle that isn't the current delivery's is ignored.
  void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) override;
  bool begin_close(engine::Runtime& runtime) override;
  bool is_closed() const override { return closed_; }

  const PartitionList& assigned() const { return membership_.assigned(); }
  const std::string& member_id() const { return membership_.member_id(); }
  /// An error that Kafka throws out of poll() has ended the application's loop.
  bool has_failed() const { return failed_; }

 private:
  struct Item {
    ShareFetcher::Acquired acquired;
    std::uint64_t handle = 0;
    EventId cause;  // its RecordsDelivered
  };

  void run(engine::Runtime& runtime);
  bool poll(engine::Runtime& runtime);
  void hand_out(engine::Runtime& runtime);
  void background(engine::Runtime& runtime);
  void wake_when_due(engine::Runtime& runtime);
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);
  void go_on_closing(engine::Runtime& runtime);
  void warn_of_missing(engine::Runtime& runtime);

  ConsumerOptions options_;
  ClientCore core_;
  std::vector<std::string> topics_;
  CoordinatorLink link_;
  ShareMembership membership_;
  ShareFetcher fetcher_;

  std::deque<Item> slice_;     // of the current poll(), not yet handed out
  std::vector<Item> polled_;   // implicit: handed out, to be accepted by the next poll()
  Item in_hand_;               // what the listener works on
  std::uint64_t current_ = 0;  // its handle; 0: none
  std::uint64_t last_handle_ = 0;
  std::map<std::string, bool> warned_missing_;
  bool running_ = false;  // inside run()
  bool failed_ = false;
  bool closing_ = false, closed_ = false;
  SimTime close_by_{};
};

}  // namespace eventarium::kafka
