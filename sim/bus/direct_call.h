// The channel that is none: the producer knows every receiver and calls one after the other,
// waiting for each answer. Nothing is kept between them: a slow receiver delays all later ones
// and all later events, a dead one costs the time-out, and an event whose caller dies is gone.
//
// DirectCaller, for the event at the head of its line of waiting events:
//   calling receiver i --reply ok--------------------> receiver i+1, or the event is done
//   calling receiver i --time-out, reset, reply bad--> CallFailed; attempts left: pausing
//                                                      none left: receiver i+1, or done
//   pausing            --retry_backoff has passed----> calling receiver i
//   done: RecordsAcknowledged when every receiver answered ok, else SendFailed with the names.
//
// The connection behaves like HTTP/1.1: a caller that waited in vain closes it, so that a late
// reply or a call that TCP still holds back is lost with it. A receiver that has taken the call
// goes on working on it, unaware: a repeated call may be carried out twice.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/bus/channel.h"
#include "sim/bus/inbox.h"
#include "sim/bus/protocol.h"

namespace eventarium::bus {

struct DirectCallOptions {
  Duration call_timeout = 1s;      // for one attempt at one receiver
  int call_attempts = 1;           // per receiver, at least 1
  Duration retry_backoff = 100ms;  // between two attempts at the same receiver
};

class DirectCaller : public Publisher {
 public:
  /// `receivers`: whom to call for an event of a topic, in this order. A topic that nobody is
  /// called for is acknowledged at once. `component` goes into the tokens of its timers.
  DirectCaller(std::uint16_t component, std::map<std::string, std::vector<NodeId>> receivers,
               DirectCallOptions options = {});

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;

  void publish(engine::Runtime& runtime, Record record, const std::string& topic) override;
  std::uint64_t pending() const override { return waiting_.size(); }

 private:
  enum class State { idle, calling, pausing };
  struct Event {
    Record record;
    std::string topic;
    EventId cause;  // its RecordProduced
  };

  const std::vector<NodeId>& receivers_of_head() const;
  void begin_head(engine::Runtime& runtime);
  void call(engine::Runtime& runtime);
  void attempt_failed(engine::Runtime& runtime, const char* reason);
  void next_receiver(engine::Runtime& runtime);
  void finish_head(engine::Runtime& runtime);

  std::uint16_t component_;
  std::map<std::string, std::vector<NodeId>> receivers_;
  DirectCallOptions options_;
  std::deque<Event> waiting_;  // the head is being called for
  State state_ = State::idle;
  std::size_t receiver_ = 0;     // index in receivers_of_head(), while not idle
  std::uint32_t attempt_ = 0;    // at that receiver, from 1
  std::vector<NodeId> in_vain_;  // receivers that the head did not reach
  TimerId timer_;                // time-out or pause
};

/// Takes calls, has its listener carry them out in order of arrival, and answers each when the
/// listener has finished it. A call whose connection is gone meanwhile is carried out and not
/// answered.
class DirectReceiver : public Subscriber {
 public:
  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime&, engine::Token) override { return false; }
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) override;

 private:
  struct Taken {
    NodeId caller;
    RecordId record;
    std::uint32_t attempt = 0;
  };
  std::map<std::uint64_t, Taken> to_answer_;  // by delivery handle
  Inbox inbox_;
};

}  // namespace eventarium::bus
