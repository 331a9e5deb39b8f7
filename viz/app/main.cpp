// eventarium-view: the window. Opens a scenario or a trace and shows it moving, or writes one
// picture of it. Exit codes: 0 fine, 2 usage or a bad file, 3 no display, or our fault.
#include <imgui.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "viz/app/app.h"
#include "viz/app/gl_window.h"

namespace eventarium::viz::app {
namespace {

constexpr int exit_fine = 0, exit_usage = 2, exit_failed = 3;

int fail(int code, const std::string& message) {
  std::fprintf(stderr, "eventarium-view: %s\n", message.c_str());
  return code;
}

int take_screenshot(App& app, GlWindow& window, ui::Fonts& fonts, const Options& options) {
  if (const std::string problem = app.wait_for(options.at); !problem.empty())
    return fail(exit_failed, problem);
  if (options.select && !app.select(*options.select))
    return fail(exit_usage, "--select: there is no '" + *options.select + "' at this moment");
  // The first frames ask for the fonts, measure what scrolls and settle the layout; the last one
  // is kept.
  constexpr int frames_least = 8, frames_most = 24;
  bool last = false;
  for (int i = 1; !last; ++i) {
    if (fonts.rebuild_if_needed()) window.upload_fonts();
    last = i >= frames_most || (i >= frames_least && fonts.settled());
    const std::string path = last ? *options.screenshot : "";
    const std::string problem =
        window.frame_to_png([&] { app.build(fonts); }, app.theme().color.background,
                            options.width_px, options.height_px, path);
    if (!problem.empty()) return fail(exit_failed, problem);
  }
  return exit_fine;
}

int play(App& app, GlWindow& window, ui::Fonts& fonts, const Options& options) {
  using Clock = std::chrono::steady_clock;
  constexpr double frame_s = 1.0 / 60;
  constexpr int settle_frames = 3;  // after input: hover and scrolling come to rest
  constexpr auto longest_step = std::chrono::milliseconds(100);
  if (options.at > SimTime{}) {
    app.session().playback().seek(options.at);
    app.state().note = {};
  }
  bool select_pending = options.select.has_value();
  int frames_wanted = settle_frames;
  auto before = Clock::now();
  while (!window.should_close()) {
    const auto now = Clock::now();
    const auto passed = std::min<Clock::duration>(now - before, longest_step);
    before = now;
    const bool changed = app.advance(std::chrono::duration_cast<Duration>(passed));
    if (select_pending && app.session().world().moment > 0)
      select_pending = !app.select(*options.select);
    if (changed || window.take_input_flag()) frames_wanted = settle_frames;
    if (fonts.rebuild_if_needed()) window.upload_fonts();
    if (frames_wanted > 0 && !window.iconified()) {
      window.frame([&] { app.build(fonts); }, app.theme().color.background);
      --frames_wanted;
      if (!fonts.settled()) frames_wanted = settle_frames;
      if (app.carry_out().toggle_full_screen) window.toggle_full_screen();
    }
    // What is left of this frame's time when it moves; a quarter of a second when nothing does,
    // so that the death of the child is still seen.
    const double used_s = std::chrono::duration<double>(Clock::now() - now).count();
    const bool busy = app.restless() || frames_wanted > 0;
    window.wait_events(busy ? std::max(0.0, frame_s - used_s) : 0.25);
  }
  return exit_fine;
}

int run(const Options& options) {
  std::string error;
  App app(options, error);
  if (!error.empty()) return fail(exit_usage, error);
  WindowOptions window_options;
  window_options.width_px = options.width_px;
  window_options.height_px = options.height_px;
  window_options.visible = !options.screenshot.has_value();
  window_options.fit_screen = !options.size_given;
  const std::unique_ptr<GlWindow> window = GlWindow::open(window_options, error);
  if (!window) return fail(exit_failed, error);
  ui::Fonts fonts;
  for (const std::string& warning : fonts.warnings())
    std::fprintf(stderr, "eventarium-view: %s\n", warning.c_str());
  if (options.screenshot) return take_screenshot(app, *window, fonts, options);
  return play(app, *window, fonts, options);
}

}  // namespace
}  // namespace eventarium::viz::app

int main(int argc, char** argv) {
  const auto parsed = eventarium::viz::app::parse_options(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  return eventarium::viz::app::run(std::get<eventarium::viz::app::Options>(parsed));
}
