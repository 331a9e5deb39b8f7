// See routine_lines.h.
#include "sim/app/routine_lines.h"

#include <fmt/format.h>

namespace eventarium::app {
namespace {

constexpr Duration pause = 1s;

}  // namespace

RoutineLines::Kind RoutineLines::kind_of(const trace::Event& event) {
  if (event.as<trace::RecordProduced>()) return Kind::published;
  if (const auto* delivered = event.as<trace::RecordsDelivered>())
    return delivered->attempt > 1 ? Kind::none : Kind::received;
  if (const auto* done = event.as<trace::SideEffectDone>())
    return done->times > 1 ? Kind::none : Kind::done;
  return Kind::none;
}

std::uint64_t RoutineLines::size_of(const trace::Event& event) {
  const auto* delivered = event.as<trace::RecordsDelivered>();
  return delivered ? delivered->records.size() : 1;
}

std::string RoutineLines::sum(Kind kind, const Kept& kept, const std::string& name) {
  switch (kind) {
    case Kind::published:
      return fmt::format("{} published {} more", name, kept.count);
    case Kind::received:
      return fmt::format("{} received {} more", name, kept.count);
    case Kind::done:
      return fmt::format("{} did that {} more times", name, kept.count);
    case Kind::none:
      break;
  }
  return {};
}

std::vector<std::string> RoutineLines::tell(const trace::Event& event, std::string sentence,
                                            const trace::NodeNames& names) {
  std::vector<std::string> lines;
  const Kind kind = kind_of(event);
  if (kind == Kind::none) {
    for (auto& [who, kept] : kept_) {
      if (kept.count > 0) lines.push_back(sum(who.second, kept, names.name(who.first)));
      kept.count = 0;
    }
    lines.push_back(std::move(sentence));
    return lines;
  }
  const auto [place, is_first] = kept_.try_emplace({event.node, kind});
  Kept& kept = place->second;
  if (is_first || (kept.count == 0 && event.t - kept.told >= pause)) {
    kept.told = event.t;
    lines.push_back(std::move(sentence));
    return lines;
  }
  kept.count += size_of(event);
  if (event.t - kept.told < pause) return lines;
  lines.push_back(sum(kind, kept, names.name(event.node)));
  kept = {event.t, 0};
  return lines;
}

}  // namespace eventarium::app
