// The streams of the command: data on stdout, everything else on stderr, colour only where it is
// welcome. A reader that goes away (a closed pipe) is no error of ours.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace eventarium::app {

enum ExitCode : int {
  exit_fine = 0,
  exit_unmet = 1,     // an expectation isn't met, or a fingerprint differs
  exit_usage = 2,     // the command line or a file is wrong
  exit_internal = 3,  // our fault, or the machine's
};

class Output {
 public:
  Output();

  /// To stdout. After a failed write the rest is dropped.
  void write(std::string_view text);
  void flush();
  /// False when stdout could not be written for another reason than a reader that went away;
  /// says so on stderr.
  bool finish();

  /// One line to stderr: "eventarium: ...".
  void complain(std::string_view message);

  bool is_terminal() const { return is_terminal_; }
  bool errors_to_terminal() const { return errors_to_terminal_; }
  /// `text` in a colour when stdout is a terminal that wants colours.
  std::string dim(std::string_view text) const { return paint("2", text); }
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("1;31", text); }
  std::string strong(std::string_view text) const { return paint("1", text); }

 private:
  std::string paint(const char* code, std::string_view text) const;

  bool is_terminal_ = false, errors_to_terminal_ = false, colour_ = false;
  int error_ = 0;  // errno of the first failed write
};

}  // namespace eventarium::app
