// Reads questions that a service asks over a topic, and what they need. The service reads their
// answers as it reads everything else.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/suggest.h"

namespace eventarium::scenario {
namespace {

/// Places of the service's unanswered reactions aren't kept: the service's own stands for them.
void check_unanswered(const MapReader& map, const Service& service, Draft& draft) {
  std::vector<std::string> asked, timed;
  for (const Reaction& reaction : service.reactions)
    for (const Emission& emission : reaction.emits) {
      if (emission.role != Emission::Role::question) continue;
      asked.push_back(emission.event);
      if (emission.within) timed.push_back(emission.event);
    }
  for (const Reaction& reaction : service.reactions) {
    if (!reaction.unanswered || std::ranges::find(timed, reaction.event) != timed.end()) continue;
    if (std::ranges::find(asked, reaction.event) == asked.end())
      draft.problems.add(map.place_of("on"),
                         fmt::format("unanswered: '{}' asks no '{}'{}", service.name,
                                     reaction.event, did_you_mean(reaction.event, asked)));
    else  // no error: whoever tries it with and without `within` changes one line only
      draft.remarks.emplace_back(
          map.place_of("on"),
          fmt::format("unanswered: never comes; '{}' waits for the answer to '{}' for ever, "
                      "without a 'within'",
                      service.name, reaction.event));
  }
}

}  // namespace

void read_question(const MapReader& map, Emission& emission, Draft& draft) {
  if (map.name("reply_to", true, emission.reply_to))
    draft.refer(Reference::To::topic, emission.reply_to, map.place_of("reply_to"), "reply_to");
  map.duration("within", emission.within);
  if (emission.within && *emission.within <= Duration::zero())
    draft.problems.add(map.place_of("within"), "within: an answer takes some time; e.g. 2s");
}

bool read_unanswered(const MapReader& map, Reaction& reaction, Draft& draft) {
  reaction.unanswered = map.has("unanswered");
  if (reaction.unanswered == map.has("event"))
    draft.problems.add(map.place_of(reaction.unanswered ? "unanswered" : "event"),
                       "a reaction is to an 'event', or to a question that stays 'unanswered': say "
                       "one of them");
  if (!reaction.unanswered) return false;
  map.text("unanswered", reaction.event);
  for (const char* key : {"service_time", "looks_up", "fails", "replies"})
    if (map.has(key))
      draft.problems.add(map.place_of(key),
                         fmt::format("{}: nothing is handled when a question stays unanswered; "
                                     "does, writes, emits and asks happen in that instant",
                                     key));
  return true;
}

void check_questions(const MapReader& map, Service& service, Draft& draft) {
  std::string word;
  service.requests_in_database = map.choice("pending_requests", word) && word == "database";
  bool asks = false;
  for (const Reaction& reaction : service.reactions)
    for (const Emission& emission : reaction.emits) {
      if (emission.role != Emission::Role::question) continue;
      asks = true;
      if (emission.reply_to.empty() ||
          std::ranges::find(service.topics, emission.reply_to) != service.topics.end())
        continue;
      draft.problems.add(map.place_of("reads"),
                         fmt::format("reads: '{}' wants its answers in '{}' and doesn't read that",
                                     service.name, emission.reply_to));
    }
  check_unanswered(map, service, draft);
  if (!asks) {
    if (map.has("pending_requests"))
      draft.problems.add(map.place_of("pending_requests"),
                         fmt::format("pending_requests: '{}' asks nothing", service.name));
    return;
  }
  if (service.outbox && !service.requests_in_database)
    draft.problems.add(map.place_of("publish"),
                       "publish: a question in an outbox outlives the process that waits for its "
                       "answer; say pending_requests: database");
  if (service.commit == Commit::transaction)
    draft.problems.add(map.place_of("commit"),
                       "commit: when the transaction is aborted the answer comes again, and nobody "
                       "waits for it any more; say after or each");
}

}  // namespace eventarium::scenario
