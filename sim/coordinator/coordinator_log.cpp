// See coordinator_log.h.
#include "sim/coordinator/coordinator_log.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/broker/group_protocol.h"

namespace eventarium::kafka {
namespace {

/// Kinds of the tokens here; the rest of the component is the owner's.
enum LogToken : std::uint16_t { load_token = 0xff00, barrier_token };

/// How often somebody who waits for earlier writes looks at the high watermark.
constexpr Duration barrier_check_interval = 5ms;

std::uint32_t bytes_of(const CoordinatorEntry& entry) {
  return static_cast<std::uint32_t>(entry.key.size() + (entry.value ? entry.value->size() : 0));
}

RecordBatch make_batch(engine::Runtime& runtime, std::vector<CoordinatorEntry> entries,
                       ProducerStamp stamp) {
  auto records = std::make_shared<std::vector<Record>>();
  RecordBatch batch;
  batch.size_bytes = batch_header_size_bytes;
  batch.max_timestamp = runtime.now();
  batch.producer = stamp;
  for (CoordinatorEntry& entry : entries) {
    const std::uint32_t size_bytes = bytes_of(entry);
    auto event = std::make_shared<CloudEvent>();
    event->id = entry.key;
    event->source = runtime.name();
    event->type = std::move(entry.type);
    event->time = runtime.now();
    event->data = entry.value.value_or(std::string{});
    event->partitionkey = std::move(entry.key);
    records->push_back({runtime.new_record(), std::move(event), size_bytes, !entry.value});
    batch.size_bytes +=
        record_size_bytes(records->back(), static_cast<std::int64_t>(records->size()) - 1, 0);
  }
  batch.records = std::move(records);
  return batch;
}

/// What a client is told (Kafka's CoordinatorOperationExceptionHelper, 4.1).
Error told(Error error) {
  switch (error) {
    case Error::unknown_topic_or_partition:
    case Error::not_enough_replicas:
    case Error::not_enough_replicas_after_append:
    case Error::request_timed_out:
      return Error::coordinator_not_available;
    case Error::not_leader_or_follower:
    case Error::kafka_storage_error:
      return Error::not_coordinator;
    case Error::message_too_large:
    case Error::record_list_too_large:
      return Error::unknown_server_error;
    default:
      return error;
  }
}

}  // namespace

CoordinatorLog::CoordinatorLog(std::string topic, std::uint16_t component, Owner& owner)
    : topic_(std::move(topic)), component_(component), owner_(owner) {}

void CoordinatorLog::start(engine::Runtime&, BrokerServices& services) { services_ = &services; }

void CoordinatorLog::stop() {
  services_ = nullptr;
  partitions_.clear();
  writing_.clear();
  barriers_.clear();
  barrier_timer_ = false;
  partition_count_ = 0;
}

// ---- who coordinates ----------------------------------------------------------------------------

std::int32_t CoordinatorLog::partition_count() const {
  if (partition_count_ == 0)
    if (const TopicImage* topic = services_->image().find_topic(topic_))
      partition_count_ = static_cast<std::int32_t>(topic->partitions.size());
  return partition_count_;
}

std::int32_t CoordinatorLog::partition_of(const std::string& id) const {
  const std::int32_t count = partition_count();
  return count == 0 ? -1 : coordinator_partition(id, count);
}

Error CoordinatorLog::check(const std::string& id) const {
  const auto found = partitions_.find(partition_of(id));
  if (found == partitions_.end()) return Error::not_coordinator;
  return found->second.state == State::active ? Error::none : Error::coordinator_load_in_progress;
}

bool CoordinatorLog::is_active(std::int32_t partition) const {
  const auto found = partitions_.find(partition);
  return found != partitions_.end() && found->second.state == State::active;
}

std::int32_t CoordinatorLog::epoch(std::int32_t partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? -1 : found->second.epoch;
}

// ---- loading ------------------------------------------------------------------------------------

void CoordinatorLog::on_leadership(engine::Runtime& runtime, const TopicPartition& led,
                                   std::int32_t epoch) {
  if (led.topic != topic_) return;
  const auto found = partitions_.find(led.partition);
  if (epoch < 0) {
    if (found != partitions_.end()) unload(runtime, led.partition);
    return;
  }
  if (found != partitions_.end()) {
    found->second.epoch = epoch;
    return;
  }
  const PartitionLog* log = services_->log(led);
  EVENTARIUM_CHECK(log != nullptr, "a leader has no log");
  Loaded& loaded = partitions_[led.partition];
  loaded = {State::loading, epoch, ++last_load_, log->log_start_offset()};
  runtime.emit(trace::CoordinatorLoading{topic_, led.partition, epoch});
  read(runtime, led.partition, loaded);
}

void CoordinatorLog::read(engine::Runtime& runtime, std::int32_t partition, const Loaded& loaded) {
  const PartitionLog& log = *services_->log(tp(partition));
  const auto slice =
      log.read(loaded.next_offset, loaded_slice_bytes, log.log_end_offset(), /*at_least_one=*/true);
  const double bytes = slice ? static_cast<double>(slice->size_bytes) : 0;
  runtime.compute(loaded_slice_work_flops + loaded_byte_work_flops * bytes,
                  {component_, load_token, loaded.load});
}

void CoordinatorLog::replay_slice(std::int32_t partition, Loaded& loaded) {
  const PartitionLog& log = *services_->log(tp(partition));
  // Retention doesn't touch a compacted log, but an administrator may have changed its policy.
  const std::int64_t from = std::max(loaded.next_offset, log.log_start_offset());
  const auto slice =
      log.read(from, loaded_slice_bytes, log.log_end_offset(), /*at_least_one=*/true);
  loaded.next_offset = log.log_end_offset();
  if (!slice || slice->batches.empty()) return;
  for (const RecordBatch& batch : slice->batches) {
    if (batch.producer.control != Control::none) {
      owner_.replay_marker(partition, batch.producer);
      continue;
    }
    for (const Record& record : *batch.records) {
      CoordinatorEntry entry{record.event->partitionkey.value_or(std::string{}), std::nullopt,
                             record.event->type};
      if (!record.tombstone) entry.value = record.event->data;
      owner_.replay(partition, entry, batch.producer);
    }
  }
  loaded.next_offset = slice->batches.back().next_offset();
}

bool CoordinatorLog::on_done(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_ || token.kind != load_token) return false;
  for (auto& [partition, loaded] : partitions_) {
    if (loaded.load != token.value) continue;
    replay_slice(partition, loaded);
    if (loaded.next_offset < services_->log(tp(partition))->log_end_offset()) {
      read(runtime, partition, loaded);
      break;
    }
    loaded.state = State::active;
    runtime.set_cause(runtime.emit(
        trace::CoordinatorLoaded{topic_, partition, loaded.epoch, owner_.entries(partition)}));
    owner_.on_loaded(runtime, partition);
    break;
  }
  return true;
}

