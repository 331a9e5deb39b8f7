// Named streams: repeatable, independent of each other, and distributed as they say.
#include "sim/base/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

using namespace eventarium;

namespace {

template <class Draw>
std::pair<double, double> mean_and_deviation(Draw draw, int count = 100'000) {
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double x = draw();
    sum += x;
    squares += x * x;
  }
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean)};
}

}  // namespace

TEST_CASE("a stream is a function of seed and name") {
  RandomStream a(42, "mailer/service"), same(42, "mailer/service");
  RandomStream other_name(42, "mailer/servicf"), other_seed(43, "mailer/service");
  bool name_differs = false, seed_differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto x = a.next();
    CHECK(x == same.next());
    name_differs |= x != other_name.next();
    seed_differs |= x != other_seed.next();
  }
  CHECK(name_differs);
  CHECK(seed_differs);
}

TEST_CASE("the first numbers of a stream are fixed for all machines") {
  RandomStream stream(1, "fixed");
  const std::array<std::uint64_t, 2> first = {stream.next(), stream.next()};
  RandomStream again(1, "fixed");
  CHECK(again.next() == first[0]);
  CHECK(first[0] == 1110549174987642546ULL);
}

TEST_CASE("below() reaches every value about equally often") {
  RandomStream stream(7, "below");
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts[stream.below(7)];
  for (const int count : counts) {
    CHECK(count > 9'500);
    CHECK(count < 10'500);
  }
  for (int i = 0; i < 100; ++i) CHECK(stream.below(1) == 0);
}

TEST_CASE("unit() stays in [0, 1) and is uniform") {
  RandomStream stream(7, "unit");
  const auto [mean, deviation] = mean_and_deviation([&] {
    const double x = stream.unit();
    REQUIRE(x >= 0);
    REQUIRE(x < 1);
    return x;
  });
  CHECK(mean == doctest::Approx(0.5).epsilon(0.01));
  CHECK(deviation == doctest::Approx(1 / std::sqrt(12)).epsilon(0.01));
}

TEST_CASE("the distributions have the moments that they should") {
  RandomStream stream(7, "moments");
  const auto [mean_e, deviation_e] = mean_and_deviation([&] { return stream.exponential(3); });
  CHECK(mean_e == doctest::Approx(3).epsilon(0.02));
  CHECK(deviation_e == doctest::Approx(3).epsilon(0.02));
  const auto [mean_n, deviation_n] = mean_and_deviation([&] { return stream.normal(10, 2); });
  CHECK(mean_n == doctest::Approx(10).epsilon(0.01));
  CHECK(deviation_n == doctest::Approx(2).epsilon(0.02));
  std::vector<double> draws;
  for (int i = 0; i < 100'001; ++i) draws.push_back(stream.log_normal(0.12, 0.5));
  std::nth_element(draws.begin(), draws.begin() + 50'000, draws.end());
  CHECK(draws[50'000] == doctest::Approx(0.12).epsilon(0.02));
  const auto [share, spread] = mean_and_deviation([&] { return stream.chance(0.3) ? 1.0 : 0.0; });
  CHECK(share == doctest::Approx(0.3).epsilon(0.03));
  CHECK(spread > 0);
}
