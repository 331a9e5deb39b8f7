// See event_factory.h.
#include "sim/service/event_factory.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace eventarium::service {

CloudEvent make_produced(const scenario::Producer& producer, std::uint64_t n, SimTime now,
                         RandomStream& random) {
  CloudEvent event;
  event.source = producer.name;
  event.type = producer.event;
  event.time = now;
  event.id = producer.name + "-" + std::to_string(n);
  event.data = producer.tombstone ? "" : "{}";
  // Most events of a run with a heavy load are plain.
  if (producer.id.empty() && !producer.key && producer.data.empty()) return event;
  Placeholders placeholders;
  placeholders.set_attribute("n", std::to_string(n));
  placeholders.set_attribute("type", event.type);
  placeholders.set_attribute("source", event.source);
  placeholders.set_time(now);
  if (!producer.id.empty()) event.id = expand(producer.id, placeholders);
  placeholders.set_attribute("id", event.id);
  if (producer.key && is_known(*producer.key, placeholders)) {
    event.partitionkey = expand(*producer.key, placeholders);
    placeholders.set_attribute("key", *event.partitionkey);
  }
  if (!producer.tombstone && !producer.data.empty())
    event.data = to_text(make_data(producer.data, placeholders, random));
  if (producer.key && !event.partitionkey) event.partitionkey = expand(*producer.key, placeholders);
  return event;
}

CloudEvent make_emitted(const scenario::Emission& emission, const std::string& service,
                        std::uint64_t n, SimTime now, const CloudEvent& reacted_to,
                        RandomStream& random) {
  CloudEvent event;
  event.source = service;
  event.type = emission.event;
  event.time = now;
  Placeholders placeholders = placeholders_of(reacted_to);
  placeholders.set_attribute("n", std::to_string(n));
  if (emission.data.empty() && emission.copy_data) {
    event.data = reacted_to.data;
  } else {
    event.data = to_text(make_data(emission.data, placeholders, random));
  }
  event.id = expand(emission.id.empty() ? service + "-{n}" : emission.id, placeholders);
  event.partitionkey = reacted_to.partitionkey;
  if (emission.key) event.partitionkey = expand(*emission.key, placeholders);
  return event;
}

std::uint32_t record_size_bytes(const CloudEvent& event, std::uint32_t value_size_bytes) {
  const std::size_t key = event.partitionkey ? event.partitionkey->size() : 0;
  const std::size_t value = value_size_bytes > 0 ? value_size_bytes : event.data.size();
  return static_cast<std::uint32_t>(key + value);
}

Record produce(engine::Runtime& runtime, CloudEvent event, const std::string& topic,
               std::uint32_t value_size_bytes) {
  Record record;
  record.id = runtime.new_record();
  record.size_bytes = record_size_bytes(event, value_size_bytes);
  record.event = std::make_shared<const CloudEvent>(std::move(event));
  const CloudEvent& made = *record.event;
  runtime.set_cause(runtime.emit(
      trace::RecordProduced{record.id, made.id, made.type, made.partitionkey.value_or(""),
                            made.partitionkey.has_value(), topic, made.data, record.size_bytes}));
  return record;
}

}  // namespace eventarium::service
