// See serve.h; and serve_command, which ties it to stdin and stdout.
#include "sim/app/serve.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "sim/app/commands.h"
#include "sim/trace/json_text.h"

namespace eventarium::app {
namespace {

constexpr std::size_t line_size_max = 64 * 1024;

/// Lines of stdin as they come, without waiting for a full buffer.
class LineInput {
 public:
  /// False at the end of the input. A last line without a line end counts. What is longer than a
  /// command can be is cut off.
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      while (begin_ < end_) {
        const char c = block_[begin_++];
        if (c == '\n') return true;
        if (line.size() < line_size_max) line += c;
      }
      const ssize_t count = read(STDIN_FILENO, block_.data(), block_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return !line.empty();
      begin_ = 0;
      end_ = static_cast<std::size_t>(count);
    }
  }

 private:
  std::array<char, 4096> block_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace

Server::Server(Simulation& simulation, trace::Writer& writer)
    : simulation_(simulation), writer_(writer) {
  simulation_.begin();
  writer_.flush();
}

bool Server::handle_line(std::string_view line) {
  complaint_.clear();
  const std::string text = trace::valid_utf8(line.substr(0, 500));
  const LiveCommand command = parse_live_command(line);
  if (std::holds_alternative<Quit>(command)) return false;
  if (const auto* wrong = std::get_if<Malformed>(&command)) reject(text, wrong->reason);
  if (const auto* to = std::get_if<Advance>(&command)) advance(to->until);
  if (const auto* order = std::get_if<Break>(&command))
    take(order->at, text, [&](SimTime due) {
      simulation_.order(Simulation::Order::inject, due, order->fault, text);
    });
  if (const auto* order = std::get_if<Heal>(&command))
    take(order->at, text,
         [&](SimTime due) { simulation_.order(Simulation::Order::heal, due, order->fault, text); });
  if (const auto* order = std::get_if<Operate>(&command))
    take(order->at, text, [&](SimTime due) { simulation_.operate(due, order->operation, text); });
  writer_.flush();
  return true;
}

void Server::take(std::optional<SimTime> at, const std::string& line,
                  const std::function<void(SimTime due)>& give) {
  if (simulation_.ended()) return reject(line, "the run has ended");
  const SimTime due = std::max(at.value_or(simulation_.now()), simulation_.now());
  if (due >= simulation_.end())
    return reject(line, fmt::format("the run ends at {}", format_clock(simulation_.end())));
  give(due);
}

void Server::advance(SimTime until) {
  simulation_.run_until(until);
  writer_.write_line(fmt::format("{{\"reached\":{}}}", to_ns(simulation_.now())));
}

void Server::reject(const std::string& line, std::string reason) {
  if (simulation_.ended()) complaint_ = fmt::format("refused {}: {}", line, reason);
  simulation_.reject(line, std::move(reason));
}

int serve_command(const Program& program, const RunOptions& options) {
  Output output;
  auto scenario = load_scenario(program, output, options.files.at(0), options.simulation);
  const EngineFactory factory = choose_engine(program, output, options.simulation.engine);
  if (!scenario || !factory) return exit_usage;
  Simulation simulation(std::move(*scenario), factory, options.simulation.until);
  simulation.settle_records();
  trace::Writer writer(stdout, simulation.header());
  simulation.add_sink(writer);
  Server server(simulation, writer);
  LineInput input;
  std::string line;
  while (writer.ok() && input.next(line)) {
    if (!server.handle_line(line)) break;
    if (!server.complaint().empty()) output.complain(server.complaint());
  }
  if (writer.ok() || writer.error() == EPIPE) return exit_fine;
  output.complain(fmt::format("can't write to stdout: {}", std::strerror(writer.error())));
  return exit_internal;
}

}  // namespace eventarium::app
