// The report at the end of a run, for people: who got what, how long it took, what was done in
// the outside world, and whether everything is as the scenario expects.

#include <algorithm>

#include <fmt/format.h>

#include "sim/app/output.h"
#include "sim/app/run_summary.h"
#include "sim/app/table.h"
#include "sim/check/invariants.h"

namespace eventarium::app {
namespace {

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

using Align = Table::Align;

std::string or_dash(const std::optional<Duration>& d) { return d ? format_duration(*d) : "-"; }

std::string deliveries(const check::Ledger& ledger) {
  Table table({{"CONSUMER"},
               {"DELIVERED", Align::right},
               {"PROCESSED", Align::right},
               {"TWICE", Align::right},
               {"WAITING", Align::right},
               {"P50", Align::right},
               {"P95", Align::right},
               {"P99", Align::right},
               {"PROCESSED P99", Align::right}});
  for (const NodeId node : ledger.consumers()) {
    check::Filter only;
    only.to = node;
    const check::Verdict verdict = ledger.verdict(only);
    const auto delivered = ledger.latency(check::Ledger::Milestone::delivered, only);
    const auto processed = ledger.latency(check::Ledger::Milestone::processed, only);
    // A queue's waiting records belong to nobody yet.
    const bool own = ledger.channel() != check::Ledger::Channel::queue;
    table.add_row({ledger.names().name(node), std::to_string(verdict.delivered.count),
                   std::to_string(verdict.processed.count),
                   std::to_string(verdict.duplicated.count),
                   own ? std::to_string(verdict.undelivered.count) : "-", or_dash(delivered.p50),
                   or_dash(delivered.p95), or_dash(delivered.p99), or_dash(processed.p99)});
  }
  return table.empty() ? "" : "\n" + table.text(2);
}

/// What a group has come to: a line for each.
std::string groups(const check::Ledger& ledger) {
  Table table({{"GROUP"},
               {"STATE"},
               {"MEMBERS", Align::right},
               {"GENERATION", Align::right},
               {"REBALANCES", Align::right},
               {"LAG", Align::right},
               {"DELIVERED", Align::right},
               {"TWICE", Align::right}});
  for (const auto& [name, group] : ledger.cluster().groups().all()) {
    std::int64_t lag = 0;
    for (const check::GroupLag& behind : check::lags_of(group, ledger.logs()))
      lag += std::max<std::int64_t>(behind.lag(), 0);
    check::Filter only;
    only.group = name;
    const check::Verdict verdict = ledger.verdict(only);
    table.add_row({name, group.state, std::to_string(group.members.size()),
                   std::to_string(group.generation), std::to_string(group.rebalances),
                   std::to_string(lag), std::to_string(verdict.delivered.count),
                   std::to_string(verdict.duplicated.count)});
  }
  return table.empty() ? "" : "\n" + table.text(2);
}

std::string side_effects(const check::Ledger& ledger) {
  Table table({{"SIDE EFFECT"}, {"BY"}, {"DONE", Align::right}, {"REPEATED", Align::right}});
  for (const EffectCount& count : count_side_effects(ledger))
    table.add_row({count.effect, ledger.names().name(count.service), std::to_string(count.done),
                   std::to_string(count.repeated)});
  return table.empty() ? "" : "\n" + table.text(2);
}

std::string ledger_line(const check::Verdict& verdict, const Output& output) {
  const auto number = [&](const char* name, const check::Number& n, bool should_be_zero) {
    const std::string text = fmt::format("{} {}", n.count, name);
    return should_be_zero && n.count > 0 ? output.bad(text) : text;
  };
  std::string line = "\n  records: ";
  line += number("produced", verdict.produced, false) + ", ";
  line += number("acknowledged", verdict.acknowledged, false) + ", ";
  line += number("failed", verdict.failed, true) + ", ";
  line += number("lost", verdict.lost_acknowledged, true);
  if (verdict.compacted.count > 0) line += ", " + number("compacted", verdict.compacted, false);
  if (verdict.dead_lettered.count > 0)
    line += ", " + number("dead-lettered", verdict.dead_lettered, true);
  if (verdict.put_aside.count > 0)
    line += ", " + number("put aside after a failure", verdict.put_aside, false);
  line += "\n  deliveries: ";
  line += number("made", verdict.delivered, false) + ", ";
  line += number("duplicated", verdict.duplicated, true) + ", ";
  line += number("out of order", verdict.out_of_order, true) + ", ";
  line += number("still waiting", verdict.undelivered, true);
  if (verdict.skipped.count > 0)
    line += ", " + number("skipped by a reset of the position", verdict.skipped, true);
  if (verdict.expired.count > 0)
    line += ", " + number("expired before they were read", verdict.expired, true);
  if (verdict.unprocessed.count > 0)
    line += ", " + number("handed over and never processed", verdict.unprocessed, true);
  return line + "\n";
}

/// What handlers did not do, and what was asked; nothing when there is nothing to say.
std::string services_line(const check::ServiceFacts::Totals& totals, const Output& output) {
  std::string line;
  const auto add = [&](std::uint64_t count, const char* what, bool is_bad) {
    if (count == 0) return;
    const std::string text = fmt::format("{} {}", with_commas(count), what);
    line += (line.empty() ? "" : ", ") + (is_bad ? output.bad(text) : text);
  };
  add(totals.skipped, "skipped: done before, or an answer too late", false);
  add(totals.dropped, "dropped: the queue was full", true);
  add(totals.answered, "questions answered", false);
  add(totals.unanswered, "questions unanswered in time", true);
  return line.empty() ? line : "  services: " + line + "\n";
}

/// Each lost record with its story, the first few of them.
std::string losses(const check::Ledger& ledger, const Output& output) {
  constexpr std::size_t shown = 10;
  const std::vector<check::LossReport> all = ledger.losses();
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), shown) && !all[i].why.empty(); ++i)
    text += output.bad("  LOST  ") + all[i].why + "\n";
  if (all.size() > shown && !text.empty())
    text += fmt::format("  ... and {} more\n", all.size() - shown);
  return text.empty() ? text : "\n" + text;
}

