// The command line of the window, and where it looks for files.
#include "viz/app/options.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "viz/app/places.h"

using namespace eventarium;
using namespace eventarium::viz::app;

namespace {

std::variant<Options, int> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "eventarium-view");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("moments can be written as people write them") {
  CHECK(parse_moment("4.2") == sim_time(4200ms));
  CHECK(parse_moment("350ms") == sim_time(350ms));
  CHECK(parse_moment("2min") == sim_time(120s));
  CHECK(parse_moment("00:14.803") == sim_time(14803ms));
  CHECK(parse_moment("1:02:03") == sim_time(3723s));
  for (const char* wrong : {"", "x", "-1", "4 parsecs", "1:x", "nan", ":5"}) {
    CAPTURE(wrong);
    CHECK(!parse_moment(wrong));
  }
}

TEST_CASE("sizes are width x height within reason") {
  CHECK(parse_size("1280x720") == std::pair{1280, 720});
  CHECK(!parse_size("1280"));
  CHECK(!parse_size("10x10"));
  CHECK(!parse_size("1280x720x3"));
}

TEST_CASE("all options reach their place") {
  const auto parsed =
      parse({"orders", "--screenshot", "o.png", "--at", "4.2", "--profile", "projector", "--size",
             "1280x720", "--seed", "7", "--speed", "0.5", "--select", "shop", "--reduced-motion"});
  REQUIRE(std::holds_alternative<Options>(parsed));
  const Options& options = std::get<Options>(parsed);
  CHECK(options.input == "orders");
  CHECK(options.screenshot == "o.png");
  CHECK(options.at == sim_time(4200ms));
  CHECK(options.profile == viz::ui::Profile::projector);
  CHECK(options.width_px == 1280);
  CHECK(options.seed == 7);
  CHECK(options.speed == 0.5);
  CHECK(options.select == "shop");
  CHECK(options.reduced_motion);
}

TEST_CASE("wrong usage ends with 2, help and version with 0") {
  CHECK(std::get<int>(parse({"--at", "soon"})) == 2);
  CHECK(std::get<int>(parse({"--size", "big"})) == 2);
  CHECK(std::get<int>(parse({"--profile", "pink"})) == 2);
  CHECK(std::get<int>(parse({"--no-such-thing"})) == 2);
  CHECK(std::get<int>(parse({"--help"})) == 0);
  CHECK(std::get<int>(parse({"--version"})) == 0);
  CHECK(std::get<int>(parse({"--keys"})) == 0);
}

TEST_CASE("a scenario is found by its path or by its bare name") {
  const auto folder = std::filesystem::temp_directory_path() / "eventarium-places-test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "shop.yaml") << "version: 1\n";
  CHECK(find_input("shop", folder.string()) == (folder / "shop.yaml").string());
  CHECK(find_input((folder / "shop.yaml").string(), "") == (folder / "shop.yaml").string());
  CHECK(find_input("nothing", folder.string()).empty());
  CHECK(is_scenario("a/b.yaml"));
  CHECK(!is_scenario("a/b.jsonl"));
  std::filesystem::remove_all(folder);
}
