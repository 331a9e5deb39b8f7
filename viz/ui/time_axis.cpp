// The arithmetic of the timeline's axis: marks, their words, zooming and moving. See timeline.h.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "viz/ui/timeline.h"

namespace eventarium::viz::ui {

namespace {

constexpr Duration span_min = 1ms;

TimeWindow within(Duration from, Duration span, SimTime horizon) {
  const Duration whole = std::max(horizon.time_since_epoch(), span_min);
  span = std::clamp(span, span_min, whole);
  from = std::clamp(from, Duration{}, whole - span);
  return {sim_time(from), sim_time(from + span)};
}

}  // namespace

Duration tick_step(Duration span, int marks_max) {
  constexpr std::array<Duration, 12> long_steps = {10s,  15s,  30s,   60s,   120s,  300s,
                                                   600s, 900s, 1800s, 3600s, 7200s, 21600s};
  Duration step = 1us;
  for (int power = 0; power < 8; ++power) {
    for (const int factor : {1, 2, 5}) {
      if (step * factor >= 10s) break;
      if (span / (step * factor) <= marks_max) return step * factor;
    }
    step *= 10;
  }
  for (const Duration candidate : long_steps)
    if (span / candidate <= marks_max) return candidate;
  return long_steps.back();
}

std::string tick_text(SimTime t, Duration step) {
  const double s = to_seconds(t);
  if (step < 1ms) return fmt::format("{:.4f}s", s);
  if (step < 10ms) return fmt::format("{:.3f}s", s);
  if (step < 100ms) return fmt::format("{:.2f}s", s);
  if (step < 1s) return fmt::format("{:.1f}s", s);
  if (s < 120) return fmt::format("{:.0f}s", s);
  const auto whole = static_cast<std::int64_t>(std::llround(s));
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

TimeWindow zoomed(const TimeWindow& window, SimTime fixed, double factor, SimTime horizon) {
  const Duration span = window.to - window.from;
  const double part = span.count() > 0 ? to_seconds(fixed - window.from) / to_seconds(span) : 0.5;
  const Duration next = from_seconds(to_seconds(span) * factor);
  const Duration clamped =
      std::clamp(next, span_min, std::max(horizon.time_since_epoch(), span_min));
  const Duration from =
      fixed.time_since_epoch() - from_seconds(to_seconds(clamped) * std::clamp(part, 0.0, 1.0));
  return within(from, clamped, horizon);
}

TimeWindow moved(const TimeWindow& window, double part, SimTime horizon) {
  const Duration span = window.to - window.from;
  return within(window.from.time_since_epoch() + from_seconds(to_seconds(span) * part), span,
                horizon);
}

}  // namespace eventarium::viz::ui
