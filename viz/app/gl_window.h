// The operating system's side of the window: GLFW, OpenGL and ImGui's backends behind a few
// calls. Must not know what is drawn.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "viz/ui/theme.h"

struct GLFWwindow;

namespace eventarium::viz::app {

struct WindowOptions {
  std::string title = "Eventarium";
  int width_px = 1920, height_px = 1080;
  bool visible = true;     // false: only for screenshots
  bool fit_screen = true;  // not larger than the monitor's work area
};

class GlWindow {
 public:
  /// Null when there is no display or no OpenGL 3; `error` says why, with a hint.
  static std::unique_ptr<GlWindow> open(const WindowOptions& options, std::string& error);
  ~GlWindow();
  GlWindow(const GlWindow&) = delete;
  GlWindow& operator=(const GlWindow&) = delete;

  bool should_close() const;
  bool iconified() const;
  void set_title(const std::string& title);
  void toggle_full_screen();
  /// Waits for input at most `seconds`; 0 only looks.
  void wait_events(double seconds);
  /// True once after input came in, so that an idle window redraws only then.
  bool take_input_flag();

  /// Uploads the font atlas anew; after Fonts::rebuild_if_needed().
  void upload_fonts();
  /// One frame: `build` calls ImGui; then it is drawn and shown.
  void frame(const std::function<void()>& build, ui::Color background);
  /// One frame into an off-screen picture of `width_px` x `height_px`, as a PNG file. Empty when
  /// written, else what went wrong.
  std::string frame_to_png(const std::function<void()>& build, ui::Color background, int width_px,
                           int height_px, const std::string& path);

 private:
  explicit GlWindow(GLFWwindow* window) : window_(window) {}

  GLFWwindow* window_;
  int restore_x_ = 0, restore_y_ = 0, restore_width_ = 0, restore_height_ = 0;
};

}  // namespace eventarium::viz::app
