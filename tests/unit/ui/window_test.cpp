// The whole window without a screen: it draws at every size and profile, stays inside its edges,
// and clicks and keys do what they say.
#include "viz/ui/main_window.h"

#include <doctest/doctest.h>

#include "headless.h"
#include "viz/ui/actions.h"
#include "viz/ui/camera.h"

using namespace eventarium;
using namespace eventarium::viz;
using namespace eventarium::viz::ui;
using namespace eventarium::viz::ui::testing;

namespace {

/// Pixels of the card of `node` as drawn in the last frame.
Rect card_of(const Headless& headless, const Session& session, const UiState& state, NodeId node) {
  Rect centre = state.shell.centre;
  centre.max.y -= headless.theme.px(20);
  const View view = make_view(state.camera, centre, session.layout().bounds, headless.theme);
  return view.to_screen(session.layout().nodes[node.value].box);
}

/// True when every command's clip rectangle and every vertex that it shows lies in the window.
bool inside_window(ImVec2 size) {
  const ImDrawData* data = ImGui::GetDrawData();
  for (int i = 0; i < data->CmdListsCount; ++i)
    for (const ImDrawCmd& command : data->CmdLists[i]->CmdBuffer)
      if (command.ClipRect.x < -1 || command.ClipRect.y < -1 || command.ClipRect.z > size.x + 1 ||
          command.ClipRect.w > size.y + 1)
        return false;
  return data->TotalVtxCount > 0;
}

}  // namespace

TEST_CASE("the window draws at every size and profile, with every panel and overlay") {
  const SampleRun run(24);
  for (const Profile profile : {Profile::dark, Profile::light, Profile::projector})
    for (const ImVec2 size : {ImVec2{1280, 720}, ImVec2{1920, 1080}, ImVec2{960, 600}}) {
      Headless headless(size, profile);
      const auto session = run.session_at(sim_time(5100ms));
      UiState state;
      state.wishes.events = true;
      for (const Overlay overlay : {Overlay::none, Overlay::gallery, Overlay::help})
        for (const Selection& selection :
             {Selection{}, Selection(run.website()), Selection(RecordId{3}),
              Selection(Score::waiting), Selection(PartitionId{"signups", 1})}) {
          state.overlay = overlay;
          state.selection = selection;
          headless.settle(*session, state);
          CHECK(inside_window(size));
          CHECK(headless.fonts->settled());
        }
    }
}

TEST_CASE("a click on a card selects its node, one on the background unselects it") {
  const SampleRun run(10);
  Headless headless;
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  headless.settle(*session, state);
  const Rect card = card_of(headless, *session, state, run.website());
  headless.click(*session, state, {card.center().x, card.min.y + 12});
  CHECK(state.selection == Selection(run.website()));
  headless.click(*session, state, {card.center().x, card.max.y + 120});
  CHECK(state.selection == Selection{});
}

TEST_CASE("the wheel zooms and F fits again") {
  const SampleRun run(10);
  Headless headless;
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  headless.settle(*session, state);
  ImGui::GetIO().MousePos = {600, 300};
  headless.frame(*session, state);
  ImGui::GetIO().MouseWheel = 2;
  headless.frame(*session, state);
  ImGui::GetIO().MouseWheel = 0;
  CHECK(!state.camera.fit);
  CHECK(carry_out(Action::fit, *session, state));
  CHECK(state.camera.fit);
}

TEST_CASE("a click on a card of the gallery asks for that scenario, a broken one can't be played") {
  const SampleRun run(3);
  Headless headless;
  const auto session = run.session_at(sim_time(1s));
  UiState state;
  GalleryEntry good, broken;
  good.path = "a.yaml";
  good.name = good.title = "a";
  broken.path = "b.yaml";
  broken.name = broken.title = "b";
  broken.problems = {"b.yaml:1:1: not a scenario"};
  state.gallery = {good, broken};
  state.overlay = Overlay::gallery;
  headless.settle(*session, state);
  // The panel is 1240 x 820 in the middle; its cards begin below the title.
  headless.click(*session, state, {340 + 32 + 400 + 150, 130 + 24 + 50 + 80});
  CHECK(!state.open_scenario);
  headless.click(*session, state, {340 + 32 + 100, 130 + 24 + 50 + 80});
  CHECK(state.open_scenario == "a.yaml");
  headless.click(*session, state, {20, 20});
  CHECK(state.overlay == Overlay::none);
}

