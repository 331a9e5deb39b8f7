// The window's child: the real program for what should work, small shell scripts for what a
// child can do wrong. Waits are bounded by patience, nothing is measured.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "viz/app/child_process.h"
#include "viz/model/commands.h"
#include "viz/model/session.h"

using namespace eventarium;
using namespace eventarium::viz;

namespace {

const std::string simulator = std::string(EVENTARIUM_BINARY_DIR) + "/eventarium";

ChildCommand newsletter() {
  return {simulator,
          {"run", std::string(EVENTARIUM_SOURCE_DIR) + "/scenarios/newsletter.yaml", "--serve",
           "--engine", "lean"}};
}

ChildCommand shell(const std::string& script) { return {"/bin/sh", {"-c", script}}; }

/// True when `done` became true while polling.
bool wait_until(const std::function<void()>& poll, const std::function<bool()>& done) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < patience) {
    poll();
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

/// Everything that a source has delivered.
struct Collector {
  ChildSource& source;
  std::vector<trace::Event> events{};
  std::optional<trace::Header> header{};
  bool until(const std::function<bool()>& done) {
    return wait_until(
        [this] {
          SourceUpdate update = source.poll();
          if (update.restarted) events.clear();
          if (update.header) header = update.header;
          events.insert(events.end(), update.events.begin(), update.events.end());
        },
        done);
  }
  bool until_failed() {
    return until([this] { return source.state() == SourceState::failed; });
  }
};

bool no_children_left() {
  int status = 0;
  return ::waitpid(-1, &status, WNOHANG) < 0;  // ECHILD
}

}  // namespace

TEST_CASE("child: runs as far as it is asked and no further") {
  ChildSource source(newsletter());
  Collector got{source};
  REQUIRE(got.until([&] { return source.state() == SourceState::running; }));
  CHECK(got.header->scenario == "newsletter");
  source.advance(sim_time(3s));
  REQUIRE(got.until([&] { return source.reached() >= sim_time(3s); }));
  CHECK(source.reached() < sim_time(4s));
  CHECK_FALSE(got.events.empty());
  CHECK(got.events.back().t <= sim_time(4s));
  source.advance(sim_time(1s));  // backwards: nothing
  source.advance(sim_time(1000s));
  REQUIRE(got.until([&] { return source.state() == SourceState::ended; }));
  CHECK(got.events.back().as<trace::RunEnded>() != nullptr);
  CHECK(source.reached() == got.events.back().t);
  CHECK(source.problem().empty());
}

TEST_CASE("child: the window leaves no zombie behind") {
  {
    ChildSource source(newsletter());
    Collector got{source};
    REQUIRE(got.until([&] { return source.state() == SourceState::running; }));
  }
  CHECK(no_children_left());
  { ChildSource stubborn(shell("trap '' TERM INT PIPE; while :; do sleep 1; done")); }
  CHECK(no_children_left());
}

TEST_CASE("child: killed, the trace stays usable and a restart gives the same run") {
  ChildSource source(newsletter());
  Collector got{source};
  source.advance(sim_time(5s));
  REQUIRE(got.until([&] { return source.reached() >= sim_time(5s); }));
  const std::vector<trace::Event> before = got.events;
  ::kill(source.process_id(), SIGKILL);
  REQUIRE(got.until_failed());
  CHECK(source.problem().find("killed by signal 9") != std::string::npos);
  CHECK(source.process_id() == -1);
  CHECK(source.reached() >= sim_time(5s));
  source.advance(sim_time(9s));  // to nobody: no signal, no crash
  CHECK_FALSE(source.send(quit_command()));
  CHECK(source.poll().events.empty());

  got.events.clear();
  REQUIRE(source.restart());
  source.advance(sim_time(5s));
  REQUIRE(got.until([&] { return source.reached() >= sim_time(5s); }));
  CHECK(got.events == before);
  CHECK(source.problem().empty());
}

