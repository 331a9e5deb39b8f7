// Properties of the loader: whatever the text, it answers with a scenario or with problems that
// lie inside the text; and what a generated file says is what the model says.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <rapidcheck.h>

#include <fmt/format.h>

#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

namespace {

std::vector<std::string> shipped_texts() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(EVENTARIUM_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> texts;
  for (const auto& file : files) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

/// A result or problems, never both, each problem at a place that the text has.
void check_answer(const std::string& text) {
  const LoadResult result = load_text(text, "f.yaml");
  RC_ASSERT(result.scenario.has_value() == result.problems.empty());
  std::vector<std::size_t> line_lengths = {0};
  for (const char c : text) {
    if (c == '\n')
      line_lengths.push_back(0);
    else
      ++line_lengths.back();
  }
  Problem before;
  for (const Problem& problem : result.problems) {
    RC_ASSERT(problem.line >= 1);
    RC_ASSERT(static_cast<std::size_t>(problem.line) <= line_lengths.size());
    RC_ASSERT(problem.column >= 1);
    RC_ASSERT(static_cast<std::size_t>(problem.column) <=
              line_lengths[static_cast<std::size_t>(problem.line - 1)] + 1);
    RC_ASSERT(!problem.message.empty());
    RC_ASSERT(problem.file == "f.yaml");
    RC_ASSERT(std::pair(before.line, before.column) <= std::pair(problem.line, problem.column));
    before = problem;
  }
}

/// Words that mean something to the loader, to reach deeper than random bytes do.
std::string spice() {
  static const std::vector<std::string> words = {"\n",
                                                 ": ",
                                                 "- ",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 "\"",
                                                 "'",
                                                 "#",
                                                 "&a ",
                                                 "*a",
                                                 "|",
                                                 ">",
                                                 "~",
                                                 "\t",
                                                 "version",
                                                 "topics",
                                                 "partitions: 0",
                                                 "-1",
                                                 "99999999999999999999",
                                                 "1e999",
                                                 "5ms",
                                                 "null",
                                                 "producers",
                                                 "on: ",
                                                 "expect",
                                                 "{n}",
                                                 "\xff",
                                                 "\xc3",
                                                 "!!str ",
                                                 "%",
                                                 "---",
                                                 "...",
                                                 "? ",
                                                 "  ",
                                                 "replicas: 3",
                                                 "at: ",
                                                 "do: cut",
                                                 "bus: {kind: queue}",
                                                 "name: broker-1"};
  return words[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(words.size())))];
}

std::string mutated(std::string text) {
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at =
        static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(text.size()) + 1));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text.erase(at, static_cast<std::size_t>(*rc::gen::inRange(0, 40)));
        break;
      case 1:
        text.insert(at, spice());
        break;
      case 2:
        text.insert(at, text.substr(at / 2, 60));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    }
  }
  return text;
}

struct GeneratedProducer {
  int every_ms, start_ms, count;
  bool keyed;
};

}  // namespace

TEST_CASE("damaged scenarios get an answer") {
  const std::vector<std::string> texts = shipped_texts();
  REQUIRE(!texts.empty());
  CHECK(rc::check("mutated", [&] {
    const auto which =
        static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(texts.size())));
    check_answer(mutated(texts[which]));
  }));
  CHECK(rc::check("truncated", [&] {
    const auto which =
        static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(texts.size())));
    const int size = static_cast<int>(texts[which].size());
    check_answer(texts[which].substr(0, static_cast<std::size_t>(*rc::gen::inRange(0, size))));
  }));
}

TEST_CASE("arbitrary text gets an answer") {
  CHECK(rc::check("bytes", [](const std::string& text) { check_answer(text); }));
  CHECK(rc::check("words", [] {
    std::string text;
    const int count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) text += spice();
    check_answer(text);
  }));
}

TEST_CASE("a generated scenario loads to what it was generated from") {
  CHECK(rc::check("round trip", [] {
    const int brokers = *rc::gen::inRange(1, 10);
    const int partitions = *rc::gen::inRange(1, 20);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 500));
    std::vector<GeneratedProducer> producers;
    std::string yaml = fmt::format(
        "version: 1\nseed: {}\nduration: 1h\ncluster: {{brokers: {}}}\n"
        "topics: [{{name: t.1, partitions: {}}}]\nproducers:\n",
        seed, brokers, partitions);
    if (sizes.empty()) yaml += "  []\n";
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const GeneratedProducer p{sizes[i], *rc::gen::inRange(0, 100'000), *rc::gen::inRange(0, 1000),
                                *rc::gen::arbitrary<bool>()};
      producers.push_back(p);
      yaml += fmt::format("  - {{name: p{}, topic: t.1, every: {}ms, start: {}ms, count: {}{}}}\n",
                          i, p.every_ms, p.start_ms, p.count, p.keyed ? ", key: 'k{n}'" : "");
    }
    const LoadResult result = load_text(yaml, "generated.yaml");
    RC_ASSERT(result.problems.empty());
    const Scenario& s = *result.scenario;
    RC_ASSERT(s.seed == seed);
    RC_ASSERT(s.cluster.brokers == brokers);
    RC_ASSERT(s.topics.at(0).partitions == partitions);
    RC_ASSERT(s.producers.size() == producers.size());
    for (std::size_t i = 0; i < producers.size(); ++i) {
      RC_ASSERT(s.producers[i].name == fmt::format("p{}", i));
      RC_ASSERT(s.producers[i].every.a == producers[i].every_ms * 1ms);
      RC_ASSERT(s.producers[i].start == producers[i].start_ms * 1ms);
      RC_ASSERT(s.producers[i].count == static_cast<std::uint64_t>(producers[i].count));
      RC_ASSERT(s.producers[i].key.has_value() == producers[i].keyed);
    }
  }));
}
