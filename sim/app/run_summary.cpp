// See run_summary.h: what is counted, and the JSON form. The text form is report.cpp.
#include "sim/app/run_summary.h"

#include <map>

#include <nlohmann/json.hpp>

#include "sim/app/describe_groups.h"

namespace eventarium::app {
namespace {

using Json = nlohmann::ordered_json;

// Divided, not multiplied: 30 s is 30.0 and not 30.000000000000004.
Json in_ms(const std::optional<Duration>& d) {
  return d ? Json(static_cast<double>(d->count()) / 1e6) : Json(nullptr);
}

Json latency_json(const check::Percentiles& p) {
  return {{"p50", in_ms(p.p50)}, {"p95", in_ms(p.p95)}, {"p99", in_ms(p.p99)}};
}

Json ledger_json(const check::Verdict& verdict) {
  return {{"produced", verdict.produced.count},
          {"acknowledged", verdict.acknowledged.count},
          {"failed", verdict.failed.count},
          {"stored", verdict.stored.count},
          {"delivered", verdict.delivered.count},
          {"processed", verdict.processed.count},
          {"lost_acknowledged", verdict.lost_acknowledged.count},
          {"expired", verdict.expired.count},
          {"compacted", verdict.compacted.count},
          {"truncated", verdict.truncated.count},
          {"duplicated", verdict.duplicated.count},
          {"out_of_order", verdict.out_of_order.count},
          {"undelivered", verdict.undelivered.count},
          {"skipped", verdict.skipped.count},
          {"dead_lettered", verdict.dead_lettered.count},
          {"put_aside", verdict.put_aside.count},
          {"unprocessed", verdict.unprocessed.count}};
}

Json services_json(const check::ServiceFacts::Totals& totals) {
  return {{"skipped", totals.skipped},
          {"dropped", totals.dropped},
          {"answered", totals.answered},
          {"unanswered", totals.unanswered}};
}

/// An id that is none is null.
template <class Id>
Json id_json(Id id) {
  return id.valid() ? Json(id.value) : Json(nullptr);
}

Json losses_json(const check::Ledger& ledger) {
  Json losses = Json::array();
  const auto name = [&](NodeId node) {
    return node.valid() ? Json(ledger.names().name(node)) : Json(nullptr);
  };
  for (const check::LossReport& loss : ledger.losses())
    losses.push_back({{"record", loss.record.value},
                      {"event_id", loss.event_id},
                      {"topic", loss.topic},
                      {"partition", loss.partition},
                      {"offset", loss.offset},
                      {"acknowledged_ms", in_ms(loss.acknowledged - SimTime{})},
                      {"producer", name(loss.producer)},
                      {"last_leader", name(loss.last_leader)},
                      {"new_leader", name(loss.new_leader)},
                      {"sealed_by", id_json(loss.sealed_by)},
                      {"cut_by", id_json(loss.cut_by)},
                      {"why", loss.why}});
  return losses;
}

Json violations_json(const check::Ledger& ledger) {
  Json violations = Json::array();
  for (const trace::InvariantViolated& violation : ledger.cluster().violations())
    violations.push_back({{"invariant", violation.invariant}, {"text", violation.text}});
  return violations;
}

Json broker_json(const std::string& name) {
  const std::string id = broker_id(name);
  return id == name ? Json(name) : Json(std::stoll(id));
}

Json topics_json(const check::Ledger& ledger) {
  Json topics = Json::array();
  const auto brokers = [&](const std::vector<NodeId>& nodes) {
    Json list = Json::array();
    for (const NodeId node : nodes) list.push_back(broker_json(ledger.names().name(node)));
    return list;
  };
  for (const auto& [key, partition] : ledger.logs().partitions()) {
    const Json leader = partition.leader.valid()
                            ? broker_json(ledger.names().name(partition.leader))
                            : Json(nullptr);
    topics.push_back({{"topic", key.topic},
                      {"partition", key.partition},
                      {"leader", leader},
                      {"replicas", brokers(partition.replicas)},
                      {"isr", brokers(partition.isr)},
                      {"log_start_offset", partition.log().log_start_offset},
                      {"high_watermark", partition.high_watermark},
                      {"log_end_offset", partition.log().log_end_offset()}});
  }
  return topics;
}

Json consumers_json(const check::Ledger& ledger) {
  Json consumers = Json::array();
  for (const NodeId node : ledger.consumers()) {
    check::Filter only;
    only.to = node;
    const check::Verdict verdict = ledger.verdict(only);
    consumers.push_back(
        {{"name", ledger.names().name(node)},
         {"delivered", verdict.delivered.count},
         {"processed", verdict.processed.count},
         {"duplicated", verdict.duplicated.count},
         {"out_of_order", verdict.out_of_order.count},
         {"undelivered", verdict.undelivered.count},
         {"latency_ms", latency_json(ledger.latency(check::Ledger::Milestone::delivered, only))},
         {"processed_ms",
          latency_json(ledger.latency(check::Ledger::Milestone::processed, only))}});
  }
  return consumers;
}

}  // namespace

std::string broker_id(const std::string& name) {
  constexpr std::string_view prefix = "broker-";
  if (!name.starts_with(prefix)) return name;
  const std::string digits = name.substr(prefix.size());
  const bool is_number = !digits.empty() && digits.size() < 10 &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? digits : name;
}

std::vector<EffectCount> count_side_effects(const check::Ledger& ledger) {
  std::map<std::pair<std::string, NodeId>, EffectCount> counts;
  for (const check::SideEffect& effect : ledger.side_effects()) {
    EffectCount& count = counts[{effect.effect, effect.service}];
    count.effect = effect.effect;
    count.service = effect.service;
    ++count.done;
    if (effect.times > 1) ++count.repeated;
  }
  std::vector<EffectCount> result;
  for (auto& [key, count] : counts) result.push_back(std::move(count));
  return result;
}

std::string to_json(const RunSummary& summary, int indent) {
  const check::Ledger& ledger = summary.ledger;
  Json expectations = Json::array();
  for (const auto& checked : summary.expectations.checked())
    expectations.push_back(
        {{"expect", checked.expect}, {"met", checked.met}, {"actual", checked.actual}});
  Json effects = Json::object();
  for (const EffectCount& count : count_side_effects(ledger)) {
    Json& entry = effects[count.effect];
    if (entry.is_null()) entry = {{"done", 0}, {"repeated", 0}};
    entry["done"] = entry["done"].get<std::uint64_t>() + count.done;
    entry["repeated"] = entry["repeated"].get<std::uint64_t>() + count.repeated;
  }
  const Json object = {
      {"scenario", summary.header.scenario},
      {"title", summary.header.title},
      {"seed", summary.header.seed},
      {"engine", summary.header.engine},
      {"simulated_s", static_cast<double>(summary.simulated.count()) / 1e9},
      {"wall_s", summary.wall_s},
      {"cpu_s", summary.cpu_s},
      {"events", summary.events},
      {"fingerprint", summary.fingerprint},
      {"expectations", expectations},
      {"ledger", ledger_json(ledger.verdict())},
      {"services", services_json(ledger.cluster().services().totals())},
      {"losses", losses_json(ledger)},
      {"invariants_violated", violations_json(ledger)},
      {"side_effects", effects},
      {"latency_ms", latency_json(ledger.latency(check::Ledger::Milestone::delivered))},
      {"consumers", consumers_json(ledger)},
      {"groups", groups_json(ledger)},
      {"topics", topics_json(ledger)},
  };
  return object.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace eventarium::app
