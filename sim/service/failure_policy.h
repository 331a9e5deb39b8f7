// What a service does with an event that its handler has failed with: `on_failure` and `retry` of
// the scenario. Decides only; the service node does it. Follows what frameworks around Kafka's
// consumer do: Spring Kafka 3.x DefaultErrorHandler (retry in place), @RetryableTopic (retry
// topics, attempts counted with the first one), DeadLetterPublishingRecoverer.
//
//   skip          --> go_on
//   retry         --attempts left--> again after backoff * factor^n, in place; else --> go_on
//   retry_topics  --attempts left--> put_aside in <topic>-retry-<n>, due after the same pauses
//                 --none left------> put_aside in <topic>-dlt
//   dead_letter   --> put_aside in <topic>-dlt
//   stop          --> stop
// <topic> is where the event was published first, however often it has been put aside since.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/bus/channel.h"
#include "sim/scenario/scenario.h"

namespace eventarium::service {

struct AfterFailure {
  enum class What : std::uint8_t { go_on, again, put_aside, stop } what = What::go_on;
  Duration pause{};   // again
  std::string topic;  // put_aside
  bool dead_letter = false;
};

/// How often the handler had failed with the event before it came with this delivery.
std::uint32_t earlier_attempts(const bus::Delivery& delivery);

/// `attempts` have failed, the last one included.
AfterFailure after_failure(const scenario::Service& service, const bus::Delivery& delivery,
                           std::uint32_t attempts);

/// The event with the headers that its copy carries.
CloudEvent detoured(const bus::Delivery& delivery, std::uint32_t attempts, SimTime due,
                    std::string reason);

/// How long the delivery, from one of the service's own retry topics, is not to be tried yet; zero
/// when it may be.
Duration too_early(const scenario::Service& service, const bus::Delivery& delivery, SimTime now);

}  // namespace eventarium::service
