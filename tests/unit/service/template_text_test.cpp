// Templates: what is replaced, what is left alone, and data made of them.
#include "sim/service/template_text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

using namespace eventarium;
using namespace eventarium::service;
using scenario::DataValue;
using Json = nlohmann::ordered_json;

namespace {

Placeholders some() {
  Placeholders p;
  p.set_attribute("id", "order-7");
  p.set_attribute("n", "7");
  p.set_field("email", "ada@example.org");
  p.set_field("id", "a field named id");
  p.set_field("address", Json{{"city", "Bath"}, {"no", 3}});
  return p;
}

DataValue text(std::string t) {
  DataValue value;
  value.text = std::move(t);
  return value;
}
DataValue of_kind(DataValue::Kind kind, std::string t = "") {
  DataValue value = text(std::move(t));
  value.kind = kind;
  return value;
}

}  // namespace

TEST_CASE("placeholders are replaced; attributes win over fields") {
  CHECK(expand("welcome email to {email}", some()) == "welcome email to ada@example.org");
  CHECK(expand("{id}/{n}", some()) == "order-7/7");
  CHECK(expand("{address.city} {address.no}", some()) == "Bath 3");
  CHECK(expand("{address}", some()) == R"({"city":"Bath","no":3})");
  CHECK(expand("", some()).empty());
  Placeholders spaced;
  spaced.set_field("first name", "Ada");
  CHECK(expand("{first name}!", spaced) == "Ada!");
}

TEST_CASE("what stands for nothing is left as it is written") {
  CHECK(expand("{nobody} {address.zip}", some()) == "{nobody} {address.zip}");
  CHECK(expand(R"({"a": {id}})", some()) == R"({"a": order-7})");
  CHECK(expand("{", some()) == "{");
  CHECK(expand("{id", some()) == "{id");
  CHECK(expand("}{}", some()) == "}{}");
  CHECK(expand("{i d}", some()) == "{i d}");
}

TEST_CASE("doubled braces are braces") {
  CHECK(expand("{{id}}", some()) == "{id}");
  CHECK(expand("{{{id}}}", some()) == "{order-7}");
  CHECK(expand("{{", some()) == "{");
}

TEST_CASE("a value is not expanded again") {
  Placeholders p;
  p.set_field("a", "{b}");
  p.set_field("b", "secret");
  CHECK(expand("{a}", p) == "{b}");
}

TEST_CASE("is_known: all placeholders stand for something") {
  CHECK(is_known("plain", some()));
  CHECK(is_known("{id} {{nobody}}", some()));
  CHECK_FALSE(is_known("{id} {nobody}", some()));
}

TEST_CASE("an event's placeholders are its attributes and its data") {
  CloudEvent event{"sub-3",
                   "website",
                   "NewSubscriber",
                   sim_time(14803ms),
                   R"({"email":"a@b.org","count":2,"vip":true})",
                   "k"};
  const Placeholders p = placeholders_of(event);
  CHECK(expand("{id} {source} {type} {time} {key} {email} {count} {vip}", p) ==
        "sub-3 website NewSubscriber 00:14.803 k a@b.org 2 true");
  event.partitionkey.reset();
  CHECK(expand("{key}", placeholders_of(event)) == "{key}");
}

TEST_CASE("data that is no JSON object has no fields and does no harm") {
  for (const char* data : {"", "{", "[1]", "7", "\xff", "{\"a\":}"})
    CHECK(parse_data(data) == Json::object());
  CloudEvent event;
  event.data = "not json";
  CHECK(expand("{email}", placeholders_of(event)) == "{email}");
}

TEST_CASE("data keeps the order of the file; later fields can name earlier ones") {
  RandomStream random(1, "data");
  Placeholders p = some();
  const scenario::DataTemplate data = {{"zebra", text("z{n}")},
                                       {"apple", text("{zebra}!")},
                                       {"number", of_kind(DataValue::Kind::number, "1.50")},
                                       {"big", of_kind(DataValue::Kind::number, "12")},
                                       {"half", of_kind(DataValue::Kind::number, ".5")},
                                       {"yes", of_kind(DataValue::Kind::boolean, "true")},
                                       {"no", of_kind(DataValue::Kind::boolean, "false")}};
  CHECK(to_text(make_data(data, p, random)) ==
        R"({"zebra":"z7","apple":"z7!","number":1.5,"big":12,"half":0.5,"yes":true,"no":false})");
  CHECK(*p.find("apple") == "z7!");
}

TEST_CASE("text that is not UTF-8 still gives valid JSON") {
  RandomStream random(1, "data");
  Placeholders p;
  const std::string made = to_text(make_data({{"a", text("\xff\xfe")}}, p, random));
  CHECK_FALSE(Json::parse(made, nullptr, false).is_discarded());
}

TEST_CASE("random values stay in their ranges and reach their ends") {
  RandomStream random(3, "data");
  DataValue one = of_kind(DataValue::Kind::one_of);
  one.one_of = {"red", "green {n}"};
  DataValue integer = of_kind(DataValue::Kind::integer);
  integer.low = -2;
  integer.high = 2;
  DataValue real = of_kind(DataValue::Kind::real);
  real.real_low = 18;
  real.real_high = 25;
  std::set<std::string> colours;
  std::set<std::int64_t> integers;
  double lowest = 99, highest = -99;
  for (int i = 0; i < 500; ++i) {
    Placeholders p = some();
    const Json made = make_data({{"c", one}, {"i", integer}, {"r", real}}, p, random);
    colours.insert(made["c"].get<std::string>());
    integers.insert(made["i"].get<std::int64_t>());
    const double r = made["r"].get<double>();
    lowest = std::min(lowest, r);
    highest = std::max(highest, r);
    CHECK(made["r"].dump().size() <= 6);  // "21.385"
  }
  CHECK(colours == std::set<std::string>{"red", "green 7"});
  CHECK(integers == std::set<std::int64_t>{-2, -1, 0, 1, 2});
  CHECK(lowest >= 18);
  CHECK(lowest < 18.5);
  CHECK(highest <= 25);
  CHECK(highest > 24.5);
}

TEST_CASE("extreme ranges are no trap") {
  RandomStream random(3, "data");
  DataValue integer = of_kind(DataValue::Kind::integer);
  integer.low = std::numeric_limits<std::int64_t>::min();
  integer.high = std::numeric_limits<std::int64_t>::max();
  DataValue swapped = of_kind(DataValue::Kind::integer);
  swapped.low = 5;
  swapped.high = 3;
  DataValue point = of_kind(DataValue::Kind::real);
  point.real_low = point.real_high = 2.25;
  DataValue tiny = of_kind(DataValue::Kind::real);
  tiny.real_high = 1e-12;
  Placeholders p;
  for (int i = 0; i < 50; ++i) {
    const Json made = make_data({{"a", integer},
                                 {"b", swapped},
                                 {"c", point},
                                 {"d", tiny},
                                 {"e", of_kind(DataValue::Kind::one_of)}},
                                p, random);
    CHECK(made["b"] >= 3);
    CHECK(made["b"] <= 5);
    CHECK(made["c"] == 2.25);
    CHECK(made["d"] >= 0);
    CHECK(made["d"] <= 1e-12);
    CHECK(made["e"].is_null());
  }
}
