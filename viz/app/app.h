// The application: one session under the viewer's eyes, the commands that were given to it, and
// the state of the window. Knows neither GLFW nor OpenGL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "viz/app/options.h"
#include "viz/model/session.h"
#include "viz/ui/fonts.h"
#include "viz/ui/ui_state.h"

namespace eventarium::viz::app {

/// What the operating system's window is asked for after a frame.
struct WindowRequests {
  bool toggle_full_screen = false;
};

class App {
 public:
  /// Opens what the options name. `error` says why not, with a hint; then the app is unusable.
  App(const Options& options, std::string& error);

  /// Reads what the simulation said and moves on by the viewer's time. True when the picture may
  /// have changed.
  bool advance(Duration dt_viewer);
  /// Builds the picture; between ImGui::NewFrame() and ImGui::Render().
  void build(ui::Fonts& fonts);
  /// Carries out what was asked for while the picture was built.
  WindowRequests carry_out();

  /// Waits until the playhead stands at `t`, or the run turns out to be shorter or damaged. Empty,
  /// or why there is nothing to show.
  std::string wait_for(SimTime t);
  /// Selects a node, a record or a partition by its name. False when there is none.
  bool select(const std::string& name);

  /// The picture moves by itself, or waits for the simulation.
  bool restless() const;
  const ui::Theme& theme() const { return theme_; }
  ui::UiState& state() { return state_; }
  Session& session() { return *session_; }

 private:
  std::string open(const std::string& input);
  void send_requests();
  void change_looks(ui::Action action);
  void note_slow_motion();
  void begin_at_first_event();

  Options options_;
  std::string simulator_, scenarios_;
  std::string opened_;  // path
  std::unique_ptr<Session> session_;
  ui::UiState state_;
  ui::Theme theme_;
  bool own_scale_ = true;  // of the profile: follows the window until the viewer chooses one
  double viewer_s_ = 0;
};

}  // namespace eventarium::viz::app
