// See reaction.h.
#include "sim/service/reaction.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "sim/service/components.h"
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
  std::optional<Duration> within{};  // a question: waits that long for the answer
};

/// The headers of a question, or of the answer to one.
void correlate(const scenario::Emission& emission, const ReactionTools& tools,
               const std::string& instance, const CloudEvent& reacted_to, Emitted& emitted) {
  using Role = scenario::Emission::Role;
  if (emission.role == Role::question) {
    emitted.event.correlation = std::make_shared<const Correlation>(
        Correlation{instance + "/" + emitted.event.id, tools.service.family, emission.reply_to});
    emitted.within = emission.within;
  } else if (emission.role == Role::answer) {
    Correlation headers = *reacted_to.correlation;
    headers.is_answer = true;
    emitted.topic = headers.reply_to;
    emitted.event.correlation = std::make_shared<const Correlation>(std::move(headers));
  }
}

/// From now on its answer is waited for, when it is a question.
void wait_for_answer(engine::Runtime& runtime, const ReactionTools& tools, const Record& question,
                     std::optional<Duration> within) {
  if (!is_question(*question.event)) return;
  OpenRequest request;
  request.asked_by = runtime.name();
  request.question = question;
  request.asked = runtime.now();
  if (within) request.overdue = runtime.now() + *within;
  const std::uint64_t number =
      tools.requests.open(question.event->correlation->id, std::move(request));
  if (within) runtime.set_timer(*within, {requests_component, question_overdue, number});
}

void publish(engine::Runtime& runtime, const ReactionTools& tools, Emitted emitted) {
  Record made = produce(runtime, std::move(emitted.event), emitted.topic, 0);
  wait_for_answer(runtime, tools, made, emitted.within);
  tools.publisher->publish(runtime, std::move(made), emitted.topic);
}

std::vector<Emitted> make_events(engine::Runtime& runtime, const ReactionTools& tools,
                                 const scenario::Reaction& reaction, const CloudEvent& event,
                                 const Placeholders& placeholders) {
  std::vector<Emitted> made;
  for (const scenario::Emission& emission : reaction.emits) {
    if (!holds(emission.when, placeholders)) continue;
    Emitted emitted{make_emitted(emission, runtime.name(), ++tools.counts[emission.id],
                                 runtime.now(), event, runtime.random("data")),
                    emission.topic};
    correlate(emission, tools, runtime.name(), event, emitted);
    made.push_back(std::move(emitted));
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

bool answers_in_vain(const scenario::Reaction& reaction, const CloudEvent& event) {
  return !is_question(event) &&
         std::any_of(reaction.emits.begin(), reaction.emits.end(), [](const auto& emission) {
           return emission.role == scenario::Emission::Role::answer;
         });
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
      // Until the relay has published it, what it reacts to stands for it.
      Record question = record;
      question.event = std::make_shared<const CloudEvent>(emitted.event);
      wait_for_answer(runtime, tools, question, emitted.within);
      const EventId written = runtime.emit(trace::DatabaseWritten{
          record.id, "outbox", emitted.event.id, emitted.event.type + " for " + emitted.topic, ""});
      transaction.outbox.push_back(
          {0, runtime.name(), std::move(emitted.event), emitted.topic, written});
    }
  tools.database.commit(std::move(transaction));
  if (tools.service.outbox) return;
  for (Emitted& emitted : events) {
    publish(runtime, tools, std::move(emitted));
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
