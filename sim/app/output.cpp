// See output.h.
#include "sim/app/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace eventarium::app {
namespace {

bool colours_are_welcome() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_color && *no_color) return false;
  return terminal && std::strcmp(terminal, "dumb") != 0;
}

}  // namespace

Output::Output()
    : is_terminal_(isatty(STDOUT_FILENO) == 1),
      errors_to_terminal_(isatty(STDERR_FILENO) == 1),
      colour_(is_terminal_ && colours_are_welcome()) {}

void Output::write(std::string_view text) {
  if (error_ != 0) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    error_ = errno != 0 ? errno : EIO;
}

void Output::flush() {
  if (error_ != 0) return;
  errno = 0;
  if (std::fflush(stdout) != 0) error_ = errno != 0 ? errno : EIO;
}

bool Output::finish() {
  flush();
  if (error_ == 0 || error_ == EPIPE) return true;
  complain(fmt::format("can't write to stdout: {}", std::strerror(error_)));
  return false;
}

void Output::complain(std::string_view message) {
  std::fflush(stdout);
  std::fprintf(stderr, "eventarium: %.*s\n", static_cast<int>(message.size()), message.data());
}

std::string Output::paint(const char* code, std::string_view text) const {
  if (!colour_ || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace eventarium::app