void CoordinatorLog::unload(engine::Runtime& runtime, std::int32_t partition) {
  partitions_.erase(partition);
  std::vector<std::uint64_t> tokens;
  for (const auto& [token, writing] : writing_)
    if (writing.partition == partition) tokens.push_back(token);
  for (const auto& [token, barrier] : barriers_)
    if (barrier.partition == partition) tokens.push_back(token);
  runtime.emit(trace::CoordinatorUnloaded{topic_, partition});
  owner_.on_unloaded(runtime, partition);
  for (const std::uint64_t token : tokens) {
    writing_.erase(token);
    barriers_.erase(token);
    owner_.on_written(runtime, token, Error::not_coordinator);
  }
}

// ---- writing ------------------------------------------------------------------------------------

std::uint64_t CoordinatorLog::write(engine::Runtime& runtime, std::int32_t partition,
                                    std::vector<CoordinatorEntry> entries, ProducerStamp stamp) {
  EVENTARIUM_CHECK(is_active(partition), "a coordinator writes what it has not loaded");
  // The component makes it different from the tokens of other logs in the same process.
  const std::uint64_t token = std::uint64_t{component_} << 48 | ++last_token_;
  if (entries.empty()) {
    const std::int64_t end = services_->log(tp(partition))->log_end_offset();
    barriers_[token] = {partition, end, runtime.now() + write_timeout_};
    if (!std::exchange(barrier_timer_, true))
      runtime.set_timer(Duration::zero(), {component_, barrier_token, 0});
    return token;
  }
  writing_[token].partition = partition;
  const std::int64_t base_offset =
      services_->append(runtime, tp(partition), make_batch(runtime, std::move(entries), stamp),
                        write_timeout_, token);
  writing_[token].in_log = base_offset >= 0;
  return token;
}

bool CoordinatorLog::in_log(std::uint64_t token) const {
  const auto found = writing_.find(token);
  return found != writing_.end() && found->second.in_log;
}

bool CoordinatorLog::is_replicated(std::int32_t partition) const {
  const PartitionLog* log = services_->log(tp(partition));
  return log && log->high_watermark() >= log->log_end_offset();
}

bool CoordinatorLog::on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) {
  const auto found = writing_.find(token);
  if (found == writing_.end()) return false;
  writing_.erase(found);
  owner_.on_written(runtime, token, told(error));
  look_at_barriers(runtime);
  return true;
}

bool CoordinatorLog::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_ || token.kind != barrier_token) return false;
  barrier_timer_ = false;
  look_at_barriers(runtime);
  if (!barriers_.empty() && !std::exchange(barrier_timer_, true))
    runtime.set_timer(barrier_check_interval, {component_, barrier_token, 0});
  return true;
}

void CoordinatorLog::look_at_barriers(engine::Runtime& runtime) {
  std::vector<std::pair<std::uint64_t, Error>> over;
  for (const auto& [token, barrier] : barriers_) {
    const PartitionLog* log = services_->log(tp(barrier.partition));
    if (log && log->high_watermark() >= barrier.offset) {
      over.emplace_back(token, Error::none);
    } else if (barrier.deadline <= runtime.now()) {
      over.emplace_back(token, told(Error::request_timed_out));
    }
  }
  for (const auto& [token, error] : over) {
    barriers_.erase(token);
    owner_.on_written(runtime, token, error);
  }
}

}  // namespace eventarium::kafka
