#include "sim/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace eventarium {

void check_failed(const char* expression, std::string_view message, const char* file, int line) {
  std::fprintf(stderr, "eventarium: internal error at %s:%d: %.*s (%s)\n", file, line,
               static_cast<int>(message.size()), message.data(), expression);
  std::fflush(nullptr);
  std::abort();
}

}  // namespace eventarium
