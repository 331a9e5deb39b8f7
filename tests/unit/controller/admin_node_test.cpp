// The administrator's machine: finds the active controller, carries out one thing after another.
#include "sim/controller/admin_node.h"

#include <doctest/doctest.h>

#include "tests/unit/controller/kraft_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

struct Office {
  Office() : cluster(3, 3, {{"orders", 1, 3, {}}}) {
    auto node = std::make_unique<AdminNode>(std::vector<NodeId>{
        cluster.controller_id(3), cluster.controller_id(2), cluster.controller_id(1)});
    admin = node.get();
    engine::NodeSpec spec;
    spec.name = "office";
    id = cluster.engine.add_node(spec, std::move(node));
    cluster.run(1s);
  }
  void perform(AdminOperation operation, std::string name) {
    admin->perform({std::move(operation), std::move(name), "in a test",
                    [this](const AdminResponse& r) { answers.push_back(r.error); }});
  }
  KraftCluster cluster;
  AdminNode* admin = nullptr;
  NodeId id;
  std::vector<Error> answers;
};

}  // namespace

TEST_CASE("operations are carried out in order, by whichever controller is active") {
  Office office;
  office.perform(CreateTopic{{"more", 1, 3, {}}}, "create_topic");
  office.perform(AddPartitions{"more", 4}, "add_partitions");
  office.perform(AddPartitions{"more", 2}, "add_partitions");
  office.cluster.run(5s);
  CHECK(office.answers == std::vector<Error>{Error::none, Error::none, Error::invalid_partitions});
  CHECK(office.admin->idle());
  CHECK(office.cluster.broker(1).link.image().find_topic("more")->partitions.size() == 4);
  const auto told = office.cluster.trace.all<trace::OperationAnswered>();
  REQUIRE(told.size() == 3);
  CHECK(told[0].second.error.empty());
  CHECK(told[2].second.error == "INVALID_PARTITIONS");
  CHECK(told[2].second.text == "more has 4 partitions: it can only get more");
}

TEST_CASE("an operation waits for the next controller, but not for ever") {
  Office office;
  office.cluster.engine.stop(office.cluster.controller_id(1), engine::StopReason::crash);
  office.perform(CreateTopic{{"more", 1, 3, {}}}, "create_topic");
  office.cluster.run(5s);
  CHECK(office.answers == std::vector<Error>{Error::none});
  office.cluster.engine.stop(office.cluster.controller_id(2), engine::StopReason::crash);
  office.cluster.run(5s);
  office.perform(DeleteTopic{"more"}, "delete_topic");
  office.cluster.run(59s);
  CHECK(office.answers.size() == 1);
  office.cluster.run(2s);
  REQUIRE(office.answers.size() == 2);
  CHECK(office.answers[1] == Error::request_timed_out);
}
