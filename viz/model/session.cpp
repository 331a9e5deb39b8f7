// See session.h.
#include "viz/model/session.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventarium::viz {
namespace {

constexpr double lost_shown_viewer_s = 0.8;

bool is_final(SourceState state) {
  return state == SourceState::ended || state == SourceState::failed;
}

}  // namespace

Session::Session(std::unique_ptr<TraceSource> source) : source_(std::move(source)) {}

bool Session::frame(Duration dt_viewer) {
  const SourceState state_before = source_->state();
  const SimTime reached_before = source_->reached();
  bool changed = take(source_->poll());
  const SimTime t_before = playback_.playhead();
  const Position moment_before = world().moment;
  const bool complete = is_final(source_->state());
  if (!catching_up_) playback_.tick(history_, dt_viewer, source_->reached(), complete);
  replay_.seek(history_, std::min(playback_.moment(), history_.size()), playback_.playhead());
  if (!complete) source_->advance(playback_.wanted());
  changed = changed || t_before != playback_.playhead() || moment_before != world().moment ||
            state_before != source_->state() || reached_before != source_->reached();
  return changed || playback_.playing();
}

bool Session::take(SourceUpdate update) {
  if (update.restarted) {
    catching_up_ = true;
    branch_ = {};
  }
  if (!catching_up_) {
    if (update.header) header_ = std::move(update.header);
    const bool something = !update.events.empty();
    append(std::move(update.events));
    return something;
  }
  if (update.header) branch_.header = std::move(update.header);
  std::move(update.events.begin(), update.events.end(), std::back_inserter(branch_.events));
  if (source_->reached() < playback_.playhead() && !is_final(source_->state())) return false;
  catching_up_ = false;
  clear();
  header_ = std::move(branch_.header);
  append(std::move(branch_.events));
  branch_ = {};
  return true;
}

void Session::append(std::vector<trace::Event> events) {
  for (trace::Event& event : events) {
    history_.append(std::move(event));
    const Position position = history_.size() - 1;
    scoreboard_.append(history_, position);
    timeline_.append(history_, position);
  }
  const LayoutKey key = layout_key(history_);
  if (key == layout_key_) return;
  layout_key_ = key;
  layout_ = make_layout(history_, metrics_);
}

Session::Injected Session::inject(FaultRequest fault) {
  if (!source_->takes_commands()) return Injected::refused;
  const SimTime t = playback_.playhead();
  const bool at_the_edge = source_->state() == SourceState::running &&
                           source_->reached() - t <= 2 * (playback_.wanted() - t);
  if (at_the_edge && !catching_up_) {
    fault.at.reset();
    return source_->send(fault_command(fault)) ? Injected::sent : Injected::refused;
  }
  fault.at = t;
  return source_->branch(t, fault_command(fault)) ? Injected::branched : Injected::refused;
}

void Session::set_metrics(const LayoutMetrics& metrics) {
  metrics_ = metrics;
  layout_ = make_layout(history_, metrics_);
}

void Session::clear() {
  header_.reset();
  history_ = History{};
  scoreboard_ = Scoreboard{};
  timeline_ = Timeline{};
  replay_.clear();
  layout_ = Layout{};
  layout_key_ = LayoutKey{};
}

std::string Session::narration() const {
  if (source_->state() == SourceState::failed && history_.empty()) return source_->problem();
  if (world().narrated == no_position) return history_.empty() ? "Starting …" : "Nothing yet.";
  return history_.sentence(world().narrated);
}

Flights Session::flights(const FlightOptions& options) const {
  FlightOptions all = options;
  all.lost_shown = from_seconds(lost_shown_viewer_s * playback_.speed());
  return flights_at(history_, world(), all);
}

SimTime Session::horizon() const {
  return std::max({planned_end_, source_->reached(), history_.last_time(), playback_.playhead()});
}

bool Session::restart() {
  if (!source_->restart()) return false;
  clear();
  catching_up_ = false;
  playback_.rewind();
  return true;
}

}  // namespace eventarium::viz
