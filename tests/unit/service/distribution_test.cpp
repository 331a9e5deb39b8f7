// Distributions: bounds, means, and that no draw breaks the clock.
#include "sim/service/distribution.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

using namespace eventarium;
using scenario::Distribution;
using Kind = Distribution::Kind;

namespace {

std::vector<Duration> draws(const Distribution& distribution, int count = 20000) {
  RandomStream random(11, "draws");
  std::vector<Duration> drawn;
  for (int i = 0; i < count; ++i) drawn.push_back(service::draw(distribution, random));
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

double mean_ms(const std::vector<Duration>& drawn) {
  double sum = 0;
  for (const Duration d : drawn) sum += to_ms(d);
  return sum / static_cast<double>(drawn.size());
}

}  // namespace

TEST_CASE("fixed is fixed, and draws nothing from the stream") {
  RandomStream used(1, "x"), untouched(1, "x");
  CHECK(service::draw({Kind::fixed, 50ms, {}, 0}, used) == 50ms);
  CHECK(used.next() == untouched.next());
}

TEST_CASE("uniform stays between its bounds and fills them evenly") {
  const auto drawn = draws({Kind::uniform, 10ms, 20ms, 0});
  CHECK(drawn.front() >= 10ms);
  CHECK(drawn.front() < 10050us);
  CHECK(drawn.back() <= 20ms);
  CHECK(drawn.back() > 19950us);
  CHECK(mean_ms(drawn) == doctest::Approx(15).epsilon(0.01));
}

TEST_CASE("exponential has its mean, and half of it lies below ln 2 of it") {
  const auto drawn = draws({Kind::exponential, 100ms, {}, 0});
  CHECK(mean_ms(drawn) == doctest::Approx(100).epsilon(0.03));
  CHECK(to_ms(drawn[drawn.size() / 2]) == doctest::Approx(69.3).epsilon(0.04));
}

TEST_CASE("log-normal has its median and its spread") {
  const auto drawn = draws({Kind::log_normal, 120ms, {}, 0.5});
  CHECK(to_ms(drawn[drawn.size() / 2]) == doctest::Approx(120).epsilon(0.03));
  // one sigma above: 84.1 % lie below median * e^sigma
  CHECK(to_ms(drawn[drawn.size() * 8413 / 10000]) == doctest::Approx(197.8).epsilon(0.03));
}

TEST_CASE("no draw is negative or beyond the clock, whatever the parameters") {
  const Duration huge = Duration::max(), negative = -1s;
  for (const Distribution& d :
       {Distribution{Kind::fixed, negative, {}, 0}, Distribution{Kind::fixed, huge, {}, 0},
        Distribution{Kind::uniform, negative, 0s, 0}, Distribution{Kind::uniform, 0s, huge, 0},
        Distribution{Kind::uniform, 5ms, 5ms, 0}, Distribution{Kind::exponential, huge, {}, 0},
        Distribution{Kind::exponential, 0s, {}, 0}, Distribution{Kind::log_normal, 1s, {}, 500},
        Distribution{Kind::log_normal, 0s, {}, 1e300},
        Distribution{Kind::log_normal, 1s, {}, std::numeric_limits<double>::infinity()}}) {
    const auto drawn = draws(d, 200);
    CHECK(drawn.front() >= 0s);
    CHECK(drawn.back() <= Duration{1'000'000'000'000'000'000});
  }
}