TEST_CASE("child: a fault takes effect, a branch repeats it and adds another") {
  FaultRequest crash;
  crash.kind = "crash";
  crash.target = "crm";
  const auto stops_of = [](const std::vector<trace::Event>& events) {
    std::vector<SimTime> times;
    for (const trace::Event& event : events)
      if (event.as<trace::NodeStopped>() != nullptr) times.push_back(event.t);
    return times;
  };
  ChildSource source(newsletter());
  Collector got{source};
  source.advance(sim_time(4s));
  source.send(fault_command(crash));
  source.advance(sim_time(8s));
  REQUIRE(got.until([&] { return source.reached() >= sim_time(8s); }));
  const auto first = stops_of(got.events);
  REQUIRE(first.size() == 1);
  CHECK(first[0] == sim_time(4s));

  crash.target = "mailer";
  crash.at = sim_time(6s);
  REQUIRE(source.branch(sim_time(6s), fault_command(crash)));
  source.advance(sim_time(8s));
  REQUIRE(got.until([&] { return source.reached() >= sim_time(8s); }));
  const auto both = stops_of(got.events);
  REQUIRE(both.size() == 2);
  CHECK(both[0] == first[0]);
  CHECK(both[1] == sim_time(6s));

  // A branch before both forgets both.
  crash.at = sim_time(2s);
  REQUIRE(source.branch(sim_time(2s), fault_command(crash)));
  source.advance(sim_time(8s));
  REQUIRE(got.until([&] { return source.reached() >= sim_time(8s); }));
  CHECK(stops_of(got.events) == std::vector<SimTime>{sim_time(2s)});
}

TEST_CASE("child: a program that isn't there") {
  ChildSource source({"/nowhere/eventarium", {}});
  CHECK(source.state() == SourceState::failed);
  CHECK(source.problem().find("/nowhere/eventarium") != std::string::npos);
  CHECK(source.poll().events.empty());
  CHECK_FALSE(source.restart());
  CHECK_FALSE(source.branch(sim_time(1s), quit_command()));
  CHECK(source.state() == SourceState::failed);
}

TEST_CASE("child: exit status and last words are told") {
  ChildSource source(shell("echo 'newsletter.yaml:3:5: unknown key' >&2; exit 2"));
  Collector got{source};
  REQUIRE(got.until_failed());
  CHECK(source.problem().find("exit status 2") != std::string::npos);
  CHECK(source.problem().find("newsletter.yaml:3:5: unknown key") != std::string::npos);
}

TEST_CASE("child: a flood of last words keeps the last") {
  ChildSource source(
      shell("i=0; while [ $i -lt 2000 ]; do echo 'noise noise noise' >&2; "
            "i=$((i+1)); done; echo 'the very last' >&2; exit 3"));
  Collector got{source};
  REQUIRE(got.until_failed());
  CHECK(source.problem().size() < 6000);
  CHECK(source.problem().find("the very last") != std::string::npos);
}

TEST_CASE("child: garbage on its stdout fails the source, not the window") {
  ChildSource source(shell("echo 'Segmentation fault'; sleep 5"));
  Collector got{source};
  REQUIRE(got.until_failed());
  CHECK(source.problem().find("line 1") != std::string::npos);
}

TEST_CASE("child: a line that is cut off by death is not an event") {
  ChildSource source(
      shell(R"(printf '{"eventarium_trace":1,"scenario":"x","title":"x","seed":1,"engine":"lean",)"
            R"("build":"b"}\n{"id":1,"t":0,"type":"node_decl'; exit 0)"));
  Collector got{source};
  REQUIRE(got.until_failed());
  CHECK(got.header.has_value());
  CHECK(got.events.empty());
}

TEST_CASE("child: a child that doesn't read its commands blocks nobody") {
  ChildSource source(shell("sleep 20"));
  FaultRequest fault;
  fault.kind = std::string(200, 'x');
  for (int i = 0; i < 2000; ++i) source.send(fault_command(fault));  // more than a pipe holds
  CHECK(source.poll().events.empty());
  CHECK(source.state() == SourceState::starting);
}

TEST_CASE("child: a session lives through its child's death and a restart") {
  auto made = std::make_unique<ChildSource>(newsletter());
  ChildSource* child = made.get();
  Session session(std::move(made));
  session.playback().set_speed(50);
  session.playback().play();
  const auto frame = [&] { session.frame(16ms); };
  REQUIRE(wait_until(frame, [&] { return session.score(Score::acknowledged) >= 3; }));
  ::kill(child->process_id(), SIGKILL);
  REQUIRE(wait_until(frame, [&] { return child->state() == SourceState::failed; }));
  CHECK(session.score(Score::acknowledged) >= 3);
  session.playback().seek(sim_time(1s));
  frame();
  CHECK(session.world().t == sim_time(1s));
  REQUIRE(session.restart());
  session.playback().play();
  REQUIRE(wait_until(frame, [&] { return child->state() == SourceState::ended; }));
  REQUIRE(wait_until(frame, [&] { return session.playback().at_end(); }));
  CHECK(session.score(Score::lost) == 0);
  CHECK(session.score(Score::waiting) == 0);
}
