// See app.h. What is opened, what goes to the simulation and what the keys change meet here; the
// picture itself is built by viz/ui.
#include "viz/app/app.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "sim/scenario/loader.h"
#include "viz/app/child_process.h"
#include "viz/app/places.h"
#include "viz/model/slow_motion.h"
#include "viz/ui/actions.h"
#include "viz/ui/main_window.h"
#include "viz/ui/widgets.h"

namespace eventarium::viz::app {

namespace {

constexpr int opening_haste = 6;
constexpr double opening_lead_viewer_s = 0.8;
constexpr const char* first_scenario = "newsletter";

std::unique_ptr<TraceSource> open_trace(const std::string& path, std::string& problem) {
  trace::TraceFile file = trace::read_trace_file(path);
  if (!file.header) {
    problem = fmt::format("{} is neither a scenario (.yaml) nor a trace: {}", path,
                          file.warning ? file.warning->message : "no header");
    return nullptr;
  }
  return std::make_unique<FileSource>(std::move(file));
}

}  // namespace

App::App(const Options& options, std::string& error)
    : options_(options),
      simulator_(options.simulator.empty() ? find_simulator() : options.simulator),
      scenarios_(find_scenarios()),
      theme_(ui::make_theme(options.profile, options.scale)) {
  state_.reduced_motion = options.reduced_motion;
  own_scale_ = options.scale <= 0;
  if (!scenarios_.empty()) state_.gallery = list_gallery(scenarios_, first_scenario);
  error = open(options.input.empty() ? first_scenario : options.input);
  if (!error.empty()) return;
  for (const std::string& part : options.open) {
    if (part == "events") state_.wishes.events = true;
    if (part == "gallery") state_.overlay = ui::Overlay::gallery;
    if (part == "cluster") state_.overlay = ui::Overlay::cluster;
    if (part == "metrics") state_.wishes.metrics = true;
    if (part == "heartbeats") state_.routine = true;
    if (part == "more") state_.more_deeds = true;
    if (part == "keys") state_.overlay = ui::Overlay::help;
  }
}

std::string App::open(const std::string& input) {
  const std::string path = find_input(input, scenarios_);
  if (path.empty())
    return fmt::format("there is no file '{}', and no scenario of that name in {}", input,
                       scenarios_.empty() ? "a folder scenarios/" : scenarios_);
  std::unique_ptr<TraceSource> source;
  std::optional<scenario::Scenario> loaded;
  if (is_scenario(path)) {
    scenario::LoadResult result = scenario::load_file(path);
    if (!result.scenario) {
      std::vector<std::string> lines;
      for (const scenario::Problem& problem : result.problems) lines.push_back(to_text(problem));
      return fmt::format("{}", fmt::join(lines, "\n"));
    }
    loaded = std::move(result.scenario);
    if (simulator_.empty())
      return "the program 'eventarium' is not beside this one; build it with ./run.sh";
    ChildCommand command{simulator_, {"run", path, "--serve"}};
    if (options_.seed)
      command.arguments.insert(command.arguments.end(), {"--seed", std::to_string(*options_.seed)});
    if (options_.engine)
      command.arguments.insert(command.arguments.end(), {"--engine", *options_.engine});
    source = std::make_unique<ChildSource>(std::move(command));
  } else {
    std::string problem;
    source = open_trace(path, problem);
    if (!source) return problem;
  }
  session_ = std::make_unique<Session>(std::move(source));
  opened_ = path;
  state_.selection = Selection{};
  state_.filter = ui::EventFilter{};
  state_.camera = ui::Camera{};
  state_.shown = ui::ShownLayout{};
  state_.time_window.reset();
  state_.scenario = std::move(loaded);
  double speed = 1;
  if (state_.scenario) {
    session_->set_plan(plan_of(*state_.scenario));
    speed = state_.scenario->view.speed.value_or(speed);
  }
  session_->playback().set_speed(options_.speed.value_or(speed));
  session_->playback().play();
  begin_at_first_event();
  return "";
}

/// A picture in which nothing moves for seconds looks broken.
void App::begin_at_first_event() {
  Playback& playback = session_->playback();
  if (!playback.playing()) return;
  const Duration lead = from_seconds(opening_lead_viewer_s * playback.speed());
  const SimTime begin = session_->plan().first_event - lead;
  if (begin <= SimTime{}) return;
  playback.seek(begin);
  state_.say(fmt::format("Begins at {}: nothing happens before.", format_clock(begin)));
}

bool App::advance(Duration dt_viewer) {
  viewer_s_ += to_seconds(dt_viewer);
  const Playback& playback = session_->playback();
  // Before the first event there is nothing to see yet.
  if (playback.playing() && session_->history().record_count() == 0) dt_viewer *= opening_haste;
  if (state_.slow_motion && playback.playing()) {
    const SlowMotion slow =
        slow_motion(session_->history(), playback.playhead(), dt_viewer, playback.speed());
    dt_viewer = slow.viewer_time;
  }
  const bool changed = session_->frame(dt_viewer);
  note_slow_motion();
  const bool tip_due = state_.mouse_rests_s < 2 * ui::tip_delay_s;
  return changed || tip_due || state_.shown.moving || !state_.note.text.empty();
}

/// Also while paused: what would be seen next is what the speed says.
void App::note_slow_motion() {
  state_.slowed_to.reset();
  if (!state_.slow_motion) return;
  const Playback& playback = session_->playback();
  const SlowMotion slow =
      slow_motion(session_->history(), playback.playhead(), Duration{1}, playback.speed());
  if (!slow.slowed || slow.speed >= playback.speed()) return;
  // One digit: it is read while it changes.
  const double digit = std::pow(10.0, std::floor(std::log10(slow.speed)));
  state_.slowed_to = std::round(slow.speed / digit) * digit;
}

void App::build(ui::Fonts& fonts) {
  const float height_px = ImGui::GetIO().DisplaySize.y;
  const float own = ui::default_scale(theme_.profile, height_px);
  if (own_scale_ && own != theme_.scale) theme_ = ui::make_theme(theme_.profile, own);
  ui::apply_style(theme_);
  ui::draw_main_window(*session_, state_, theme_, fonts, viewer_s_);
}

WindowRequests App::carry_out() {
  WindowRequests requests;
  const std::vector<ui::Action> actions = std::exchange(state_.actions, {});
  for (const ui::Action action : actions) {
    const bool done = ui::carry_out(action, *session_, state_);
    if (action == ui::Action::restart_run) begin_at_first_event();
    if (done) continue;
    if (action == ui::Action::full_screen) requests.toggle_full_screen = true;
    change_looks(action);
  }
  send_requests();
  if (state_.open_scenario) {
    const std::string path = *std::exchange(state_.open_scenario, std::nullopt);
    const std::string problem = open(path);
    if (problem.empty())
      state_.overlay = ui::Overlay::none;
    else
      std::fprintf(stderr, "eventarium-view: %s\n", problem.c_str());
  }
  return requests;
}

void App::change_looks(ui::Action action) {
  float scale = theme_.scale;
  ui::Profile profile = theme_.profile;
  if (action == ui::Action::scale_up) scale = ui::next_scale(scale, +1);
  if (action == ui::Action::scale_down) scale = ui::next_scale(scale, -1);
  if (action == ui::Action::scale_up || action == ui::Action::scale_down) own_scale_ = false;
  // The next frame knows the window's height and makes it the scale of the profile.
  if (action == ui::Action::scale_reset) own_scale_ = true;
  if (action == ui::Action::profile) {
    profile = profile == ui::Profile::dark    ? ui::Profile::light
              : profile == ui::Profile::light ? ui::Profile::projector
                                              : ui::Profile::dark;
    own_scale_ = true;
  }
  theme_ = ui::make_theme(profile, scale);
}

void App::send_requests() {
  for (LiveRequest& request : std::exchange(state_.requests, {}))
    if (session_->inject(std::move(request)) == Session::Injected::refused)
      state_.say("The simulation does not take commands any more.");
}

bool App::restless() const {
  const Playback& playback = session_->playback();
  const SourceState state = session_->source().state();
  return playback.playing() || playback.step_pending() || playback.starved() ||
         session_->fault_awaited() || session_->catching_up() || state == SourceState::starting;
}

std::string App::wait_for(SimTime t) {
  using Clock = std::chrono::steady_clock;
  constexpr auto patience = std::chrono::seconds(120);
  const auto give_up = Clock::now() + patience;
  session_->playback().pause();
  session_->playback().seek(t);
  while (Clock::now() < give_up) {
    session_->frame(Duration{});
    const SourceState state = session_->source().state();
    if (state == SourceState::failed && session_->history().empty())
      return session_->source().problem();
    if (state == SourceState::failed) return "";  // the picture says it
    const bool there = session_->playback().playhead() >= t && !session_->history().empty();
    const bool over = state == SourceState::ended &&
                      session_->playback().playhead() >= session_->source().reached();
    if (there || over) {
      state_.note = {};  // a picture of a moment tells that moment
      note_slow_motion();
      return "";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return fmt::format("the simulation did not come as far as {} within two minutes",
                     format_clock(t));
}

bool App::select(const std::string& name) {
  const History& history = session_->history();
  state_.wishes.inspector = true;
  if (const auto node = history.names().find(name)) {
    state_.selection = *node;
    return true;
  }
  if (const auto record = history.find_record(name)) {
    state_.selection = *record;
    return true;
  }
  for (const auto& [id, partition] : session_->world().partitions)
    if (to_text(id) == name) {
      state_.selection = id;
      return true;
    }
  // A group may have the name of its only member: "group:payment".
  constexpr std::string_view prefix = "group:";
  const std::string group = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  if (session_->world().group(group) != nullptr) {
    state_.selection = GroupSelection{group};
    return true;
  }
  if (name == "side-effects") state_.selection = ClusterPart::side_effects;
  return name == "side-effects";
}

}  // namespace eventarium::viz::app
