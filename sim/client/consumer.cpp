// The application's side of the consumer: poll(), and one record after the other to the listener.
// Fetching is in consumer_fetcher.cpp.
#include "sim/client/consumer.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"

namespace eventarium::kafka {

Consumer::Consumer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap,
                   Assignment assignment)
    : options_(make_consumer_options(config)),
      core_(component, options_.client, std::move(bootstrap)),
      assignment_(std::move(assignment)) {}

void Consumer::start(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(listener_ != nullptr, "a consumer needs a listener");
  for (const TopicPartition& tp : assignment_.partitions) {
    core_.metadata.add_topic(tp.topic);
    assign(tp);
  }
  for (const std::string& topic : assignment_.topics) core_.metadata.add_topic(topic);
  run(runtime);
}

/// The application's loop: poll, work on the records, poll again. Returns when the listener is
/// busy or there is nothing to hand out.
void Consumer::run(engine::Runtime& runtime) {
  if (running_) return;  // finished() from inside on_delivery(): the loop below goes on
  running_ = true;
  while (current_ == 0 && !failed_) {
    if (slice_.empty() && !poll(runtime)) break;
    hand_out(runtime);
  }
  running_ = false;
}

/// True when there are records. Either way it talks to the brokers before it returns.
bool Consumer::poll(engine::Runtime& runtime) {
  for (RecordSlice& slice : buffer_.take(options_.max_poll_records)) {
    Position& position = positions_[slice.tp];
    position.offset = slice.next_position;
    position.epoch = slice.leader_epoch;
    if (slice.records.empty()) continue;  // all of it has been compacted away
    std::vector<RecordId> ids;
    for (const Record& record : slice.records) ids.push_back(record.id);
    const EventId delivered = runtime.emit_because(
        slice.cause, trace::RecordsDelivered{std::move(ids), slice.tp.topic, slice.tp.partition,
                                             slice.base_offset, 1});
    std::int64_t offset = slice.base_offset;
    for (Record& record : slice.records)
      slice_.push_back(
          {{std::move(record), slice.tp.topic, slice.tp.partition, offset++, 1, ++last_handle_},
           delivered});
  }
  tick(runtime);
  return !slice_.empty();
}

void Consumer::hand_out(engine::Runtime& runtime) {
  const Item item = std::move(slice_.front());
  slice_.pop_front();
  current_ = item.delivery.handle;
  const bus::CauseScope cause(runtime, item.cause);
  listener_->on_delivery(runtime, item.delivery);
}

void Consumer::finished(engine::Runtime& runtime, std::uint64_t handle, bool) {
  if (handle == 0 || handle != current_) return;
  current_ = 0;
  run(runtime);
}

bool Consumer::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  const Response* response = core_.response_in(message);
  if (!response) return false;
  if (!core_.network.complete(message.source, response->header)) return true;  // too late
  if (const auto* fetched = engine::payload_as<FetchResponse>(response))
    on_fetch(runtime, *fetched);
  if (const auto* offsets = engine::payload_as<ListOffsetsResponse>(response))
    on_list_offsets(runtime, *offsets);
  if (const auto* ends = engine::payload_as<OffsetForLeaderEpochResponse>(response))
    on_epoch_ends(runtime, *ends);
  if (const auto* metadata = engine::payload_as<MetadataResponse>(response))
    if (core_.on_metadata(runtime, *metadata)) assign_topics(runtime);
  run(runtime);
  return true;
}

bool Consumer::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (!core_.take_wake_up(token)) return false;
  run(runtime);
  return true;
}

void Consumer::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane != core_.network.lane(runtime)) return;
  requests_lost(runtime, core_.connection_lost(runtime, peer));
  run(runtime);
}

void Consumer::stop(engine::Runtime&, engine::StopReason) {
  core_.forget_all();
  positions_.clear();
  idle_.clear();
  requests_.clear();
  warned_missing_.clear();
  buffer_.clear();
  slice_.clear();
  current_ = 0;
  failed_ = false;
}

std::optional<std::int64_t> Consumer::position(const TopicPartition& tp) const {
  const auto found = positions_.find(tp);
  return found == positions_.end() ? std::nullopt : found->second.offset;
}

}  // namespace eventarium::kafka
