#include "sim/client/share_consumer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"
#include "sim/client/consumer.h"

namespace eventarium::kafka {
namespace {

/// close() waits that long at most (ShareConsumerImpl.close without arguments).
constexpr Duration close_timeout = 30s;

}  // namespace

ShareConsumer::ShareConsumer(std::uint16_t component, const Config& config,
                             std::vector<NodeId> bootstrap, std::vector<std::string> topics)
    : options_(make_consumer_options(config)),
      core_(component, options_.client, std::move(bootstrap)),
      topics_(std::move(topics)),
      link_(static_cast<std::uint16_t>(component + Consumer::coordinator_component),
            options_.client, core_, options_.group.group),
      membership_(options_, topics_, link_),
      fetcher_(options_, core_) {
  EVENTARIUM_CHECK(component < Consumer::coordinator_component, "a component below 128");
  EVENTARIUM_CHECK(!options_.group.group.empty(), "a share consumer is a member of a group");
}

void ShareConsumer::start(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(listener_ != nullptr, "a consumer needs a listener");
  for (const std::string& topic : topics_) core_.metadata.add_topic(topic);
  membership_.start(runtime);
  fetcher_.set_member(membership_.member_id());
  run(runtime);
}

/// The application's loop. Returns when the listener is busy or there is nothing to hand out.
void ShareConsumer::run(engine::Runtime& runtime) {
  if (running_) return;  // finished() from inside on_delivery(): the loop below goes on
  running_ = true;
  background(runtime);
  if (closing_) go_on_closing(runtime);
  while (current_ == 0 && !failed_ && !closing_) {
    if (slice_.empty() && !poll(runtime)) break;
    hand_out(runtime);
  }
  wake_when_due(runtime);
  running_ = false;
}

/// True when there are records.
bool ShareConsumer::poll(engine::Runtime& runtime) {
  for (const Item& item : polled_) fetcher_.acknowledge(item.acquired, Acknowledge::accept);
  polled_.clear();
  membership_.poll(runtime);
  if (!membership_.failure().empty()) {
    failed_ = true;
    runtime.emit(trace::ConsumerFailed{membership_.failure()});
    return false;
  }
  const bool fetches = !fetcher_.has_records();
  fetcher_.send(runtime, fetches ? membership_.assigned() : PartitionList{});
  core_.refresh_metadata(runtime);
  std::vector<ShareFetcher::Acquired> taken = fetcher_.take(options_.max_poll_records);
  for (std::size_t first = 0, end = 0; first < taken.size(); first = end) {
    std::vector<RecordId> ids;
    for (end = first; end < taken.size(); ++end) {
      const std::size_t n = end - first;
      const ShareFetcher::Acquired &one = taken[first], &next = taken[end];
      if (next.tp != one.tp || next.offset != one.offset + static_cast<std::int64_t>(n) ||
          next.delivery_count != one.delivery_count || next.cause != one.cause)
        break;
      ids.push_back(next.record.id);
    }
    const ShareFetcher::Acquired& one = taken[first];
    const EventId told = runtime.emit_because(
        one.cause, trace::RecordsDelivered{std::move(ids), one.tp.topic, one.tp.partition,
                                           one.offset, one.delivery_count});
    for (std::size_t i = first; i < end; ++i)
      slice_.push_back({std::move(taken[i]), ++last_handle_, told});
  }
  if (slice_.empty()) return false;
  membership_.left_poll(runtime);
  return true;
}

void ShareConsumer::hand_out(engine::Runtime& runtime) {
  in_hand_ = std::move(slice_.front());
  slice_.pop_front();
  current_ = in_hand_.handle;
  const ShareFetcher::Acquired& acquired = in_hand_.acquired;
  const bus::Delivery delivery{acquired.record, acquired.tp.topic,       acquired.tp.partition,
                               acquired.offset, acquired.delivery_count, current_};
  const bus::CauseScope cause(runtime, in_hand_.cause);
  listener_->on_delivery(runtime, delivery);
}

void ShareConsumer::finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) {
  if (handle == 0 || handle != current_) return;
  current_ = 0;
  if (options_.group.explicit_acknowledgement)
    fetcher_.acknowledge(in_hand_.acquired, ok ? Acknowledge::accept : Acknowledge::release);
  else
    polled_.push_back(std::move(in_hand_));
  run(runtime);
}

