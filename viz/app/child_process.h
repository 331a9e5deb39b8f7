// `eventarium run FILE --serve` as a child of the window: its stdout is the trace, its stdin takes
// commands, its stderr is kept as last words. Non-blocking pipes, polled in the frame loop; no
// threads. If the child dies the window lives on with everything read so far.
//
//   starting --header--> running --RunEnded--> ended      (the child may stay, or exit)
//       '-------------------'----exit, damage--> failed   (restart() and branch() start anew)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/time.h"
#include "sim/trace/reader.h"
#include "viz/model/trace_source.h"

namespace eventarium::viz {

struct ChildCommand {
  std::string program;                 // path of `eventarium`
  std::vector<std::string> arguments;  // without the program, e.g. {"run", "x.yaml", "--serve"}
};

class ChildSource : public TraceSource {
 public:
  /// Starts the child at once. A program that can't be started shows as `failed`.
  explicit ChildSource(ChildCommand command);
  /// Asks the child to quit, and kills it when it doesn't within a moment. Leaves no zombie.
  ~ChildSource() override;
  ChildSource(const ChildSource&) = delete;
  ChildSource& operator=(const ChildSource&) = delete;

  SourceUpdate poll() override;
  SimTime reached() const override { return reached_; }
  SourceState state() const override { return state_; }
  std::string problem() const override { return problem_; }
  void advance(SimTime until) override;
  bool send(std::string_view command_json) override;
  /// Also true when the child is gone: branch() starts another one.
  bool takes_commands() const override { return true; }
  bool restart() override;
  bool branch(SimTime from, std::string_view command_json) override;

  /// Of the running child; -1 when there is none.
  int process_id() const { return pid_; }

 private:
  /// A command and when it took effect: at the time reached when it was sent, or at its own.
  struct SentCommand {
    SimTime at{};
    std::string line;
  };

  bool start();
  void stop();
  void write_line(std::string_view line);
  void write_pending();
  void read_trace(SourceUpdate& update);
  void read_line(std::string_view line, SourceUpdate& update);
  void read_last_words();
  void check_exit();
  void fail(const std::string& what_happened);
  void close_pipes();

  ChildCommand command_;
  int pid_ = -1;
  int to_child_ = -1, from_child_ = -1, words_ = -1;  // file descriptors
  bool trace_closed_ = false;
  std::string outgoing_, incoming_, last_words_;
  std::unique_ptr<trace::LineReader> reader_;
  std::vector<SentCommand> sent_;
  SimTime reached_{}, asked_{};
  SourceState state_ = SourceState::starting;
  std::string problem_;
  bool restarted_ = false;
};

}  // namespace eventarium::viz
