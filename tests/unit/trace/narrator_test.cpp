// The sentences of a run, as a learner reads them.
#include "sim/trace/narrator.h"

#include <doctest/doctest.h>

#include "tests/unit/trace/trace_generator.h"

namespace eventarium::trace {
namespace {

struct Story {
  Narrator narrator;
  std::uint64_t next_id = 1;

  explicit Story(Detail detail = Detail::story) : narrator(detail) {
    tell(NodeDeclared{.index = NodeId{0}, .name = "website", .role = "producer"});
    tell(NodeDeclared{.index = NodeId{1}, .name = "mailer", .role = "service"});
    tell(NodeDeclared{.index = NodeId{2}, .name = "broker-1", .role = "broker"});
    for (std::uint64_t n = 1; n <= 5; ++n)
      tell(RecordProduced{.record = RecordId{n},
                          .event_id = "sub-" + std::to_string(n),
                          .event_type = "NewSubscriber",
                          .topic = "signups",
                          .data = R"({"email":"ada@example.org","amount":12.5,"vip":true})"},
           0);
  }
  std::string tell(EventBody body, int node = -1, Duration t = 1s) {
    Event event;
    event.id = EventId{next_id++};
    event.t = sim_time(t);
    if (node >= 0) event.node = NodeId{static_cast<std::uint32_t>(node)};
    event.body = std::move(body);
    return narrator.tell(event).value_or("");
  }
};

TEST_CASE("the story of a record, from published to side effect") {
  Story story;
  CHECK(story.tell(RecordProduced{.record = RecordId{9},
                                  .event_id = "sub-9",
                                  .event_type = "NewSubscriber",
                                  .data = R"({"email":"ada@example.org","amount":12.5})"},
                   0) == "website published NewSubscriber sub-9 (ada@example.org, amount 12.5)");
  CHECK(story.tell(RecordsDelivered{.records = {RecordId{9}}, .attempt = 1}, 1) ==
        "mailer received NewSubscriber sub-9");
  CHECK(story.tell(RecordsDelivered{.records = {RecordId{9}}, .attempt = 2}, 1) ==
        "mailer received NewSubscriber sub-9 again (delivery 2)");
  CHECK(story.tell(SideEffectDone{.record = RecordId{9},
                                  .effect = "welcome-email",
                                  .text = "welcome email to ada@example.org",
                                  .times = 1},
                   1) == "mailer: welcome email to ada@example.org");
  CHECK(story.tell(SideEffectDone{.effect = "welcome-email", .times = 2}, 1) ==
        "mailer: welcome-email (done 2 times now!)");
}

TEST_CASE("the latest records have names, older ones numbers, so that memory has a bound") {
  Story story;  // it begins with five
  for (std::uint64_t n = 6; n <= Narrator::names_kept + 1; ++n)
    story.tell(RecordProduced{.record = RecordId{n}, .event_id = "sub-x", .event_type = "New"}, 0);
  CHECK(story.tell(RecordsDelivered{.records = {RecordId{1}}, .attempt = 1}, 1) ==
        "mailer received record 1");
  CHECK(story.tell(RecordsDelivered{.records = {RecordId{2}}, .attempt = 1}, 1) ==
        "mailer received NewSubscriber sub-2");
}

TEST_CASE("many records are counted, not listed") {
  Story story;
  const RecordList five{RecordId{1}, RecordId{2}, RecordId{3}, RecordId{4}, RecordId{5}};
  CHECK(story.tell(RecordsDelivered{.records = five, .attempt = 1}, 1) ==
        "mailer received NewSubscriber sub-1, NewSubscriber sub-2 and 3 more");
  CHECK(story.tell(SendFailed{.records = {RecordId{1}, RecordId{77}}, .error = "time-out"}, 0) ==
        "website gave up on NewSubscriber sub-1 and record 77: time-out");
}

TEST_CASE("crashes, restarts and expectations are told") {
  Story story;
  CHECK(story.tell(NodeStopped{"crash"}, 2) == "broker-1 crashed");
  CHECK(story.tell(NodeStopped{"power_loss"}, 2) == "broker-1 lost power");
  CHECK(story.tell(NodeStopped{"clean"}, 2) == "broker-1 stopped");
  CHECK(story.tell(NodeStarted{2}, 2) == "broker-1 is up again");
  CHECK(story.tell(NodeStarted{1}, 2, 0s).empty());
  CHECK(story.tell(NodeStarted{1}, 2, 3s) == "broker-1 started");
  CHECK(story.tell(ConnectionStalled{NodeId{2}, "link down", 1, 200ms}, 0) ==
        "website can't reach broker-1 (link down); TCP tries again in 200 ms");
  CHECK(story.tell(ExpectationChecked{"lost: 0", false, "3"}) ==
        "NOT as expected: lost: 0; it is 3");
  CHECK(story.tell(ExpectationChecked{"lost: 0", true, "0"}) == "as expected: lost: 0");
  CHECK(story.tell(ExpectationChecked{"lost: < 9", true, "0"}) ==
        "as expected: lost: < 9; it is 0");
  CHECK(story.tell(ConnectionClosed{NodeId{2}, "reset by peer"}, 0) ==
        "website lost its connection to broker-1: reset by peer");
  CHECK(story.tell(ConnectionClosed{NodeId{2}, "closed by website"}, 0) ==
        "website closed its connection to broker-1");
}

TEST_CASE("a refused connection is told once per outage and client, in all detail each time") {
  Story story, all(Detail::all);
  const ConnectionClosed refused{NodeId{2}, "connection refused"};
  const std::string text = "website can't reach broker-1: connection refused";
  CHECK(story.tell(refused, 0) == text);
  CHECK(story.tell(refused, 0).empty());
  CHECK(story.tell(refused, 1) == "mailer can't reach broker-1: connection refused");
  story.tell(NodeStarted{2}, 2);
  CHECK(story.tell(refused, 0) == text);
  story.tell(NodeStarted{2}, 0);  // a new life of the client: it has not been told yet
  CHECK(story.tell(refused, 0) == text);
  CHECK(all.tell(refused, 0) == text);
  CHECK(all.tell(refused, 0) == text);
}

TEST_CASE("an injected fault is told once, healing too") {
  Story story, all(Detail::all);
  CHECK(story.tell(FaultInjected{"crash", NodeId{}, ""}, 2).empty());  // NodeStopped tells it
  CHECK(story.tell(FaultInjected{"crash", NodeId{}, "it was down already"}, 2) ==
        "fault: broker-1 crashes: it was down already");
  CHECK(all.tell(FaultInjected{"crash", NodeId{}, ""}, 2) == "fault: broker-1 crashes");
  CHECK(all.tell(FaultInjected{"power_loss", NodeId{}, ""}, 2) == "fault: broker-1 loses power");
  CHECK(story.tell(FaultInjected{"cut", NodeId{2}, "nor back"}, 0) ==
        "fault: nothing gets from website to broker-1 any more: nor back");
  CHECK(story.tell(FaultInjected{"loss", NodeId{}, "5 % of packets"}, 0) ==
        "fault: the cable of website loses packets: 5 % of packets");
  CHECK(story.tell(FaultHealed{"link_down", NodeId{}, ""}, 0) ==
        "healed: the cable of website is plugged in again");
  CHECK(story.tell(FaultHealed{"loss", NodeId{}, ""}, 0) ==
        "healed: the cable of website is as it was (it was a lossy cable)");
}

TEST_CASE("a split is told as one, in all detail with each direction") {
  Story story, all(Detail::all);
  const FaultInjected split{"split", NodeId{}, "website | mailer"};
  CHECK(story.tell(split) == "fault: the network is split: website | mailer");
  CHECK(story.tell(FaultInjected{"cut", NodeId{1}, "split"}, 0).empty());
  CHECK(all.tell(FaultInjected{"cut", NodeId{1}, "split"}, 0) ==
        "fault: nothing gets from website to mailer any more: split");
  CHECK(story.tell(FaultHealed{"split", NodeId{}, ""}) == "healed: the network is whole again");
  CHECK(story.tell(FaultHealed{"cut", NodeId{1}, "split"}, 0).empty());
  CHECK(story.tell(FaultHealed{"pause", NodeId{}, ""}, 0) == "healed: website goes on");
}

TEST_CASE("a reader that comes late or again says where it begins, and why") {
  Story story;
  const PositionReset at_end{"signups", 0, "latest", 14};
  story.tell(NodeStarted{1}, 1, 0s);
  CHECK(story.tell(at_end, 1).empty());  // there from the beginning: nothing is missed
  story.tell(NodeStopped{"crash"}, 1);
  story.tell(NodeStarted{2}, 1);
  CHECK(story.tell(at_end, 1) ==
        "mailer starts again at offset 14 of signups-0, the end (auto.offset.reset=latest)");
  Story late;
  late.tell(NodeStarted{1}, 1, 8s);
  CHECK(late.tell(PositionReset{"signups", 2, "earliest", 0}, 1) ==
        "mailer starts at offset 0 of signups-2, the beginning (auto.offset.reset=earliest)");
}

TEST_CASE("the end of the run counts the expectations") {
  const RunEnded end{7, "0123456789abcdef"};
  Story none, one, all_met, some(Detail::story), in_full(Detail::all);
  CHECK(none.tell(end) == "the run has ended");
  one.tell(ExpectationChecked{"lost: 0", true, "0"});
  CHECK(one.tell(end) == "the one expectation is met");
  for (Story* story : {&all_met, &some, &in_full})
    for (int i = 0; i < 3; ++i)
      story->tell(ExpectationChecked{"lost: 0", story == &all_met || i != 1, "0"});
  CHECK(all_met.tell(end) == "all 3 expectations met");
  CHECK(some.tell(end) == "2 of 3 expectations met");
  CHECK(in_full.tell(end) ==
        "the run has ended after 7 events, fingerprint 0123456789abcdef; 2 of 3 expectations met");
}

TEST_CASE("acks=0 is no knowledge") {
  Story all(Detail::all);
  CHECK(all.tell(RecordsAcknowledged{{RecordId{1}}, "signups", 0, -1}, 0) ==
        "website sent NewSubscriber sub-1 to signups-0 with acks=0: nobody will tell it whether "
        "that is in");
  CHECK(all.tell(RecordsAcknowledged{{RecordId{1}}, "letters", -1, -1}, 0) ==
        "website knows: NewSubscriber sub-1 is safe in letters");
}

TEST_CASE("the story leaves transport to all detail") {
  Story story, all(Detail::all);
  const MessageSent sent{MessageId{5}, NodeId{2}, "Produce", 120, {}};
  CHECK(story.tell(sent, 0).empty());
  CHECK(all.tell(sent, 0) == "website sent Produce to broker-1 (120 bytes)");
  CHECK(all.tell(MessageArrived{MessageId{5}}, 2) == "Produce from website arrived at broker-1");
  CHECK(all.tell(MessageArrived{MessageId{5}}, 2) == "broker-1 received a message");
  CHECK(all.tell(RecordsAcknowledged{{RecordId{1}}, "signups", 0, 4}, 0) ==
        "website knows: NewSubscriber sub-1 is safe in signups-0 at offset 4");
}

TEST_CASE("data that is no flat object, or long, or not ASCII, is summed up safely") {
  Story story;
  const auto told = [&](const std::string& data) {
    return story.tell(RecordProduced{.event_id = "1", .event_type = "E", .data = data}, 0);
  };
  CHECK(told("") == "website published E 1");
  CHECK(told(R"({"order":"1","item":"tea"})") == "website published E 1 (tea)");
  CHECK(told(R"({"a":{"b":1}})") == "website published E 1");
  CHECK(told(R"({"a":[1,2],"b":"x"})") == "website published E 1 (x)");
  std::string long_text;
  for (int i = 0; i < 40; ++i) long_text += "é";
  CHECK(told(R"({"a":")" + long_text + "\"}").ends_with("é…)"));
}

TEST_CASE("every event can be told in both details without a crash or an empty sentence") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Narrator story, all(Detail::all);
    for (const Event& event : TraceGenerator(seed).events(300)) {
      const auto short_text = story.tell(event);
      const auto long_text = all.tell(event);
      CHECK(long_text.has_value());
      CHECK((!short_text || !short_text->empty()));
    }
  }
}

}  // namespace
}  // namespace eventarium::trace
