// See storm.h.
#include "sim/app/storm.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/random.h"

namespace eventarium::app {
namespace {

using scenario::Fault;
using scenario::FaultKind;
using scenario::Scenario;

constexpr const char* storm_form =
    "a storm is SEED, SEED:INTENSITY or SEED:INTENSITY:power, e.g. 7:3; the intensity is 1 to 10";

std::vector<std::string> numbered(const char* what, int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back(fmt::format("{}-{}", what, i));
  return names;
}

/// Draws the faults one by one.
class Storm {
 public:
  Storm(const Scenario& scenario, const StormOptions& options, Duration duration)
      : options_(options),
        random_(options.seed, "storm"),
        brokers_(numbered("broker", scenario.cluster.brokers)),
        end_(std::min(duration * 6 / 10, duration - 60s)) {
    const bool kraft = scenario.cluster.mode == scenario::ClusterMode::kraft;
    servers_ = brokers_;
    const std::vector<std::string> others =
        kraft ? numbered("controller", scenario.cluster.controllers)
              : numbered("zookeeper", scenario.cluster.zookeepers);
    servers_.insert(servers_.end(), others.begin(), others.end());
    everybody_ = servers_;
    for (const auto& producer : scenario.producers) everybody_.push_back(producer.name);
    for (const auto& service : scenario.services) everybody_.push_back(service.name);
  }

  std::vector<Fault> plan() {
    std::vector<Fault> faults;
    Duration at = calm_;
    for (;;) {
      at += from_seconds(0.2 + random_.exponential(40.0 / options_.intensity));
      if (at + 1s >= end_) return faults;
      Fault fault = draw(at);
      fault.at = at;
      fault.lasts = std::min(*fault.lasts, end_ - at);
      if (fault.kind == FaultKind::power_loss) recovered_at_ = at + *fault.lasts + recovery_;
      faults.push_back(std::move(fault));
    }
  }

 private:
  const std::string& one_of(const std::vector<std::string>& names) {
    return names[random_.below(names.size())];
  }
  Duration seconds(double low, double high) {
    return from_seconds(low * std::pow(high / low, random_.unit()));  // short ones are frequent
  }

  Fault draw(Duration at) {
    Fault fault;
    fault.target = one_of(servers_);
    switch (random_.below(13)) {
      case 0:
      case 1:
      case 2:
        fault.kind = FaultKind::crash;
        fault.lasts = seconds(0.5, 25);
        break;
      case 3:
        fault.kind = FaultKind::stop;
        fault.lasts = seconds(2, 20);
        break;
      case 4:
        fault.kind = FaultKind::pause;
        fault.lasts = seconds(0.5, 20);
        break;
      case 5:
      case 6:
        draw_cut(fault);
        break;
      case 7:
        draw_split(fault);
        break;
      case 8:
        fault.kind = FaultKind::link_down;
        fault.lasts = seconds(0.5, 20);
        break;
      case 9:
        fault.kind = FaultKind::latency;
        fault.latency = seconds(0.002, 0.3);
        fault.lasts = seconds(2, 30);
        break;
      case 10:
        fault.kind = FaultKind::loss;
        fault.loss = 0.002 + 0.05 * random_.unit();
        fault.lasts = seconds(2, 30);
        break;
      case 11:
        fault.kind = random_.chance(0.5) ? FaultKind::slow_disk : FaultKind::slow_cpu;
        fault.factor = 0.02 + 0.4 * random_.unit();
        fault.lasts = seconds(2, 30);
        break;
      default:
        draw_power_loss(fault, at);
    }
    return fault;
  }

  void draw_cut(Fault& fault) {
    fault.kind = FaultKind::cut;
    fault.both_ways = random_.chance(0.6);
    do {
      fault.peer = one_of(everybody_);
    } while (fault.peer == fault.target && everybody_.size() > 1);
    fault.lasts = seconds(0.5, 25);
    if (fault.peer == fault.target) fault.kind = FaultKind::link_down;
  }

  void draw_split(Fault& fault) {
    fault.lasts = seconds(1, 25);
    std::vector<std::string> here, there;
    for (const std::string& name : everybody_) (random_.chance(0.5) ? here : there).push_back(name);
    if (here.empty() || there.empty()) {
      fault.kind = FaultKind::link_down;
      return;
    }
    fault.kind = FaultKind::split;
    fault.target.clear();
    fault.sides = {std::move(here), std::move(there)};
  }

