// Groups in the window: drawn at every size and profile and at every moment of a rebalance,
// clicked, their tables shown over the whole window.
#include <doctest/doctest.h>

#include "headless.h"
#include "viz/ui/camera.h"
#include "viz/ui/group_motion.h"
#include "viz/ui/member_card.h"
#include "viz/ui/partition_marks.h"
#include "viz/ui/timeline.h"

using namespace eventarium;
using namespace eventarium::viz;
using namespace eventarium::viz::ui;
using eventarium::viz::ui::testing::Headless;

namespace {

/// `members` consumers share six partitions from 1 s on; at 5 s the first one gives all up, from
/// 7 s on the last one has its partitions.
class GroupRun {
 public:
  explicit GroupRun(std::size_t members) {
    file_.header = trace::Header{1, "groups", "Groups", 42, "lean", "test"};
    broker_ = declare("broker-1", "broker");
    for (std::int64_t p = 0; p < 6; ++p)
      emit(0s, broker_, trace::PartitionCreated{"orders", p, broker_, 0, {broker_}, {broker_}});
    for (std::size_t i = 0; i < members; ++i) {
      consumers_.push_back(declare("billing-" + std::to_string(i + 1), "consumer"));
      emit(0s, consumers_[i],
           trace::SubscriptionDeclared{"orders", -1, "kafka", "earliest", "billing", "classic"});
      emit(0s, broker_, trace::GroupMemberJoined{"billing", name(i), consumers_[i], ""});
    }
    state(0s, "PreparingRebalance", 0);
    state(1s, "Stable", 1);
    for (std::size_t p = 0; p < 6; ++p) take(1s, p % members, p);
    emit(2s, broker_, trace::OffsetCommitted{"billing", "orders", 0, 0, name(0), 1});
    state(5s, "PreparingRebalance", 1);
    for (std::size_t p = 0; p < 6; ++p)
      if (p % members == 0)
        emit(5s, consumers_[0], trace::PartitionRevoked{"billing", "orders", number(p), "revoked"});
    state(7s, "Stable", 2);
    for (std::size_t p = 0; p < 6; ++p)
      if (p % members == 0) take(7s, members - 1, p);
    emit(9s, NodeId{}, trace::RunEnded{file_.events.size(), "0123456789abcdef"});
    file_.reached = sim_time(9s);
    file_.complete = true;
  }
  std::unique_ptr<Session> session_at(Duration t) const {
    auto session = std::make_unique<Session>(std::make_unique<FileSource>(file_));
    session->playback().pause();
    session->frame(Duration{});
    session->playback().seek(sim_time(t));
    session->frame(Duration{});
    return session;
  }
  NodeId consumer(std::size_t i) const { return consumers_[i]; }

 private:
  static std::int64_t number(std::size_t p) { return static_cast<std::int64_t>(p); }
  static std::string name(std::size_t i) { return "member-" + std::to_string(i); }
  void state(Duration t, const std::string& state, std::int64_t generation) {
    emit(t, broker_,
         trace::GroupStateChanged{"billing", "classic", state, generation, "range",
                                  consumers_.size(), "somebody joins"});
  }
  void take(Duration t, std::size_t who, std::size_t p) {
    emit(t, consumers_[who], trace::PartitionAssigned{"billing", "orders", number(p), 1});
    emit(t, consumers_[who], trace::PositionReset{"orders", number(p), "committed", 0});
  }
  NodeId declare(const std::string& name, const std::string& role) {
    const NodeId id{nodes_++};
    trace::NodeDeclared declared;
    declared.index = id;
    declared.name = name;
    declared.role = role;
    emit(0s, NodeId{}, declared);
    emit(0s, id, trace::NodeStarted{1});
    return id;
  }
  void emit(Duration t, NodeId node, trace::EventBody body) {
    trace::Event event;
    event.id = EventId{file_.events.size() + 1};
    event.t = sim_time(t);
    event.node = node;
    event.body = std::move(body);
    file_.events.push_back(std::move(event));
  }

  trace::TraceFile file_;
  NodeId broker_;
  std::vector<NodeId> consumers_;
  std::uint32_t nodes_ = 0;
};

}  // namespace

