#include "sim/broker/replica_fetcher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/base/check.h"
#include "sim/broker/follower_log.h"

namespace eventarium::kafka {

ReplicaFetcher::ReplicaFetcher(const ReplicationOptions& options, LogManager& logs, NodeId leader,
                               std::uint32_t number, std::uint64_t token)
    : options_(options), logs_(logs), leader_(leader), number_(number), token_(token) {}

engine::Lane ReplicaFetcher::lane() const {
  return {options_.self, static_cast<std::uint8_t>(first_replica_fetcher_lane + number_)};
}

/// Null when the partition is not fetched any more.
ReplicaFetcher::Item* ReplicaFetcher::find(const Asked& asked) {
  if (asked.place < items_.size() && items_[asked.place].partition == asked.partition)
    return &items_[asked.place];
  for (Item& item : items_)
    if (item.partition == asked.partition) return &item;
  return nullptr;
}

void ReplicaFetcher::add(Partition& partition) {
  remove(partition);
  const auto place = std::lower_bound(
      items_.begin(), items_.end(), partition.tp(),
      [](const Item& a, const TopicPartition& b) { return a.partition->tp() < b; });
  items_.insert(place, {&partition, partition.leader_epoch()});
}

void ReplicaFetcher::remove(const Partition& partition) {
  std::erase_if(items_, [&](const Item& item) { return item.partition == &partition; });
}

void ReplicaFetcher::run(engine::Runtime& runtime, std::int64_t broker_epoch) {
  if (waiting_ != Waiting::no || items_.empty()) return;
  if (!send_list_offsets(runtime)) send_fetch(runtime, broker_epoch);
}

template <class R>
void ReplicaFetcher::send(engine::Runtime& runtime, std::unique_ptr<R> request, Waiting waiting) {
  request->header = {replica_fetcher_component, ++correlation_id_};
  waiting_ = waiting;
  deadline_ = runtime.now() + options_.socket_timeout;
  wake_at(runtime, deadline_);
  const std::uint64_t size_bytes = request->size_bytes();
  runtime.send(leader_, std::move(request), size_bytes, lane());
}

void ReplicaFetcher::send_fetch(engine::Runtime& runtime, std::int64_t broker_epoch) {
  auto request = std::make_unique<FetchRequest>();
  request->partitions.reserve(items_.size());
  asked_.clear();
  SimTime next = SimTime::max();
  const bool blind = options_.planted.has(PlantedFault::no_truncation_on_divergence);
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const std::size_t place = (first_ + i) % items_.size();
    const Item& item = items_[place];
    if (item.state == State::failed) continue;
    if (item.ready_at > runtime.now()) {
      next = std::min(next, item.ready_at);
      continue;
    }
    const PartitionLog& log = item.partition->log();
    const std::int64_t offset = log.log_end_offset();
    request->partitions.push_back(
        {item.partition->tp(), item.leader_epoch, offset, options_.fetch_max_bytes,
         blind ? -1 : log.latest_epoch().value_or(-1), log.log_start_offset()});
    asked_.push_back({place, item.partition, item.leader_epoch, offset});
  }
  first_ = (first_ + 1) % items_.size();
  if (next != SimTime::max()) wake_at(runtime, next);
  if (asked_.empty()) return;
  request->replica = options_.self;
  request->replica_epoch = broker_epoch;
  request->max_wait = options_.fetch_wait_max;
  request->min_bytes = options_.fetch_min_bytes;
  request->max_bytes = options_.fetch_response_max_bytes;
  send(runtime, std::move(request), Waiting::for_fetch);
}

/// False when no partition is out of range.
bool ReplicaFetcher::send_list_offsets(engine::Runtime& runtime) {
  using Target = ListOffsetsRequest::Target;
  std::unique_ptr<ListOffsetsRequest> request;
  for (std::size_t place = 0; place < items_.size(); ++place) {
    const Item& item = items_[place];
    if (item.state != State::out_of_range || item.ready_at > runtime.now()) continue;
    if (!request) {
      request = std::make_unique<ListOffsetsRequest>();
      request->replica = options_.self;
      asked_.clear();
    }
    const TopicPartition& tp = item.partition->tp();
    request->partitions.push_back({tp, item.leader_epoch, Target::latest, {}});
    request->partitions.push_back({tp, item.leader_epoch, Target::earliest, {}});
    asked_.push_back(
        {place, item.partition, item.leader_epoch, item.partition->log().log_end_offset()});
  }
  if (!request) return false;
  send(runtime, std::move(request), Waiting::for_offsets);
  return true;
}

