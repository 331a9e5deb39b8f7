// Share groups in the window: drawn at every size and profile, and what is said of a record under
// the mouse.
#include <doctest/doctest.h>

#include "headless.h"
#include "viz/ui/share_cells.h"

using namespace eventarium;
using namespace eventarium::viz;
using namespace eventarium::viz::ui;
using eventarium::viz::ui::testing::Headless;

namespace {

/// Eight records in jobs-0; three of them are in the hands of worker-1, the second time; one is
/// done and one archived.
std::unique_ptr<Session> shared_session() {
  trace::TraceFile file;
  file.header = trace::Header{1, "jobs", "Jobs", 42, "lean", "test"};
  std::uint32_t nodes = 0;
  const auto emit = [&](Duration t, NodeId node, trace::EventBody body) {
    file.events.push_back(
        {EventId{file.events.size() + 1}, sim_time(t), node, EventId{}, std::move(body)});
  };
  const auto declare = [&](const std::string& name, const std::string& role) {
    const NodeId id{nodes++};
    trace::NodeDeclared declared;
    declared.index = id;
    declared.name = name;
    declared.role = role;
    emit(0s, NodeId{}, declared);
    emit(0s, id, trace::NodeStarted{1});
    return id;
  };
  const NodeId broker = declare("broker-1", "broker"), worker = declare("worker-1", "consumer");
  emit(0s, broker, trace::PartitionCreated{"jobs", 0, broker, 0, {broker}, {broker}});
  emit(0s, worker, trace::SubscriptionDeclared{"jobs", -1, "kafka", "earliest", "work", "share"});
  emit(0s, broker, trace::GroupStateChanged{"work", "share", "Stable", 1, "simple", 1, "starts"});
  trace::RecordList all;
  for (std::uint64_t i = 1; i <= 8; ++i) all.push_back(RecordId{i});
  emit(1s, broker, trace::BatchAppended{"jobs", 0, 0, all, 0, 800});
  emit(1s, broker, trace::HighWatermarkAdvanced{"jobs", 0, 8});
  const auto part = [&](std::size_t from, std::size_t count) {
    return trace::RecordList(all.begin() + static_cast<std::ptrdiff_t>(from),
                             all.begin() + static_cast<std::ptrdiff_t>(from + count));
  };
  emit(2s, broker, trace::RecordsAcquired{"work", "jobs", 0, 0, part(0, 5), worker, 2, 10s, 5});
  emit(3s, broker, trace::RecordsSettled{"work", "jobs", 0, 0, part(0, 1), worker, "accepted", ""});
  emit(3s, broker, trace::RecordsSettled{"work", "jobs", 0, 2, part(2, 1), worker, "archived", ""});
  emit(3s, broker, trace::ShareStartAdvanced{"work", "jobs", 0, 1});
  emit(9s, NodeId{}, trace::RunEnded{file.events.size(), "0123456789abcdef"});
  file.reached = sim_time(9s);
  file.complete = true;
  auto session = std::make_unique<Session>(std::make_unique<FileSource>(file));
  session->playback().pause();
  session->frame(Duration{});
  session->playback().seek(sim_time(4s));
  session->frame(Duration{});
  return session;
}

}  // namespace

TEST_CASE("a share group is drawn at every size and profile") {
  for (const auto& [size, profile] :
       {std::pair(ImVec2{1920, 1080}, Profile::dark), std::pair(ImVec2{1280, 720}, Profile::light),
        std::pair(ImVec2{1280, 720}, Profile::projector)}) {
    Headless window(size, profile);
    const auto session = shared_session();
    UiState state;
    window.settle(*session, state);
    CHECK(ImGui::GetDrawData()->TotalVtxCount > 500);
    CHECK(static_cast<float>(window.fonts->smallest_px()) + 0.5F >= window.theme.text_min_px());
  }
}

TEST_CASE("a record under the mouse says who has it and for which time") {
  const auto session = shared_session();
  UiState state;
  const Theme theme = make_theme(Profile::dark);
  const Canvas canvas{nullptr, &theme, nullptr};
  const Frame frame{canvas, *session, state, 0};
  const PartitionId jobs{"jobs", 0};
  const GroupView* group = share_group_of(frame, jobs);
  REQUIRE(group != nullptr);
  CHECK(share_group_of(frame, {"letters", 0}) == nullptr);
  CHECK(share_text(frame, *group, jobs, 0) == "work is done with it.");
  CHECK(share_text(frame, *group, jobs, 1) == "worker-1 has it until 00:12.000, delivery 2 of 5.");
  CHECK(share_text(frame, *group, jobs, 2).find("archived") != std::string::npos);
  CHECK(share_text(frame, *group, jobs, 6).find("Free") == 0);
  CHECK(share_sums(*group).front() == "3 in work · 1 done · 1 archived");
}
