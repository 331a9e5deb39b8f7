// Messages on their way at the playhead: who, how far, and what they look like. Many on one link
// become a band with a count; never more than a fixed number are listed. Pure function of history
// and world.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "viz/model/world.h"

namespace eventarium::viz {

enum class FlightKind {
  publish,    // carries records towards a broker, queue or station
  deliver,    // carries records from there to a reader
  call,       // carries records straight from node to node
  request,    // carries none, towards a broker, queue, station or called node
  response,   // carries none, back
  replicate,  // carries records from a leader to a follower
  control,    // between those that run the cluster: fetches of followers, heartbeats, votes, ...
};
inline constexpr std::size_t flight_kinds = 7;

struct Flight {
  const MessageInfo* message = nullptr;  // valid until the history is cleared
  FlightKind kind = FlightKind::request;
  float fraction = 0;    // of the way, 0..1
  bool lost = false;     // it is gone: stands where it was lost, for `lost_shown` after that
  bool waiting = false;  // its connection stalls
  RecordId record;       // the first one it carries; none for requests and answers
  std::uint32_t records = 0;
  std::uint32_t link = 0;  // index into History::links()
  bool forward = true;     // from LinkInfo::a to b
};

/// More than `band_from` messages one way along one link.
struct Band {
  std::uint32_t link = 0;
  bool forward = true;
  std::uint32_t messages = 0, records = 0;
  FlightKind kind = FlightKind::publish;  // of most of them
};

struct Flights {
  std::vector<Flight> flights;  // oldest first
  std::vector<Band> bands;      // their messages are not in `flights`
  std::uint32_t total = 0;      // all in flight
};

struct FlightOptions {
  std::uint32_t band_from = 50;
  std::uint32_t flights_max = 20000;
  Duration lost_shown{};  // how long before the playhead a loss is still shown
  bool routine = true;    // also what goes on all the time and says nothing new: heartbeats, ...
};

Flights flights_at(const History& history, const World& world, const FlightOptions& options = {});

/// "order-17", "order-17 +3", or the message's own label ("Fetch") when it carries no records.
std::string flight_label(const History& history, const MessageInfo& message);
FlightKind flight_kind(const History& history, const MessageInfo& message);

}  // namespace eventarium::viz
