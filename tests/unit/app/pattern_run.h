// A whole run of a scenario given as text, with its events: shared by the tests of service
// patterns.
#pragma once

#include <string>

#include "tests/unit/app/recorder.h"

namespace eventarium::app {

struct PatternRun {
  Recorder recorder;
  Simulation simulation;

  explicit PatternRun(const std::string& yaml, PlantedFaults planted = {})
      : simulation(scenario_from(yaml), make_lean, std::nullopt, planted) {
    simulation.add_sink(recorder);
    simulation.begin();
    simulation.run_until(simulation.end());
  }
  check::Verdict verdict() const { return simulation.ledger().verdict(); }
  template <class Body>
  std::size_t count() const {
    return recorder.all<Body>().size();
  }
};

}  // namespace eventarium::app
