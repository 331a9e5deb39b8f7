// Assertions that stay on in release builds: a broken assumption of ours, never a user's mistake.
#pragma once

#include <string_view>

namespace eventarium {

/// Prints place and message to stderr and aborts.
[[noreturn]] void check_failed(const char* expression, std::string_view message, const char* file,
                               int line);

}  // namespace eventarium

#define EVENTARIUM_CHECK(condition, message)                                                 \
  do {                                                                                       \
    if (!(condition)) ::eventarium::check_failed(#condition, (message), __FILE__, __LINE__); \
  } while (false)