// ---- what happens to the node -------------------------------------------------------------------

/// What goes on whether the application is busy or not.
void ShareConsumer::background(engine::Runtime& runtime) {
  const EventId cause = runtime.current_cause();
  while (const auto node = core_.hang_up_overdue(runtime))
    requests_lost(runtime, core_.connection_lost(runtime, *node));
  while (const auto lost = link_.hang_up_overdue(runtime))
    membership_.requests_lost(runtime, *lost);
  runtime.set_cause(cause);
  if (!closing_) membership_.background(runtime);
}

void ShareConsumer::wake_when_due(engine::Runtime& runtime) {
  if (closed_) return;
  const SimTime now = runtime.now();
  SimTime next = std::min(
      {core_.network.next_deadline(), link_.next_deadline(now), membership_.next_deadline(now)});
  if (current_ == 0 && !failed_)
    next = std::min({next, core_.next_deadline(now), fetcher_.next_retry(now)});
  if (closing_) next = std::min(next, close_by_);
  core_.wake_at(runtime, next);
}

bool ShareConsumer::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  bool is_coordinators = false;
  const Response* const answer = link_.response_in(message, is_coordinators);
  if (answer) membership_.handle_response(runtime, *answer);
  if (!is_coordinators) {
    const Response* const response = core_.response_in(message);
    if (!response) return false;
    if (!core_.network.complete(message.source, response->header)) return true;  // too late
    if (const auto* metadata = engine::payload_as<MetadataResponse>(response)) {
      if (core_.on_metadata(runtime, *metadata)) warn_of_missing(runtime);
    } else if (!link_.on_core_response(runtime, *response)) {
      fetcher_.handle_response(runtime, *response);
    }
  }
  run(runtime);
  return true;
}

void ShareConsumer::warn_of_missing(engine::Runtime& runtime) {
  for (const std::string& topic : topics_)
    if (core_.metadata.is_missing(topic) && !std::exchange(warned_missing_[topic], true))
      runtime.emit(trace::ClientWarning{
          fmt::format("topic {} is not there: UNKNOWN_TOPIC_OR_PARTITION; asking again", topic)});
}

bool ShareConsumer::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (!core_.take_wake_up(token)) return false;
  run(runtime);
  return true;
}

void ShareConsumer::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane == link_.lane(runtime))
    membership_.requests_lost(runtime, link_.connection_lost(runtime, peer));
  else if (lane == core_.network.lane(runtime))
    requests_lost(runtime, core_.connection_lost(runtime, peer));
  else
    return;
  run(runtime);
}

void ShareConsumer::requests_lost(engine::Runtime& runtime,
                                  const std::vector<std::uint32_t>& lost) {
  fetcher_.requests_lost(runtime, lost);
  link_.core_requests_lost(runtime, lost);
}

// ---- closing ------------------------------------------------------------------------------------

bool ShareConsumer::begin_close(engine::Runtime& runtime) {
  if (closing_) return closed_;
  closing_ = true;
  close_by_ = runtime.now() + close_timeout;
  for (const Item& item : polled_) fetcher_.acknowledge(item.acquired, Acknowledge::accept);
  polled_.clear();
  slice_.clear();
  current_ = 0;
  fetcher_.close(runtime);
  go_on_closing(runtime);
  wake_when_due(runtime);
  return closed_;
}

void ShareConsumer::go_on_closing(engine::Runtime& runtime) {
  if (closed_ || (!fetcher_.is_quiet() && runtime.now() < close_by_)) return;
  membership_.leave(runtime);
  closed_ = true;
}

void ShareConsumer::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean && !closed_ && !failed_) {
    fetcher_.close(runtime);
    membership_.leave(runtime);
  }
  core_.forget_all();
  fetcher_.forget_all();
  link_.forget_all();
  membership_.forget_all();
  warned_missing_.clear();
  slice_.clear();
  polled_.clear();
  current_ = 0;
  failed_ = closing_ = closed_ = false;
}

}  // namespace eventarium::kafka
