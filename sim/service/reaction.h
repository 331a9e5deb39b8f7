// What a service's handler does with one event, once its service time is over.
//
//   1. what it knows of the matter is looked up in the service's database
//   2. side effects in the outside world
//   3. one local transaction: rows, the key of the record (deduplication), the outbox's rows
//   4. publish: direct -- the events are handed to the publisher. What is asked is waited for from
//      then on (service_requests.cpp); an answer goes where the question says.
// All four happen in one instant of the simulation, so a crash comes before all of it or after.
// What comes after is the difference between the two ways to publish: handed over (4) is not
// stored yet, and is gone with the process; a row of the outbox is not.
// Side effects stand for what takes part in the transaction, or accepts an idempotency key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/bus/channel.h"
#include "sim/engine/runtime.h"
#include "sim/scenario/scenario.h"
#include "sim/service/database.h"
#include "sim/service/side_effects.h"

namespace eventarium::service {

/// {n} of each emission, by its id template. Stands for whatever makes ids unique (a database
/// sequence, a UUID), and so survives a crash.
using EmissionCounts = std::map<std::string, std::uint64_t>;

struct ReactionTools {
  const scenario::Service& service;
  Database& database;
  SideEffectLedger& ledger;
  bus::Publisher* publisher;  // null when it publishes nothing
  EmissionCounts& counts;
  OpenRequests& requests;  // for what it asks
};

/// False when the row that the reaction looks up is not there: it can't be done.
bool knows_enough(const scenario::Reaction& reaction, const CloudEvent& event,
                  const Database& database);

/// It is to answer, and the event is no question.
bool answers_in_vain(const scenario::Reaction& reaction, const CloudEvent& event);

/// Does all of it. `handled`: the key to remember with it; empty: none.
void react(engine::Runtime& runtime, const ReactionTools& tools, const scenario::Reaction& reaction,
           const Record& record, const std::string& handled);

/// What deduplication recognises the record by; empty without it.
std::string handled_key(scenario::Deduplication by, const Record& record);

}  // namespace eventarium::service
