// See session.h.
#include "viz/model/session.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventarium::viz {
namespace {

constexpr double lost_shown_viewer_s = 0.8;
constexpr double turning_point_told_viewer_s = 4;

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
  show_awaited_fault();
  replay_.seek(history_, std::min(playback_.moment(), history_.size()), playback_.playhead());
  if (!complete) source_->advance(playback_.wanted());
  changed = changed || t_before != playback_.playhead() || moment_before != world().moment ||
            state_before != source_->state() || reached_before != source_->reached();
  return changed || playback_.playing();
}

void Session::show_awaited_fault() {
  constexpr Duration step = 2ms, patience = 1s;
  if (!awaited_since_ || catching_up_) return;
  const bool over = playback_.playing() || is_final(source_->state());
  const Position first = std::max(awaited_from_, history_.at(*awaited_since_ - 1ns));
  for (Position i = first; i < history_.size(); ++i) {
    const trace::Event& event = history_[i];
    if (!event.as<trace::FaultInjected>() && !event.as<trace::FaultHealed>() &&
        !event.as<trace::CommandRejected>() && !event.as<trace::OperationAsked>())
      continue;
    awaited_since_.reset();
    if (!over) playback_.seek(event.t);
    return;
  }
  if (over || source_->reached() > *awaited_since_ + patience)
    awaited_since_.reset();
  else
    source_->advance(source_->reached() + step);
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
    metrics_series_.on_event(history_[position]);
  }
  if (!history_.empty())
    metrics_series_.advance(std::max(source_->reached(), history_.last_time()));
  const LayoutKey key = layout_key(history_);
  if (key == layout_key_) return;
  layout_key_ = key;
  lay_out();
}

void Session::lay_out() {
  layout_ = make_layout(history_, metrics_);
  ++layout_version_;
}

Session::Injected Session::inject(LiveRequest request) {
  if (!source_->takes_commands()) return Injected::refused;
  const SimTime t = playback_.playhead();
  if (!playback_.playing()) {
    awaited_since_ = t;
    awaited_from_ = history_.size();
  }
  const bool at_the_edge = source_->state() == SourceState::running &&
                           source_->reached() - t <= 2 * (playback_.wanted() - t);
  const auto set_time = [&](std::optional<SimTime> at) {
    std::visit([at](auto& asked) { asked.at = at; }, request);
  };
  if (at_the_edge && !catching_up_) {
    set_time(std::nullopt);
    return source_->send(live_command(request)) ? Injected::sent : Injected::refused;
  }
  set_time(t);
  awaited_from_ = 0;  // in the new run
  return source_->branch(t, live_command(request)) ? Injected::branched : Injected::refused;
}

void Session::set_metrics(const LayoutMetrics& metrics) {
  metrics_ = metrics;
  lay_out();
}

void Session::clear() {
  header_.reset();
  history_ = History{};
  history_.expect(plan_.publishers);
  scoreboard_ = Scoreboard{};
  timeline_ = Timeline{};
  timeline_.expect(plan_.lanes);
  metrics_series_ = trace::Metrics{};
  replay_.clear();
  layout_ = Layout{};
  layout_key_ = LayoutKey{};
  ++layout_version_;
}

std::string Session::narration() const {
  if (source_->state() == SourceState::failed && history_.empty()) return source_->problem();
  if (world().narrated == no_position) return history_.empty() ? "Starting …" : "Nothing yet.";
  const Position turn = turning_point();
  return history_.sentence(turn != no_position ? turn : world().narrated);
}

/// The latest one, while it is still news to the viewer: what goes on all the time must not talk
/// over it.
Position Session::turning_point() const {
  const auto& all = history_.turning_points();
  const auto next = std::lower_bound(all.begin(), all.end(), world().moment);
  if (next == all.begin()) return no_position;
  const Position latest = *std::prev(next);
  const Duration told = from_seconds(turning_point_told_viewer_s * playback_.speed());
  return world().t - history_[latest].t <= told ? latest : no_position;
}

void Session::set_plan(Plan plan) {
  plan_ = std::move(plan);
  history_.expect(plan_.publishers);
  timeline_.expect(plan_.lanes);
}

Flights Session::flights(const FlightOptions& options) const {
  FlightOptions all = options;
  all.lost_shown = from_seconds(lost_shown_viewer_s * playback_.speed());
  return flights_at(history_, world(), all);
}

SimTime Session::horizon() const {
  return std::max({plan_.end, source_->reached(), history_.last_time(), playback_.playhead()});
}

bool Session::restart() {
  if (!source_->restart()) return false;
  clear();
  catching_up_ = false;
  awaited_since_.reset();
  playback_.rewind();
  return true;
}

}  // namespace eventarium::viz
