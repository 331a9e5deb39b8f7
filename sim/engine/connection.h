// One direction of a TCP-like connection between two nodes, on one lane. In order, one bundle in
// flight, messages that wait are coalesced into the next bundle.
//
//   idle ---------send----------> transferring  (way free)   or stalled (way blocked, packet lost)
//   transferring --bundle done--> deliver it; idle, or the next bundle
//   transferring --way breaks---> stalled
//   stalled ---RTO has passed---> transferring, or stalled again with the time-out doubled
//   any --an end dies, close----> idle, not established; what waited or travelled is lost
//
// `established` with the destination's incarnation tells a live connection from one whose other
// end has been restarted: that one is reset by the first bundle that reaches it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/engine/message.h"

namespace eventarium::engine {

struct Connection {
  enum class State : std::uint8_t { idle, transferring, stalled };

  /// Linux's TCP_RTO_MIN and TCP_RTO_MAX; doubled after each time-out in a row.
  static constexpr Duration retransmission_timeout_min = 200ms;
  static constexpr Duration retransmission_timeout_max = 120s;
  static constexpr double segment_bytes = 1460;  // Ethernet's MSS
  /// What a paused process's system accepts for it, and one bundle more; Linux's tcp_rmem default.
  static constexpr std::uint64_t receive_buffer_bytes = 131072;

  NodeId source, destination;
  Lane lane;
  std::uint32_t index = 0;       // in the engine's table
  std::uint32_t generation = 0;  // +1 whenever what is under way is no longer wanted
  State state = State::idle;
  bool established = false;                   // a bundle has been accepted by the other end
  bool closing = false;                       // the source has ended: drain, then close
  std::uint32_t destination_incarnation = 0;  // valid while established
  std::uint32_t stalls = 0;                   // in a row
  std::uint64_t unread_bytes = 0;             // accepted while the destination is paused
  std::vector<Message> in_flight, waiting;

  bool idle_and_empty() const { return state == State::idle && waiting.empty(); }
};

}  // namespace eventarium::engine
