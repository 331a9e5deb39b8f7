// The application's loop around poll(), and how what happens to the node reaches the consumer's
// parts. Commits and what a group does to the consumer are in consumer_commits.cpp.
#include "sim/client/consumer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"
#include "sim/client/classic_membership.h"
#include "sim/client/consumer_membership.h"

namespace eventarium::kafka {

Consumer::Consumer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap,
                   Assignment assignment, CommitPolicy commit, TransactionalProducer* producer)
    : options_(make_consumer_options(config)),
      core_(component, options_.client, std::move(bootstrap)),
      assignment_(std::move(assignment)),
      fetcher_(options_, core_),
      commit_(commit),
      producer_(producer) {
  EVENTARIUM_CHECK(component < coordinator_component, "a component below 128");
  EVENTARIUM_CHECK((commit == CommitPolicy::transaction) == (producer != nullptr),
                   "a producer for transactions, and only for them");
  if (options_.group.group.empty()) return;
  if (commit != CommitPolicy::automatic) options_.group.auto_commit = false;
  const auto link_component = static_cast<std::uint16_t>(component + coordinator_component);
  link_ = std::make_unique<CoordinatorLink>(link_component, options_.client, core_,
                                            options_.group.group);
  auto& as_listener = static_cast<MembershipListener&>(*this);
  if (!assignment_.partitions.empty()) {
    // KafkaConsumer.assign(): it only keeps its positions with the group
  } else if (options_.group.consumer_protocol) {
    membership_ =
        std::make_unique<ConsumerMembership>(options_, assignment_.topics, *link_, as_listener);
  } else {
    membership_ = std::make_unique<ClassicMembership>(options_, assignment_.topics, core_, *link_,
                                                      as_listener);
  }
  offsets_ = std::make_unique<GroupOffsets>(options_, *link_, fetcher_, membership_.get());
  if (producer_) producer_->set_transaction_listener(*this);
}

void Consumer::start(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(listener_ != nullptr, "a consumer needs a listener");
  for (const TopicPartition& tp : assignment_.partitions) {
    core_.metadata.add_topic(tp.topic);
    fetcher_.assign(tp, link_ != nullptr);
  }
  for (const std::string& topic : assignment_.topics) core_.metadata.add_topic(topic);
  auto_commit_at_ = runtime.now() + options_.group.auto_commit_interval;
  if (membership_) membership_->start(runtime);
  run(runtime);
}

/// The application's loop: poll, work on the records, poll again. Returns when the listener is
/// busy, a commit is waited for, or there is nothing to hand out.
void Consumer::run(engine::Runtime& runtime) {
  if (running_) return;  // finished() from inside on_delivery(): the loop below goes on
  running_ = true;
  background(runtime);
  if (closing_) go_on_closing(runtime);
  while (current_ == 0 && !failed_ && !closing_) {
    settle_commit(runtime);
    if (blocked() || failed_) break;
    if (!slice_.empty())
      hand_out(runtime);
    else if (!next_records(runtime))
      break;
  }
  wake_when_due(runtime);
  running_ = false;
}

/// poll(), and what the application does before and after its records. True when there are some.
bool Consumer::next_records(engine::Runtime& runtime) {
  if ((has_records_ || finished_apart_) && !all_finished(runtime)) return false;
  has_records_ = false;
  if (producer_ && !producer_->can_begin()) return false;
  poll(runtime);
  if (failed_ || slice_.empty()) return false;
  has_records_ = true;
  if (membership_) membership_->left_poll(runtime);
  return records_polled(runtime);
}

