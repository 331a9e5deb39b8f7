// Makes the events that producers and services publish: id, key and data from the templates of
// the scenario. Knows nothing of channels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/base/cloud_event.h"
#include "sim/base/random.h"
#include "sim/engine/runtime.h"
#include "sim/scenario/scenario.h"
#include "sim/service/template_text.h"

namespace eventarium::service {

/// The nth event (from 1) of a producer. Its templates may name {n} {id} {type} {source} {time},
/// the fields of the data, and {key} where the key doesn't itself need the data.
CloudEvent make_produced(const scenario::Producer& producer, std::uint64_t n, SimTime now,
                         RandomStream& random);

/// The event that a service emits in reaction to another. Its templates may name {n}, and all of
/// the event reacted to; fields of the new data come before the fields of the old.
CloudEvent make_emitted(const scenario::Emission& emission, const std::string& service,
                        std::uint64_t n, SimTime now, const CloudEvent& reacted_to,
                        RandomStream& random);

/// Key + value as Kafka would serialize them; the value is `value_size_bytes` long, or, when that
/// is 0, its JSON.
std::uint32_t record_size_bytes(const CloudEvent& event, std::uint32_t value_size_bytes);

/// Gives the event a record number and emits RecordProduced, which becomes the current cause.
Record produce(engine::Runtime& runtime, CloudEvent event, const std::string& topic,
               std::uint32_t value_size_bytes);

}  // namespace eventarium::service
