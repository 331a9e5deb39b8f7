// See expectations.h.
#include "sim/check/expectations.h"

#include <fmt/format.h>

namespace eventarium::check {
namespace {

using scenario::Expectation;
using What = Expectation::What;
using Comparison = Expectation::Comparison;

bool holds(const Expectation& expectation, double actual) {
  switch (expectation.comparison) {
    case Comparison::equal:
      return actual == expectation.value;
    case Comparison::less:
      return actual < expectation.value;
    case Comparison::at_most:
      return actual <= expectation.value;
    case Comparison::more:
      return actual > expectation.value;
    case Comparison::at_least:
      return actual >= expectation.value;
    case Comparison::between:
      return actual >= expectation.value && actual <= expectation.high;
  }
  return false;
}

Outcome count(const Expectation& expectation, std::uint64_t actual) {
  return {holds(expectation, static_cast<double>(actual)), std::to_string(actual)};
}

Outcome offset_of(const Expectation& expectation, const Ledger& ledger) {
  std::int64_t sum = 0;
  bool found = false;
  for (const auto& [key, partition] : ledger.logs().partitions()) {
    if (key.topic != expectation.topic) continue;
    if (expectation.partition && *expectation.partition != key.partition) continue;
    found = true;
    sum += expectation.what == What::high_watermark ? partition.high_watermark
                                                    : partition.log().log_end_offset();
  }
  if (!found) return {false, "there is no such partition"};
  return {holds(expectation, static_cast<double>(sum)), std::to_string(sum)};
}

Outcome latency(const Expectation& expectation, const Ledger& ledger, const Filter& filter) {
  const Percentiles found = ledger.latency(Ledger::Milestone::delivered, filter);
  if (found.samples == 0) return {false, "nothing was delivered"};
  const Duration actual = expectation.what == What::latency_p50   ? *found.p50
                          : expectation.what == What::latency_p95 ? *found.p95
                                                                  : *found.p99;
  return {holds(expectation, to_seconds(actual)), format_duration(actual)};
}

Outcome side_effects(const Expectation& expectation, const Ledger& ledger, const Filter& filter) {
  std::uint64_t done = 0, repeated = 0;
  for (const SideEffect& effect : ledger.side_effects()) {
    if (!expectation.effect.empty() && effect.effect != expectation.effect) continue;
    if (filter.to.valid() && effect.service != filter.to) continue;
    ++done;
    if (effect.times > 1) ++repeated;
  }
  return count(expectation, expectation.what == What::side_effects ? done : repeated);
}

const Number& number_for(What what, const Verdict& verdict) {
  switch (what) {
    case What::acknowledged:
      return verdict.acknowledged;
    case What::delivered:
      return verdict.delivered;
    case What::processed:
      return verdict.processed;
    case What::lost:
      return verdict.lost_acknowledged;
    case What::duplicated:
      return verdict.duplicated;
    case What::out_of_order:
      return verdict.out_of_order;
    case What::undelivered:
      return verdict.undelivered;
    case What::failed:
      return verdict.failed;
    case What::dead_lettered:
      return verdict.dead_lettered;
    default:
      return verdict.produced;
  }
}

}  // namespace

Outcome evaluate(const Expectation& expectation, const Ledger& ledger) {
  Filter filter;
  filter.topic = expectation.topic;
  for (const auto& [name, node] :
       {std::pair{&expectation.to, &filter.to}, std::pair{&expectation.from, &filter.from}}) {
    if (name->empty()) continue;
    const auto found = ledger.names().find(*name);
    if (!found) return {false, fmt::format("there is no node '{}'", *name)};
    *node = *found;
  }
  switch (expectation.what) {
    case What::log_end_offset:
    case What::high_watermark:
      return offset_of(expectation, ledger);
    case What::latency_p50:
    case What::latency_p95:
    case What::latency_p99:
      return latency(expectation, ledger, filter);
    case What::side_effects:
    case What::side_effects_repeated:
      return side_effects(expectation, ledger, filter);
    default:
      return count(expectation, number_for(expectation.what, ledger.verdict(filter)).count);
  }
}

}  // namespace eventarium::check
