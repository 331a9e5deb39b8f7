#include "sim/base/random.h"

#include <cmath>

#include "sim/base/check.h"
#include "sim/base/hash.h"

namespace eventarium {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t rotate_left(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) {
  Hash64 hash;
  hash.add(seed);
  hash.add(name);
  std::uint64_t state = hash.value();
  for (auto& word : state_) word = splitmix64(state);
}

std::uint64_t RandomStream::next() {
  const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  EVENTARIUM_CHECK(bound > 0, "RandomStream::below needs a positive bound");
  const std::uint64_t reject_under = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t draw = next();
    if (draw >= reject_under) return draw % bound;
  }
}

double RandomStream::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double RandomStream::uniform(double low, double high) { return low + (high - low) * unit(); }

double RandomStream::exponential(double mean) { return -mean * std::log1p(-unit()); }

double RandomStream::normal(double mean, double standard_deviation) {
  const double radius = std::sqrt(-2.0 * std::log1p(-unit()));
  const double angle = 2.0 * 3.14159265358979323846 * unit();
  return mean + standard_deviation * radius * std::cos(angle);
}

double RandomStream::log_normal(double median, double sigma) {
  return median * std::exp(normal(0.0, sigma));
}

bool RandomStream::chance(double probability) { return unit() < probability; }

}  // namespace eventarium
