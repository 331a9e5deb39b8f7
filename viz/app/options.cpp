// See options.h. Parsed by CLI11; whatever is wrong is said on stderr and ends with 2.
#include "viz/app/options.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>

#include "viz/ui/hotkeys.h"

namespace eventarium::viz::app {

namespace {

constexpr const char* intro =
    R"(eventarium-view plays a scenario as a moving picture.

  eventarium-view                          the newsletter, and the gallery with G
  eventarium-view orders                   a scenario by name or path
  eventarium-view run.jsonl                a recorded trace
  eventarium-view orders --profile projector
  eventarium-view letter --screenshot letter.png --at 4.2
)";

std::optional<double> as_number(const std::string& text, std::size_t& used) {
  try {
    return std::stod(text, &used);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<SimTime> parse_moment(const std::string& text) {
  double seconds = 0;
  std::string rest = text;
  // Any number of "minutes:" in front of the seconds.
  for (std::size_t colon = rest.find(':'); colon != std::string::npos; colon = rest.find(':')) {
    std::size_t used = 0;
    const auto part = as_number(rest.substr(0, colon), used);
    if (!part || used != colon || *part < 0) return std::nullopt;
    seconds = (seconds + *part) * 60;
    rest = rest.substr(colon + 1);
  }
  std::size_t used = 0;
  const auto number = as_number(rest, used);
  if (!number || *number < 0 || !std::isfinite(*number) || *number > 1e9) return std::nullopt;
  const std::string unit = rest.substr(used);
  double factor = 1;
  if (unit == "ms")
    factor = 1e-3;
  else if (unit == "us" || unit == "µs")
    factor = 1e-6;
  else if (unit == "min")
    factor = 60;
  else if (!unit.empty() && unit != "s")
    return std::nullopt;
  return sim_time(from_seconds(seconds + *number * factor));
}

std::optional<std::pair<int, int>> parse_size(const std::string& text) {
  int width = 0, height = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%5dx%5d%c", &width, &height, &rest) != 2) return std::nullopt;
  if (width < 640 || height < 400 || width > 16384 || height > 16384) return std::nullopt;
  return std::pair{width, height};
}

std::variant<Options, int> parse_options(int argc, char** argv) {
  Options options;
  std::string at, profile = "dark", size, screenshot, select, engine;
  std::uint64_t seed = 0;
  double speed = 0, scale = 0;
  CLI::App cli(intro, "eventarium-view");
  cli.set_version_flag("--version", std::string("eventarium-view ") + EVENTARIUM_VERSION);
  cli.add_option("scenario", options.input, "A scenario (path or name) or a trace (.jsonl)");
  CLI::Option* shot =
      cli.add_option("--screenshot", screenshot, "Write one picture to this PNG file and end");
  cli.add_option("--at", at, "Moment to show first: 4.2, 350ms, 00:14.803");
  cli.add_option("--profile", profile, "Colours and sizes")
      ->check(CLI::IsMember({"dark", "light", "projector"}))
      ->capture_default_str();
  cli.add_option("--size", size, "Size in pixels, e.g. 1280x720");
  CLI::Option* seed_option = cli.add_option("--seed", seed, "Another seed than the scenario's");
  CLI::Option* engine_option = cli.add_option("--engine", engine, "simgrid or lean")
                                   ->check(CLI::IsMember({"simgrid", "lean"}));
  CLI::Option* speed_option =
      cli.add_option("--speed", speed, "Simulated seconds per second of yours, 0.001 to 1000")
          ->check(CLI::Range(0.001, 1000.0));
  CLI::Option* select_option = cli.add_option(
      "--select", select, "A node, an event's id, topic-partition, group:NAME or side-effects");
  cli.add_option("--open", options.open,
                 "Also open: gallery, keys, events, cluster, metrics, more, heartbeats")
      ->check(
          CLI::IsMember({"gallery", "keys", "events", "cluster", "metrics", "more", "heartbeats"}));
  cli.add_option("--simulator", options.simulator, "Another `eventarium` than the one beside this");
  bool keys = false;
  cli.add_flag("--keys", keys, "Print the table of keys and end");
  cli.add_flag("--reduced-motion", options.reduced_motion, "Messages step instead of flying");
  cli.add_option("--scale", scale, "Size of everything; 1 is 18 px text")
      ->check(CLI::Range(0.5, 4.0));
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }

  if (keys) {
    std::fputs(ui::hotkeys_markdown().c_str(), stdout);
    return 0;
  }
  const auto usage = [](const std::string& message) {
    std::fprintf(stderr, "eventarium-view: %s\n", message.c_str());
    return 2;
  };
  if (!at.empty()) {
    const auto moment = parse_moment(at);
    if (!moment) return usage("--at: '" + at + "' is no time; try 4.2, 350ms or 00:14.803");
    options.at = *moment;
  }
  if (!size.empty()) {
    const auto pixels = parse_size(size);
    if (!pixels) return usage("--size: '" + size + "' is no size; try 1280x720");
    std::tie(options.width_px, options.height_px) = *pixels;
    options.size_given = true;
  }
  options.profile = ui::profile_from(profile).value_or(ui::Profile::dark);
  options.scale = static_cast<float>(scale);
  if (*shot) options.screenshot = screenshot;
  if (*seed_option) options.seed = seed;
  if (*engine_option) options.engine = engine;
  if (*speed_option) options.speed = speed;
  if (*select_option) options.select = select;
  return options;
}

}  // namespace eventarium::viz::app