void ReplicaFetcher::on_fetched(engine::Runtime& runtime, const FetchResponse& response) {
  if (waiting_ != Waiting::for_fetch || response.header.correlation_id != correlation_id_) return;
  waiting_ = Waiting::no;
  // The answer names its partitions in the order of the request.
  EVENTARIUM_CHECK(response.partitions.size() == asked_.size(), "a fetch is answered as a whole");
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    Item* item = find(asked_[i]);
    // It may have been given up, or have begun anew in another epoch, while the answer travelled.
    if (!item || item->state != State::fetching || item->leader_epoch != asked_[i].leader_epoch ||
        item->partition->log().log_end_offset() != asked_[i].offset)
      continue;
    take(runtime, *item, response.partitions[i]);
  }
  flush(runtime);
}

void ReplicaFetcher::take(engine::Runtime& runtime, Item& item,
                          const FetchResponse::Partition& answer) {
  switch (answer.error) {
    case Error::none:
      if (answer.diverging.epoch >= 0) {
        truncate_to_epoch_end(runtime, logs_, *item.partition, answer.diverging);
      } else if (!append_fetched(runtime, logs_, *item.partition, answer)) {
        item.state = State::failed;  // the broker's only disk: it will not live long
      }
      return;
    case Error::offset_out_of_range:
      item.state = State::out_of_range;
      return;
    case Error::fenced_leader_epoch:
      item.state = State::failed;
      return;
    default:
      return delay(runtime, item);
  }
}

void ReplicaFetcher::on_offsets(engine::Runtime& runtime, const ListOffsetsResponse& response) {
  if (waiting_ != Waiting::for_offsets || response.header.correlation_id != correlation_id_) return;
  waiting_ = Waiting::no;
  EVENTARIUM_CHECK(response.partitions.size() == 2 * asked_.size(), "answered as a whole");
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    Item* item = find(asked_[i]);
    if (!item || item->state != State::out_of_range || item->leader_epoch != asked_[i].leader_epoch)
      continue;
    const auto& end = response.partitions[2 * i];
    const auto& start = response.partitions[2 * i + 1];
    if (end.error == Error::fenced_leader_epoch) {
      item->state = State::failed;
    } else if (end.error != Error::none || start.error != Error::none) {
      delay(runtime, *item);
    } else {
      take_offsets(runtime, *item, start.offset, end.offset);
    }
  }
}

void ReplicaFetcher::take_offsets(engine::Runtime& runtime, Item& item, std::int64_t start,
                                  std::int64_t end) {
  item.state = State::fetching;
  const std::int64_t own_end = item.partition->log().log_end_offset();
  if (end < own_end) {
    truncate_log(runtime, logs_, *item.partition, end, "the leader's log ends here");
  } else if (start > own_end) {
    restart_log_at(runtime, logs_, *item.partition, start);
  }
}

void ReplicaFetcher::delay(engine::Runtime& runtime, Item& item) {
  item.ready_at = runtime.now() + options_.fetch_backoff;
}

void ReplicaFetcher::delay_asked(engine::Runtime& runtime) {
  waiting_ = Waiting::no;
  for (const Asked& asked : asked_)
    if (Item* item = find(asked)) delay(runtime, *item);
}

/// flush.messages: the next fetch tells the leader that it is safe here, so it must be.
void ReplicaFetcher::flush(engine::Runtime& runtime) {
  bool must_flush = false;
  for (Asked& asked : asked_) {
    const Item* item = find(asked);
    if (!item) continue;
    asked.offset = item->partition->log().log_end_offset();
    must_flush = must_flush || item->partition->log().must_flush();
  }
  if (!must_flush) return;
  waiting_ = Waiting::for_disk;
  runtime.fsync({replica_fetcher_component, 1, token_});
}

void ReplicaFetcher::on_flushed(engine::Runtime& runtime) {
  if (waiting_ != Waiting::for_disk) return;
  waiting_ = Waiting::no;
  for (const Asked& asked : asked_)
    if (Item* item = find(asked)) logs_.flushed(runtime, item->partition->stored(), asked.offset);
}

void ReplicaFetcher::on_timer(engine::Runtime& runtime) {
  if (timer_at_ > runtime.now()) return;
  timer_at_ = SimTime::max();
  const bool waits = waiting_ == Waiting::for_fetch || waiting_ == Waiting::for_offsets;
  if (!waits) return;
  if (deadline_ > runtime.now()) return wake_at(runtime, deadline_);
  runtime.disconnect(leader_, lane());
  delay_asked(runtime);
}

void ReplicaFetcher::on_disconnect(engine::Runtime& runtime) {
  if (waiting_ == Waiting::for_fetch || waiting_ == Waiting::for_offsets) delay_asked(runtime);
}

void ReplicaFetcher::wake_at(engine::Runtime& runtime, SimTime at) {
  if (timer_at_ <= at) return;
  timer_at_ = at;
  runtime.set_timer(at - runtime.now(), {replica_fetcher_component, 0, token_});
}

}  // namespace eventarium::kafka
