// Where to begin, what to fetch, what to do about errors. What the owner does with partitions is in
// fetcher_positions.cpp.
#include "sim/client/fetcher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

std::string name_of_reset(const ConsumerOptions& options) {
  switch (options.auto_offset_reset) {
    case ConsumerOptions::Reset::earliest:
      return "earliest";
    case ConsumerOptions::Reset::latest:
      return "latest";
    case ConsumerOptions::Reset::none:
      return "none";
    case ConsumerOptions::Reset::by_duration:
      return "by_duration";
  }
  return "?";
}

}  // namespace

void Fetcher::tick(engine::Runtime& runtime) {
  send_list_offsets(runtime);
  if (!failure_.empty()) return;
  send_validations(runtime);
  send_fetches(runtime);
}

void Fetcher::set_idle(Positions::iterator entry) {
  entry->second.request = 0;
  idle_[entry->second.turn] = entry;
}

void Fetcher::set_in_flight(Positions::iterator entry, std::uint32_t id) {
  entry->second.request = id;
  idle_.erase(entry->second.turn);
}

/// Partitions that a request could be sent for now, by leader: those whose position is to be looked
/// up, or those with one and nothing of them waiting in the buffer. Begins to connect to leaders
/// that could be sent to if there were a connection.
std::map<NodeId, std::vector<TopicPartition>> Fetcher::sendable(engine::Runtime& runtime,
                                                                Need need) {
  const SimTime now = runtime.now();
  std::map<NodeId, std::vector<TopicPartition>> by_node;
  for (const auto& [turn, entry] : idle_) {
    const auto& [tp, position] = *entry;
    if (position.retry_at > now || buffer_.holds(tp)) continue;
    if (position.offset.has_value() != (need == Need::fetch)) continue;
    if (need == Need::lookup && position.begin == Begin::committed) continue;
    if (need == Need::fetch && position.paused) continue;
    const NodeId leader = core_.metadata.partition(tp).leader;
    if (!leader.valid()) {
      core_.metadata.request_update();
    } else if (core_.network.ready(runtime, leader)) {
      by_node[leader].push_back(tp);
    }
  }
  return by_node;
}

void Fetcher::send(engine::Runtime& runtime, NodeId node, std::unique_ptr<kafka::Request> request,
                   Request sent) {
  const std::uint32_t id = core_.network.send(runtime, node, std::move(request));
  for (const TopicPartition& tp : sent.partitions) set_in_flight(positions_.find(tp), id);
  requests_[id] = std::move(sent);
}

/// What to ask ListOffsets for.
std::pair<Fetcher::Target, SimTime> Fetcher::target_of(const Position& position,
                                                       SimTime now) const {
  if (position.none_so_young) return {Target::latest, {}};
  if (position.begin == Begin::target) return {position.target, position.time};
  switch (options_.auto_offset_reset) {
    case ConsumerOptions::Reset::earliest:
      return {Target::earliest, {}};
    case ConsumerOptions::Reset::by_duration:
      return {Target::timestamp, std::max(SimTime{}, now - options_.reset_duration)};
    case ConsumerOptions::Reset::latest:
    case ConsumerOptions::Reset::none:
      return {Target::latest, {}};
  }
  return {};
}

void Fetcher::send_list_offsets(engine::Runtime& runtime) {
  for (auto& [node, partitions] : sendable(runtime, Need::lookup)) {
    auto request = std::make_unique<ListOffsetsRequest>();
    request->isolation = options_.isolation;
    for (const TopicPartition& tp : partitions) {
      const Position& position = positions_.at(tp);
      if (position.begin == Begin::reset &&
          options_.auto_offset_reset == ConsumerOptions::Reset::none) {
        failure_ = fmt::format(
            "NoOffsetForPartitionException: no position for {} and auto.offset.reset=none",
            to_text(tp));
        return;
      }
      const auto [target, time] = target_of(position, runtime.now());
      request->partitions.push_back({tp, core_.metadata.partition(tp).leader_epoch, target, time});
    }
    send(runtime, node, std::move(request), {node, std::move(partitions), false, {}});
  }
}

bool Fetcher::fetches_from(NodeId node) const {
  return std::any_of(requests_.begin(), requests_.end(), [&](const auto& entry) {
    return entry.second.is_fetch && entry.second.node == node;
  });
}

void Fetcher::send_fetches(engine::Runtime& runtime) {
  for (auto& [node, partitions] : sendable(runtime, Need::fetch)) {
    if (fetches_from(node)) continue;
    std::erase_if(partitions, [this](const TopicPartition& tp) {
      return needs_validation(tp, positions_.at(tp));
    });
    if (partitions.empty()) continue;
    auto request = std::make_unique<FetchRequest>();
    request->max_wait = options_.fetch_max_wait;
    request->min_bytes = options_.fetch_min_bytes;
    request->max_bytes = options_.fetch_max_bytes;
    request->isolation = options_.isolation;
    Request sent{node, partitions, true, {}};
    for (const TopicPartition& tp : partitions) {
      const Position& position = positions_.at(tp);
      request->partitions.push_back({tp, core_.metadata.partition(tp).leader_epoch,
                                     *position.offset, options_.max_partition_fetch_bytes});
      sent.fetch_offsets[tp] = *position.offset;
    }
    send(runtime, node, std::move(request), std::move(sent));
  }
}

