// ImGui without a window, for tests: frames are built and their draw lists looked at, the mouse
// and the keys are those of the test.
#pragma once

#include <imgui.h>

#include <memory>

#include "sample_run.h"
#include "viz/ui/fonts.h"
#include "viz/ui/main_window.h"

namespace eventarium::viz::ui::testing {

class Headless {
 public:
  explicit Headless(ImVec2 size = {1920, 1080}, Profile profile = Profile::dark)
      : theme(make_theme(profile)) {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = size;
    io.DeltaTime = 1.0F / 60;
    io.IniFilename = nullptr;
    io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    fonts = std::make_unique<Fonts>();
  }
  ~Headless() {
    fonts.reset();
    ImGui::DestroyContext();
  }
  Headless(const Headless&) = delete;
  Headless& operator=(const Headless&) = delete;

  void frame(Session& session, UiState& state) {
    fonts->rebuild_if_needed();
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    ImGui::GetIO().Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    ImGui::NewFrame();
    draw_main_window(session, state, theme, *fonts, 0);
    ImGui::Render();
  }
  /// A few frames: fonts arrive, hovering settles, the timeline finds its size.
  void settle(Session& session, UiState& state) {
    for (int i = 0; i < 10; ++i) frame(session, state);
  }
  void click(Session& session, UiState& state, ImVec2 at) {
    ImGuiIO& io = ImGui::GetIO();
    io.MousePos = at;
    frame(session, state);
    io.MouseDown[0] = true;
    frame(session, state);
    io.MouseDown[0] = false;
    frame(session, state);
  }

  Theme theme;
  std::unique_ptr<Fonts> fonts;
};

}  // namespace eventarium::viz::ui::testing
