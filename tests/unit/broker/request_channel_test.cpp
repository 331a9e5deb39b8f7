// One request in hand per connection, the others wait for their turn.
#include "sim/broker/request_channel.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

engine::Message message(std::uint64_t id, NodeId client, std::uint8_t purpose = 0) {
  engine::Message m;
  m.id = MessageId{id};
  m.source = client;
  m.lane = {client, purpose};
  return m;
}

constexpr NodeId alice{1}, bob{2};

}  // namespace

TEST_CASE("a connection is muted while its request is in hand; others and other lanes are not") {
  RequestChannel channel;
  const auto first = channel.arrived(message(1, alice));
  REQUIRE(first);
  CHECK_FALSE(channel.arrived(message(2, alice)));
  CHECK_FALSE(channel.arrived(message(3, alice)));
  CHECK(channel.arrived(message(4, bob)));
  CHECK(channel.arrived(message(5, alice, 1)));
  CHECK_FALSE(channel.next());
  channel.finish(first->ticket);
  CHECK_FALSE(channel.in_hand(first->ticket));
  const auto second = channel.next();
  REQUIRE(second);
  CHECK(second->message.id == MessageId{2});
  CHECK(channel.connection(second->ticket).client == alice);
  CHECK_FALSE(channel.next());
  channel.finish(first->ticket);  // finished already: does nothing to the second
  CHECK(channel.in_hand(second->ticket));
}

TEST_CASE("what arrives between an answer and the next one's turn does not overtake it") {
  RequestChannel channel;
  const auto first = channel.arrived(message(1, alice));
  channel.arrived(message(2, alice));
  channel.finish(first->ticket);
  CHECK_FALSE(channel.arrived(message(3, alice)));
  CHECK(channel.next()->message.id == MessageId{2});
}

TEST_CASE("closing forgets what waits, and a new connection in its place is another") {
  RequestChannel channel;
  const auto first = channel.arrived(message(1, alice));
  channel.arrived(message(2, alice));
  const auto closed = channel.close(alice, {alice, 0});
  CHECK(closed.in_hand == first->ticket);
  REQUIRE(closed.waiting.size() == 1);
  CHECK(closed.waiting[0].id == MessageId{2});
  CHECK_FALSE(channel.in_hand(first->ticket));
  CHECK_FALSE(channel.close(alice, {alice, 0}).in_hand);
  CHECK_FALSE(channel.next());
  const auto again = channel.arrived(message(3, bob));
  REQUIRE(again);
  CHECK(again->ticket.serial != first->ticket.serial);
  channel.finish(first->ticket);
  CHECK(channel.in_hand(again->ticket));
}

TEST_CASE("a connection that is closed when its turn has come does not give it to its successor") {
  RequestChannel channel;
  const auto first = channel.arrived(message(1, alice));
  channel.arrived(message(2, alice));
  channel.finish(first->ticket);
  channel.close(alice, {alice, 0});
  const auto other = channel.arrived(message(3, bob));
  REQUIRE(other);
  CHECK_FALSE(channel.next());
}
