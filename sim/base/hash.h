// A 64-bit running hash with a fixed definition: the same input gives the same value on every
// machine. It names random streams and fingerprints runs; it is not for hash tables or secrets.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace eventarium {

class Hash64 {
 public:
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15ULL;
    state_ ^= state_ >> 32;
  }

  /// Length first, so that ("ab","c") and ("a","bc") differ; bytes little-endian by eights.
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t count = text.size() < 8 ? text.size() : 8;
      for (std::size_t i = 0; i < count; ++i)
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
      add(word);
      text.remove_prefix(count);
    }
  }

  std::uint64_t value() const {
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace eventarium
