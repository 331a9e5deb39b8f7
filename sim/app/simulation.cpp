// See simulation.h.
#include "sim/app/simulation.h"

#include <algorithm>
#include <set>

#include "sim/base/check.h"
#include "sim/check/expectations.h"
#include "sim/scenario/clients.h"

namespace eventarium::app {

Simulation::Simulation(scenario::Scenario scenario, const EngineFactory& make_engine,
                       std::optional<Duration> until, PlantedFaults planted)
    : scenario_(std::move(scenario)),
      end_(sim_time(until.value_or(scenario_.duration))),
      engine_(make_engine(scenario_.seed)),
      assembly_(scenario_, *engine_, planted),
      faults_(*engine_, scenario_.network,
              [this](NodeId node) { return assembly_.has_files(node); }),
      clients_(*engine_, assembly_, scenario_, faults_, [this] { tell_who_reads_committed(); }),
      administrator_(*engine_, scenario_, assembly_.cluster(), faults_, clients_),
      invariants_(ledger_, [this](trace::InvariantViolated violation, EventId cause) {
        note_violation(std::move(violation), cause);
      }) {
  engine_->add_sink(invariants_);  // before the ledger: they look at the state before the event
  engine_->add_sink(ledger_);
  engine_->add_sink(administrator_);
  engine_->add_sink(clients_);
  engine_->add_sink(fingerprint_);
}

trace::Header Simulation::header() const {
  return {trace::format_version,        scenario_.name,
          scenario_.info.title,         scenario_.seed,
          std::string(engine_->kind()), EVENTARIUM_VERSION " " EVENTARIUM_BUILD};
}

void Simulation::add_sink(trace::Sink& sink) { engine_->add_sink(sink); }

/// The invariants have to know; the trace doesn't say it.
void Simulation::tell_who_reads_committed() {
  std::set<std::string> names;
  for (const scenario::Service& service : clients_.services())
    if (config_text(service.consumer_config, ConfigScope::consumer, "isolation.level") ==
        "read_committed")
      names.insert(service.name);
  invariants_.set_read_committed(std::move(names));
}

void Simulation::begin() {
  tell_who_reads_committed();
  engine_->run_until(SimTime{});
  for (const scenario::Service& service : scenario_.services)
    for (trace::SubscriptionDeclared& wanted : subscriptions_of(scenario_, service))
      engine_->emit(std::move(wanted), *engine_->names().find(service.name));
  declare_publishers();
  const auto is_due = [&](Duration at) { return sim_time(at) <= end_; };
  for (const scenario::Fault& fault : scenario_.faults) {
    if (is_due(fault.at))
      engine_->schedule(sim_time(fault.at), [this, &fault] {  // its node may have joined by now
        const std::string problem = faults_.check(fault);
        EVENTARIUM_CHECK(problem.empty(), problem);
        faults_.inject(fault);
      });
  }
  for (const scenario::Operation& operation : scenario_.operations)
    if (is_due(operation.at))
      engine_->schedule(sim_time(operation.at),
                        [this, &operation] { administrator_.carry_out(operation); });
  for (const scenario::Service& service : scenario_.services) {
    if (!service.stop || !is_due(*service.stop)) continue;
    engine_->schedule(sim_time(*service.stop), [this, &service] {
      faults_.end_for_good(*engine_->names().find(service.name));
    });
  }
  for (const scenario::Expectation& expectation : scenario_.expectations)
    if (expectation.at && is_due(*expectation.at))
      engine_->schedule(sim_time(*expectation.at),
                        [this, &expectation] { check_expectations({&expectation}); });
}

void Simulation::declare_publishers() {
  if (scenario_.channel != scenario::Channel::kafka) return;
  for (const scenario::Producer& producer : scenario_.producers)
    engine_->emit(publisher_of(producer.config), *engine_->names().find(producer.name));
  for (const scenario::Service& service : scenario_.services)
    if (publishes(service))
      engine_->emit(publisher_of(service.producer_config), *engine_->names().find(service.name));
}

/// The event that broke it is being told to everybody: nothing can be told in between.
void Simulation::note_violation(trace::InvariantViolated violation, EventId cause) {
  if (violations_.empty() && !ended_)
    engine_->schedule(engine_->now(), [this] { tell_violations(); });
  violations_.emplace_back(std::move(violation), cause);
}

void Simulation::tell_violations() {
  for (auto& [violation, cause] : std::exchange(violations_, {}))
    engine_->emit(std::move(violation), NodeId{}, cause);
}

void Simulation::run_until(SimTime t) {
  if (ended_) return;
  // The end need not be a whole number of the engine's steps, and nothing after it may happen.
  const auto last_step = std::chrono::floor<std::chrono::milliseconds>(end_.time_since_epoch());
  if (t > SimTime{last_step} || t >= end_)
    engine_->finish_at(end_);
  else
    engine_->run_until(t);
  if (engine_->now() >= end_) finish();
}

void Simulation::finish() {
  tell_violations();
  if (sim_time(scenario_.duration) <= end_) {
    std::vector<const scenario::Expectation*> due;
    for (const scenario::Expectation& expectation : scenario_.expectations)
      if (!expectation.at) due.push_back(&expectation);
    check_expectations(due);
  }
  ended_ = true;
  engine_->emit(trace::RunEnded{fingerprint_.events(), fingerprint_.text()});
}

void Simulation::check_expectations(const std::vector<const scenario::Expectation*>& due) {
  check::Evaluator evaluator(ledger_);
  std::vector<check::Outcome> outcomes;
  for (const auto* expectation : due) outcomes.push_back(evaluator.evaluate(*expectation));
  for (std::size_t i = 0; i < due.size(); ++i)
    engine_->emit(trace::ExpectationChecked{due[i]->text, outcomes[i].met, outcomes[i].actual});
}

std::size_t Simulation::expectations_not_due() const {
  return static_cast<std::size_t>(std::count_if(
      scenario_.expectations.begin(), scenario_.expectations.end(),
      [&](const auto& e) { return sim_time(e.at.value_or(scenario_.duration)) > end_; }));
}

void Simulation::order(Order order, SimTime at, const scenario::Fault& fault, std::string line) {
  const bool injects = order == Order::inject;
  take(at,
       {[this, injects, fault] {
          return injects ? faults_.check_now(fault) : faults_.check_heal_now(fault);
        },
        [this, injects, fault] { injects ? faults_.inject(fault) : faults_.heal(fault); }},
       std::move(line));
}

void Simulation::operate(SimTime at, const scenario::Operation& operation, std::string line) {
  take(at,
       {[this, operation] { return administrator_.check_now(operation); },
        [this, operation] { administrator_.carry_out(operation); }},
       std::move(line));
}

void Simulation::take(SimTime at, Command command, std::string line) {
  if (ended_) return;
  const SimTime now = engine_->now();
  const bool at_once = at <= now;
  const bool settled = now > SimTime{} && waiting_ != now;  // at 0 the nodes have yet to start
  if (at_once && settled) {  // the state that it finds is known, so a viewer hears at once
    std::string problem = command.check();
    if (!problem.empty()) return reject(std::move(line), std::move(problem));
  }
  if (at_once) waiting_ = now;
  engine_->schedule_last(at, [this, command = std::move(command), line = std::move(line)] {
    std::string problem = command.check();
    if (!problem.empty())
      engine_->emit(trace::CommandRejected{line, std::move(problem)});
    else
      command.carry_out();
  });
}

void Simulation::reject(std::string line, std::string reason) {
  if (ended_) return;
  trace::CommandRejected rejected{std::move(line), std::move(reason)};
  if (waiting_ != engine_->now()) {
    engine_->emit(std::move(rejected));
  } else {
    engine_->schedule_last(engine_->now(), [this, rejected = std::move(rejected)]() mutable {
      engine_->emit(std::move(rejected));
    });
  }
}

}  // namespace eventarium::app
