// What a producer, consumer or service says of itself, and Kafka's keys that must not contradict
// it. Asked by the loader and by whoever changes a key while the run goes on.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace eventarium::scenario {

struct Contradiction {
  std::string entry_key;  // of the file's entry: where it is told
  std::string message;
};

std::vector<Contradiction> contradictions(const Producer& producer);
std::vector<Contradiction> contradictions(const Service& service);

/// Keys that stay as they are for the whole run; empty when this one may change.
std::string fixed_key(const Service& service, const std::string& key);

}  // namespace eventarium::scenario
