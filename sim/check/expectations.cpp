// See expectations.h.
#include "sim/check/expectations.h"

#include <algorithm>
#include <optional>
#include <set>

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
    sum += expectation.what == What::high_watermark     ? partition.high_watermark
           : expectation.what == What::log_start_offset ? partition.log().log_start_offset
                                                        : partition.log().log_end_offset();
  }
  if (!found) return {false, "there is no such partition"};
  return {holds(expectation, static_cast<double>(sum)), std::to_string(sum)};
}

bool is_meant(const Expectation& expectation, const PartitionKey& key) {
  return (expectation.topic.empty() || key.topic == expectation.topic) &&
         (!expectation.partition || *expectation.partition == key.partition);
}

/// Of the partitions meant: how many there are, the smallest of a size, or how many are so.
Outcome partitions(const Expectation& expectation, const Ledger& ledger) {
  std::uint64_t found = 0, counted = 0;
  std::optional<std::uint64_t> smallest;
  for (const auto& [key, partition] : ledger.logs().partitions()) {
    if (!is_meant(expectation, key)) continue;
    ++found;
    const std::uint64_t in_sync = partition.isr.size(), assigned = partition.replicas.size();
    const std::uint64_t size = expectation.what == What::isr_size ? in_sync : assigned;
    smallest = std::min(smallest.value_or(size), size);
    const bool offline = !partition.leader.valid();
    const bool under_replicated = in_sync < assigned - partition.adding.size();
    if (expectation.what == What::offline_partitions ? offline : under_replicated) ++counted;
  }
  const bool of_one = expectation.what == What::isr_size || expectation.what == What::replicas_size;
  if (expectation.what == What::partitions) return count(expectation, found);
  if (of_one && !smallest) return {false, "there is no such partition"};
  return count(expectation, of_one ? *smallest : counted);
}

/// What happened to the partitions meant.
Outcome happenings(const Expectation& expectation, const Ledger& ledger) {
  std::uint64_t sum = 0;
  for (const auto& [key, happened] : ledger.cluster().partitions()) {
    if (!is_meant(expectation, key)) continue;
    sum += expectation.what == What::leader_changes      ? happened.leader_changes
           : expectation.what == What::unclean_elections ? happened.unclean_elections
                                                         : happened.refused;
  }
  return count(expectation, sum);
}

/// Who leads a partition, or is the active controller.
Outcome who(const Expectation& expectation, const Ledger& ledger) {
  NodeId found = ledger.cluster().controller();
  if (expectation.what == What::leader) {
    const PartitionState* partition =
        ledger.logs().find(expectation.topic, expectation.partition.value_or(0));
    if (!partition) return {false, "there is no such partition"};
    found = partition->leader;
  }
  const std::string name = found.valid() ? ledger.names().name(found) : "none";
  return {name == expectation.name, name};
}

/// What a group's coordinator has told of it, and how far it has come.
Outcome of_group(const Expectation& expectation, const Ledger& ledger) {
  const GroupFact* const group = ledger.cluster().groups().find(expectation.group);
  if (!group) return {false, fmt::format("there is no group '{}'", expectation.group)};
  switch (expectation.what) {
    case What::rebalances:
      return count(expectation, group->rebalances);
    case What::members:
      return count(expectation, group->members.size());
    case What::longest_stop: {
      const Duration longest = ledger.cluster().groups().stops().longest(expectation.group);
      return {holds(expectation, to_seconds(longest)), format_duration(longest)};
    }
    case What::group_state:
      return {group->state == expectation.name, group->state};
    case What::committed: {
      const auto found =
          group->committed.find({expectation.topic, expectation.partition.value_or(0)});
      if (found == group->committed.end()) return {false, "nothing is committed there"};
      return count(expectation, static_cast<std::uint64_t>(found->second));
    }
    default:
      break;
  }
  std::int64_t lag = 0;
  for (const GroupLag& behind : lags_of(*group, ledger.logs()))
    if (is_meant(expectation, behind.partition)) lag += std::max<std::int64_t>(behind.lag(), 0);
  return count(expectation, static_cast<std::uint64_t>(lag));
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
  std::set<std::string> distinct;
  for (const SideEffect& effect : ledger.side_effects()) {
    if (!expectation.effect.empty() && effect.effect != expectation.effect) continue;
    if (filter.to.valid() && effect.service != filter.to) continue;
    if (!filter.group.empty() &&
        ledger.reader_of(effect.service) != ledger.reader_of_group(filter.group))
      continue;
    ++done;
    if (effect.times > 1) ++repeated;
    distinct.insert(effect.idempotency_key);
  }
  switch (expectation.what) {
    case What::side_effects:
      return count(expectation, done);
    case What::side_effects_repeated:
      return count(expectation, repeated);
    default:
      return count(expectation, distinct.size());
  }
}

