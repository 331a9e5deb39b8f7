// The consumer's talk with the brokers: where to begin, what to fetch, what to do about errors.
// Follows Kafka's OffsetFetcher, AbstractFetch and FetchCollector (4.1).
#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"
#include "sim/client/consumer.h"

namespace eventarium::kafka {
namespace {

const char* name_of_reset(ConsumerOptions::Reset reset) {
  switch (reset) {
    case ConsumerOptions::Reset::earliest:
      return "earliest";
    case ConsumerOptions::Reset::latest:
      return "latest";
    case ConsumerOptions::Reset::none:
      return "none";
  }
  return "?";
}

}  // namespace

/// Everything that poll() does to the network.
void Consumer::tick(engine::Runtime& runtime) {
  const EventId cause = runtime.current_cause();
  while (const auto node = core_.hang_up_overdue(runtime))
    requests_lost(runtime, core_.connection_lost(runtime, *node));
  runtime.set_cause(cause);
  send_list_offsets(runtime);
  if (failed_) return;
  send_validations(runtime);
  send_fetches(runtime);
  core_.refresh_metadata(runtime);
  const SimTime now = runtime.now();
  core_.wake_at(runtime, std::min(core_.next_deadline(now), next_retry(now)));
}

void Consumer::assign(const TopicPartition& tp) {
  const auto [entry, is_new] = positions_.try_emplace(tp);
  if (!is_new) return;
  entry->second.turn = ++last_turn_;
  idle_[entry->second.turn] = entry;
}

void Consumer::set_in_flight(Positions::iterator entry, bool in_flight) {
  entry->second.in_flight = in_flight;
  if (in_flight) {
    idle_.erase(entry->second.turn);
  } else {
    idle_[entry->second.turn] = entry;
  }
}

void Consumer::assign_topics(engine::Runtime& runtime) {
  for (const std::string& topic : assignment_.topics) {
    const TopicPartitions* known = core_.metadata.topic(topic);
    for (std::int32_t p = 0; known && p < known->count; ++p) assign({topic, p});
    if (core_.metadata.is_missing(topic) && !std::exchange(warned_missing_[topic], true))
      runtime.emit(trace::ClientWarning{
          fmt::format("topic {} is not there: UNKNOWN_TOPIC_OR_PARTITION; asking again", topic)});
  }
}

/// Partitions that a request could be sent for now, by leader: those without a position, or those
/// with one and nothing of them waiting in the buffer. Begins to connect to leaders that could be
/// sent to if there were a connection.
std::map<NodeId, std::vector<TopicPartition>> Consumer::sendable(engine::Runtime& runtime,
                                                                 bool with_position) {
  const SimTime now = runtime.now();
  std::map<NodeId, std::vector<TopicPartition>> by_node;
  for (const auto& [turn, entry] : idle_) {
    const auto& [tp, position] = *entry;
    if (position.retry_at > now) continue;
    if (position.offset.has_value() != with_position || buffer_.holds(tp)) continue;
    const NodeId leader = core_.metadata.partition(tp).leader;
    if (!leader.valid()) {
      core_.metadata.request_update();
    } else if (core_.network.ready(runtime, leader)) {
      by_node[leader].push_back(tp);
    }
  }
  return by_node;
}

void Consumer::send_list_offsets(engine::Runtime& runtime) {
  using Reset = ConsumerOptions::Reset;
  for (auto& [node, partitions] : sendable(runtime, false)) {
    if (options_.auto_offset_reset == Reset::none)
      return throw_out_of_poll(runtime,
                               fmt::format("NoOffsetForPartitionException: no position for {} and "
                                           "auto.offset.reset=none",
                                           to_text(partitions.front())));
    auto request = std::make_unique<ListOffsetsRequest>();
    const auto target = options_.auto_offset_reset == Reset::earliest
                            ? ListOffsetsRequest::Target::earliest
                            : ListOffsetsRequest::Target::latest;
    for (const TopicPartition& tp : partitions) {
      request->partitions.push_back(
          {tp, core_.metadata.partition(tp).leader_epoch, target, SimTime{}});
      set_in_flight(positions_.find(tp), true);
    }
    const std::uint32_t id = core_.network.send(runtime, node, std::move(request));
    requests_[id] = {node, std::move(partitions), false, {}};
  }
}

bool Consumer::fetches_from(NodeId node) const {
  return std::any_of(requests_.begin(), requests_.end(), [&](const auto& entry) {
    return entry.second.is_fetch && entry.second.node == node;
  });
}

void Consumer::send_fetches(engine::Runtime& runtime) {
  for (auto& [node, partitions] : sendable(runtime, true)) {
    if (fetches_from(node)) continue;
    std::erase_if(partitions, [this](const TopicPartition& tp) {
      return needs_validation(tp, positions_.at(tp));
    });
    if (partitions.empty()) continue;
    auto request = std::make_unique<FetchRequest>();
    request->max_wait = options_.fetch_max_wait;
    request->min_bytes = options_.fetch_min_bytes;
    request->max_bytes = options_.fetch_max_bytes;
    Request sent{node, partitions, true, {}};
    for (const TopicPartition& tp : partitions) {
      const auto entry = positions_.find(tp);
      const Position& position = entry->second;
      request->partitions.push_back({tp, core_.metadata.partition(tp).leader_epoch,
                                     *position.offset, options_.max_partition_fetch_bytes});
      sent.fetch_offsets[tp] = *position.offset;
      set_in_flight(entry, true);
    }
    const std::uint32_t id = core_.network.send(runtime, node, std::move(request));
    requests_[id] = std::move(sent);
  }
}

void Consumer::on_list_offsets(engine::Runtime& runtime, const ListOffsetsResponse& response) {
  requests_.erase(response.header.correlation_id);
  for (const ListOffsetsResponse::Partition& answer : response.partitions) {
    const auto found = positions_.find(answer.tp);
    if (found == positions_.end()) continue;
    Position& position = found->second;
    set_in_flight(found, false);
    if (answer.error != Error::none) {
      retry_later(runtime, position, answer.error);
      continue;
    }
    position.offset = answer.offset;
    position.epoch = -1;
    runtime.emit(trace::PositionReset{answer.tp.topic, answer.tp.partition,
                                      name_of_reset(options_.auto_offset_reset), answer.offset});
  }
}

void Consumer::on_fetch(engine::Runtime& runtime, const FetchResponse& response) {
  const auto request = requests_.find(response.header.correlation_id);
  EVENTARIUM_CHECK(request != requests_.end(), "a fetch in flight is known");
  const auto fetch_offsets = std::move(request->second.fetch_offsets);
  requests_.erase(request);
  for (const FetchResponse::Partition& answer : response.partitions) {
    const auto found = positions_.find(answer.tp);
    const auto asked = fetch_offsets.find(answer.tp);
    if (found == positions_.end() || asked == fetch_offsets.end()) continue;
    Position& position = found->second;
    set_in_flight(found, false);
    if (position.offset != asked->second) continue;  // moved meanwhile: stale
    if (answer.error != Error::none) {
      on_fetch_error(runtime, answer);
    } else if (!answer.batches.empty()) {
      buffer_.add(answer.tp, *position.offset, answer.batches, runtime.current_cause());
      // Next time the others come first, so that fetch.max.bytes starves nobody.
      idle_.erase(position.turn);
      position.turn = ++last_turn_;
      idle_[position.turn] = found;
    }
  }
}

void Consumer::on_fetch_error(engine::Runtime& runtime, const FetchResponse::Partition& answer) {
  Position& position = positions_.at(answer.tp);
  if (answer.error != Error::offset_out_of_range)
    return retry_later(runtime, position, answer.error);
  const std::int64_t offset = *position.offset;
  if (options_.auto_offset_reset == ConsumerOptions::Reset::none)
    return throw_out_of_poll(runtime,
                             fmt::format("OffsetOutOfRangeException: offset {} of {} is gone and "
                                         "auto.offset.reset=none",
                                         offset, to_text(answer.tp)));
  const EventId warning = runtime.emit(trace::ClientWarning{
      fmt::format("offset {} of {} does not exist (OFFSET_OUT_OF_RANGE): going to the {} one",
                  offset, to_text(answer.tp), name_of_reset(options_.auto_offset_reset))});
  runtime.set_cause(warning);
  position.offset.reset();
}

void Consumer::retry_later(engine::Runtime& runtime, Position& position, Error error) {
  if (asks_for_metadata(error) || error == Error::unknown_leader_epoch)
    core_.metadata.request_update();
  position.retry_at =
      runtime.now() + options_.client.retry_backoff.after(0, runtime.random("backoff"));
}

void Consumer::requests_lost(engine::Runtime&, const std::vector<std::uint32_t>& lost) {
  for (const std::uint32_t id : lost) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) continue;
    for (const TopicPartition& tp : found->second.partitions) {
      const auto entry = positions_.find(tp);
      if (entry->second.in_flight) set_in_flight(entry, false);
    }
    requests_.erase(found);
  }
}

void Consumer::throw_out_of_poll(engine::Runtime& runtime, std::string text) {
  failed_ = true;
  runtime.emit(trace::ConsumerFailed{std::move(text)});
}

/// When a partition that is backing off, or whose leader is, can be asked for again.
SimTime Consumer::next_retry(SimTime now) const {
  SimTime next = SimTime::max();
  for (const auto& [turn, entry] : idle_) {
    const auto& [tp, position] = *entry;
    if (buffer_.holds(tp)) continue;
    SimTime at = position.retry_at;
    const NodeId leader = core_.metadata.partition(tp).leader;
    if (leader.valid()) at = std::max(at, core_.network.backs_off_until(leader));
    if (at > now) next = std::min(next, at);
  }
  return next;
}

}  // namespace eventarium::kafka
