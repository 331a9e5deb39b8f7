// Resetting a group's positions: whom the administrator asks what, what he commits, and what he
// makes of refusals.
#include "sim/controller/offset_resetter.h"

#include <doctest/doctest.h>

#include <deque>

#include "sim/controller/admin_node.h"
#include "sim/engine/lean_engine.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

/// Answers as a broker would that leads everything and coordinates every group.
struct FakeBroker final : engine::Node {
  std::deque<Error> commit_errors;  // of the next commits; then none
  int silent = 0;                   // requests that get no answer
  std::int64_t begins = 3, ends = 90, at_time = 40;
  std::vector<OffsetCommitRequest> commits;
  int asked = 0;

  void on_start(engine::Runtime&) override {}
  void on_timer(engine::Runtime&, engine::Token) override {}
  void on_disconnect(engine::Runtime&, NodeId, engine::Lane) override {}
  void on_stop(engine::Runtime&, engine::StopReason) override {}
  double handling_work_flops(const engine::Message&) const override { return 0; }

  void on_message(engine::Runtime& runtime, engine::Message message) override {
    ++asked;
    if (silent > 0) {
      --silent;
      return;
    }
    const auto* request = message.as<Request>();
    std::unique_ptr<Response> response = answer(runtime.self(), message);
    REQUIRE(request != nullptr);
    REQUIRE(response != nullptr);
    response->header = request->header;
    const std::uint64_t size_bytes = response->size_bytes();
    runtime.send(message.source, std::move(response), size_bytes, message.lane);
  }

  std::unique_ptr<Response> answer(NodeId self, const engine::Message& message) {
    if (message.as<MetadataRequest>()) {
      auto response = std::make_unique<MetadataResponse>();
      response->topics.push_back({Error::none, "orders", {}});
      for (std::int32_t p = 0; p < 2; ++p)
        response->topics[0].partitions.push_back({Error::none, p, self, 4, {self}, {self}});
      return response;
    }
    if (message.as<FindCoordinatorRequest>()) {
      auto response = std::make_unique<FindCoordinatorResponse>();
      response->coordinator = self;
      return response;
    }
    if (const auto* list = message.as<ListOffsetsRequest>()) {
      using Target = ListOffsetsRequest::Target;
      auto response = std::make_unique<ListOffsetsResponse>();
      for (const auto& partition : list->partitions)
        response->partitions.push_back({partition.tp, Error::none,
                                        partition.target == Target::earliest ? begins
                                        : partition.target == Target::latest ? ends
                                                                             : at_time,
                                        SimTime{}, 4});
      return response;
    }
    const auto* commit = message.as<OffsetCommitRequest>();
    if (commit == nullptr) return nullptr;
    commits.push_back(*commit);
    auto response = std::make_unique<OffsetCommitResponse>();
    const Error error = commit_errors.empty() ? Error::none : commit_errors.front();
    if (!commit_errors.empty()) commit_errors.pop_front();
    for (const auto& partition : commit->partitions)
      response->partitions.push_back({partition.tp, error});
    return response;
  }
};

struct Office : trace::Sink {
  engine::LeanEngine engine{1};
  FakeBroker* broker = nullptr;
  AdminNode* admin = nullptr;
  std::vector<trace::OperationAnswered> answered;

  Office() {
    engine.add_sink(*this);
    auto fake = std::make_unique<FakeBroker>();
    broker = fake.get();
    engine::NodeSpec spec;
    spec.name = "broker-1";
    const NodeId id = engine.add_node(spec, std::move(fake));
    auto office = std::make_unique<AdminNode>(std::vector<NodeId>{id}, std::vector<NodeId>{id});
    admin = office.get();
    spec.name = "admin";
    engine.add_node(spec, std::move(office));
    engine.run_until(sim_time(10ms));
  }
  void on_event(const trace::Event& event) override {
    if (const auto* answer = event.as<trace::OperationAnswered>()) answered.push_back(*answer);
  }
  void reset(OffsetResetter::Reset::To to, std::int64_t offset = 0) {
    OffsetResetter::Reset reset;
    reset.to = to;
    reset.group = "bills";
    reset.topic = "orders";
    reset.offset = offset;
    reset.name = "reset_offsets";
    admin->reset_offsets(std::move(reset));
  }
  std::int64_t committed() const {
    return broker->commits.back().partitions.at(1).committed.offset;
  }
};

using To = OffsetResetter::Reset::To;

}  // namespace

TEST_CASE("each target becomes a position in every partition, committed by nobody's member") {
  Office office;
  const auto leads_to = [&](To to, std::int64_t offset = 0) {
    office.reset(to, offset);
    office.engine.run_until(office.engine.now() + 1s);
    REQUIRE(!office.broker->commits.empty());
    return office.committed();
  };
  CHECK(leads_to(To::earliest) == 3);
  CHECK(office.broker->commits.back().generation == -1);
  CHECK(office.broker->commits.back().member_id.empty());
  CHECK(office.broker->commits.back().partitions.size() == 2);
  CHECK(leads_to(To::latest) == 90);
  CHECK(leads_to(To::time) == 40);
  CHECK(leads_to(To::offset, 50) == 50);
  CHECK(leads_to(To::offset, 1) == 3);      // not before the log begins
  CHECK(leads_to(To::offset, 1000) == 90);  // nor behind its end
  office.broker->at_time = -1;              // nothing is that young
  CHECK(leads_to(To::time) == 90);
  REQUIRE(office.answered.size() == 7);
  CHECK(office.answered[0].error.empty());
  CHECK(office.answered[0].text == "2 positions are kept");
}

TEST_CASE("while somebody is in the group nothing is moved") {
  Office office;
  office.broker->commit_errors = {Error::unknown_member_id};
  office.reset(To::earliest);
  office.engine.run_until(sim_time(5s));
  REQUIRE(office.answered.size() == 1);
  CHECK(office.answered[0].error == "NON_EMPTY_GROUP");
  CHECK(office.answered[0].text == "somebody is in 'bills'; stop its members first");
  CHECK(office.broker->commits.size() == 1);
}

TEST_CASE("a coordinator that is still loading is asked again") {
  Office office;
  office.broker->commit_errors = {Error::coordinator_load_in_progress, Error::not_coordinator};
  office.reset(To::latest);
  office.engine.run_until(sim_time(5s));
  REQUIRE(office.answered.size() == 1);
  CHECK(office.answered[0].error.empty());
  CHECK(office.broker->commits.size() == 3);
}

TEST_CASE("who never answers is not waited for longer than a minute") {
  Office office;
  office.broker->silent = 1000;
  office.reset(To::latest);
  office.reset(To::earliest);
  office.engine.run_until(sim_time(59s));
  CHECK(office.answered.empty());
  CHECK(office.broker->asked == 4);  // two questions, and again after 30 s
  office.engine.run_until(sim_time(61s));
  REQUIRE(office.answered.size() == 1);
  CHECK(office.answered[0].error == "REQUEST_TIMED_OUT");
  office.broker->silent = 0;
  office.engine.run_until(sim_time(130s));
  REQUIRE(office.answered.size() == 2);  // the next one's turn has come
  CHECK(office.answered[1].error.empty());
}
