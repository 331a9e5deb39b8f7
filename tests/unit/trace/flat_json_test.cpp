// One-line JSON objects: what is taken and what is refused.
#include "sim/trace/flat_json.h"

#include <doctest/doctest.h>

#include "sim/trace/json_text.h"

namespace eventarium::trace {
namespace {

TEST_CASE("scalars and lists of scalars are taken, in order") {
  FlatObject object;
  REQUIRE(!parse_flat_json(R"({"a":1,"b":-2,"c":1.5,"d":"x","e":[1,"y"],"f":null})", object));
  REQUIRE(object.members.size() == 6);
  CHECK(object.members[4].key == "e");
  CHECK(std::get<std::uint64_t>(*object.find("a")) == 1);
  CHECK(std::get<std::int64_t>(*object.find("b")) == -2);
  CHECK(std::get<double>(*object.find("c")) == 1.5);
  CHECK(std::get<std::vector<Scalar>>(*object.find("e")).size() == 2);
  CHECK(std::holds_alternative<Null>(*object.find("f")));
  CHECK(object.find("g") == nullptr);
}

TEST_CASE("an object can be used again") {
  FlatObject object;
  CHECK(!parse_flat_json(R"({"a":1})", object));
  CHECK(!parse_flat_json("{}", object));
  CHECK(object.members.empty());
  CHECK(parse_flat_json("{} {}", object).has_value());
  CHECK(parse_flat_json("\xff", object).has_value());
  CHECK(parse_flat_json("{\"a\":99999999999999999999999}", object) == std::nullopt);  // a real
  CHECK(parse_flat_json("{\"a\":1e999}", object).has_value());
}

TEST_CASE("text is made valid UTF-8, and only where it is not") {
  CHECK(valid_utf8("aé→😀") == "aé→😀");
  CHECK(valid_utf8("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");              // overlong
  CHECK(valid_utf8("a\xe2\x82") == "a\xef\xbf\xbd\xef\xbf\xbd");            // cut off
  CHECK(valid_utf8("\xf4\x90\x80\x80").find("\xf4") == std::string::npos);  // above U+10FFFF
}

}  // namespace
}  // namespace eventarium::trace
