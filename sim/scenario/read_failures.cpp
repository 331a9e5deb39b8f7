// Reads how handlers fail (`fails:` of a reaction) and what a service does then (`on_failure:`,
// `retry:`).
#include <charconv>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/put_aside_topics.h"

namespace eventarium::scenario {
namespace {

void read_retry(const YamlNode& node, RetryPolicy& retry, Draft& draft) {
  const MapReader map(node, "retry", draft.problems);
  map.integer("attempts", retry.attempts);
  map.duration("backoff", retry.backoff);
  std::string text;
  if (!map.text("factor", text)) return;
  double factor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), factor);
  if (error != std::errc{} || end != text.data() + text.size() || !(factor >= 1 && factor <= 1000))
    draft.problems.add(map.place_of("factor"),
                       "factor: how much longer each pause is than the one before: from 1 to 1000");
  else
    retry.factor = factor;
}

}  // namespace

void read_transient_failure(const YamlNode& node, Reaction& reaction, Draft& draft) {
  const MapReader map(node, "fails", draft.problems);
  reaction.fails.emplace();
  map.integer("every", reaction.fails->every);
  map.integer("times", reaction.fails->times);
}

void read_on_failure(const MapReader& map, Service& service, Draft& draft) {
  std::string word;
  if (map.choice("on_failure", word))
    service.on_failure = meant<OnFailure>("service.on_failure", word);
  if (const YamlNode* const retry = map.get("retry")) {
    read_retry(*retry, service.retry, draft);
    // Not an error: whoever tries one way after the other changes one line only.
    if (service.on_failure != OnFailure::retry && service.on_failure != OnFailure::retry_topics)
      draft.remarks.emplace_back(map.place_of("retry"),
                                 "retry: nothing is tried again; that is for 'on_failure: retry' "
                                 "and 'on_failure: retry_topics'");
  }
  if (service.on_failure != OnFailure::skip && draft.scenario.channel != Channel::kafka)
    draft.problems.add(
        map.place_of("on_failure"),
        "on_failure: there is no Kafka here; a queue hands a failed message out again "
        "by itself, and a caller hears of the failure");
}

/// Once the producer's keys are known.
void check_on_failure(const MapReader& map, const Service& service, Draft& draft) {
  if (service.share_group && service.on_failure != OnFailure::skip)
    draft.problems.add(map.place_of("on_failure"),
                       "on_failure: a share group releases what its handler fails with, counts "
                       "deliveries and archives it by itself; leave it out");
}

}  // namespace eventarium::scenario
