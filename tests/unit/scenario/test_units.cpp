// Texts with units: what is understood, and what is said when it is not.
#include <doctest/doctest.h>

#include "sim/scenario/comparison.h"
#include "sim/scenario/units.h"

using namespace eventarium;
using namespace eventarium::scenario;

namespace {

template <class T>
T value(const Parsed<T>& parsed) {
  const auto* error = std::get_if<UnitError>(&parsed);
  REQUIRE_MESSAGE(error == nullptr, (error != nullptr ? error->message : ""));
  return std::get<T>(parsed);
}

template <class T>
std::string error(const Parsed<T>& parsed) {
  const auto* found = std::get_if<UnitError>(&parsed);
  return found == nullptr ? "" : found->message;
}

}  // namespace

TEST_CASE("lengths of time") {
  CHECK(value(parse_duration("5ms")) == 5ms);
  CHECK(value(parse_duration("10 s")) == 10s);
  CHECK(value(parse_duration("2min")) == 2min);
  CHECK(value(parse_duration("1h")) == 1h);
  CHECK(value(parse_duration("350ns")) == 350ns);
  CHECK(value(parse_duration("50us")) == 50us);
  CHECK(value(parse_duration("50 \xC2\xB5s")) == 50us);
  CHECK(value(parse_duration("1.5s")) == 1500ms);
  CHECK(value(parse_duration("1min 30s")) == 90s);
  CHECK(value(parse_duration("1min30s")) == 90s);
  CHECK(value(parse_duration("0")) == Duration{0});
  CHECK(value(parse_duration("0.0000001s")) == 100ns);
}

TEST_CASE("what is not a length of time") {
  CHECK(error(parse_duration("5")) == "a length of time needs a unit, e.g. 5ms, 10s, 2min");
  CHECK(error(parse_duration("5m")) ==
        "unit 'm': write 'min' for minutes or 'ms' for milliseconds");
  CHECK(error(parse_duration("5 sec")) ==
        "unknown unit of time 'sec' (known: ns, us, ms, s, min, h)");
  CHECK(error(parse_duration("-5s")) == "a length of time can't be negative");
  CHECK(error(parse_duration("366000min")) == "");
  CHECK(error(parse_duration("9000h")) == "too long: a scenario lasts at most a year");
  for (const char* text :
       {"", "s", "1.2.3s", "1e3s", "nan", "inf s", "5s later", "99999999999999999999h"})
    CHECK_MESSAGE(!error(parse_duration(text)).empty(), text);
}

TEST_CASE("sizes, bandwidths, rates, probabilities") {
  CHECK(value(parse_size("200")) == 200);
  CHECK(value(parse_size("16 KiB")) == 16384);
  CHECK(value(parse_size("1MB")) == 1'000'000);
  CHECK(value(parse_size("4 kB")) == 4000);
  CHECK(!error(parse_size("5 GiB")).empty());
  CHECK(!error(parse_size("-1")).empty());
  CHECK(!error(parse_size("1 KB")).empty());
  CHECK(value(parse_bandwidth("1 Gbit/s")) == doctest::Approx(125e6));
  CHECK(value(parse_bandwidth("100Mbit/s")) == doctest::Approx(12.5e6));
  CHECK(value(parse_bandwidth("64 kbit/s")) == doctest::Approx(8e3));
  CHECK(value(parse_bandwidth("10 MB/s")) == doctest::Approx(10e6));
  CHECK(!error(parse_bandwidth("100")).empty());
  CHECK(!error(parse_bandwidth("0 MB/s")).empty());
  CHECK(value(parse_rate("5/s")) == 200ms);
  CHECK(value(parse_rate("0.5/s")) == 2s);
  CHECK(value(parse_rate("30 / min")) == 2s);
  CHECK(value(parse_rate("2/h")) == 30min);
  CHECK(!error(parse_rate("0/s")).empty());
  CHECK(!error(parse_rate("5")).empty());
  CHECK(!error(parse_rate("5/ms")).empty());
  CHECK(value(parse_probability("1%")) == doctest::Approx(0.01));
  CHECK(value(parse_probability("0.25")) == doctest::Approx(0.25));
  CHECK(!error(parse_probability("2")).empty());
  CHECK(!error(parse_probability("101%")).empty());
}

TEST_CASE("numbers") {
  CHECK(value(parse_integer("-7")) == -7);
  CHECK(!error(parse_integer("7.5")).empty());
  CHECK(!error(parse_integer("seven")).empty());
  CHECK(error(parse_integer("99999999999999999999")) == "the number is too large");
  CHECK(value(parse_number("-0.5")) == doctest::Approx(-0.5));
  CHECK(!error(parse_number("- 5")).empty());
  CHECK(!error(parse_number("1e5")).empty());
}

TEST_CASE("comparisons") {
  using Kind = Expectation::Comparison;
  const auto counts = [](const char* text) { return value(parse_comparison(text, false)); };
  CHECK(counts("20").kind == Kind::equal);
  CHECK(counts("20").value == 20);
  CHECK(counts("= 20").kind == Kind::equal);
  CHECK(counts("< 5").kind == Kind::less);
  CHECK(counts("<=5").kind == Kind::at_most);
  CHECK(counts("> 5").kind == Kind::more);
  CHECK(counts(">= 5").kind == Kind::at_least);
  CHECK(counts("3..5").kind == Kind::between);
  CHECK(counts("3..5").value == 3);
  CHECK(counts("3 .. 5").high == 5);
  const Comparison latency = value(parse_comparison("< 500ms", true));
  CHECK(latency.kind == Kind::less);
  CHECK(latency.value == doctest::Approx(0.5));
  CHECK(value(parse_comparison("100ms..1.5s", true)).high == doctest::Approx(1.5));
  for (const char* text : {"", "<", "5..", "5..3", "-1", "many", "<> 4", "1.5"})
    CHECK_MESSAGE(!error(parse_comparison(text, false)).empty(), text);
  CHECK(!error(parse_comparison("500", true)).empty());
}
