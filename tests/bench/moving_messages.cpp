// Draw lists of twenty thousand moving messages: must be built in at most 2 ms of CPU a frame.
#include <benchmark/benchmark.h>
#include <imgui.h>

#include <vector>

#include "viz/ui/links.h"
#include "viz/ui/moving.h"

namespace {

using namespace eventarium;
using namespace eventarium::viz;
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
/// Four hundred nodes that all talk to fifty: the given number of messages in flight at 1 ms.
trace::TraceFile busy_network(std::size_t messages) {
  constexpr std::uint32_t senders = 400, receivers = 50;
  trace::TraceFile file;
  file.header = trace::Header{1, "busy", "Busy", 1, "lean", "bench"};
  std::uint64_t id = 0;
  const auto emit = [&](SimTime t, NodeId node, trace::EventBody body) {
    file.events.push_back({EventId{++id}, t, node, EventId{}, std::move(body)});
  };
  for (std::uint32_t i = 0; i < senders + receivers; ++i) {
    trace::NodeDeclared node;
    node.index = NodeId{i};
    node.name = "node-" + std::to_string(i);
    node.role = i < senders ? "producer" : "broker";
    node.latency = 50us;
    emit(SimTime{}, NodeId{}, node);
  }
  for (std::size_t i = 0; i < messages; ++i) {
    const NodeId from{static_cast<std::uint32_t>(i % senders)};
    const NodeId to{senders + static_cast<std::uint32_t>(i / senders % receivers)};
    emit(sim_time(Duration{static_cast<std::int64_t>(i)}), from,
         trace::MessageSent{MessageId{i + 1}, to, "Produce", 100, {RecordId{i + 1}}});
  }
  for (std::size_t i = 0; i < messages; ++i)
    emit(sim_time(2ms), NodeId{senders + static_cast<std::uint32_t>(i / senders % receivers)},
         trace::MessageArrived{MessageId{i + 1}});
  file.reached = sim_time(2ms);
  file.complete = true;
  return file;
}

/// From the model's flights to the draw list: what a frame costs for the messages.
void flights_to_draw_list(benchmark::State& state) {
  const Headless headless;
  Fonts fonts;
  fonts.rebuild_if_needed();
  const Theme theme = make_theme(Profile::dark);
  Session session(
      std::make_unique<FileSource>(busy_network(static_cast<std::size_t>(state.range(0)))));
  session.playback().pause();
  session.frame(Duration{});
  session.playback().seek(sim_time(1ms));
  session.frame(Duration{});
  UiState ui_state;
  std::size_t drawn = 0;
  for (auto _ : state) {
    ImGui::NewFrame();
    const Canvas canvas{ImGui::GetForegroundDrawList(), &theme, &fonts};
    Frame frame{canvas, session, ui_state};
    const View view =
        make_view(Camera{}, Rect::at(0, 0, 1920, 1000), session.layout().bounds, theme);
    const Traffic traffic = make_traffic(frame, view);
    draw_messages(frame, view, traffic);
    ImGui::Render();
    drawn = traffic.moving.size();
  }
  state.counters["drawn"] = static_cast<double>(drawn);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(flights_to_draw_list)->Arg(20000)->Unit(benchmark::kMillisecond);

BENCHMARK(moving_messages)->Arg(1000)->Arg(20000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
