// Service patterns in scenario files: what is read, and what contradicts.
#include <algorithm>

#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

namespace {

const std::string head =
    "version: 1\ntopics: [{name: orders}, {name: questions}, {name: answers}]\n"
    "producers: [{name: shop, topic: orders, event: Order}]\nservices:\n";

std::string service(const std::string& keys, const std::string& on = "{event: Order}") {
  return head + "  - {name: s, reads: orders, group: g, " + keys + ", on: [" + on + "]}\n";
}

const std::string pricing =
    "  - {name: p, reads: questions, group: p, on: [{event: Ask, replies: [{event: Quote}]}]}\n";

}  // namespace

TEST_CASE("workers and their queue: what they are, and what they can't be combined with") {
  const Scenario plain = load(service("commit: after"));
  CHECK(!plain.services[0].queue);
  const Scenario some = load(service("workers: 3"));
  REQUIRE(some.services[0].queue);
  CHECK(some.services[0].queue->workers == 3);
  CHECK(some.services[0].queue->size == 100);
  CHECK(some.services[0].queue->when_full == WhenFull::pause);
  CHECK(load(service("queue: 5, when_full: drop")).services[0].queue->when_full == WhenFull::drop);
  CHECK(problems(service("share: true, workers: 2")) ==
        "5:62: workers: a share group has its work queue in the brokers: add instances");
  CHECK(problems(service("workers: 0")) == "5:49: workers: 0 is out of range (1 to 1000)");
  CHECK(problems("version: 1\nbus: {kind: queue}\ntopics: [t]\nservices:\n  - {name: s, reads: t, "
                 "queue: 3, on: [{event: \"*\"}]}\n") ==
        "5:32: queue: poll() and a queue behind it are Kafka's consumers'; there is no Kafka here");
}

TEST_CASE("a share group has its own ways with failures") {
  CHECK(problems(service("share: true, on_failure: retry_topics")).find("archives it by itself") !=
        std::string::npos);
}

TEST_CASE("questions: where their answers go must be read, and somebody must answer") {
  const std::string asks =
      "{event: Order, asks: [{topic: questions, event: Ask, reply_to: answers, within: 2s}]}";
  CHECK(problems(service("commit: each", asks) + pricing) ==
        "5:22: reads: 's' wants its answers in 'answers' and doesn't read that");
  CHECK(problems(head + pricing) ==
        "5:12: replies: nobody asks with 'Ask'; who wants an answer says asks: [{event: Ask, "
        "reply_to: ...}]\n"
        "5:56: event: nothing publishes 'Ask' to what 'p' reads");
  const std::string reads_both = head + "  - {name: s, reads: [orders, answers], group: g, on: [" +
                                 asks + ", {event: Quote}, {unanswered: Ask}]}\n";
  CHECK(problems(reads_both + pricing) == "");
  CHECK(problems(service("pending_requests: database")) ==
        "5:58: pending_requests: 's' asks nothing");
}

TEST_CASE("a reaction is to an event or to its own question, and that must be asked") {
  CHECK(problems(service("commit: each", "{event: Order, unanswered: Ask}"))
            .find("say one of them") != std::string::npos);
  CHECK(problems(service("commit: each", "{service_time: 1ms}")).find("say one of them") !=
        std::string::npos);
  CHECK(problems(service("commit: each", "{event: Order}, {unanswered: Ask}"))
            .find("unanswered: 's' asks no 'Ask'") != std::string::npos);
}

TEST_CASE("an unanswered question takes an end to its waiting, and nothing is handled then") {
  const auto with = [&](const std::string& within, const std::string& keys) {
    return head +
           "  - {name: s, reads: [orders, answers], group: g, on: [{event: Order, asks: "
           "[{topic: questions, event: Ask, reply_to: answers" +
           within + "}]}, {event: Quote}, {unanswered: Ask" + keys + "}]}\n" + pricing;
  };
  CHECK(problems(with(", within: 1s", "")) == "");
  CHECK(problems(with("", "")) == "");
  const auto remarks = load_text(with("", ""), "test.yaml").remarks;
  CHECK(std::any_of(remarks.begin(), remarks.end(), [](const Problem& remark) {
    return remark.message.find("unanswered: never comes") != std::string::npos;
  }));
  for (const char* key : {"service_time: 1s", "fails: {every: 2}", "looks_up: {table: t, key: k}",
                          "replies: [{event: Quote}]"}) {
    CAPTURE(key);
    CHECK(problems(with(", within: 1s", std::string(", ") + key)).find("nothing is handled") !=
          std::string::npos);
  }
}

TEST_CASE("placeholders of an unanswered question are those of the question") {
  const auto with = [&](const std::string& field) {
    return head +
           "  - {name: s, reads: [orders, answers], group: g, on: [{event: Order, asks: [{topic: "
           "questions, event: Ask, reply_to: answers, within: 1s, data: {sum: 3}}]}, {event: "
           "Quote}, "
           "{unanswered: Ask, does: [{effect: e, text: \"{" +
           field + "}\"}]}]}\n" + pricing;
  };
  CHECK(problems(with("sum")) == "");
  CHECK(problems(with("total")).find("nothing fills {total}") != std::string::npos);
}
