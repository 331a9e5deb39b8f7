// See child_process.h. POSIX: posix_spawn, pipes, poll by O_NONBLOCK, waitpid with WNOHANG.
#include "viz/app/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/trace/json_text.h"
#include "viz/model/commands.h"

extern char** environ;

namespace eventarium::viz {
namespace {

constexpr std::size_t last_words_max = 4096;
constexpr std::size_t line_max = 64u << 20;      // no event is that long
constexpr std::size_t read_per_poll = 4u << 20;  // a frame must not choke on a flood
constexpr int quit_wait_ms = 200;

struct Pipe {
  int read_end = -1, write_end = -1;
};

/// Both ends are closed in children, except where a spawn action copies them.
bool make_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe = {ends[0], ends[1]};
  return true;
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

void make_non_blocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

/// A write to a child that has died must be an error, not the window's death. Anybody else's
/// handler is left alone.
void ignore_broken_pipes() {
  struct sigaction current {};
  if (::sigaction(SIGPIPE, nullptr, &current) != 0 || current.sa_handler != SIG_DFL) return;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

void sleep_ms(long ms) {
  timespec wait{ms / 1000, (ms % 1000) * 1000000};
  ::nanosleep(&wait, nullptr);
}

std::string exit_words(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("ended with exit status {}", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/// 0, or the error of posix_spawn.
int spawn(const ChildCommand& command, const Pipe& in, const Pipe& out, const Pipe& err,
          pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, STDERR_FILENO);
  // The child should die of a broken pipe and not of Ctrl+C in the window's terminal.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::vector<std::string> words = {command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int error =
      ::posix_spawn(&pid, command.program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

ChildSource::ChildSource(ChildCommand command) : command_(std::move(command)) {
  ignore_broken_pipes();
  start();
}

ChildSource::~ChildSource() { stop(); }

bool ChildSource::start() {
  EVENTARIUM_CHECK(pid_ < 0, "the earlier child must be gone");
  reader_ = std::make_unique<trace::LineReader>();
  outgoing_.clear();
  incoming_.clear();
  last_words_.clear();
  problem_.clear();
  reached_ = asked_ = SimTime{};
  state_ = SourceState::starting;
  trace_closed_ = false;

  Pipe in, out, err;
  pid_t pid = -1;
  int error = 0;
  if (!make_pipe(in) || !make_pipe(out) || !make_pipe(err))
    error = errno;
  else
    error = spawn(command_, in, out, err, pid);
  close_if_open(in.read_end);
  close_if_open(out.write_end);
  close_if_open(err.write_end);
  to_child_ = in.write_end;
  from_child_ = out.read_end;
  words_ = err.read_end;
  if (error != 0) {
    close_pipes();
    fail(fmt::format("The simulation could not be started: {}: {}.", command_.program,
                     ::strerror(error)));
    return false;
  }
  pid_ = pid;
  for (const int descriptor : {to_child_, from_child_, words_}) make_non_blocking(descriptor);
  return true;
}

void ChildSource::stop() {
  if (pid_ > 0) {
    write_line(quit_command());
    close_if_open(to_child_);  // end of input means the same as quit
    close_if_open(from_child_);
    int status = 0;
    pid_t gone = 0;
    for (int waited_ms = 0; waited_ms <= quit_wait_ms && gone == 0; waited_ms += 5) {
      gone = ::waitpid(pid_, &status, WNOHANG);
      if (gone == 0) sleep_ms(5);
    }
    if (gone == 0) {
      ::kill(pid_, SIGKILL);
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
    }
    pid_ = -1;
  }
  close_pipes();
}

void ChildSource::close_pipes() {
  close_if_open(to_child_);
  close_if_open(from_child_);
  close_if_open(words_);
}

bool ChildSource::restart() {
  stop();
  sent_.clear();
  return start();
}

bool ChildSource::branch(SimTime from, std::string_view command_json) {
  stop();
  std::erase_if(sent_, [from](const SentCommand& sent) { return sent.at >= from; });
  if (!start()) return false;
  restarted_ = true;
  // A command takes effect at its own `at`, or at the time reached: advance to that first.
  sent_.push_back({from, std::string(command_json)});
  for (const SentCommand& sent : sent_) {
    write_line(advance_command(sent.at));
    write_line(sent.line);
    asked_ = std::max(asked_, sent.at);
  }
  return true;
}

void ChildSource::advance(SimTime until) {
  if (until <= asked_ || pid_ < 0) return;
  asked_ = until;
  write_line(advance_command(until));
}

bool ChildSource::send(std::string_view command_json) {
  if (pid_ < 0 || state_ == SourceState::failed) return false;
  // It takes effect where the child will be when it reads the line: at what was asked last.
  sent_.push_back({asked_, std::string(command_json)});
  write_line(command_json);
  return true;
}

void ChildSource::write_line(std::string_view line) {
  if (to_child_ < 0) return;
  outgoing_ += line;
  outgoing_ += '\n';
  write_pending();
}

void ChildSource::write_pending() {
  while (to_child_ >= 0 && !outgoing_.empty()) {
    const ssize_t written = ::write(to_child_, outgoing_.data(), outgoing_.size());
    if (written > 0) {
      outgoing_.erase(0, static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EINTR) {
      continue;
    } else if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return;  // the pipe is full: the next poll tries again
    } else {
      close_if_open(to_child_);  // nobody reads any more; check_exit() will say why
      outgoing_.clear();
    }
  }
}

SourceUpdate ChildSource::poll() {
  SourceUpdate update;
  update.restarted = std::exchange(restarted_, false);
  write_pending();
  read_trace(update);
  read_last_words();
  check_exit();
  return update;
}

void ChildSource::read_trace(SourceUpdate& update) {
  static constexpr std::size_t piece = 256u << 10;
  std::size_t total = 0;
  std::size_t scanned = incoming_.size();  // no line end before this
  while (from_child_ >= 0 && total < read_per_poll) {
    const std::size_t before = incoming_.size();
    incoming_.resize(before + piece);
    const ssize_t got = ::read(from_child_, incoming_.data() + before, piece);
    incoming_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got > 0) {
      total += static_cast<std::size_t>(got);
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        close_if_open(from_child_);
        trace_closed_ = true;
      }
      break;
    }
  }
  std::size_t begin = 0;
  for (std::size_t end = incoming_.find('\n', scanned); end != std::string::npos;
       end = incoming_.find('\n', begin)) {
    read_line(std::string_view(incoming_).substr(begin, end - begin), update);
    begin = end + 1;
  }
  incoming_.erase(0, begin);
  if (incoming_.size() > line_max) {
    stop();
    fail("The simulation was ended: its trace holds a line that never ends.");
  }
}

void ChildSource::read_line(std::string_view line, SourceUpdate& update) {
  if (state_ == SourceState::failed) return;
  trace::LineReader::Result result = reader_->read(line);
  if (auto* header = std::get_if<trace::Header>(&result)) {
    update.header = std::move(*header);
    state_ = SourceState::running;
  } else if (auto* event = std::get_if<trace::Event>(&result)) {
    // The quantum in which it happened may not be over: events at this very time may follow.
    if (event->t > reached_) reached_ = event->t - Duration{1};
    if (event->as<trace::RunEnded>() != nullptr) {
      reached_ = std::max(reached_, event->t);
      state_ = SourceState::ended;
    }
    update.events.push_back(std::move(*event));
  } else if (const auto* reached = std::get_if<trace::Reached>(&result)) {
    reached_ = std::max(reached_, reached->t);
  } else if (const auto* error = std::get_if<trace::ReadError>(&result)) {
    fail(fmt::format("The simulation's trace can't be read from line {} on: {}.", error->line,
                     error->message));
  }
}

void ChildSource::read_last_words() {
  std::array<char, 4096> piece{};
  while (words_ >= 0) {
    const ssize_t got = ::read(words_, piece.data(), piece.size());
    if (got > 0) {
      last_words_.append(piece.data(), static_cast<std::size_t>(got));
      if (last_words_.size() > last_words_max)
        last_words_.erase(0, last_words_.size() - last_words_max);
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else {
      if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) close_if_open(words_);
      return;
    }
  }
}

void ChildSource::check_exit() {
  // First everything that it wrote is read, then its end is noticed.
  if (pid_ < 0 || !trace_closed_) return;
  int status = 0;
  const pid_t gone = ::waitpid(pid_, &status, WNOHANG);
  if (gone == 0 || (gone < 0 && errno == EINTR)) return;  // it closed its output and lives on
  pid_ = -1;
  read_last_words();
  close_pipes();
  if (state_ != SourceState::ended && state_ != SourceState::failed)
    fail(fmt::format("The simulation {}.", gone < 0 ? "has gone" : exit_words(status)));
}

void ChildSource::fail(const std::string& what_happened) {
  state_ = SourceState::failed;
  problem_ = what_happened;
  std::string words = trace::valid_utf8(last_words_);
  while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
  if (!words.empty()) problem_ += " Its last words:\n" + words;
}

}  // namespace eventarium::viz