bool Fetcher::handle_response(engine::Runtime& runtime, const Response& response) {
  if (const auto* fetched = dynamic_cast<const FetchResponse*>(&response))
    return on_fetch(runtime, *fetched), true;
  if (const auto* offsets = dynamic_cast<const ListOffsetsResponse*>(&response))
    return on_list_offsets(runtime, *offsets), true;
  if (const auto* ends = dynamic_cast<const OffsetForLeaderEpochResponse*>(&response))
    return on_epoch_ends(runtime, *ends), true;
  return false;
}

Fetcher::Position* Fetcher::answered(const TopicPartition& tp, std::uint32_t id) {
  const auto found = positions_.find(tp);
  if (found == positions_.end() || found->second.request != id) return nullptr;
  set_idle(found);
  return &found->second;
}

void Fetcher::on_list_offsets(engine::Runtime& runtime, const ListOffsetsResponse& response) {
  const std::uint32_t id = response.header.correlation_id;
  requests_.erase(id);
  for (const ListOffsetsResponse::Partition& answer : response.partitions) {
    Position* const position = answered(answer.tp, id);
    if (!position) continue;
    if (answer.error != Error::none) {
      retry_later(runtime, *position, answer.error);
      continue;
    }
    position->none_so_young = answer.offset < 0;
    if (position->none_so_young) continue;
    const bool is_reset = position->begin == Begin::reset;
    position->offset = answer.offset;
    position->epoch = -1;
    runtime.emit(trace::PositionReset{answer.tp.topic, answer.tp.partition,
                                      is_reset ? name_of_reset(options_) : "seek", answer.offset});
  }
}

void Fetcher::on_fetch(engine::Runtime& runtime, const FetchResponse& response) {
  const std::uint32_t id = response.header.correlation_id;
  const auto request = requests_.find(id);
  EVENTARIUM_CHECK(request != requests_.end(), "a fetch in flight is known");
  const auto fetch_offsets = std::move(request->second.fetch_offsets);
  requests_.erase(request);
  for (const FetchResponse::Partition& answer : response.partitions) {
    Position* const position = answered(answer.tp, id);
    const auto asked = fetch_offsets.find(answer.tp);
    if (!position || asked == fetch_offsets.end()) continue;
    if (position->offset != asked->second) continue;  // moved meanwhile: stale
    if (answer.error != Error::none) {
      on_fetch_error(runtime, answer);
    } else if (!answer.batches.empty()) {
      buffer_.add(answer.tp, *position->offset, answer.batches, runtime.current_cause(),
                  answer.aborted);
      // Next time the others come first, so that fetch.max.bytes starves nobody.
      idle_.erase(position->turn);
      position->turn = ++last_turn_;
      idle_[position->turn] = positions_.find(answer.tp);
    }
  }
}

void Fetcher::on_fetch_error(engine::Runtime& runtime, const FetchResponse::Partition& answer) {
  Position& position = positions_.at(answer.tp);
  if (answer.error != Error::offset_out_of_range)
    return retry_later(runtime, position, answer.error);
  const std::int64_t offset = *position.offset;
  if (options_.auto_offset_reset == ConsumerOptions::Reset::none) {
    failure_ =
        fmt::format("OffsetOutOfRangeException: offset {} of {} is gone and auto.offset.reset=none",
                    offset, to_text(answer.tp));
    return;
  }
  const EventId warning = runtime.emit(trace::ClientWarning{
      fmt::format("offset {} of {} does not exist (OFFSET_OUT_OF_RANGE): going to the {} one",
                  offset, to_text(answer.tp), name_of_reset(options_))});
  runtime.set_cause(warning);
  position.offset.reset();
  position.begin = Begin::reset;
}

void Fetcher::retry_later(engine::Runtime& runtime, Position& position, Error error) {
  if (asks_for_metadata(error) || error == Error::unknown_leader_epoch)
    core_.metadata.request_update();
  position.retry_at =
      runtime.now() + options_.client.retry_backoff.after(0, runtime.random("backoff"));
}

void Fetcher::requests_lost(const std::vector<std::uint32_t>& lost) {
  for (const std::uint32_t id : lost) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) continue;
    for (const TopicPartition& tp : found->second.partitions) answered(tp, id);
    requests_.erase(found);
  }
}

/// When a partition that is backing off, or whose leader is, can be asked for again.
SimTime Fetcher::next_retry(SimTime now) const {
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