void Consumer::poll(engine::Runtime& runtime) {
  if (membership_) {
    const EventId cause = runtime.current_cause();
    membership_->poll(runtime);
    if (!membership_->failure().empty()) return throw_out_of_poll(runtime, membership_->failure());
    runtime.set_cause(cause);
  }
  if (offsets_) {
    offsets_->fetch_committed(runtime);
    auto_commit(runtime);
  }
  // What is committed before a rebalance is all that has been handed out; more would come again to
  // whoever gets the partition next (SubscriptionState.markPendingRevocation, KAFKA-14196).
  if (waiting_ == Waiting::rebalance || waits_to_be_member()) return tick(runtime);
  if (producer_) began_at_ = consumed();
  if (commit_ == CommitPolicy::before) began_at_ = consumed();
  take_released();
  for (RecordSlice& slice : fetcher_.take(options_.max_poll_records)) {
    if (slice.records.empty()) continue;  // all of it has been compacted away, or was a marker
    std::vector<RecordId> ids;
    for (const Record& record : slice.records) ids.push_back(record.id);
    if (slice.aborted) {
      runtime.emit_because(
          slice.cause, trace::RecordsFiltered{std::move(ids), slice.tp.topic, slice.tp.partition,
                                              slice.base_offset});
      continue;
    }
    const EventId delivered = runtime.emit_because(
        slice.cause, trace::RecordsDelivered{std::move(ids), slice.tp.topic, slice.tp.partition,
                                             slice.base_offset, 1});
    std::int64_t offset = slice.base_offset;
    for (Record& record : slice.records)
      slice_.push_back(
          {{std::move(record), slice.tp.topic, slice.tp.partition, offset++, 1, ++last_handle_},
           slice.leader_epoch,
           delivered});
  }
  tick(runtime);
}

/// Everything that poll() does to the network apart from the group.
void Consumer::tick(engine::Runtime& runtime) {
  const EventId cause = runtime.current_cause();
  while (const auto node = core_.hang_up_overdue(runtime))
    requests_lost(runtime, core_.connection_lost(runtime, *node));
  runtime.set_cause(cause);
  fetcher_.tick(runtime);
  if (!fetcher_.failure().empty()) return throw_out_of_poll(runtime, fetcher_.failure());
  core_.refresh_metadata(runtime);
}

/// What goes on whether the application is busy or not.
void Consumer::background(engine::Runtime& runtime) {
  if (!link_) return;
  const EventId cause = runtime.current_cause();
  while (const auto node = core_.hang_up_overdue(runtime))
    requests_lost(runtime, core_.connection_lost(runtime, *node));
  while (const auto lost = link_->hang_up_overdue(runtime)) {
    if (membership_) membership_->requests_lost(runtime, *lost);
    offsets_->requests_lost(runtime, *lost);
  }
  runtime.set_cause(cause);
  if (membership_) membership_->background(runtime);
  offsets_->step(runtime);
}

void Consumer::wake_when_due(engine::Runtime& runtime) {
  if (failed_ && !link_) return;
  const SimTime now = runtime.now();
  SimTime next = SimTime::max();
  if (!is_busy() && !failed_) {
    next = std::min(core_.next_deadline(now), fetcher_.next_retry(now));
    if (options_.group.auto_commit && auto_commit_at_ > now) next = std::min(next, auto_commit_at_);
  }
  if (link_) {
    next = std::min({next, link_->next_deadline(now), offsets_->next_deadline(now)});
    if (is_busy()) next = std::min(next, core_.network.next_deadline());
  }
  if (membership_) next = std::min(next, membership_->next_deadline(now));
  core_.wake_at(runtime, next);
}

void Consumer::hand_out(engine::Runtime& runtime) {
  in_hand_ = std::move(slice_.front());
  slice_.pop_front();
  const bus::Delivery delivery = in_hand_->delivery;
  current_ = delivery.handle;
  const bus::CauseScope cause(runtime, in_hand_->cause);
  listener_->on_delivery(runtime, delivery);
}

bool Consumer::take_over(engine::Runtime& runtime, std::uint64_t handle) {
  if (handle == 0 || handle != current_) return false;
  current_ = 0;
  taken_.emplace(handle, std::move(*in_hand_));
  in_hand_.reset();
  run(runtime);
  return true;
}

void Consumer::finished(engine::Runtime& runtime, std::uint64_t handle, bool) {
  if (taken_.erase(handle) > 0) {
    finished_apart_ = commits_what_is_finished() && offsets_;
    run(runtime);
    return;
  }
  if (handle == 0 || handle != current_) return;
  current_ = 0;
  const Item item = std::move(*in_hand_);
  in_hand_.reset();
  if (commit_ == CommitPolicy::each && offsets_) {
    waiting_ = Waiting::each;
    commit_sync(runtime, {{item.place(), {item.delivery.offset + 1, item.leader_epoch}}});
  }
  run(runtime);
}

