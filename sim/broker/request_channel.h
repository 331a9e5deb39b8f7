// The connections on which clients and followers ask this broker, one request in hand per
// connection: a connection is muted from the moment a request is taken until it is answered, so a
// request that waits (acks=all, long poll) holds back what was sent after it on the same
// connection, and answers are in the order of the requests.
//
//   idle  --request--> muted: it is in hand          muted --request--> it waits
//   muted --finish---> idle, or muted by the next    any   --close----> forgotten with all of it
//
// Follows Kafka's SocketServer and RequestChannel (4.1). It knows no protocol.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/engine/message.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// The request in hand of a connection. Serials grow and are never given twice in a process's
/// life; 0 is none.
struct RequestTicket {
  std::uint32_t slot = 0;
  std::uint64_t serial = 0;
  bool operator==(const RequestTicket&) const = default;
};

class RequestChannel {
 public:
  struct Connection {
    NodeId client;
    engine::Lane lane;
  };
  struct Taken {
    RequestTicket ticket;
    engine::Message message;
  };
  struct Closed {
    std::optional<RequestTicket> in_hand;
    std::deque<engine::Message> waiting;  // nobody will look at them
  };

  /// A request has arrived. Nothing when it has to wait for its turn.
  std::optional<Taken> arrived(engine::Message message);
  /// The request is answered, or needs no answer: its connection is no longer muted.
  void finish(RequestTicket ticket);
  /// A request whose turn has come because of finish(), oldest turn first.
  std::optional<Taken> next();

  /// False when its connection has been closed or the request has been finished.
  bool in_hand(RequestTicket ticket) const;
  /// in_hand() must hold.
  const Connection& connection(RequestTicket ticket) const;
  /// Forgets the connection and says what went with it.
  Closed close(NodeId client, engine::Lane lane);
  void clear();

  /// The request in hand will be given up at `deadline`. One timer per connection serves all of its
  /// requests, whatever becomes of them.
  void set_deadline(engine::Runtime& runtime, RequestTicket ticket, SimTime deadline);
  /// A timer of the request channel: the request whose deadline has passed, if it is still there.
  std::optional<RequestTicket> on_timer(engine::Runtime& runtime, engine::Token token);

 private:
  struct Slot {
    Connection connection;
    bool open = false;
    std::uint64_t in_hand = 0;  // serial; 0: not muted
    std::deque<engine::Message> waiting;
    SimTime deadline = SimTime::max();  // of what is in hand
    SimTime timer_at = SimTime::max();  // when the earliest timer set fires; max: none is set
  };
  using Key = std::pair<NodeId, engine::Lane>;

  std::uint32_t slot_of(NodeId client, engine::Lane lane);
  Taken take(std::uint32_t slot, engine::Message message);
  void arm(engine::Runtime& runtime, std::uint32_t slot, SimTime at);

  std::map<Key, std::uint32_t> slot_by_key_;
  std::deque<Slot> slots_;  // a deque: messages can't be copied
  std::vector<std::uint32_t> free_slots_;
  std::deque<std::uint32_t> turn_has_come_;  // unmuted slots with waiting requests
  std::uint64_t last_serial_ = 0;
};

}  // namespace eventarium::kafka
