// See progress.h.
#include "sim/app/progress.h"

#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace eventarium::app {

Progress::Progress(bool visible, SimTime end)
    : visible_(visible), end_(end), next_(Clock::now() + std::chrono::milliseconds(500)) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(SimTime now) {
  if (!visible_ || Clock::now() < next_) return;
  next_ = Clock::now() + std::chrono::milliseconds(100);
  constexpr int width = 30;
  const double part =
      to_ns(end_) > 0 ? static_cast<double>(to_ns(now)) / static_cast<double>(to_ns(end_)) : 1;
  const int filled = static_cast<int>(part * width);
  std::fputs(fmt::format("\r[{}{}] {:3.0f} %  {} of {}\x1b[K",
                         std::string(static_cast<std::size_t>(filled), '#'),
                         std::string(static_cast<std::size_t>(width - filled), '.'), part * 100,
                         format_clock(now), format_clock(end_))
                 .c_str(),
             stderr);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace eventarium::app
