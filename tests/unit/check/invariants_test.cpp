// Each invariant: silent about a lawful story, and heard when the story breaks it.
#include "sim/check/invariants.h"

#include <doctest/doctest.h>

#include "tests/unit/check/story.h"

namespace eventarium::check {
namespace {

/// A story that is watched: broker-1 leads signups-0, in sync with broker-2 and broker-3, and the
/// website publishes with acks=all.
struct Watched : Story {
  std::vector<trace::InvariantViolated> found;
  std::vector<EventId> causes;
  Invariants invariants{ledger, [this](trace::InvariantViolated violation, EventId cause) {
                          found.push_back(std::move(violation));
                          causes.push_back(cause);
                        }};

  explicit Watched(std::int64_t min_isr = 2) {
    before_ledger = &invariants;
    kafka({mailer}, 0, {broker, second, third}, min_isr);
    tell(website, trace::PublisherDeclared{"all"});
    for (std::uint64_t n = 1; n <= 9; ++n) produce(n);
  }
  Watched(const Watched&) = delete;

  /// The names of what was violated since the last call.
  std::vector<std::string> heard() {
    std::vector<std::string> names;
    for (const auto& violation : std::exchange(found, {})) names.push_back(violation.invariant);
    return names;
  }
  void append_everywhere(std::int64_t offset, std::initializer_list<std::uint64_t> list) {
    append(offset, list);
    append_at(second, offset, list);
    append_at(third, offset, list);
  }
  void change(trace::PartitionChanged changed) {
    changed.topic = "signups";
    if (changed.replicas.empty()) changed.replicas = replicas;
    if (changed.partition_epoch == 0) changed.partition_epoch = ++partition_epoch;
    tell(NodeId{}, changed);
  }
  void propose(trace::NodeList isr) {
    tell(broker, trace::IsrChangeProposed{"signups", 0, std::move(isr), ""});
  }
  void read(std::int64_t offset, std::initializer_list<std::uint64_t> list) {
    tell(mailer, trace::RecordsDelivered{check::ids(list), "signups", 0, offset, 1});
  }
};

using Names = std::vector<std::string>;
const Names nothing;

TEST_CASE("a change of leader, a return and a lag are lawful") {
  Watched story;
  story.append_everywhere(0, {1, 2});
  story.high_watermark(broker, 2);
  story.acknowledge({1, 2});
  story.read(0, {1, 2});
  story.append(2, {3});  // nobody has it yet
  story.tell(broker, trace::NodeStopped{"crash"});
  story.elect(second, 1, {second, third});
  story.take(second, 1);
  story.append_at(second, 2, {4}, false);
  story.append_at(third, 2, {4});
  story.high_watermark(second, 3);
  story.read(2, {4});
  story.tell(broker, trace::NodeStarted{2});
  story.tell(broker, trace::LogTruncated{"signups", 0, 2, ids({3}), "diverging epoch"});
  story.append_at(broker, 2, {4});
  story.tell(second, trace::IsrChangeProposed{"signups", 0, {second, third, broker}, ""});
  story.change({.leader = second, .leader_epoch = 1, .isr = {second, third, broker}});
  CHECK(story.heard() == nothing);
}

TEST_CASE("one leader per epoch; a change of leader raises it; partition epochs grow") {
  Watched story;
  story.elect(second, 1, {second, third});
  story.take(second, 1);
  CHECK(story.heard() == nothing);
  story.take(third, 1);
  CHECK(story.heard() == Names{"one leader per epoch", "a broker leads only when it was chosen"});
  CHECK(story.causes.back() == EventId{story.last});
  story.change({.leader = third, .leader_epoch = 1, .isr = {third}});
  CHECK(story.heard() == Names{"a change of leader raises the epoch", "one leader per epoch"});
  story.change({.leader = third, .leader_epoch = 1, .partition_epoch = 1, .isr = {third, second}});
  CHECK(story.heard() == Names{"partition epochs only grow", "one leader per epoch"});
}

TEST_CASE("a clean leader was in sync or eligible") {
  Watched story;
  story.change({.leader = broker, .isr = {broker}, .elr = {second}});
  CHECK(story.heard() == nothing);
  SUBCASE("eligible") { story.elect(second, 1, {second}); }
  SUBCASE("neither, but said so") { story.elect(third, 1, {third}, true); }
  CHECK(story.heard() == nothing);
  SUBCASE("neither") {
    story.elect(third, 1, {third});
    CHECK(story.heard() == Names{"a clean leader comes from the in-sync set or ELR"});
    story.elect(second, 2, {third});
    CHECK(story.heard() ==
          Names{"a clean leader comes from the in-sync set or ELR", "the leader is in sync"});
  }
}

TEST_CASE("a fenced broker is in no in-sync set, but for the last one without a leader") {
  Watched story;
  story.tell(crm, trace::BrokerFenced{third, "no heartbeat"});
  CHECK(story.heard() == Names{"a fenced broker is in no in-sync set"});
  story.change({.leader = broker, .isr = {broker, second}});
  CHECK(story.heard() == nothing);
  story.change({.leader = broker, .isr = {broker, second, third}});
  CHECK(story.heard() == Names{"a fenced broker is in no in-sync set"});
  story.change({.leader = {}, .leader_epoch = 1, .isr = {broker}});
  story.tell(crm, trace::BrokerFenced{broker, "no heartbeat"});
  CHECK(story.heard() == nothing);
}

TEST_CASE("with ZooKeeper a new controller finds out itself who lives") {
  Watched story;
  story.tell(broker, trace::ZookeeperSessionOpened{1});
  story.tell(broker, trace::BrokerFenced{third, "session expired or closed"});
  story.change({.leader = broker, .leader_epoch = 1, .isr = {broker, second}});
  story.tell(second, trace::ControllerElected{2});  // broker-3 has come back in between
  story.change({.leader = broker, .leader_epoch = 1, .isr = {broker, second, third}});
  CHECK(story.heard() == nothing);
  story.tell(second, trace::BrokerFenced{third, "session expired or closed"});
  story.change({.leader = broker, .leader_epoch = 2, .isr = {broker, second}});
  story.change({.leader = broker, .leader_epoch = 2, .isr = {broker, second, third}});
  CHECK(story.heard() == Names{"a fenced broker is in no in-sync set"});
}

TEST_CASE("only a caught-up replica joins") {
  Watched story;
  story.append_everywhere(0, {1, 2});
  story.change({.leader = broker, .isr = {broker, second}});
  story.append(2, {3});
  story.append_at(second, 2, {3});
  story.high_watermark(broker, 3);
  story.propose({broker, second, third});
  CHECK(story.heard() == Names{"only a caught-up replica joins the in-sync set"});
  story.append_at(third, 2, {3});
  story.propose({broker, second, third});
  CHECK(story.heard() == nothing);
  story.append(3, {4});
  story.append_at(second, 3, {4});
  story.high_watermark(broker, 4);  // the joiner was forgotten
  story.change({.leader = broker, .isr = {broker, second, third}});
  CHECK(story.heard() == Names{"only a caught-up replica joins the in-sync set"});
}

TEST_CASE("brokers act on committed metadata only, and stop leading when they know") {
  Watched story;
  story.tell(crm, trace::MetadataCommitted{10, 1});
  story.tell(broker, trace::MetadataApplied{10});
  CHECK(story.heard() == nothing);
  story.tell(broker, trace::MetadataApplied{11});
  CHECK(story.heard() == Names{"brokers act on committed metadata only"});
  story.elect(second, 1, {second, third});
  story.tell(crm, trace::MetadataCommitted{12, 1});
  story.epoch = 0;
  story.append(0, {1});  // it can't know yet
  CHECK(story.heard() == nothing);
  story.now += 5ms;
  story.tell(broker, trace::MetadataApplied{12});
  story.now += 5ms;
  story.append(1, {2});
  CHECK(story.heard() == Names{"who knows of a newer leader stops leading"});
}

TEST_CASE("an offset is given once, and nothing comes from nothing") {
  Watched story;
  story.append(0, {1, 2});
  story.append(1, {3});
  CHECK(story.heard() == Names{"an offset is given once"});
  story.append(2, {99});
  CHECK(story.heard() == Names{"nothing comes from nothing"});
  story.append_at(second, 0, {1, 4});
  CHECK(story.heard() == Names{"nothing comes from nothing"});
}

TEST_CASE("a follower copies only from a leader that it knows of") {
  Watched story;
  story.elect(second, 1, {second, third});
  story.take(second, 1);
  story.append_at(second, 0, {1}, false);
  story.tell(third, trace::FollowingStarted{"signups", 0, broker, 0});
  story.append_at(third, 0, {1});
  CHECK(story.heard() == Names{"a follower copies only from a leader that it knows of"});
  story.tell(broker, trace::FollowingStarted{"signups", 0, second, 1});
  story.append_at(broker, 0, {1});
  CHECK(story.heard() == nothing);
}

TEST_CASE("the high watermark waits for every member, and for enough of them") {
  Watched story;
  story.append(0, {1, 2});
  story.append_at(second, 0, {1, 2});
  story.append_at(third, 0, {1});
  story.high_watermark(broker, 1);
  CHECK(story.heard() == nothing);
  story.high_watermark(broker, 2);
  CHECK(story.heard() == Names{"the high watermark never passes what all in-sync replicas have"});
  story.tell(third, trace::NodeStopped{"power_loss"});
  story.tell(third, trace::LogTruncated{"signups", 0, 0, ids({1}), "power loss"});
  story.high_watermark(broker, 2);
  CHECK(story.heard() == nothing);
  story.change({.leader = broker, .isr = {broker}});
  story.append(2, {3});
  story.high_watermark(broker, 3);  // the leader may not know yet
  CHECK(story.heard() == nothing);
  story.tell(crm, trace::MetadataCommitted{5, 1});
  story.tell(broker, trace::MetadataApplied{5});
  story.now += 1ms;
  story.append(3, {4});
  story.high_watermark(broker, 4);
  CHECK(story.heard() == Names{"nothing is committed while too few replicas are in sync"});
  story.tell(NodeId{}, trace::TopicConfigChanged{"signups", "min.insync.replicas", "1", 1});
  story.append(4, {5});
  story.high_watermark(broker, 5);
  CHECK(story.heard() == nothing);
}

TEST_CASE("logs are equal below the high watermark") {
  Watched story;
  story.append_everywhere(0, {1});
  story.append(1, {2});
  story.append_at(second, 1, {2});
  story.append_at(third, 1, {3});  // it did not cut what it had
  story.heard();
  story.high_watermark(broker, 1);
  CHECK(story.heard() == nothing);
  story.high_watermark(broker, 2);
  CHECK(story.heard() == Names{"logs are equal below the high watermark"});
  story.high_watermark(third, 2);
  CHECK(story.heard() == Names{"logs are equal below the high watermark"});
}

TEST_CASE("what is committed is neither cut off nor missing from a new leader") {
  Watched story;
  story.append_everywhere(0, {1, 2});
  story.high_watermark(broker, 2);
  SUBCASE("cut off") {
    story.tell(third, trace::LogTruncated{"signups", 0, 1, ids({2}), "to its high watermark"});
    CHECK(story.heard() == Names{"no committed record is cut off"});
    story.elect(third, 1, {third, second});
    story.take(third, 1);
    CHECK(story.heard() == Names{"no committed record is cut off"});
  }
  SUBCASE("its machine lost power") {
    story.tell(third, trace::NodeStopped{"power_loss"});
    story.tell(third, trace::LogTruncated{"signups", 0, 1, ids({2}), "power loss"});
    story.elect(third, 1, {third});
    story.take(third, 1);
    CHECK(story.heard() == nothing);
    story.tell(second, trace::LogTruncated{"signups", 0, 1, ids({2}), "diverging epoch"});
    CHECK(story.heard() == nothing);
  }
  SUBCASE("an unclean election") {
    story.tell(third, trace::LogTruncated{"signups", 0, 1, ids({2}), ""});
    story.heard();
    story.elect({}, 1, {broker});
    story.elect(third, 2, {third}, true);
    story.take(third, 2);
    CHECK(story.heard() == nothing);
  }
}

TEST_CASE("a copy of an older epoch is not the committed record, though it is the same one") {
  Watched story;
  story.append_everywhere(0, {1});
  story.high_watermark(broker, 1);
  story.append(1, {2});  // cut off from the others, the old leader wrote it first
  story.elect(second, 1, {second, third});
  story.take(second, 1);
  story.append_at(second, 1, {2}, false);  // then it was sent again
  story.append_at(third, 1, {2});
  story.high_watermark(second, 2);
  story.tell(broker, trace::LogTruncated{"signups", 0, 1, ids({2}), "diverging epoch"});
  CHECK(story.heard() == nothing);
  story.append_at(broker, 1, {2});
  story.tell(broker, trace::LogTruncated{"signups", 0, 1, ids({2}), "to its high watermark"});
  CHECK(story.heard() == Names{"no committed record is cut off"});
}

TEST_CASE("acks=all: told only when every in-sync replica has it") {
  Watched story;
  story.append(0, {1});
  story.append_at(second, 0, {1});
  story.acknowledge({1});
  CHECK(story.heard() == Names{"an acknowledged record (acks=all) is on every in-sync replica"});
  story.append_at(third, 0, {1});
  story.high_watermark(broker, 1);
  story.acknowledge({1});
  CHECK(story.heard() == nothing);
  story.tell(website, trace::PublisherDeclared{"1"});
  story.tell(website, trace::RecordsAcknowledged{ids({2}), "signups", 0, 1});
  CHECK(story.heard() == nothing);
}

TEST_CASE("consumers read what is committed, what was written, in order") {
  Watched story;
  story.append_everywhere(0, {1, 2, 3, 4});
  story.high_watermark(broker, 3);
  story.read(0, {1});
  CHECK(story.heard() == nothing);
  story.read(2, {3});
  CHECK(story.heard() == Names{"delivered in offset order, without a gap"});
  story.read(3, {4});
  CHECK(story.heard() == Names{"consumers read committed records only"});
  story.read(1, {2});
  CHECK(story.heard() == Names{"delivered in offset order, without a gap"});
  story.tell(mailer, trace::PositionReset{"signups", 0, "earliest", 0});
  story.read(0, {1});
  CHECK(story.heard() == nothing);
  story.read(1, {3});
  CHECK(story.heard() == Names{"what is read is what was written there"});
  story.tell(mailer, trace::NodeStopped{"crash"});
  story.read(0, {1});
  CHECK(story.heard() == nothing);
}

TEST_CASE("one leader of the quorum, one vote, one controller in an epoch") {
  Watched story;
  story.tell(second, trace::VoteGranted{broker, 2, true});
  story.tell(second, trace::VoteGranted{third, 2, false});
  story.tell(third, trace::RaftRoleChanged{"candidate", 2, {}});
  story.tell(third, trace::RaftRoleChanged{"leader", 2, third});
  story.tell(third, trace::ControllerElected{2});
  CHECK(story.heard() == nothing);
  story.tell(second, trace::VoteGranted{broker, 2, false});
  CHECK(story.heard() == Names{"a voter votes once per epoch"});
  story.tell(broker, trace::RaftRoleChanged{"leader", 2, broker});
  CHECK(story.heard() == Names{"one controller per epoch"});
  story.tell(broker, trace::ControllerElected{2});
  CHECK(story.heard() == Names{"one controller per epoch"});
}

TEST_CASE("committed metadata is on a majority, stays, and is on every winner") {
  Watched story;
  const auto append = [&](NodeId node, std::int64_t offset, std::int64_t epoch) {
    story.tell(node, trace::MetadataAppended{offset, epoch, "PartitionRecord", ""});
  };
  for (const NodeId node : {broker, second, third}) append(node, 10, 1);
  append(broker, 11, 1);
  append(second, 11, 1);
  story.tell(broker, trace::MetadataCommitted{12, 1});
  CHECK(story.heard() == nothing);
  append(broker, 12, 1);
  story.tell(broker, trace::MetadataCommitted{13, 1});
  CHECK(story.heard() == Names{"a majority has what is committed"});
  append(second, 12, 1);
  story.tell(third, trace::RaftRoleChanged{"leader", 2, third});
  CHECK(story.heard() == Names{"a winner's log holds everything committed"});
  story.tell(second, trace::RaftRoleChanged{"leader", 3, second});
  CHECK(story.heard() == nothing);
  append(third, 11, 1);
  append(third, 12, 1);
  story.tell(second, trace::MetadataCommitted{13, 3});
  CHECK(story.heard() == Names{"a new leader of the quorum first commits an entry of its own"});
  append(second, 13, 3);
  append(third, 13, 3);
  story.tell(second, trace::MetadataCommitted{14, 3});
  CHECK(story.heard() == nothing);
  story.tell(third, trace::MetadataTruncated{13});
  CHECK(story.heard() == Names{"committed metadata never changes"});
}

TEST_CASE("an invariant that breaks all the time is told a few times and counted") {
  Watched story;
  for (int i = 0; i < 50; ++i) story.append(0, {1});
  CHECK(story.found.size() == 20);
  CHECK(story.invariants.violated().at("an offset is given once") == 49);
  for (const auto& about : Invariants::all()) CHECK(!about.means.empty());
}

}  // namespace
}  // namespace eventarium::check
