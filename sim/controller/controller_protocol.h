// What a broker says to the active controller about itself: that it is there (BrokerRegistration)
// and that it lives (BrokerHeartbeat). Follows Kafka's messages of these names (4.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/broker/protocol.h"

namespace eventarium::kafka {

struct BrokerRegistrationRequest final : Request {
  NodeId broker;
  std::uint64_t incarnation = 0;
  /// Of the registration before a clean shutdown, from the file written then; -1: there is none.
  std::int64_t previous_broker_epoch = -1;

  std::string_view label() const override { return "BrokerRegistration"; }
  std::uint64_t size_bytes() const override { return 160; }
};

/// Errors: NOT_CONTROLLER, DUPLICATE_BROKER_REGISTRATION.
struct BrokerRegistrationResponse final : Response {
  Error error = Error::none;
  std::int64_t broker_epoch = -1;

  std::string_view label() const override { return "BrokerRegistrationResponse"; }
  std::uint64_t size_bytes() const override { return 30; }
};

struct BrokerHeartbeatRequest final : Request {
  NodeId broker;
  std::int64_t broker_epoch = -1;
  std::int64_t metadata_offset = 0;  // it has replayed the entries below
  bool want_fence = false;
  bool want_shutdown = false;

  std::string_view label() const override { return "BrokerHeartbeat"; }
  std::uint64_t size_bytes() const override { return 60; }
};

/// Errors: NOT_CONTROLLER, STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED.
struct BrokerHeartbeatResponse final : Response {
  Error error = Error::none;
  bool is_caught_up = false;  // it has replayed its own registration
  bool is_fenced = true;
  bool should_shutdown = false;

  std::string_view label() const override { return "BrokerHeartbeatResponse"; }
  std::uint64_t size_bytes() const override { return 30; }
};

}  // namespace eventarium::kafka