bool Consumer::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  bool is_coordinators = false;
  if (link_) {
    const Response* const response = link_->response_in(message, is_coordinators);
    if (response && !(membership_ && membership_->handle_response(runtime, *response)))
      offsets_->handle_response(runtime, *response);
  }
  if (!is_coordinators) {
    const Response* const response = core_.response_in(message);
    if (!response) return false;
    if (!core_.network.complete(message.source, response->header)) return true;  // too late
    if (const auto* metadata = engine::payload_as<MetadataResponse>(response)) {
      if (core_.on_metadata(runtime, *metadata)) assign_topics(runtime);
    } else if (!link_ || !link_->on_core_response(runtime, *response)) {
      fetcher_.handle_response(runtime, *response);
    }
  }
  if (!fetcher_.failure().empty() && !failed_) throw_out_of_poll(runtime, fetcher_.failure());
  run(runtime);
  return true;
}

bool Consumer::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (!core_.take_wake_up(token)) return false;
  run(runtime);
  return true;
}

void Consumer::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (link_ && lane == link_->lane(runtime)) {
    const auto lost = link_->connection_lost(runtime, peer);
    if (membership_) membership_->requests_lost(runtime, lost);
    offsets_->requests_lost(runtime, lost);
  } else if (lane == core_.network.lane(runtime)) {
    requests_lost(runtime, core_.connection_lost(runtime, peer));
  } else {
    return;
  }
  run(runtime);
}

void Consumer::requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost) {
  fetcher_.requests_lost(lost);
  if (link_) link_->core_requests_lost(runtime, lost);
}

void Consumer::assign_topics(engine::Runtime& runtime) {
  for (const std::string& topic : assignment_.topics) {
    const TopicPartitions* known = core_.metadata.topic(topic);
    for (std::int32_t p = 0; !membership_ && known && p < known->count; ++p)
      fetcher_.assign({topic, p}, link_ != nullptr);
    if (core_.metadata.is_missing(topic) && !std::exchange(warned_missing_[topic], true))
      runtime.emit(trace::ClientWarning{
          fmt::format("topic {} is not there: UNKNOWN_TOPIC_OR_PARTITION; asking again", topic)});
  }
}

void Consumer::throw_out_of_poll(engine::Runtime& runtime, std::string text) {
  failed_ = true;
  runtime.set_cause(runtime.emit(trace::ConsumerFailed{std::move(text)}));
  close(runtime);
}

bool Consumer::seek(engine::Runtime& runtime, const TopicPartition& tp, std::int64_t offset) {
  if (!fetcher_.is_assigned(tp)) return false;
  drop_held(runtime, tp);
  fetcher_.seek(runtime, tp, offset);
  run(runtime);
  return true;
}

bool Consumer::seek_to_time(engine::Runtime& runtime, const TopicPartition& tp, SimTime time) {
  if (!fetcher_.is_assigned(tp)) return false;
  drop_held(runtime, tp);
  fetcher_.seek_to_time(tp, time);
  run(runtime);
  return true;
}

bool Consumer::pause(engine::Runtime& runtime, const std::string& reason) {
  paused_ = reason;
  for (const TopicPartition& tp : fetcher_.assigned()) fetcher_.pause(runtime, tp, reason);
  return true;
}

void Consumer::resume(engine::Runtime& runtime) {
  paused_.reset();
  for (const TopicPartition& tp : fetcher_.assigned())
    if (const auto held = held_.find(tp); held == held_.end() || held->second.released)
      fetcher_.resume(runtime, tp);
  run(runtime);
}

void Consumer::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean && !failed_ && !closed_) close(runtime);
  core_.forget_all();
  fetcher_.forget_all();
  if (link_) link_->forget_all();
  if (membership_) membership_->forget_all();
  if (offsets_) offsets_->forget_all();
  warned_missing_.clear();
  slice_.clear();
  held_.clear();
  in_hand_.reset();
  taken_.clear();
  committed_.clear();
  paused_.reset();
  current_ = 0;
  waiting_ = Waiting::nothing;
  failed_ = has_records_ = finished_apart_ = refused_ = false;
  ending_transaction_ = closing_ = closed_ = false;
}

}  // namespace eventarium::kafka
