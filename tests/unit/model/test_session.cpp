#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "trace_builder.h"
#include "viz/model/session.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

trace::Header header_of(const std::string& scenario) {
  trace::Header header;
  header.scenario = scenario;
  return header;
}

/// Plays a prepared trace as a child would: only as far as it was asked, one poll later.
class ScriptedSource : public TraceSource {
 public:
  explicit ScriptedSource(std::vector<trace::Event> events) : events_(std::move(events)) {}

  SourceUpdate poll() override {
    SourceUpdate update;
    update.restarted = std::exchange(branched, false);
    if (!header_sent_) update.header = header_of("script");
    header_sent_ = true;
    reached_ = std::max(reached_, std::min(asked, end()));
    while (next_ < events_.size() && events_[next_].t <= reached_)
      update.events.push_back(events_[next_++]);
    return update;
  }
  SimTime end() const { return events_.back().t; }
  SimTime reached() const override { return reached_; }
  SourceState state() const override {
    if (broken) return SourceState::failed;
    return next_ == events_.size() ? SourceState::ended : SourceState::running;
  }
  std::string problem() const override { return broken ? "it broke" : ""; }
  void advance(SimTime until) override { asked = std::max(asked, until); }
  bool send(std::string_view line) override {
    sent.push_back(std::string(line));
    return true;
  }
  bool takes_commands() const override { return takes; }
  bool restart() override {
    start_over();
    return true;
  }
  bool branch(SimTime from, std::string_view line) override {
    branched_at = from;
    sent.push_back(std::string(line));
    start_over();
    branched = true;
    return true;
  }
  void start_over() {
    next_ = 0;
    reached_ = asked = SimTime{};
    header_sent_ = false;
  }

  SimTime asked{}, branched_at{};
  std::vector<std::string> sent;
  bool takes = true, broken = false, branched = false;

 private:
  std::vector<trace::Event> events_;
  std::size_t next_ = 0;
  SimTime reached_{};
  bool header_sent_ = false;
};

std::vector<trace::Event> ten_orders() {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  t.partition("orders", 0, broker, {broker});
  for (int i = 0; i < 10; ++i) {
    const RecordId record = t.at(1s * (i + 1)).produce(shop, "orders");
    t.arrive(t.send(shop, broker, "Produce", {record}));
    t.append(broker, "orders", 0, i, {record});
    t.acknowledge(shop, "orders", 0, i, {record});
  }
  return t.events;
}

struct Fixture {
  ScriptedSource* source;
  Session session;
  Fixture() : Fixture(std::make_unique<ScriptedSource>(ten_orders())) {}
  explicit Fixture(std::unique_ptr<ScriptedSource> made)
      : source(made.get()), session(std::move(made)) {}
  void frames(int count, Duration dt = 50ms) {
    for (int i = 0; i < count; ++i) session.frame(dt);
  }
};

}  // namespace

TEST_CASE("session: playing asks the source for what is needed and shows it") {
  Fixture f;
  f.frames(1);
  CHECK(f.session.header()->scenario == "script");
  CHECK(f.session.world().nodes.size() == 2);
  CHECK(f.session.layout().nodes.size() == 2);
  f.session.playback().play();
  f.frames(52);  // one or two frames of it waiting for the source
  CHECK(f.session.playback().playhead() >= sim_time(2400ms));
  CHECK(f.session.score(Score::acknowledged) == 2);
  CHECK(f.source->asked <= f.session.playback().playhead() + 1s);
  CHECK(f.session.history().size() < 30);  // no more is simulated than is looked at
  CHECK(f.session.world().partition({"orders", 0})->log_end_offset() == 2);
}

TEST_CASE("session: a frame in which nothing happens says so") {
  Fixture f;
  f.frames(5);
  CHECK_FALSE(f.session.frame(16ms));
  f.session.playback().play();
  CHECK(f.session.frame(16ms));
}

TEST_CASE("session: the horizon is the planned end, or what is known beyond") {
  Fixture f;
  Plan plan;
  plan.end = sim_time(5s);
  f.session.set_plan(plan);
  f.frames(2);
  CHECK(f.session.horizon() == sim_time(5s));
  f.session.playback().seek(sim_time(8s));
  f.frames(3);
  CHECK(f.session.horizon() >= sim_time(8s));
}

TEST_CASE("session: restart forgets the run and keeps speed and play") {
  Fixture f;
  f.session.playback().set_speed(5);
  f.session.playback().play();
  f.frames(20);
  REQUIRE(f.session.score(Score::produced) > 0);
  CHECK(f.session.restart());
  CHECK(f.session.history().empty());
  CHECK(f.session.score(Score::produced) == 0);
  CHECK(f.session.playback().playhead() == SimTime{});
  CHECK(f.session.playback().speed() == 5);
  f.frames(20);
  CHECK(f.session.score(Score::produced) > 0);
}

TEST_CASE("session: a fault injected while paused is waited for and seen") {
  std::vector<trace::Event> events = ten_orders();
  TraceBuilder t;
  t.declare("producer", "shop");
  const auto later = std::find_if(events.begin(), events.end(),
                                  [](const trace::Event& e) { return e.t > sim_time(2s); });
  trace::Event crash = *later;
  crash.t = sim_time(2020ms);
  crash.body = trace::FaultInjected{"crash", NodeId{}, ""};
  events.insert(later, crash);
  auto owned = std::make_unique<ScriptedSource>(events);
  ScriptedSource* source = owned.get();
  Session session(std::move(owned));
  session.playback().seek(sim_time(2s));
  for (int i = 0; i < 5; ++i) session.frame(10ms);
  REQUIRE(session.playback().playhead() == sim_time(2s));
  session.playback().pause();
  FaultRequest request;
  request.kind = "crash";
  request.target = "shop";
  REQUIRE(session.inject(request) != Session::Injected::refused);
  CHECK(session.fault_awaited());
  for (int i = 0; i < 30; ++i) session.frame(10ms);
  CHECK_FALSE(session.fault_awaited());
  CHECK(session.playback().playhead() == sim_time(2020ms));
  CHECK(source->sent.size() == 1);
}