TEST_CASE("a group is drawn at every size and profile, at every moment of a rebalance") {
  for (const std::size_t members :
       {std::size_t{1}, std::size_t{3}, std::size_t{8}, std::size_t{50}}) {
    const GroupRun run(members);
    for (const auto& [size, profile] : {std::pair(ImVec2{1920, 1080}, Profile::dark),
                                        std::pair(ImVec2{1280, 720}, Profile::light),
                                        std::pair(ImVec2{1280, 720}, Profile::projector)}) {
      Headless window(size, profile);
      for (const Duration t : {Duration{500ms}, Duration{4s}, Duration{5200ms}, Duration{6s},
                               Duration{7200ms}, Duration{9s}}) {
        const auto session = run.session_at(t);
        UiState state;
        window.settle(*session, state);
        state.selection = GroupSelection{"billing"};
        window.settle(*session, state);
        CHECK(ImGui::GetDrawData()->TotalVtxCount > 500);
        CHECK(static_cast<float>(window.fonts->smallest_px()) + 0.5F >= window.theme.text_min_px());
      }
    }
  }
}

TEST_CASE("a click on the head of a group's frame selects the group") {
  const GroupRun run(3);
  const auto session = run.session_at(4s);
  Headless window;
  UiState state;
  window.settle(*session, state);
  const Layout& layout = session->layout();
  Rect picture = state.shell.centre;
  picture.max.y -= window.theme.px(20);
  const View view = make_view(state.camera, picture, layout.bounds, window.theme);
  window.click(*session, state, view.to_screen(layout.groups[0].header).center());
  CHECK(state.selection == Selection(GroupSelection{"billing"}));
  window.click(*session, state, view.to_screen(layout.nodes[run.consumer(1).value].box).center());
  CHECK(state.selection == Selection(run.consumer(1)));
}

TEST_CASE("a wide table of Kafka's is shown over the window, and goes with its selection") {
  const GroupRun run(3);
  const auto session = run.session_at(4s);
  Headless window;
  UiState state;
  state.selection = GroupSelection{"billing"};
  state.overlay = Overlay::table;
  window.settle(*session, state);
  CHECK(state.overlay == Overlay::table);
  CHECK(static_cast<float>(window.fonts->smallest_px()) + 0.5F >= window.theme.text_min_px());
  state.selection = Selection{};
  window.settle(*session, state);
  CHECK(state.overlay == Overlay::none);
}

TEST_CASE("a partition flies to its new reader for a moment; with reduced motion it is there") {
  const GroupRun run(3);
  const auto session = run.session_at(7400ms);
  UiState state;
  const Theme theme = make_theme(Profile::dark);
  const Canvas canvas{nullptr, &theme, nullptr};
  const Frame frame{canvas, *session, state, 0};
  const GroupView& group = *session->world().group("billing");
  CHECK(is_gliding(frame, group, {"orders", 0}));
  CHECK_FALSE(is_gliding(frame, group, {"orders", 1}));  // it has not moved
  state.reduced_motion = true;
  CHECK_FALSE(is_gliding(frame, group, {"orders", 0}));
  state.reduced_motion = false;
  const auto during = run.session_at(5400ms);
  const Frame before{canvas, *during, state, 0};
  CHECK(is_rising(before, *during->world().group("billing"), {"orders", 3}));
}

TEST_CASE("a member has its colour and number for good; only who stopped is said to have") {
  const GroupRun run(8);
  const auto session = run.session_at(6s);
  UiState state;
  const Theme theme = make_theme(Profile::projector);
  const Canvas canvas{nullptr, &theme, nullptr};
  const Frame frame{canvas, *session, state, 0};
  const GroupView& group = *session->world().group("billing");
  CHECK(mark_of(frame, group, run.consumer(0)).text == "1");
  CHECK(mark_of(frame, group, run.consumer(7)).text == "8");
  // Colours come again, numbers don't.
  CHECK(mark_of(frame, group, run.consumer(6)).color ==
        mark_of(frame, group, run.consumer(0)).color);
  CHECK(has_stopped(session->world(), group, *group.member(run.consumer(0))));
  CHECK_FALSE(has_stopped(session->world(), group, *group.member(run.consumer(1))));
}

TEST_CASE("in a low window two lanes stay: what was broken, and the groups") {
  for (const Profile profile : {Profile::dark, Profile::projector}) {
    const GroupRun run(50);
    const auto session = run.session_at(9s);
    Headless window({1280, 720}, profile);
    UiState state;
    window.settle(*session, state);
    const float low = window.theme.px(2 * 25);  // lanes
    CHECK(state.shell.timeline.height() >= low);
    CHECK_FALSE(state.shell.timeline_squeezed);
  }
}