TEST_CASE("in a narrow window the list of events and the inspector take turns") {
  const SampleRun run(10);
  Headless headless({1280, 720});
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  state.selection = run.website();
  headless.settle(*session, state);
  CHECK(!state.shell.inspector.empty());
  carry_out(Action::toggle_events, *session, state);
  headless.settle(*session, state);
  CHECK(state.shell.inspector.empty());
  CHECK(!state.shell.events.empty());
  const Rect card = card_of(headless, *session, state, run.broker());
  headless.click(*session, state, {card.center().x, card.min.y + 8});
  headless.frame(*session, state);
  CHECK(state.selection == Selection(run.broker()));
  CHECK(!state.shell.inspector.empty());
  CHECK(state.shell.events.empty());
}

TEST_CASE("an event clicked in a narrow window's list is inspected in its place") {
  const SampleRun run(10);
  Headless headless({1280, 720});
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  carry_out(Action::toggle_events, *session, state);
  headless.settle(*session, state);
  const Rect list = state.shell.events;
  REQUIRE(!list.empty());
  headless.click(*session, state, {list.center().x, list.max.y - 120});
  headless.frame(*session, state);
  CHECK(std::holds_alternative<EventSelection>(state.selection));
  CHECK(!state.shell.inspector.empty());
  CHECK(state.shell.events.empty());
  carry_out(Action::close, *session, state);  // unselected, the list is back
  headless.frame(*session, state);
  CHECK(!state.shell.events.empty());
  state.selection = run.website();
  state.inspector_over_list = true;
  carry_out(Action::toggle_events, *session, state);  // brought to the front
  headless.frame(*session, state);
  CHECK(!state.shell.events.empty());
}

TEST_CASE("tool tips wait until the mouse rests") {
  const SampleRun run(10);
  Headless headless;
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  headless.settle(*session, state);
  const auto lists = [] { return ImGui::GetDrawData()->CmdListsCount; };
  ImGui::GetIO().MousePos = {1500, 30};  // a tile of the scoreboard
  headless.frame(*session, state);
  headless.frame(*session, state);
  const int without = lists();
  CHECK(state.mouse_rests_s < tip_delay_s);
  for (int i = 0; i < 40; ++i) headless.frame(*session, state);
  CHECK(state.mouse_rests_s >= tip_delay_s);
  CHECK(lists() > without);
  ImGui::GetIO().MousePos = {1502, 31};
  headless.frame(*session, state);
  CHECK(lists() == without);
}

TEST_CASE("a typed letter asks for its action") {
  const SampleRun run(10);
  Headless headless;
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  headless.settle(*session, state);
  ImGui::GetIO().AddInputCharacter('k');
  headless.frame(*session, state);
  CHECK(state.actions == std::vector<Action>{Action::crash});
}

/// A recorded run that takes commands, as a child would.
class Obedient : public FileSource {
 public:
  using FileSource::FileSource;
  bool takes_commands() const override { return true; }
};

TEST_CASE("a fault needs a selected node and names it") {
  const SampleRun run(10);
  Session session(std::make_unique<Obedient>(run.file()));
  session.playback().seek(sim_time(4s));
  session.frame(Duration{});
  UiState state;
  carry_out(Action::crash, session, state);
  CHECK(state.requests.empty());
  state.selection = run.broker();
  carry_out(Action::crash, session, state);
  carry_out(Action::unplug, session, state);
  carry_out(Action::start_node, session, state);  // it runs: refused, with a reason
  REQUIRE(state.requests.size() == 2);
  CHECK(std::get<FaultRequest>(state.requests[0]).kind == "crash");
  CHECK(std::get<FaultRequest>(state.requests[0]).target == "broker-1");
  CHECK(std::get<FaultRequest>(state.requests[1]).kind == "link_down");
  CHECK(state.note.text == "broker-1 is running.");
  session.playback().play();
  while (session.playback().playing()) session.frame(100ms);
  CHECK(why_not(session, Action::crash, run.broker()).find("ended") != std::string::npos);
}

