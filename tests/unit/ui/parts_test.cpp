// The parts of the window that are plain functions: cells in sight, time axis, filter, camera,
// curves, Markdown.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "sample_run.h"
#include "viz/ui/camera.h"
#include "viz/ui/event_list.h"
#include "viz/ui/markdown.h"
#include "viz/ui/moving.h"
#include "viz/ui/partition_row.h"
#include "viz/ui/timeline.h"

using namespace eventarium;
using namespace eventarium::viz;
using namespace eventarium::viz::ui;
using eventarium::viz::ui::testing::SampleRun;

TEST_CASE("a row shows a log from its start while it fits, then follows its end") {
  CHECK(visible_offsets(0, 5, 10).first == 0);
  CHECK(visible_offsets(0, 8, 10).first == 0);
  const OffsetRange late = visible_offsets(0, 100, 10);
  CHECK(late.first == 92);
  CHECK(late.first + late.cells > 100);  // room for the next record stays in sight
  CHECK(visible_offsets(40, 45, 10).first == 40);
}

TEST_CASE("readers that stand at the same offset are one marker that names them all") {
  const SampleRun run(6);
  const auto session = run.session_at(run.end());
  UiState state;
  const Theme theme = make_theme(Profile::dark);
  const Canvas canvas{nullptr, &theme, nullptr};
  const Frame frame{canvas, *session, state, 0};
  const Layout& layout = session->layout();
  const View view =
      make_view(Camera{}, Rect::at(0, 0, layout.bounds.width + 60, layout.bounds.height + 60),
                layout.bounds, theme);
  const RowBox& row = layout.nodes[run.broker().value].rows[0];
  const PartitionView& partition = *session->world().partition(row.partition);
  const Rect cells = view.to_screen(row.cells);
  std::vector<std::vector<NodeId>> found;
  for (float x = cells.min.x; x < cells.max.x; x += 2) {
    const RowHit hit = hit_partition_row(frame, view, row, partition, run.broker(),
                                         {x, cells.center().y + view.px(18)});
    if (!hit.readers.empty() && (found.empty() || found.back() != hit.readers))
      found.push_back(hit.readers);
  }
  REQUIRE(found.size() == 1);
  CHECK(found[0].size() == 3);
}

TEST_CASE("marks of the axis are round numbers and never too many") {
  CHECK(tick_step(30s, 20) == 2s);
  CHECK(tick_step(30s, 30) == 1s);
  CHECK(tick_step(3600s, 12) == 300s);
  CHECK(tick_step(10ms, 10) == 1ms);
  for (const Duration span : std::vector<Duration>{7ms, 90ms, 1100ms, 13s, 47s, 10min, 5h}) {
    const Duration step = tick_step(span, 10);
    CHECK(span / step <= 10);
    CHECK(span / step >= 2);
  }
  CHECK(tick_text(sim_time(2s), 1s) == "2s");
  CHECK(tick_text(sim_time(2500ms), 500ms) == "2.5s");
  CHECK(tick_text(sim_time(200s), 10s) == "3:20");
}

TEST_CASE("zooming the timeline keeps the moment under the mouse and stays within the run") {
  const SimTime end = sim_time(100s);
  const TimeWindow all{SimTime{}, end};
  const TimeWindow closer = zoomed(all, sim_time(25s), 0.5, end);
  CHECK(to_seconds(closer.to - closer.from) == doctest::Approx(50));
  CHECK(to_seconds(closer.from) == doctest::Approx(12.5));
  const TimeWindow back = zoomed(closer, sim_time(25s), 10, end);
  CHECK(back.from == SimTime{});
  CHECK(back.to == end);
  const TimeWindow pushed = moved(closer, 10, end);
  CHECK(pushed.to == end);
  CHECK(pushed.to - pushed.from == closer.to - closer.from);
}

TEST_CASE("the filter finds sentences in either case and forgets what no longer matches") {
  const SampleRun run(6);
  const auto session = run.session_at(run.end());
  EventFilter filter;
  filter.story_only = false;
  refresh_filter(filter, session->history());
  CHECK(filter.rows.size() == session->history().size());
  filter.text = "SUB-3";
  refresh_filter(filter, session->history());
  CHECK(!filter.rows.empty());
  CHECK(filter.rows.size() < session->history().size());
  for (const Position row : filter.rows)
    CHECK(session->history().sentence(row).find("sub-3") != std::string::npos);
  filter.text = "no such thing";
  refresh_filter(filter, session->history());
  CHECK(filter.rows.empty());
}

TEST_CASE("fitting shows everything, zooming keeps what is under the mouse") {
  const Theme theme = make_theme(Profile::dark);
  const Rect area = Rect::at(100, 50, 900, 500);
  const Box bounds{0, 0, 1400, 500};
  Camera camera;
  const View view = make_view(camera, area, bounds, theme);
  const Rect all = view.to_screen(bounds);
  CHECK(all.min.x >= area.min.x);
  CHECK(all.max.x <= area.max.x);
  CHECK(all.min.y >= area.min.y);
  const ImVec2 mouse{400, 200};
  const Point before = view.to_layout(mouse);
  zoom_at(camera, view, mouse, 1.5F);
  const View closer = make_view(camera, area, bounds, theme);
  CHECK(closer.zoom == doctest::Approx(view.zoom * 1.5F));
  CHECK(closer.to_layout(mouse).x == doctest::Approx(before.x).epsilon(0.001));
  pan_by(camera, closer, {30, 0});
  const View panned = make_view(camera, area, bounds, theme);
  CHECK(panned.to_layout(mouse + ImVec2{30, 0}).x == doctest::Approx(before.x).epsilon(0.001));
}

TEST_CASE("a link leaves one card and arrives at the other, both ways kept apart") {
  const Rect a = Rect::at(0, 0, 100, 50), b = Rect::at(400, 200, 100, 50);
  const std::vector<Curve> curves = {link_between(a, b)};
  CHECK(curves[0].at(0).x == 100);
  CHECK(curves[0].at(1).x == 400);
  CHECK(curves[0].distance(curves[0].at(0.3F)) < 1.0F);
  Moving there, back;
  there.along = back.along = 0.5F;
  there.aside_px = 7;
  back.aside_px = -7;
  const ImVec2 apart = place(curves, there) - place(curves, back);
  CHECK(std::hypot(apart.x, apart.y) == doctest::Approx(14).epsilon(0.01));
}

TEST_CASE("Markdown: lines are joined, emphasis and code become runs, lists become items") {
  const auto blocks =
      parse_markdown("one\ntwo **three** `four`\n\n- first\n- *second*\n\n1. a\n2. b");
  REQUIRE(blocks.size() == 5);
  CHECK(blocks[0].runs[0].text == "one two ");
  CHECK(blocks[0].runs[1] == TextRun{"three", TextRun::Style::strong});
  CHECK(blocks[0].runs[3] == TextRun{"four", TextRun::Style::code});
  CHECK(blocks[1].kind == TextBlock::Kind::item);
  CHECK(blocks[2].runs[0] == TextRun{"second", TextRun::Style::emphasis});
  CHECK(blocks[4].marker == "2.");
  CHECK(parse_markdown("").empty());
}
