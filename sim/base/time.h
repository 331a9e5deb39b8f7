// Simulated time: int64 nanoseconds since the start of the run, typed by std::chrono so that
// points and lengths of time cannot be mixed up. Must not know the wall clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace eventarium {

using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// The clock of the simulation. It has no now(): only an engine knows the time.
struct SimClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimClock, Duration>;
  static constexpr bool is_steady = true;
};

using SimTime = SimClock::time_point;

using namespace std::chrono_literals;  // 5ms, 10s: used in every folder

constexpr SimTime sim_time(Duration since_start) { return SimTime{since_start}; }
constexpr SimTime sim_time_ns(std::int64_t ns) { return SimTime{Duration{ns}}; }
constexpr std::int64_t to_ns(SimTime t) { return t.time_since_epoch().count(); }
constexpr std::int64_t to_ns(Duration d) { return d.count(); }
constexpr double to_seconds(SimTime t) { return static_cast<double>(to_ns(t)) * 1e-9; }
constexpr double to_seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }
constexpr double to_ms(Duration d) { return static_cast<double>(d.count()) * 1e-6; }

/// Nearest nanosecond; for figures that come from a distribution or from a user's text.
Duration from_seconds(double seconds);

/// "00:14.803" (minutes:seconds.milliseconds; hours in front when there are any).
std::string format_clock(SimTime t);

/// A length in the unit a person would choose: "350 ns", "120 µs", "4.2 ms", "1.5 s", "2 min".
std::string format_duration(Duration d);

}  // namespace eventarium
