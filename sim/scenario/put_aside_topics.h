// Names of the topics into which a service puts what it fails with, and their declaration. Shared
// by the loader and the service.
#pragma once

#include <string>

#include "sim/scenario/scenario.h"

namespace eventarium::scenario {

/// "orders-retry-1": `number` from 1, as many as attempts less one.
std::string retry_topic(const std::string& topic, int number);
/// "orders-dlt", as Spring Kafka calls it.
std::string dead_letter_topic(const std::string& topic);

/// Whether the service publishes what it fails with.
inline bool puts_aside(const Service& service) {
  return service.on_failure == OnFailure::retry_topics ||
         service.on_failure == OnFailure::dead_letter;
}

}  // namespace eventarium::scenario
