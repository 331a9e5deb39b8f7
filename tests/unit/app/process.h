// Runs the built `eventarium` as a user would, and keeps what it said.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace eventarium::app {

struct Finished {
  int code = -1;  // -1: ended by a signal
  int signal = 0;
  std::string out, err;
};

inline std::string contents(std::FILE* file) {
  std::string text;
  char block[4096];
  std::rewind(file);
  while (const std::size_t count = std::fread(block, 1, sizeof block, file))
    text.append(block, count);
  return text;
}

/// A started process whose stdin stays open.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments, const char* stdout_path = nullptr)
      : out_(std::tmpfile()), err_(std::tmpfile()) {
    int input[2];
    if (pipe2(input, O_CLOEXEC) != 0) std::abort();
    arguments.insert(arguments.begin(), EVENTARIUM_BINARY_DIR "/eventarium");
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    std::fflush(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], 0);
      dup2(stdout_path ? open(stdout_path, O_WRONLY) : fileno(out_), 1);
      dup2(fileno(err_), 2);
      if (chdir(EVENTARIUM_SOURCE_DIR) != 0) _exit(126);
      execv(pointers[0], pointers.data());
      _exit(127);
    }
    close(input[0]);
    to_child_ = input[1];
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      finish();
    }
    std::fclose(out_);
    std::fclose(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void write(const std::string& text) {
    if (::write(to_child_, text.data(), text.size()) < 0) std::perror("write");
  }
  void kill_hard() { kill(pid_, SIGKILL); }
  /// What has been written to stdout so far.
  std::string output() const {
    char block[4096];
    std::string text;
    off_t offset = 0;
    while (const ssize_t count = pread(fileno(out_), block, sizeof block, offset)) {
      if (count < 0) break;
      text.append(block, static_cast<std::size_t>(count));
      offset += count;
    }
    return text;
  }
  /// Closes stdin and waits for the end.
  Finished finish() {
    if (to_child_ >= 0) close(to_child_);
    to_child_ = -1;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    Finished finished;
    if (WIFEXITED(status)) finished.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
    finished.out = contents(out_);
    finished.err = contents(err_);
    return finished;
  }

 private:
  std::FILE *out_, *err_;
  int to_child_ = -1;
  pid_t pid_ = -1;
};

inline Finished run(std::vector<std::string> arguments, const std::string& input = "") {
  Process process(std::move(arguments));
  if (!input.empty()) process.write(input);
  return process.finish();
}

}  // namespace eventarium::app
