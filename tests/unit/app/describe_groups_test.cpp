// Groups as Kafka's tools show them, from a trace told by hand: members, positions, lag, states;
// and what expectations of groups find in it.
#include "sim/app/describe_groups.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sim/check/expectations.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

constexpr NodeId broker{0}, shop{1}, first{2}, second{3};

/// Two of three partitions are committed; the first member reads two of them, the second nothing.
struct Told {
  check::Ledger ledger;
  scenario::Scenario scenario;
  std::uint64_t last = 0;

  void tell(NodeId node, trace::EventBody body) {
    ledger.on_event({EventId{++last}, SimTime{}, node, EventId{}, std::move(body)});
  }
  void declare(NodeId node, const char* name, const char* role) {
    tell(NodeId{}, trace::NodeDeclared{node, name, role, "", 0, 0, {}});
  }
  void state(const char* name, trace::Int generation, trace::Count members) {
    tell(broker, trace::GroupStateChanged{"bills", "classic", name, generation, "range", members,
                                          "in a test"});
  }
  void append(trace::Int partition, trace::Int base_offset, const trace::RecordList& records) {
    tell(broker, trace::BatchAppended{.topic = "or-ders",
                                      .partition = partition,
                                      .base_offset = base_offset,
                                      .records = records});
    tell(broker, trace::HighWatermarkAdvanced{
                     .topic = "or-ders",
                     .partition = partition,
                     .high_watermark = base_offset + static_cast<trace::Int>(records.size())});
  }
  void commit(trace::Int partition, trace::Int offset) {
    tell(broker, trace::OffsetCommitted{"bills", "or-ders", partition, offset, "billing-1-a", 1});
  }

  Told() {
    declare(broker, "broker-1", "broker");
    declare(shop, "shop", "producer");
    declare(first, "billing-1", "consumer");
    declare(second, "billing-2", "consumer");
    for (trace::Int p = 0; p < 3; ++p)
      tell(broker, trace::PartitionCreated{"or-ders", p, broker, 0, {broker}, {broker}, 1});
    for (const NodeId node : {first, second})
      tell(node,
           trace::SubscriptionDeclared{"or-ders", -1, "kafka", "earliest", "bills", "classic"});
    append(0, 0, {RecordId{1}, RecordId{2}, RecordId{3}});
    append(1, 0, {RecordId{4}});
    append(2, 0, {RecordId{5}, RecordId{6}});
    tell(broker, trace::GroupMemberJoined{"bills", "billing-1-a", first, ""});
    tell(broker, trace::GroupMemberJoined{"bills", "billing-2-b", second, ""});
    state("CompletingRebalance", 1, 2);
    tell(broker,
         trace::GroupAssignmentMade{"bills", 1, "billing-1-a", first, "or-ders-0 or-ders-2"});
    tell(broker, trace::GroupAssignmentMade{"bills", 1, "billing-2-b", second, ""});
    state("Stable", 1, 2);
    commit(0, 2);
    commit(1, 1);
  }
  std::string table(GroupTable kind) const {
    return describe_groups(scenario, ledger, kind, "", false);
  }
  check::Outcome found(scenario::Expectation::What what, const std::string& name = "") const {
    scenario::Expectation expectation;
    expectation.what = what;
    expectation.group = "bills";
    expectation.name = name;
    return check::Evaluator(ledger).evaluate(expectation);
  }
};

using What = scenario::Expectation::What;

TEST_CASE("positions and who reads them, as kafka-consumer-groups.sh has it") {
  const Told told;
  CHECK(told.table(GroupTable::offsets) ==
        "GROUP  TOPIC    PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  CONSUMER-ID  HOST        "
        "CLIENT-ID\n"
        "bills  or-ders          0               2               3    1  billing-1-a  /billing-1  "
        "billing-1\n"
        "bills  or-ders          1               1               1    0  -            -           "
        "-\n"
        "bills  or-ders          2               -               2    -  billing-1-a  /billing-1  "
        "billing-1\n"
        "bills  -                -               -               -    -  billing-2-b  /billing-2  "
        "billing-2\n");
}

TEST_CASE("members and what they read") {
  const Told told;
  CHECK(told.table(GroupTable::members) ==
        "GROUP  CONSUMER-ID  HOST        CLIENT-ID  #PARTITIONS  ASSIGNMENT\n"
        "bills  billing-1-a  /billing-1  billing-1            2  or-ders-0,or-ders-2\n"
        "bills  billing-2-b  /billing-2  billing-2            0  -\n");
}

TEST_CASE("the state, and who coordinates") {
  const Told told;
  CHECK(told.table(GroupTable::state) ==
        "GROUP  COORDINATOR (ID)  ASSIGNMENT-STRATEGY  STATE   #MEMBERS\n"
        "bills  broker-1 (1)      range                Stable         2\n");
}

TEST_CASE("a group that shares out anew has no assignor to show") {
  Told told;
  told.state("PreparingRebalance", 1, 2);
  CHECK(told.table(GroupTable::state).find("range") == std::string::npos);
  CHECK(told.table(GroupTable::state).find("PreparingRebalance") != std::string::npos);
}

TEST_CASE("a group without members keeps its positions") {
  Told told;
  told.tell(broker, trace::GroupMemberLeft{"bills", "billing-1-a", first, "left"});
  told.tell(broker, trace::GroupMemberLeft{"bills", "billing-2-b", second, "left"});
  told.state("Empty", 2, 0);
  const std::string table = told.table(GroupTable::offsets);
  CHECK(table.find("bills  or-ders          0               2") != std::string::npos);
  CHECK(table.find("Consumer group 'bills' has no active members.") != std::string::npos);
}

TEST_CASE("JSON has null where nothing is committed") {
  const Told told;
  const auto json = groups_json(told.ledger);
  REQUIRE(json.size() == 1);
  CHECK(json[0]["state"] == "Stable");
  CHECK(json[0]["generation"] == 1);
  CHECK(json[0]["members"][0]["client"] == "billing-1");
  CHECK(json[0]["members"][0]["partitions"][1]["partition"] == 2);
  CHECK(json[0]["offsets"][0]["lag"] == 1);
  CHECK(json[0]["offsets"][2]["committed"].is_null());
  CHECK(groups_json(told.ledger, "others").empty());
}

TEST_CASE("what is expected of a group is found in what its coordinator told") {
  Told told;
  CHECK(told.found(What::members).actual == "2");
  CHECK(told.found(What::group_state, "Stable").met);
  CHECK(!told.found(What::group_state, "Empty").met);
  CHECK(told.found(What::lag).actual == "3");  // 1 + 0, and all of the partition without a position
  CHECK(told.found(What::rebalances).actual == "0");
  told.state("PreparingRebalance", 1, 2);
  told.state("Stable", 2, 2);
  told.state("Stable", 2, 2);  // another coordinator has found it so
  CHECK(told.found(What::rebalances).actual == "1");
}

TEST_CASE("what a group has committed is forgotten with its topic, or when it is too old") {
  Told told;
  told.tell(broker, trace::OffsetExpired{"bills", "or-ders", 0});
  CHECK(told.ledger.cluster().groups().find("bills")->committed.size() == 1);
  told.tell(broker, trace::TopicDeleted{"or-ders"});
  CHECK(told.ledger.cluster().groups().find("bills")->committed.empty());
  CHECK(told.ledger.cluster().groups().find("others") == nullptr);
}

}  // namespace
}  // namespace eventarium::app