Outcome skipped(const Expectation& expectation, const Ledger& ledger, const Filter& filter) {
  std::uint64_t sum = 0;
  for (const auto& [node, times] : ledger.cluster().services().skipped()) {
    if (filter.to.valid() && node != filter.to) continue;
    if (!filter.group.empty() && ledger.reader_of(node) != ledger.reader_of_group(filter.group))
      continue;
    sum += times;
  }
  return count(expectation, sum);
}

/// Rows of which nobody can hear: none of their events stands in a log.
Outcome states_without_event(const Expectation& expectation, const Ledger& ledger) {
  std::set<std::string> stored;
  for (std::size_t i = 0; i < ledger.records().size(); ++i)
    if (const RecordEntry& record = ledger.records()[i]; record.offset >= 0 || record.stored)
      stored.insert(ledger.event_id(record));
  std::uint64_t untold = 0;
  for (const auto& [row, events] : ledger.cluster().services().told_rows())
    if (std::none_of(events.begin(), events.end(),
                     [&](const std::string& id) { return stored.count(id) != 0; }))
      ++untold;
  return count(expectation, untold);
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
    case What::put_aside:
      return verdict.put_aside;
    case What::expired:
      return verdict.expired;
    case What::compacted:
      return verdict.compacted;
    case What::truncated:
      return verdict.truncated;
    default:
      return verdict.produced;
  }
}

}  // namespace

const Verdict& Evaluator::verdict(const Filter& filter) {
  for (const auto& [asked, verdict] : verdicts_)
    if (asked == filter) return verdict;
  return verdicts_.emplace_back(filter, ledger_.verdict(filter)).second;
}

Outcome Evaluator::evaluate(const Expectation& expectation) {
  const Ledger& ledger = ledger_;
  Filter filter;
  filter.topic = expectation.topic;
  for (const auto& [name, node] :
       {std::pair{&expectation.to, &filter.to}, std::pair{&expectation.from, &filter.from}}) {
    if (name->empty()) continue;
    if (name == &expectation.to && ledger.reader_of_group(*name)) {
      filter.group = *name;
      continue;
    }
    const auto found = ledger.names().find(*name);
    if (!found) return {false, fmt::format("there is no node or group '{}'", *name)};
    *node = *found;
  }
  switch (expectation.what) {
    case What::log_end_offset:
    case What::high_watermark:
    case What::log_start_offset:
      return offset_of(expectation, ledger);
    case What::isr_size:
    case What::replicas_size:
    case What::partitions:
    case What::offline_partitions:
    case What::under_replicated_partitions:
      return partitions(expectation, ledger);
    case What::leader_changes:
    case What::unclean_elections:
    case What::refused:
      return happenings(expectation, ledger);
    case What::rebalances:
    case What::members:
    case What::longest_stop:
    case What::lag:
    case What::committed:
    case What::group_state:
      return of_group(expectation, ledger);
    case What::leader:
    case What::controller:
      return who(expectation, ledger);
    case What::controller_changes:
      return count(expectation, ledger.cluster().controller_changes());
    case What::client_errors:
      return count(expectation,
                   ledger.cluster().failed_sends() + ledger.cluster().failed_consumers());
    case What::invariants_violated:
      return count(expectation, ledger.cluster().violations().size());
    case What::latency_p50:
    case What::latency_p95:
    case What::latency_p99:
      return latency(expectation, ledger, filter);
    case What::skipped:
      return skipped(expectation, ledger, filter);
    case What::states_without_event:
      return states_without_event(expectation, ledger);
    case What::side_effects:
    case What::side_effects_repeated:
    case What::side_effects_distinct:
      return side_effects(expectation, ledger, filter);
    default:
      return count(expectation, number_for(expectation.what, verdict(filter)).count);
  }
}

}  // namespace eventarium::check
