// See playback.h.
#include "viz/model/playback.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::viz {
namespace {

constexpr std::array<double, 19> speeds = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
                                           2,     5,     10,    20,   50,   100,  200, 500, 1000};
// The source should be this much of the viewer's time ahead, so that a slow frame doesn't starve
// the playhead and arrivals are known before they are drawn...
constexpr double lookahead_viewer_s = 0.15;
// ...and at least this much of simulated time: a few steps of the engine.
constexpr Duration lookahead_min = 3ms;
// A step that finds no event yet looks for it in strides of this size, one a frame.
constexpr Duration step_stride = 100ms;
// A jump of the window's clock (a laptop that slept) must not become a jump of the playhead.
constexpr Duration frame_max = 250ms;

}  // namespace

std::string speed_words(double speed) {
  return fmt::format("1 s here = {} there", format_duration(from_seconds(speed)));
}

double faster(double speed) {
  const auto next = std::upper_bound(speeds.begin(), speeds.end(), speed * 1.0001);
  return next == speeds.end() ? speed_max : *next;
}

double slower(double speed) {
  const auto next = std::lower_bound(speeds.begin(), speeds.end(), speed * 0.9999);
  return next == speeds.begin() ? speed_min : *std::prev(next);
}

void Playback::play() {
  playing_ = true;
  stepped_ = false;
  pending_step_.reset();
}

void Playback::pause() {
  playing_ = false;
  starved_ = false;
  stop_at_.reset();
}

void Playback::set_speed(double speed) {
  speed_ = std::isfinite(speed) ? std::clamp(speed, speed_min, speed_max) : 1;
}

void Playback::step(const History& history, StepKind kind) {
  pause();
  seek_to_.reset();
  pending_step_ = kind;
  try_step(history);
}

bool Playback::try_step(const History& history) {
  const Position next = *pending_step_ == StepKind::story ? history.next_story(moment_) : moment_;
  if (next == no_position || next >= history.size()) return false;
  seek_event(history, next);
  return true;
}

void Playback::step_back(const History& history, StepKind kind) {
  pause();
  seek_to_.reset();
  pending_step_.reset();
  const auto before = [&](Position moment) {
    if (kind == StepKind::story) return history.previous_story(moment);
    return moment == 0 ? no_position : moment - 1;
  };
  Position target = before(moment_);
  // Standing right at an event, go to the one before; having moved on since, go back to it.
  const bool right_there =
      target != no_position && target + 1 == moment_ && history[target].t == t_;
  if (right_there) target = before(target);
  if (target == no_position)
    rewind();
  else
    seek_event(history, target);
}

void Playback::seek(SimTime t) {
  seek_to_ = std::max(t, SimTime{});
  pending_step_.reset();
  stop_at_.reset();
  stepped_ = false;
}

void Playback::seek_event(const History& history, Position position) {
  EVENTARIUM_CHECK(position < history.size(), "one can only seek to an event that is there");
  pause();
  seek_to_.reset();
  pending_step_.reset();
  t_ = history[position].t;
  moment_ = position + 1;
  stepped_ = true;
  at_end_ = false;
  carry_ns_ = 0;
}

void Playback::run_until(SimTime t) {
  play();
  stop_at_ = t;
}

void Playback::rewind() {
  seek_to_.reset();
  pending_step_.reset();
  stop_at_.reset();
  t_ = SimTime{};
  moment_ = 0;
  carry_ns_ = 0;
  stepped_ = false;  // what happens at 0 is there at once
  at_end_ = starved_ = false;
}

void Playback::place(const History& history, SimTime t) {
  t_ = t;
  moment_ = history.at(t);
  stepped_ = false;
}

void Playback::tick(const History& history, Duration dt_viewer, SimTime reached, bool complete) {
  starved_ = false;
  if (seek_to_) {
    // What lies beyond the source has to wait for it, unless there is nothing more to come.
    const bool there = *seek_to_ <= reached || complete;
    place(history, std::min(*seek_to_, reached));
    at_end_ = complete && t_ >= reached;
    starved_ = !there;
    carry_ns_ = 0;
    if (there) seek_to_.reset();
    return;  // this frame shows exactly the time that was asked for
  }
  if (pending_step_ && !try_step(history)) {
    starved_ = !complete;
    // Time passes while the step waits, up to what is known to be empty.
    if (complete) pending_step_.reset();
    place(history, std::max(t_, reached));
    at_end_ = complete;
    return;
  }
  if (!playing_) {
    if (!stepped_) place(history, t_);  // events of this very time that came late
    return;
  }
  const Duration dt = std::clamp(dt_viewer, Duration::zero(), frame_max);
  carry_ns_ += static_cast<double>(dt.count()) * speed_;
  const double whole = std::floor(carry_ns_);
  carry_ns_ -= whole;
  SimTime target = t_ + Duration{static_cast<std::int64_t>(whole)};
  if (stop_at_) target = std::min(target, std::max(*stop_at_, t_));
  if (target > reached) {
    target = std::max(t_, reached);
    starved_ = !complete;
    at_end_ = complete;
    carry_ns_ = 0;
  } else {
    at_end_ = false;
  }
  place(history, target);
  if (at_end_ || (stop_at_ && t_ >= *stop_at_)) pause();
}

SimTime Playback::wanted() const {
  const Duration ahead = std::max(lookahead_min, from_seconds(speed_ * lookahead_viewer_s));
  SimTime base = t_;
  if (seek_to_) base = std::max(base, *seek_to_);
  if (pending_step_) return base + step_stride;
  if (!playing_) return base + lookahead_min;
  const SimTime target = base + ahead;
  return stop_at_ ? std::min(target, std::max(*stop_at_, t_) + lookahead_min) : target;
}

}  // namespace eventarium::viz