std::string invariants(const check::Ledger& ledger, const Output& output) {
  const auto& violations = ledger.cluster().violations();
  if (ledger.channel() != check::Ledger::Channel::kafka && violations.empty()) return {};
  if (violations.empty())
    return fmt::format("\n  all {} invariants hold\n", check::Invariants::all().size());
  std::string text = "\n";
  for (const trace::InvariantViolated& violation : violations)
    text += output.bad("  BROKEN  " + violation.invariant) + ": " + violation.text + "\n";
  return text;
}

std::string expectations(const RunSummary& summary, const Output& output) {
  std::string out;
  std::size_t met = 0;
  for (const auto& checked : summary.expectations.checked()) {
    if (checked.met) ++met;
    out += checked.met ? output.good("  met      ") : output.bad("  NOT MET  ");
    out += checked.expect;
    const std::string actual = "  (it is " + checked.actual + ")";
    if (!checked.met)
      out += output.bad(actual);
    else if (!checked.expect.ends_with(": " + checked.actual))
      out += output.dim(actual);
    out += '\n';
  }
  const std::size_t count = summary.expectations.checked().size();
  if (count > 0) out += fmt::format("  {} of {} expectations met", met, count);
  if (summary.expectations_not_due > 0)
    out += fmt::format("{}{} not due yet",
                       count > 0 ? ", " : "  expectations: ", summary.expectations_not_due);
  if (out.empty()) return out;
  return "\n" + out + "\n";
}

}  // namespace

std::string report_text(const RunSummary& summary, const Output& output) {
  const std::string title =
      summary.header.title.empty() ? summary.header.scenario : summary.header.title;
  std::string out = "\n" + output.strong(title) + "\n";
  out += fmt::format("  {} simulated", format_duration(summary.simulated));
  if (summary.wall_s > 0)
    out += fmt::format(" in {}", format_duration(from_seconds(summary.wall_s)));
  out +=
      fmt::format(", {} events, seed {}, {} engine, fingerprint {}\n", with_commas(summary.events),
                  summary.header.seed, summary.header.engine, summary.fingerprint);
  out += ledger_line(summary.ledger.verdict(), output);
  out += services_line(summary.ledger.cluster().services().totals(), output);
  out += losses(summary.ledger, output);
  out += deliveries(summary.ledger);
  out += groups(summary.ledger);
  out += side_effects(summary.ledger);
  out += invariants(summary.ledger, output);
  out += expectations(summary, output);
  return out;
}

}  // namespace eventarium::app
