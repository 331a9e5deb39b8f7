// The first line of a trace: what run this is.
#pragma once

#include <cstdint>
#include <string>

namespace eventarium::trace {

constexpr int format_version = 1;

struct Header {
  int version = format_version;
  std::string scenario;  // name, e.g. "newsletter"
  std::string title;     // e.g. "The newsletter"
  std::uint64_t seed = 0;
  std::string engine;  // "simgrid" or "lean"
  std::string build;   // program version and build
  bool operator==(const Header&) const = default;
};

}  // namespace eventarium::trace
