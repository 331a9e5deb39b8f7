// See slow_motion.h. Time is cut into pieces: while short flights are on their way it runs as
// slowly as the longest of them needs to be seen, otherwise at full speed up to the next launch.
#include "viz/model/slow_motion.h"

#include <algorithm>
#include <vector>

namespace eventarium::viz {
namespace {

struct Span {
  SimTime from{}, to{};
};

/// Flights too short to be seen at full speed, that began within [from, to], by launch.
std::vector<Span> short_flights(const History& history, SimTime from, SimTime to,
                                Duration longest) {
  const std::deque<MessageInfo>& messages = history.messages();
  auto message = std::lower_bound(messages.begin(), messages.end(), from,
                                  [](const MessageInfo& m, SimTime t) { return m.sent < t; });
  std::vector<Span> flights;
  for (; message != messages.end() && message->sent <= to; ++message) {
    const bool arrives = message->end != no_position && !message->lost;
    if (!arrives || message->records == 0) continue;
    const Duration length = message->ended - message->launched;
    if (length > Duration::zero() && length < longest)
      flights.push_back({message->launched, message->ended});
  }
  std::sort(flights.begin(), flights.end(),
            [](const Span& a, const Span& b) { return a.from < b.from; });
  return flights;
}

/// Flights that overlap are seen together: one group, one slow moment.
std::size_t groups(const std::vector<Span>& flights) {
  std::size_t count = 0;
  SimTime until{Duration::min()};
  for (const Span& flight : flights) {
    if (flight.from >= until) ++count;
    until = std::max(until, flight.to);
  }
  return count;
}

/// What surrounds `t`: the longest flight that is on its way, and when that changes.
struct Piece {
  Duration longest{};  // zero: nothing flies
  SimTime until{};
};

Piece piece_at(const std::vector<Span>& flights, SimTime t, SimTime horizon) {
  Piece piece{Duration::zero(), horizon};
  for (const Span& flight : flights) {
    if (flight.from > t) {
      piece.until = std::min(piece.until, flight.from);
    } else if (flight.to > t) {
      piece.longest = std::max(piece.longest, flight.to - flight.from);
      piece.until = std::min(piece.until, flight.to);
    }
  }
  return piece;
}

}  // namespace

SlowMotion slow_motion(const History& history, SimTime t, Duration dt, double speed,
                       const SlowMotionOptions& options) {
  const Duration second = from_seconds(speed);
  const Duration longest = from_seconds(options.visible_s * speed);
  const SimTime horizon = t + from_seconds(to_seconds(dt) * speed);
  const std::vector<Span> flights = short_flights(history, t - second, horizon, longest);
  SlowMotion result{dt, false, speed};
  if (flights.empty()) return result;
  const double share = options.budget_s / static_cast<double>(groups(flights));
  const double visible_s = std::min(options.visible_s, share);
  if (visible_s < options.visible_least_s) return result;

  double left_s = to_seconds(dt);
  SimTime now = t;
  while (left_s > 0 && now < horizon) {
    const Piece piece = piece_at(flights, now, horizon);
    result.slowed = piece.longest > Duration::zero();
    const double rate =
        result.slowed ? std::min(speed, to_seconds(piece.longest) / visible_s) : speed;
    result.speed = rate;
    const double needed_s = to_seconds(piece.until - now) / rate;
    if (needed_s > left_s) {
      now += std::max(Duration{1}, from_seconds(left_s * rate));
      break;
    }
    left_s -= needed_s;
    now = piece.until;
  }
  result.viewer_time = std::min(dt, from_seconds(to_seconds(now - t) / speed));
  return result;
}

}  // namespace eventarium::viz