  /// One machine at a time, and only after the last one has had time to catch up.
  void draw_power_loss(Fault& fault, Duration at) {
    fault.lasts = seconds(1, 15);
    const bool allowed = options_.power_loss && at >= recovered_at_;
    fault.kind = allowed ? FaultKind::power_loss : FaultKind::crash;
  }

  static constexpr Duration calm_ = 5s, recovery_ = 30s;
  StormOptions options_;
  RandomStream random_;
  std::vector<std::string> brokers_, servers_, everybody_;
  Duration end_;
  Duration recovered_at_{};
};

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::variant<StormOptions, std::string> parse_storm(const std::string& text) {
  StormOptions storm;
  const std::size_t first = text.find(':');
  if (!read(std::string_view(text).substr(0, first), storm.seed))
    return fmt::format("'{}' is no storm: {}", text, storm_form);
  if (first == std::string::npos) return storm;
  const std::size_t second = text.find(':', first + 1);
  const std::string_view intensity = std::string_view(text).substr(
      first + 1, second == std::string::npos ? second : second - first - 1);
  const bool in_range =
      read(intensity, storm.intensity) && storm.intensity >= 1 && storm.intensity <= 10;
  storm.power_loss = second != std::string::npos && text.substr(second + 1) == "power";
  if (!in_range || (second != std::string::npos && !storm.power_loss))
    return fmt::format("'{}' is no storm: {}", text, storm_form);
  return storm;
}

std::string storm_text(const StormOptions& storm) {
  return fmt::format("{}:{}{}", storm.seed, storm.intensity, storm.power_loss ? ":power" : "");
}

std::vector<Fault> plan_storm(const Scenario& scenario, const StormOptions& storm,
                              Duration duration) {
  if (duration < storm_duration_min || scenario.channel != scenario::Channel::kafka) return {};
  return Storm(scenario, storm, duration).plan();
}

void add_storm(Scenario& scenario, const StormOptions& storm, Duration duration) {
  for (Fault& fault : plan_storm(scenario, storm, duration))
    scenario.faults.push_back(std::move(fault));
  std::stable_sort(scenario.faults.begin(), scenario.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
}

namespace {

using What = scenario::Expectation::What;

/// Nothing of it would be fine as well.
bool admits_none(const scenario::Expectation& expectation) {
  using Comparison = scenario::Expectation::Comparison;
  switch (expectation.comparison) {
    case Comparison::equal:
    case Comparison::at_least:
    case Comparison::between:
      return expectation.value <= 0;
    case Comparison::more:
      return expectation.value < 0;
    case Comparison::less:
      return expectation.value > 0;
    case Comparison::at_most:
      return true;
  }
  return false;
}

}  // namespace

bool is_about_own_course(const scenario::Expectation& expectation) {
  if (expectation.at) return true;
  switch (expectation.what) {
    case What::leader:
    case What::leader_changes:
    case What::controller:
    case What::controller_changes:
    case What::rebalances:
    case What::longest_stop:
    case What::latency_p50:
    case What::latency_p95:
    case What::latency_p99:
    case What::truncated:
    case What::refused:
    case What::client_errors:
    case What::skipped:
      return true;
    case What::lost:
    case What::duplicated:
    case What::out_of_order:
    case What::undelivered:
    case What::failed:
    case What::expired:
    case What::unclean_elections:
    case What::offline_partitions:
    case What::under_replicated_partitions:
    case What::side_effects_repeated:
    case What::states_without_event:
      return !admits_none(expectation);
    default:
      return false;
  }
}

std::vector<scenario::Expectation> set_own_course_aside(Scenario& scenario) {
  const auto kept = std::stable_partition(
      scenario.expectations.begin(), scenario.expectations.end(),
      [](const scenario::Expectation& expectation) { return !is_about_own_course(expectation); });
  std::vector<scenario::Expectation> aside(kept, scenario.expectations.end());
  scenario.expectations.erase(kept, scenario.expectations.end());
  return aside;
}

}  // namespace eventarium::app
