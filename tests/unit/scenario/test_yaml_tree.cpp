// The tree under the loader: places, syntax errors, and the bounds that keep bad files harmless.
#include "sim/scenario/yaml_tree.h"

#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

TEST_CASE("every node knows its place") {
  const YamlResult result = parse_yaml("a: 1\nb:\n  - x\n  - {c: \"q\"}\n");
  REQUIRE(result.errors.empty());
  const YamlNode* const b = find(result.root, "b");
  REQUIRE(b != nullptr);
  CHECK(find(result.root, "a")->place == Place{0, 1, 4});
  CHECK(result.root.pairs[1].key_place == Place{0, 2, 1});
  CHECK(b->items[0].place == Place{0, 3, 5});
  CHECK(b->items[1].place == Place{0, 4, 5});
  const YamlNode* const c = find(b->items[1], "c");
  CHECK(c->place == Place{0, 4, 9});
  CHECK(c->quoted);
  CHECK(!b->items[0].quoted);
  CHECK(find(result.root, "zzz") == nullptr);
}

TEST_CASE("syntax errors have a place and say what to do") {
  CHECK(problems("version: 1\nfoo: [1, 2\n").substr(0, 20) == "2:11: not valid YAML");
  CHECK(problems("version: 1\nexpect:\n  - lost: >= 3\n")
            .find("put quotes around a text that begins with '>'") != std::string::npos);
  CHECK(problems("version: 1\ncluster:\n\tbrokers: 1\n").find("not with tabs") !=
        std::string::npos);
  CHECK(problems("version: 1\n? [a]\n: b\n") ==
        "2:3: a key must be a plain text, not a list or a map");
  CHECK(problems("version: !!int 1\n") ==
        "1:10: tags like 'tag:yaml.org,2002:int' are not used in scenario files");
  CHECK(problems("version: 1\n---\nversion: 1\n") ==
        "3:1: a file holds one scenario: a second YAML document begins here");
  CHECK(!problems("version: *nowhere\n").empty());
}

TEST_CASE("characters that no scenario may hold") {
  CHECK(problems("version: 1\ninfo: {title: a\xff}\n") ==
        "2:16: this is not UTF-8; save the file as UTF-8");
  CHECK(problems("version: 1\n# \xed\xa0\x80\n") ==
        "2:3: this is not UTF-8; save the file as UTF-8");  // a surrogate
  CHECK(problems(std::string("version: 1\nseed: \0", 18)) ==
        "2:7: control character 0x00 in the text");
  CHECK(problems("version: 1\nseed: \x04 1\n") == "2:7: control character 0x04 in the text");
  CHECK(problems("\xEF\xBB\xBFversion: 1\r\nseed: 3\r\n") == "");
}

TEST_CASE("too deep, too large, too many, too clever") {
  std::string deep = "version: 1\nx: ";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  CHECK(!problems(deep).empty());
  std::string nested = "version: 1\nx:\n  ";
  for (int i = 0; i < 50'000; ++i) nested += "- ";
  CHECK(problems(nested + "1\n").find("nested too deeply") != std::string::npos);
  std::string block_deep = "version: 1\n";
  for (int i = 0; i < 200; ++i)
    block_deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(problems(block_deep).find("nested too deeply") != std::string::npos);

  CHECK(problems(std::string(300'000, '#')).find("the file is too large") != std::string::npos);

  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'j'; ++name) {
    const char before = static_cast<char>(name - 1);
    bomb += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 9; ++i) bomb += std::string(i == 0 ? "*" : ", *") + before;
    bomb += "]\n";
  }
  CHECK(problems(bomb).find("the file is too large: more than") != std::string::npos);
  CHECK(problems("version: 1\nx: &a [*a]\n") ==
        "2:8: an alias (*name) can't stand for something that contains it");
}