TEST_CASE("what can't be done to a node is said, by its key as by its button") {
  const SampleRun run(10);
  const auto session = run.session_at(sim_time(5s));
  UiState state;
  carry_out(Action::crash, *session, state);
  CHECK(state.note.text.find("Select a node") != std::string::npos);
  state.selection = run.broker();
  carry_out(Action::crash, *session, state);
  CHECK(state.requests.empty());
  CHECK(state.note.text.find("recorded") != std::string::npos);
  CHECK(!why_not(*session, Action::unplug, run.broker()).empty());
}

TEST_CASE("the banner of a dead simulation has two buttons that can be clicked") {
  const SampleRun run(10);
  trace::TraceFile file = run.file();
  file.warning = trace::ReadError{7, "it was cut off"};
  for (const ImVec2 size : {ImVec2{1280, 720}, ImVec2{1920, 1080}}) {
    Headless headless(size);
    Session session(std::make_unique<FileSource>(file));
    session.frame(Duration{});
    UiState state;
    headless.settle(session, state);
    std::vector<Action> asked;
    // The buttons stand side by side at the banner's lower edge, wherever its text puts that.
    const Rect centre = state.shell.centre;
    const float left = centre.center().x - std::min(centre.width() - 40, 760.0F) / 2;
    for (const float x : {left + 100, left + 320}) {
      state.actions.clear();
      for (float y = centre.min.y + 60; y < centre.min.y + 240 && state.actions.empty(); y += 12)
        headless.click(session, state, {x, y});
      if (!state.actions.empty()) asked.push_back(state.actions.front());
    }
    CHECK(asked == std::vector<Action>{Action::restart_run, Action::gallery});
  }
}

TEST_CASE("starting again after a failure plays") {
  const SampleRun run(10);
  trace::TraceFile file = run.file();
  file.warning = trace::ReadError{7, "it was cut off"};
  Session session(std::make_unique<FileSource>(file));
  session.playback().play();
  UiState state;
  for (int i = 0; i < 500 && session.playback().playing(); ++i) session.frame(100ms);
  REQUIRE(!session.playback().playing());
  carry_out(Action::restart_run, session, state);
  session.frame(100ms);
  session.frame(100ms);
  CHECK(session.playback().playing());
  CHECK(session.playback().playhead() > SimTime{});
}

TEST_CASE("playing, stepping and jumping move the playhead") {
  const SampleRun run(10);
  const auto session = run.session_at(sim_time(2s));
  UiState state;
  Playback& playback = session->playback();
  carry_out(Action::step, *session, state);
  session->frame(Duration{});
  CHECK(playback.playhead() > sim_time(2s));
  const SimTime there = playback.playhead();
  carry_out(Action::step_back, *session, state);
  session->frame(Duration{});
  CHECK(playback.playhead() < there);
  carry_out(Action::to_end, *session, state);
  session->frame(Duration{});
  CHECK(playback.playhead() == run.end());
  carry_out(Action::to_start, *session, state);
  session->frame(Duration{});
  CHECK(playback.playhead() == SimTime{});
  const double speed = playback.speed();
  carry_out(Action::faster, *session, state);
  CHECK(playback.speed() > speed);
  carry_out(Action::play_pause, *session, state);
  CHECK(playback.playing());
}

TEST_CASE("playing at the end of a run shows it once more") {
  const SampleRun run(3);
  const auto session = run.session_at(run.end());
  UiState state;
  session->playback().play();
  session->frame(10ms);
  REQUIRE(session->playback().at_end());
  carry_out(Action::play_pause, *session, state);
  session->frame(10ms);
  CHECK(session->playback().playing());
  CHECK(session->playback().playhead() < sim_time(1s));
}

TEST_CASE("Esc closes the topmost thing first") {
  const SampleRun run(3);
  const auto session = run.session_at(sim_time(1s));
  UiState state;
  state.selection = run.website();
  state.filter.text = "sub";
  state.overlay = Overlay::help;
  carry_out(Action::close, *session, state);
  CHECK(state.overlay == Overlay::none);
  CHECK(state.filter.text == "sub");
  carry_out(Action::close, *session, state);
  CHECK(state.filter.text.empty());
  CHECK(state.selection != Selection{});
  carry_out(Action::close, *session, state);
  CHECK(state.selection == Selection{});
}

TEST_CASE("what the window itself must do is left to the application") {
  const SampleRun run(3);
  const auto session = run.session_at(sim_time(1s));
  UiState state;
  CHECK(!carry_out(Action::full_screen, *session, state));
  CHECK(!carry_out(Action::profile, *session, state));
}
