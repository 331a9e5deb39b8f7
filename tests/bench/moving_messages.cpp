// Draw lists of twenty thousand moving messages: must be built in at most 2 ms of CPU a frame.
#include <benchmark/benchmark.h>
#include <imgui.h>

#include <vector>

#include "viz/ui/moving.h"

namespace {

using namespace eventarium::viz::ui;

constexpr int links = 60;

/// ImGui without a window: only its draw lists and its font texture.
struct Headless {
  Headless() {
    ImGui::CreateContext();
    ImGui::GetIO().DisplaySize = {1920, 1080};
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    ImGui::GetIO().IniFilename = nullptr;
  }
  ~Headless() { ImGui::DestroyContext(); }
};

std::vector<Curve> make_curves() {
  std::vector<Curve> curves;
  for (int i = 0; i < links; ++i) {
    const float y = 20.0F + 17.0F * static_cast<float>(i);
    curves.push_back(link_between(Rect::at(10, y, 180, 90), Rect::at(1500, 1060 - y, 180, 90)));
  }
  return curves;
}

std::vector<Moving> make_messages(const Theme& theme, std::size_t count) {
  std::vector<Moving> moving(count);
  for (std::size_t i = 0; i < count; ++i) {
    moving[i].curve = static_cast<std::uint32_t>(i % links);
    moving[i].along = static_cast<float>(i * 7919 % 10007) / 10007.0F;
    moving[i].aside_px = i % 2 == 0 ? 7.0F : -7.0F;
    moving[i].color = i % 3 == 0 ? theme.color.ok : theme.color.accent;
    moving[i].shape = i % 3 == 0 ? Sprite::disc : Sprite::square;
  }
  return moving;
}

void moving_messages(benchmark::State& state) {
  const Headless headless;
  Fonts fonts;
  fonts.rebuild_if_needed();
  const Theme theme = make_theme(Profile::dark);
  const std::vector<Curve> curves = make_curves();
  std::vector<Moving> moving = make_messages(theme, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    ImGui::NewFrame();
    const Canvas canvas{ImGui::GetForegroundDrawList(), &theme, &fonts};
    for (Moving& message : moving)
      message.along = message.along < 0.99F ? message.along + 0.004F : 0;
    draw_moving(canvas, curves, moving);
    ImGui::Render();
    benchmark::DoNotOptimize(ImGui::GetDrawData()->TotalVtxCount);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(moving_messages)->Arg(1000)->Arg(20000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
