// See command_line.h. The words of --help are here; the work is in the *_command.cpp files.
#include "sim/app/command_line.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "sim/scenario/suggest.h"
#include "sim/scenario/units.h"

namespace eventarium::app {
namespace {

constexpr const char* main_examples =
    R"(Eventarium: watch event-driven systems and Apache Kafka work, and break.

Examples:
  eventarium list                                  the scenarios there are
  eventarium run newsletter                        play one, told in plain English
  eventarium view newsletter                       watch it in the window
  eventarium run newsletter --until 10s --quiet    only the report after 10 simulated seconds
  eventarium run newsletter --seed 7 --json        the outcome for a program
  eventarium run newsletter --set producers.website.count=100
  eventarium run scenarios/*.yaml --quiet          all of them; exit 1 if an expectation fails
  eventarium run newsletter --trace run.jsonl      keep everything that happened ...
  eventarium replay run.jsonl                      ... and tell it again, without simulating
  eventarium run broker-crash --storm 7            break things at random, heal them, judge
  eventarium metrics newsletter --csv              Kafka's metrics, second by second
  eventarium describe topics newsletter --at 5s    what Kafka's own tools would show
  eventarium describe groups my.yaml --members     who is in which group, and reads what

)";

constexpr const char* run_examples =
    R"(Plays scenarios: tells what happens, then reports who got what and what was expected.

Examples:
  eventarium run newsletter
  eventarium run my.yaml --until 20s --engine lean
  eventarium run newsletter --events | jq .text
  eventarium run newsletter --trace - | head -3
  eventarium run my.yaml --storm 7:3               faults of seed 7, intensity 3 of 10

)";

constexpr const char* describe_examples =
    R"(Prints the tables of Kafka's own tools, as they would be at a time of the run.

Examples:
  eventarium describe topics newsletter --at 5s    kafka-topics.sh --describe
  eventarium describe quorum kraft-failover        kafka-metadata-quorum.sh describe
  eventarium describe groups my.yaml               kafka-consumer-groups.sh --describe
  eventarium describe groups my.yaml --group billing --members --at 20s
  eventarium describe groups my.yaml --state
  eventarium describe groups my.yaml --json | jq '.[].offsets'

)";

constexpr const char* exit_codes =
    "\nExit codes: 0 fine, 1 an expectation is not met, 2 a mistake in the command or a file,\n"
    "3 our fault. NO_COLOR is respected. Data goes to stdout, everything else to stderr.\n";

std::string duration_problem(const std::string& text) {
  const auto parsed = scenario::parse_duration(text);
  const auto* error = std::get_if<scenario::UnitError>(&parsed);
  return error ? fmt::format("'{}' is not a length of time: {}", text, error->message)
               : std::string();
}

std::optional<Duration> to_duration(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return std::get<Duration>(scenario::parse_duration(text));
}

/// CLI11 takes "-1" and numbers past 64 bits for the largest seed there is.
std::string seed_problem(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return fmt::format("'{}' is not a seed: a whole number from 0 to 18446744073709551615", text);
}

std::string storm_problem(const std::string& text) {
  const auto parsed = parse_storm(text);
  const auto* problem = std::get_if<std::string>(&parsed);
  return problem ? *problem : std::string();
}

/// What the options of a simulation are as text, before they are understood.
struct SimulationText {
  SimulationOptions options;
  std::string until;
  std::vector<std::string> set;

  void add_to(CLI::App& command, const char* until_name, const char* until_help) {
    command.add_option(until_name, until, until_help)->type_name("TIME")->check(duration_problem);
    command.add_option("--seed", options.seed, "seed of all random numbers")
        ->type_name("N")
        ->check(seed_problem);
    command.add_option("--engine", options.engine, "simgrid (default) or lean")
        ->type_name("NAME")
        ->check(CLI::IsMember({"simgrid", "lean"}));
    command
        .add_option("--set", set, "change a value of the scenario, e.g. producers.website.count=5")
        ->type_name("PATH=VALUE")
        ->expected(1)
        ->take_all()
        ->check([](const std::string& text) {
          const bool fits = text.find('=') != std::string::npos && text[0] != '=';
          return fits ? std::string() : fmt::format("'{}' is not PATH=VALUE", text);
        });
  }
  SimulationOptions understood() const {
    SimulationOptions result = options;
    result.until = to_duration(until);
    for (const std::string& text : set) {
      const std::size_t equals = text.find('=');
      result.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
  }
};

void add_detail(CLI::App& command, trace::Detail& detail) {
  command.add_flag_callback(
      "--all", [&detail] { detail = trace::Detail::all; },
      "tell everything: also messages, batches and offsets");
}

/// The commands, each with its options; `chosen` does what was asked.
class CommandLine {
 public:
  explicit CommandLine(const Program& program) : program_(program) {
    app_.name("eventarium");
    app_.set_version_flag("--version", "eventarium " EVENTARIUM_VERSION " (" EVENTARIUM_BUILD ")");
    app_.require_subcommand(1);
    app_.footer(exit_codes);
    app_.get_formatter()->column_width(34);
    add_run();
    add_check();
    add_list();
    add_describe();
    add_metrics();
    add_replay();
    add_view();
    add_completion();
  }

  /// What is wrong with the name of a command, or "".
  std::string problem_with(const std::string& name) const {
    std::vector<std::string> known;
    for (const CLI::App* command : app_.get_subcommands({})) known.push_back(command->get_name());
    if (name.starts_with("-") || std::find(known.begin(), known.end(), name) != known.end())
      return {};
    return fmt::format("there is no command '{}'{}", name, scenario::did_you_mean(name, known));
  }

  int carry_out(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      const int code = app_.exit(error);
      return code == 0 ? exit_fine : exit_usage;
    }
    return chosen_();
  }

 private:
  CLI::App* add(const char* name, const char* description) {
    return app_.add_subcommand(name, description);
  }

  void add_run() {
    CLI::App* command = add("run", "plays scenarios and reports");
    command->add_option("FILE", run_.files, "scenarios, by path or by name")->required();
    run_text_.add_to(*command, "--until", "end there, e.g. 10s or 1min 30s");
    command
        ->add_option("--storm", run_storm_,
                     "random faults, all healed in time: SEED, SEED:INTENSITY (1 to 10) or "
                     "SEED:INTENSITY:power (machines lose power, too)")
        ->type_name("SEED[:N]")
        ->check(storm_problem);
    command
        ->add_option("--trace", run_.trace, "write everything that happens to a file, - for stdout")
        ->type_name("FILE");
    add_detail(*command, run_.detail);
    auto* json = command->add_flag("--json", run_.json, "print the outcome as one JSON object");
    auto* events = command->add_flag("--events", run_.events, "print the narration as JSON Lines");
    auto* quiet = command->add_flag("--quiet,-q", run_.quiet, "no narration, only the report");
    events->excludes(quiet);
    auto* serve = command->add_flag("--serve", run_.serve,
                                    "for the window: commands from stdin, trace to stdout");
    json->excludes(events);
    serve->excludes(json)->excludes(events);
    command->callback([this] {
      if (run_.files.size() > 1 && !run_.trace.empty())
        throw CLI::ValidationError("--trace", "can keep one run, not several");
      if (run_.files.size() > 1 && run_.serve)
        throw CLI::ValidationError("--serve", "serves one scenario, not several");
      if (run_.trace == "-" && (run_.json || run_.events || run_.serve))
        throw CLI::ValidationError("--trace", "stdout can take only one kind of output");
      chosen_ = [this] {
        run_.simulation = run_text_.understood();
        if (!run_storm_.empty())
          run_.simulation.storm = std::get<StormOptions>(parse_storm(run_storm_));
        return run_command(program_, run_);
      };
    });
  }

  void add_check() {
    CLI::App* command =
        add("check", "says whether scenario files are right, and names all that is wrong");
    command->add_option("FILE", files_, "scenarios, by path or by name")->required();
    command->callback([this] { chosen_ = [this] { return check_command(program_, files_, {}); }; });
  }

  void add_list() {
    CLI::App* command = add("list", "lists the scenarios there are");
    command->add_flag("--json", as_json_, "as JSON");
    command->callback([this] { chosen_ = [this] { return list_command(program_, as_json_); }; });
  }

  void add_describe() {
    CLI::App* command = add("describe", "prints the tables of Kafka's own tools");
    command->add_option("WHAT", what_, "topics, brokers, quorum, groups or services")
        ->required()
        ->check(CLI::IsMember({"topics", "brokers", "quorum", "groups", "services"}));
    command->add_option("FILE", describe_.file, "a scenario, by path or by name")->required();
    describe_text_.add_to(*command, "--at", "at that time of the run; default: its end");
    command->add_option("--group", describe_.group, "groups: only this one")->type_name("NAME");
    auto* members =
        command->add_flag("--members", members_, "groups: who is in them, and reads what");
    auto* state = command->add_flag("--state", state_, "groups: their states and coordinators");
    auto* json = command->add_flag("--json", describe_.json, "groups: all of it as JSON");
    members->excludes(state)->excludes(json);
    state->excludes(json);
    command->callback([this] {
      describe_.what = what_ == "topics"    ? Described::topics
                       : what_ == "brokers" ? Described::brokers
                       : what_ == "quorum"  ? Described::quorum
                       : what_ == "groups"  ? Described::groups
                                            : Described::services;
      describe_.table = members_ ? GroupTable::members
                        : state_ ? GroupTable::state
                                 : GroupTable::offsets;
      const bool about_groups =
          describe_.table != GroupTable::offsets || describe_.json || !describe_.group.empty();
      if (about_groups && describe_.what != Described::groups)
        throw CLI::ValidationError("--group, --members, --state and --json", "go with groups only");
      chosen_ = [this] {
        describe_.simulation = describe_text_.understood();
        return describe_command(program_, describe_);
      };
    });
  }

  void add_metrics() {
    CLI::App* command = add("metrics", "prints Kafka's metrics of a run, second by second");
    command
        ->add_option("FILE", metrics_.file, "a scenario, by path or by name, or a trace (.jsonl)")
        ->required();
    metrics_text_.add_to(*command, "--until", "end there, e.g. 10s or 1min 30s");
    auto* json = command->add_flag("--json", metrics_.json, "as JSON, with units and explanations");
    command->add_flag("--csv", metrics_.csv, "as CSV, a row per second")->excludes(json);
    command->callback([this] {
      chosen_ = [this] {
        metrics_.simulation = metrics_text_.understood();
        return metrics_command(program_, metrics_);
      };
    });
  }

  void add_replay() {
    CLI::App* command = add("replay", "tells a recorded run again and checks its fingerprint");
    command->add_option("TRACE", replay_.file, "a file that run --trace wrote, - for stdin")
        ->required();
    add_detail(*command, replay_.detail);
    auto* json = command->add_flag("--json", replay_.json, "print the outcome as one JSON object");
    command->add_flag("--events", replay_.events, "print the narration as JSON Lines")
        ->excludes(json);
    command->add_flag("--quiet,-q", replay_.quiet, "no narration, only the report");
    command->callback([this] { chosen_ = [this] { return replay_command(replay_); }; });
  }

  void add_view() {
    CLI::App* command = add("view", "opens a scenario in the window");
    command->add_option("FILE", files_,
                        "a scenario, by path or by name; and options of "
                        "eventarium-view");
    command->allow_extras();
    command->callback([this, command] {
      for (const std::string& extra : command->remaining()) files_.push_back(extra);
      chosen_ = [this] { return view_command(program_, files_); };
    });
  }

  void add_completion() {
    CLI::App* command =
        add("completion", "prints shell completion: eval \"$(eventarium completion bash)\"");
    command->add_option("SHELL", shell_, "bash or zsh")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh"}));
    command->callback([this] { chosen_ = [this] { return completion_command(shell_); }; });
  }

  const Program& program_;
  CLI::App app_;
  std::function<int()> chosen_;
  RunOptions run_;
  MetricsOptions metrics_;
  SimulationText run_text_, describe_text_, metrics_text_;
  ReplayOptions replay_;
  DescribeOptions describe_;
  std::vector<std::string> files_;
  std::string what_, shell_, run_storm_;
  bool as_json_ = false, members_ = false, state_ = false;
};

}  // namespace

int run_command_line(const Program& program, const std::vector<std::string>& arguments) {
  const bool wants_help = !arguments.empty() && std::find(arguments.begin(), arguments.end(),
                                                          "--help") != arguments.end();
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" ||
      arguments[0] == "help")
    std::fputs(main_examples, stdout);
  else if (wants_help && arguments[0] == "run")
    std::fputs(run_examples, stdout);
  else if (wants_help && arguments[0] == "describe")
    std::fputs(describe_examples, stdout);
  CommandLine line(program);
  if (arguments.empty() || arguments[0] == "help") return line.carry_out({"--help"});
  if (const std::string problem = line.problem_with(arguments[0]); !problem.empty()) {
    Output().complain(problem);
    return exit_usage;
  }
  return line.carry_out(arguments);
}

}  // namespace eventarium::app
