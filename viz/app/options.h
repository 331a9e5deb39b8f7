// The command line of eventarium-view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/base/time.h"
#include "viz/ui/theme.h"

namespace eventarium::viz::app {

struct Options {
  std::string input;  // scenario (path or bare name) or trace; empty: the newsletter
  std::optional<std::string> screenshot;  // path of a PNG
  SimTime at{};                           // moment of the screenshot, or where to start
  ui::Profile profile = ui::Profile::dark;
  int width_px = 1920, height_px = 1080;
  bool size_given = false;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> engine;
  std::optional<double> speed;
  std::optional<std::string> select;  // name of a node, a record's id, or "topic-partition"
  std::vector<std::string> open;      // gallery, keys, events
  std::string simulator;              // the program `eventarium`; empty: the one beside this one
  bool reduced_motion = false;
  float scale = 0;  // 0: the profile's
};

/// The options, or the exit code with which the program ends at once (help, version, usage).
std::variant<Options, int> parse_options(int argc, char** argv);

/// "4.2" seconds, "350ms", "2min", "00:14.803"; nothing when it is none of these.
std::optional<SimTime> parse_moment(const std::string& text);

/// "1920x1080"; nothing when it is something else or smaller than 640x400.
std::optional<std::pair<int, int>> parse_size(const std::string& text);

}  // namespace eventarium::viz::app
