// Proves for many sizes and scales that the parts of the window neither overlap nor leave it.
#include "viz/ui/shell.h"

#include <doctest/doctest.h>

#include <vector>

using namespace eventarium::viz::ui;

namespace {

std::vector<Rect> parts(const Shell& shell) {
  std::vector<Rect> all = {shell.top_bar, shell.centre, shell.narration};
  for (const Rect& rect : {shell.events, shell.inspector, shell.timeline})
    if (!rect.empty()) all.push_back(rect);
  return all;
}

void check_tidy(const Shell& shell, ImVec2 size) {
  const std::vector<Rect> all = parts(shell);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(!all[i].empty());
    CHECK(all[i].min.x >= 0);
    CHECK(all[i].min.y >= 0);
    CHECK(all[i].max.x <= size.x + 0.01F);
    CHECK(all[i].max.y <= size.y + 0.01F);
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(!all[i].shrunk(0.01F).overlaps(all[j].shrunk(0.01F)));
    }
  }
}

}  // namespace

TEST_CASE("no part overlaps another or leaves the window, at any size and scale") {
  for (const ImVec2 size : {ImVec2{1280, 720}, ImVec2{1366, 768}, ImVec2{1920, 1080},
                            ImVec2{2560, 1440}, ImVec2{3840, 2160}, ImVec2{960, 600}})
    for (const float scale : {0.8F, 1.0F, 1.3F, 1.556F, 2.1F})
      for (const bool all_open : {true, false}) {
        CAPTURE(size.x);
        CAPTURE(scale);
        const Theme theme = make_theme(Profile::dark, scale);
        check_tidy(arrange(size, theme, {all_open, all_open, true, 5}), size);
      }
}

TEST_CASE("at 1920x1080 everything that is wanted is open") {
  const Shell shell = arrange({1920, 1080}, make_theme(Profile::dark), {true, true, true, 5});
  CHECK(!shell.events.empty());
  CHECK(!shell.inspector.empty());
  CHECK(!shell.timeline.empty());
  CHECK(shell.centre.width() >= 900);
  CHECK(shell.centre.height() >= 500);
}

TEST_CASE("at 1280x720 the inspector has room, the list of events has not and says so") {
  const Shell shell = arrange({1280, 720}, make_theme(Profile::dark), {true, true, true, 5});
  CHECK(!shell.inspector.empty());
  CHECK(shell.events.empty());
  CHECK(shell.events_squeezed);
  CHECK(shell.centre.width() >= 620);
}

TEST_CASE("on a projector the picture keeps the most room") {
  const Theme theme = make_theme(Profile::projector);
  const Shell shell = arrange({1920, 1080}, theme, {true, true, true, 5});
  CHECK(shell.centre.width() >= theme.px(620));
  CHECK(shell.events.empty());
}

TEST_CASE("cutting a strip off a rectangle keeps the rest and never overdraws") {
  Rect rest = Rect::at(0, 0, 100, 50);
  const Rect left = rest.cut_left(30);
  CHECK(left.width() == 30);
  CHECK(rest.min.x == 30);
  const Rect bottom = rest.cut_bottom(20);
  CHECK(bottom.min.y == 30);
  CHECK(rest.max.y == 30);
  CHECK(rest.cut_right(1000).width() == 70);
  CHECK(rest.empty());
}

TEST_CASE("a projector of 720 lines shows everything: bar, picture, timeline, narration") {
  CHECK(default_scale(Profile::projector, 1080) == default_scale(Profile::projector));
  CHECK(default_scale(Profile::projector, 2160) > default_scale(Profile::projector, 1080));
  CHECK(default_scale(Profile::dark, 720) == 1);
  const Theme theme = make_theme(Profile::projector, default_scale(Profile::projector, 720));
  const Shell shell = arrange({1280, 720}, theme, {false, false, true, 4});
  CHECK(!shell.timeline.empty());
  CHECK(shell.centre.height() >= theme.px(330));
  // Even at the scale of 1080 lines a slim timeline stays.
  const Theme large = make_theme(Profile::projector);
  const Shell slim = arrange({1280, 720}, large, {false, false, true, 4});
  CHECK(!slim.timeline.empty());
  CHECK(slim.centre.height() >= large.px(200));
}
