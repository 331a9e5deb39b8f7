// See reaction.h.
#include "sim/service/reaction.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "sim/service/condition.h"
#include "sim/service/event_factory.h"
#include "sim/service/template_text.h"

namespace eventarium::service {
namespace {

/// The event with the fields of the row that the reaction looks up; its own come first.
CloudEvent with_knowledge(const scenario::Reaction& reaction, const CloudEvent& event,
                          const Database& database) {
  CloudEvent known = event;
  if (!reaction.looks_up) return known;
  const std::string key = expand(reaction.looks_up->key, placeholders_of(event));
  const std::string* const row = database.row(reaction.looks_up->table, key);
  if (row == nullptr) return known;
  nlohmann::ordered_json data = parse_data(event.data);
  const nlohmann::ordered_json knowledge = parse_data(*row);
  for (const auto& [name, value] : knowledge.items())
    if (!data.contains(name)) data[name] = value;
  known.data = to_text(data);
  return known;
}

void do_effects(engine::Runtime& runtime, const ReactionTools& tools,
                const scenario::Reaction& reaction, RecordId record,
                const Placeholders& placeholders) {
  for (const scenario::SideEffect& effect : reaction.effects) {
    if (!holds(effect.when, placeholders)) continue;
    const std::string key =
        expand(effect.key.empty() ? effect.name + ":{id}" : effect.key, placeholders);
    runtime.emit(trace::SideEffectDone{record, effect.name, key, expand(effect.text, placeholders),
                                       tools.ledger.perform(key)});
  }
}

struct Emitted {
  CloudEvent event;
  std::string topic;
};

std::vector<Emitted> make_events(engine::Runtime& runtime, const ReactionTools& tools,
                                 const scenario::Reaction& reaction, const CloudEvent& event,
                                 const Placeholders& placeholders) {
  std::vector<Emitted> made;
  for (const scenario::Emission& emission : reaction.emits) {
    if (!holds(emission.when, placeholders)) continue;
    made.push_back({make_emitted(emission, runtime.name(), ++tools.counts[emission.id],
                                 runtime.now(), event, runtime.random("data")),
                    emission.topic});
  }
  return made;
}

}  // namespace

bool knows_enough(const scenario::Reaction& reaction, const CloudEvent& event,
                  const Database& database) {
  if (!reaction.looks_up) return true;
  const std::string key = expand(reaction.looks_up->key, placeholders_of(event));
  return database.row(reaction.looks_up->table, key) != nullptr;
}

void react(engine::Runtime& runtime, const ReactionTools& tools, const scenario::Reaction& reaction,
           const Record& record, const std::string& handled) {
  const EventId processing = runtime.current_cause();
  const CloudEvent event = with_knowledge(reaction, *record.event, tools.database);
  const Placeholders placeholders = placeholders_of(event);
  do_effects(runtime, tools, reaction, record.id, placeholders);
  std::vector<Emitted> events = make_events(runtime, tools, reaction, event, placeholders);

  Database::Transaction transaction;
  const std::string told_by = events.empty() ? "" : events.front().event.id;
  for (const scenario::DatabaseWrite& write : reaction.writes) {
    if (!holds(write.when, placeholders)) continue;
    std::string key = expand(write.key, placeholders);
    runtime.emit(trace::DatabaseWritten{record.id, write.table, key, event.data, told_by});
    transaction.rows.push_back({{write.table, std::move(key)}, event.data});
  }
  if (!handled.empty()) transaction.handled.push_back(handled);
  if (tools.service.outbox)
    for (Emitted& emitted : events) {
      const EventId written = runtime.emit(trace::DatabaseWritten{
          record.id, "outbox", emitted.event.id, emitted.event.type + " for " + emitted.topic, ""});
      transaction.outbox.push_back(
          {0, runtime.name(), std::move(emitted.event), emitted.topic, written});
    }
  tools.database.commit(std::move(transaction));
  if (tools.service.outbox) return;
  for (Emitted& emitted : events) {
    Record made = produce(runtime, std::move(emitted.event), emitted.topic, 0);
    tools.publisher->publish(runtime, std::move(made), emitted.topic);
    runtime.set_cause(processing);
  }
}

std::string handled_key(scenario::Deduplication by, const Record& record) {
  switch (by) {
    case scenario::Deduplication::none:
      return {};
    case scenario::Deduplication::key:
      return record.event->partitionkey.value_or(record.event->id);
    case scenario::Deduplication::id:
      return record.event->source + "/" + record.event->id;
  }
  return {};
}

}  // namespace eventarium::service