TEST_CASE("session: a fault at the edge goes to the running simulation") {
  Fixture f;
  f.session.playback().play();
  f.frames(20);
  FaultRequest crash;
  crash.kind = "crash";
  crash.target = "broker-1";
  CHECK(f.session.inject(crash) == Session::Injected::sent);
  CHECK(f.source->sent ==
        std::vector<std::string>{R"({"command":"fault","do":"crash","target":"broker-1"})"});
  f.source->takes = false;
  CHECK(f.session.inject(crash) == Session::Injected::refused);
}

TEST_CASE("session: a fault in the past branches the run at the playhead") {
  Fixture f;
  f.session.playback().seek(sim_time(9s));
  f.frames(3);
  f.session.playback().seek(sim_time(4500ms));
  f.frames(3);
  const Position size_before = f.session.history().size();
  FaultRequest crash;
  crash.kind = "crash";
  crash.target = "broker-1";
  CHECK(f.session.inject(crash) == Session::Injected::branched);
  CHECK(f.source->branched_at == sim_time(4500ms));
  CHECK(f.source->sent[0].find("\"at\":4500000000") != std::string::npos);
  // Until the new run has come to the playhead, the old one stays in view.
  f.session.frame(50ms);
  CHECK(f.session.catching_up());
  CHECK(f.session.history().size() == size_before);
  CHECK(f.session.playback().playhead() == sim_time(4500ms));
  f.frames(3);
  CHECK_FALSE(f.session.catching_up());
  CHECK(f.session.history().size() < size_before);
  CHECK(f.session.playback().playhead() == sim_time(4500ms));
  CHECK(f.session.score(Score::produced) == 4);
  CHECK(f.session.header()->scenario == "script");
}

TEST_CASE("session: a source that breaks leaves everything read so far usable") {
  Fixture f;
  f.session.playback().seek(sim_time(5s));
  f.frames(3);
  f.source->broken = true;
  f.session.playback().play();
  f.frames(40);
  CHECK_FALSE(f.session.playback().playing());
  CHECK(f.session.playback().at_end());
  f.session.playback().seek(sim_time(2500ms));
  f.frames(1);
  CHECK(f.session.score(Score::produced) == 2);
}

TEST_CASE("session: narration says what happened last, or what it waits for") {
  Fixture f;
  CHECK(f.session.narration() == "Starting …");
  f.frames(2);
  CHECK(f.session.narration() == "Nothing yet.");
  f.session.playback().seek(sim_time(1500ms));
  f.frames(2);
  CHECK(f.session.narration().find("shop published OrderPlaced order-1") == 0);
  Fixture broken;
  broken.source->broken = true;
  CHECK(broken.session.narration() == "it broke");
}

TEST_CASE("session: what goes on all the time does not talk over what breaks, for a while") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  t.partition("orders", 0, broker, {broker});
  for (int i = 1; i <= 10; ++i) {
    t.at(1s * i).produce(shop, "orders");
    if (i == 3) t.at(3500ms).add(broker, trace::FaultInjected{"link_down", NodeId{}, ""});
  }
  Fixture f(std::make_unique<ScriptedSource>(t.events));
  const auto told_at = [&](Duration at) {
    f.session.playback().pause();
    f.session.playback().seek(sim_time(at));
    f.frames(2);
    return f.session.narration();
  };
  CHECK(told_at(3200ms).find("shop published") == 0);
  const std::string fault = told_at(3600ms);
  CHECK(fault.find("cable of broker-1") != std::string::npos);
  CHECK(told_at(6s) == fault);
  CHECK(told_at(8s).find("shop published") == 0);
  f.session.playback().set_speed(0.1);  // four seconds of the viewer's are less of the run's
  CHECK(told_at(4500ms).find("shop published") == 0);
}

TEST_CASE("file source: delivers once, takes no commands, can start again") {
  trace::TraceFile file;
  file.header = header_of("file");
  file.events = ten_orders();
  file.reached = sim_time(10s);
  FileSource source(file);
  CHECK(source.state() == SourceState::starting);
  CHECK(source.poll().events.size() == file.events.size());
  CHECK(source.poll().events.empty());
  CHECK(source.state() == SourceState::ended);
  CHECK_FALSE(source.send("{}"));
  CHECK_FALSE(source.branch(SimTime{}, "{}"));
  CHECK(source.restart());
  CHECK(source.poll().header->scenario == "file");
}

TEST_CASE("file source: a damaged trace is usable up to the damage, and says where") {
  trace::TraceFile file;
  file.header = trace::Header{};
  file.events = ten_orders();
  file.reached = sim_time(10s);
  file.warning = trace::ReadError{42, "not a JSON object (cut off?)"};
  Session session(std::make_unique<FileSource>(file));
  session.playback().seek(sim_time(10s));
  session.frame(16ms);
  CHECK(session.source().state() == SourceState::failed);
  CHECK(session.source().problem().find("line 42") != std::string::npos);
  CHECK(session.score(Score::produced) == 10);
}
