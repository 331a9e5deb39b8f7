// What producers and consumers share: connections, metadata, and the one timer that wakes them.
// It asks for metadata when that is due; everything else is its owner's business.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/client/metadata_cache.h"
#include "sim/client/network_client.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class ClientCore {
 public:
  ClientCore(std::uint16_t component, const ClientOptions& options, std::vector<NodeId> bootstrap);

  NetworkClient network;
  MetadataCache metadata;

  /// The response in the message when it is for this component, else null.
  const Response* response_in(const engine::Message& message) const;

  /// Sends a metadata request when one is due and some broker can be sent to; connects to one
  /// when there is none.
  void refresh_metadata(engine::Runtime& runtime);
  /// True when the cluster looks different now.
  bool on_metadata(engine::Runtime& runtime, const MetadataResponse& response);

  /// Forgets the requests in flight to the node; returns those that are the owner's to handle.
  /// Every lost connection asks for new metadata: the node may have lost its partitions.
  std::vector<std::uint32_t> connection_lost(engine::Runtime& runtime, NodeId node);
  /// Closes the connection to a node that has not answered for request.timeout.ms, or that could
  /// not be connected to in time, if there is one, and returns it; connection_lost() is the
  /// owner's next step.
  std::optional<NodeId> hang_up_overdue(engine::Runtime& runtime);

  /// Wakes the owner at `t` or earlier. A wake-up may come for nothing.
  void wake_at(engine::Runtime& runtime, SimTime t);
  /// True when the token is this component's wake-up, which is over then.
  bool take_wake_up(engine::Token token);
  /// When the core itself has something to do next.
  SimTime next_deadline(SimTime now) const;

  /// When the first of the brokers that are backing off may be connected to again.
  SimTime first_backoff_end(SimTime now) const;

  /// The process died, and its timers with it.
  void forget_all();

 private:
  std::uint16_t component_;
  std::optional<std::uint32_t> metadata_request_;
  TimerId timer_;
  SimTime wakes_at_{};
};

}  // namespace eventarium::kafka
