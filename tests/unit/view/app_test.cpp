// The application with a real simulation behind it, without a window: opening, breaking, going
// back, branching, starting again, and a simulation that dies.
#include "viz/app/app.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "viz/app/child_process.h"

using namespace eventarium;
using namespace eventarium::viz;
using namespace eventarium::viz::app;

namespace {

Options options_for(const std::string& input) {
  Options options;
  options.input = std::string(EVENTARIUM_SOURCE_DIR) + "/scenarios/" + input + ".yaml";
  options.simulator = std::string(EVENTARIUM_BINARY_DIR) + "/eventarium";
  options.engine = "lean";
  return options;
}

/// Lets frames pass until `done`; false when that takes unreasonably long.
bool frames_until(App& app, const std::function<bool()>& done) {
  for (int i = 0; i < 20000; ++i) {
    if (done()) return true;
    app.advance(16ms);
    app.carry_out();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

bool is_down(App& app, const std::string& name) {
  const auto node = app.session().history().names().find(name);
  return node && app.session().world().node(*node)->down();
}

}  // namespace

TEST_CASE("what can't be opened is explained") {
  std::string error;
  App app(options_for("no-such-scenario"), error);
  CHECK(error.find("no-such-scenario") != std::string::npos);
}

TEST_CASE("a crash asked for at the playhead happens, in the past it makes a branch") {
  std::string error;
  App app(options_for("newsletter"), error);
  REQUIRE(error.empty());
  REQUIRE(app.wait_for(sim_time(3s)).empty());
  REQUIRE(app.select("crm"));
  app.state().ask(ui::Action::crash);
  app.carry_out();
  // Seen at once, although paused.
  REQUIRE(frames_until(app, [&] { return is_down(app, "crm"); }));
  CHECK(!app.session().playback().playing());
  CHECK(app.session().playback().playhead() < sim_time(3100ms));

  // Back to before it, another one breaks: in this run the first crash has never happened.
  REQUIRE(app.wait_for(sim_time(6s)).empty());
  REQUIRE(app.wait_for(sim_time(2s)).empty());
  CHECK(!is_down(app, "crm"));
  REQUIRE(app.select("mailer"));
  app.state().ask(ui::Action::crash);
  app.carry_out();
  app.session().playback().play();
  REQUIRE(frames_until(app, [&] { return is_down(app, "mailer"); }));
  REQUIRE(app.wait_for(sim_time(5s)).empty());
  CHECK(is_down(app, "mailer"));
  CHECK(!is_down(app, "crm"));

  // Reset: the run as the scenario has it.
  app.state().ask(ui::Action::restart_run);
  app.carry_out();
  REQUIRE(app.wait_for(sim_time(5s)).empty());
  CHECK(!is_down(app, "mailer"));
}

TEST_CASE("when the simulation is killed the application lives and can start again") {
  std::string error;
  App app(options_for("letter"), error);
  REQUIRE(error.empty());
  REQUIRE(app.wait_for(sim_time(3s)).empty());
  const auto& child = dynamic_cast<ChildSource&>(app.session().source());
  REQUIRE(child.process_id() > 0);
  kill(child.process_id(), SIGKILL);
  app.session().playback().play();
  REQUIRE(frames_until(app, [&] { return app.session().source().state() == SourceState::failed; }));
  CHECK(!app.session().source().problem().empty());
  CHECK(!app.session().history().empty());
  app.state().ask(ui::Action::restart_run);
  app.carry_out();
  CHECK(app.session().playback().playing());
  REQUIRE(frames_until(app, [&] { return app.session().playback().playhead() >= sim_time(4s); }));
}

TEST_CASE("a scenario opens shortly before its first event and says so") {
  std::string error;
  App app(options_for("newsletter"), error);
  REQUIRE(error.empty());
  CHECK(app.state().note.text.find("nothing happens before") != std::string::npos);
  app.advance(1ms);
  REQUIRE(frames_until(app, [&] { return !app.session().playback().starved(); }));
  CHECK(app.session().playback().playhead() >= sim_time(1s));
  CHECK(app.session().playback().playhead() < sim_time(2s));
  CHECK(!app.session().history().links().empty());  // expected: nobody has said anything yet
  CHECK(app.session().timeline().lanes().size() >= 3);
}

TEST_CASE("another scenario replaces the one that plays, keys change the looks") {
  std::string error;
  App app(options_for("letter"), error);
  REQUIRE(error.empty());
  REQUIRE(app.wait_for(sim_time(1s)).empty());
  app.state().overlay = ui::Overlay::gallery;
  app.state().open_scenario = options_for("radio").input;
  app.carry_out();
  CHECK(app.state().overlay == ui::Overlay::none);
  REQUIRE(app.wait_for(sim_time(1s)).empty());
  CHECK(app.session().header()->scenario == "radio");
  const float scale = app.theme().scale;
  app.state().ask(ui::Action::scale_up);
  app.state().ask(ui::Action::full_screen);
  CHECK(app.carry_out().toggle_full_screen);
  CHECK(app.theme().scale > scale);
  app.state().ask(ui::Action::profile);
  app.carry_out();
  CHECK(app.theme().profile == ui::Profile::light);
}
