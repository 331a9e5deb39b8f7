// Broadcast, as a radio station: the station sends each record to everybody who is connected and
// keeps nothing. Who tunes in late, or has lost the connection, has missed it; nobody will ever
// know. StationNode is the station; BroadcastPublisher and BroadcastSubscriber are its clients.
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

struct StationOptions {
  /// A subscriber that has not said for so long that it still listens is taken off the list.
  Duration silence_limit = 15s;
};

/// A subscriber of the station:
///   unknown --TuneIn, KeepAlive--> tuned in   SubscriberJoined
///   tuned in --TuneIn, KeepAlive-> tuned in   (a new session: its process has been restarted)
///   tuned in --TuneOut, connection reset, silence_limit--> unknown   SubscriberLeft
/// All of it is volatile: a restarted station has no listeners until they tune in again.
class StationNode : public engine::Node {
 public:
  explicit StationNode(StationOptions options = {});

  void on_start(engine::Runtime&) override {}
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  /// 10 microseconds of a 1 Gflop/s core and 1 flop per byte: about 100,000 messages a second,
  /// as servers that only relay from memory do.
  double handling_work_flops(const engine::Message& message) const override;

  std::size_t subscribers() const { return subscribers_.size(); }

 private:
  struct Listening {
    std::uint64_t session = 0;
    std::vector<std::string> topics;
    TimerId silence_timer;
  };

  void tune_in(engine::Runtime& runtime, NodeId subscriber, const TuneIn& request);
  void broadcast(engine::Runtime& runtime, NodeId publisher, const Publish& publish);
  void leave(engine::Runtime& runtime, NodeId subscriber, const char* reason);

  StationOptions options_;
  std::map<NodeId, Listening> subscribers_;
};

struct BroadcastPublisherOptions {
  Duration publish_timeout = 5s;
};

/// Publisher of a station. RecordsAcknowledged means "on air", whether anybody listened or not.
/// Nothing is repeated: what can't be put on air now is old news (SendFailed: connection reset,
/// time-out). A record that timed out may be on air later all the same, when TCP has held it back.
class BroadcastPublisher : public Publisher {
 public:
  BroadcastPublisher(std::uint16_t component, NodeId station,
                     BroadcastPublisherOptions options = {});

  void start(engine::Runtime&) override {}
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;

  void publish(engine::Runtime& runtime, Record record, const std::string& topic) override;
  std::uint64_t pending() const override { return in_flight_.size(); }

 private:
  struct Entry {
    RecordId record;
    SimTime deadline{};
  };

  void fail(engine::Runtime& runtime, std::size_t count, const char* reason);
  void arm(engine::Runtime& runtime);

  std::uint16_t component_;
  NodeId station_;
  BroadcastPublisherOptions options_;
  std::deque<Entry> in_flight_;  // in order of publication; so are the deadlines
  TimerId timer_;                // for the first one
};

struct BroadcastSubscriberOptions {
  Duration keep_alive = 5s;        // well below the station's silence_limit
  Duration answer_timeout = 3s;    // for the answer to a TuneIn or KeepAlive
  Duration retry_backoff = 100ms;  // before tuning in again, doubled for each failure in a row ...
  Duration retry_backoff_max = 1s;
};

/// Subscriber of a station.
///   start -----------------------------------------> tuning in (TuneIn)
///   tuning in --TunedIn----------------------------> listening
///   listening --keep_alive has passed--------------> asking (KeepAlive) --TunedIn--> listening
///   tuning in, asking --no answer------------------> tuning in again, at once
///   any --connection reset-------------------------> pausing, then tuning in
/// Broadcasts are handed to the listener one at a time; those that arrive while it is busy wait
/// in memory. Broadcasts for an earlier session are not heard.
class BroadcastSubscriber : public Subscriber {
 public:
  BroadcastSubscriber(std::uint16_t component, NodeId station, std::vector<std::string> topics,
                      BroadcastSubscriberOptions options = {});

  void start(engine::Runtime& runtime) override;
  bool handle_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool handle_timer(engine::Runtime& runtime, engine::Token token) override;
  void handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  void finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) override;

 private:
  void tune_in(engine::Runtime& runtime, bool keep_alive);

  std::uint16_t component_;
  NodeId station_;
  std::vector<std::string> topics_;
  BroadcastSubscriberOptions options_;
  std::uint64_t session_ = 0;
  std::uint32_t failures_ = 0;
  TimerId answer_timer_, keep_alive_timer_, retry_timer_;
  Inbox inbox_;
};

}  // namespace eventarium::bus
