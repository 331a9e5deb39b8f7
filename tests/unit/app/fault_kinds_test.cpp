// The names of faults and the values that they may have.
#include "sim/app/fault_kinds.h"

#include <doctest/doctest.h>

#include <limits>

#include "sim/scenario/keys.h"

namespace eventarium::app {
namespace {

using scenario::Fault;
using scenario::FaultKind;

TEST_CASE("every fault has a name that is read back") {
  for (int i = 0; i <= static_cast<int>(FaultKind::retry_storm); ++i) {
    const auto kind = static_cast<FaultKind>(i);
    CHECK(fault_name(kind) == scenario::choices("fault.do").at(static_cast<std::size_t>(i)));
    FaultKind read = FaultKind::crash;
    CHECK(parse_fault(fault_name(kind), read));
    CHECK(read == kind);
  }
  FaultKind unchanged = FaultKind::loss;
  CHECK(!parse_fault("explode", unchanged));
  CHECK(fault_names().starts_with("crash, power_loss, "));
}

Fault fault(FaultKind kind) {
  Fault result;
  result.kind = kind;
  return result;
}

TEST_CASE("values have the limits of scenario files") {
  Fault latency = fault(FaultKind::latency);
  latency.latency = 24h * 365;
  CHECK(check_values(latency).empty());
  latency.latency += 1ns;
  CHECK(check_values(latency) == "a latency is at most a year; use link_down to cut the node off");
  latency.latency = -1ns;
  CHECK(check_values(latency) == "a latency can't be negative");
  Fault bandwidth = fault(FaultKind::bandwidth);
  for (const double fine : {1.0, 1e15}) {
    bandwidth.bandwidth_bytes_per_s = fine;
    CHECK(check_values(bandwidth).empty());
  }
  for (const double wrong : {0.0, 0.99, 1.1e15, 1e308, std::numeric_limits<double>::quiet_NaN()}) {
    bandwidth.bandwidth_bytes_per_s = wrong;
    CHECK(!check_values(bandwidth).empty());
  }
  Fault loss = fault(FaultKind::loss);
  loss.loss = 0.999;
  CHECK(check_values(loss).empty());
  loss.loss = 1;
  CHECK(!check_values(loss).empty());
  Fault crash = fault(FaultKind::crash);
  crash.lasts = 24h * 365;
  CHECK(check_values(crash).empty());
  *crash.lasts += 1ns;
  CHECK(check_values(crash) == "a fault lasts at most a year");
}

}  // namespace
}  // namespace eventarium::app
