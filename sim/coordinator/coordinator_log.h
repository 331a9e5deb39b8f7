// What a coordinator keeps in an internal topic, partition by partition: who leads a partition of
// it coordinates what is kept there. Entries are records with a key and a value, both texts, in
// logs that are replicated and compacted like any other. Knows nothing of groups or transactions.
//
//   a partition    not led here --on_leadership(epoch)--> loading
//   loading        the log is read up to its end, entry by entry: Owner::replay --> active
//   active         write(): in the log at once, Owner::on_written when the in-sync replicas have
//   it;
//                  a leadership in a later epoch changes nothing
//   loading, active --on_leadership(-1)--> not led here: Owner::on_unloaded; what was being written
//                  ends in NOT_COORDINATOR
//
// Reading takes as long as the broker's disk and CPU need for the log's bytes.
// Follows Kafka's CoordinatorRuntime and CoordinatorLoaderImpl (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/broker_part.h"

namespace eventarium::kafka {

struct CoordinatorEntry {
  std::string key;
  std::optional<std::string> value;  // none: a tombstone, the key is forgotten
  std::string type = {};             // CloudEvents type of the record, for people
};

/// Reading and replaying 200 MB/s on a core of 1e9 flop/s, as a log's recovery does, in slices
/// between which the broker handles requests.
constexpr double loaded_byte_work_flops = 5;
constexpr double loaded_slice_work_flops = 20'000;
constexpr std::uint64_t loaded_slice_bytes = 64 * 1024;

class CoordinatorLog {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// An entry found in the partition's log, in its order. `stamp`: of its batch; transactional
    /// entries count when their marker comes.
    virtual void replay(std::int32_t partition, const CoordinatorEntry& entry,
                        const ProducerStamp& stamp) = 0;
    /// A transaction's marker found there.
    virtual void replay_marker(std::int32_t partition, const ProducerStamp& stamp) = 0;
    virtual void on_loaded(engine::Runtime& runtime, std::int32_t partition) = 0;
    /// Everything that is kept there is somebody else's now: forget it.
    virtual void on_unloaded(engine::Runtime& runtime, std::int32_t partition) = 0;
    /// What a write() has come to: Error::none, or NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE.
    virtual void on_written(engine::Runtime& runtime, std::uint64_t token, Error error) = 0;
    /// How many groups, transactional ids, ... were found, for the trace.
    virtual std::size_t entries(std::int32_t partition) const = 0;
  };

  /// `component`: of the timers and of the work of loading, with kinds from 0xff00 on; `owner`
  /// outlives this.
  CoordinatorLog(std::string topic, std::uint16_t component, Owner& owner);

  void start(engine::Runtime& runtime, BrokerServices& services);
  /// The process has ended: forgets everything, tells nobody.
  void stop();
  /// How long a write may wait for the in-sync replicas; 30 s when nothing is said.
  void set_write_timeout(Duration timeout) { write_timeout_ = timeout; }
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp, std::int32_t epoch);
  /// False: the token is not this log's.
  bool on_appended(engine::Runtime& runtime, std::uint64_t token, Error error);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_done(engine::Runtime& runtime, engine::Token token);

  const std::string& topic() const { return topic_; }
  /// Of the topic, as this broker's metadata has said first; 0: there has been no such topic yet.
  /// What is kept where would change with it.
  std::int32_t partition_count() const;
  /// The partition that keeps what belongs to `id`; -1 without the topic.
  std::int32_t partition_of(const std::string& id) const;
  /// NONE when this broker coordinates `id`, else NOT_COORDINATOR or COORDINATOR_LOAD_IN_PROGRESS.
  Error check(const std::string& id) const;
  bool is_active(std::int32_t partition) const;
  std::int32_t epoch(std::int32_t partition) const;

  /// Writes entries in one batch. The partition must be active. Returns the token of on_written(),
  /// which comes in every case unless the process ends, never from inside this call. Without
  /// entries nothing is written: on_written() comes when all that was written before is replicated.
  std::uint64_t write(engine::Runtime& runtime, std::int32_t partition,
                      std::vector<CoordinatorEntry> entries, ProducerStamp stamp = {});
  /// Until on_written(): false when the broker has refused the write at once, and nothing of it is
  /// in the log.
  bool in_log(std::uint64_t token) const;
  /// The in-sync replicas have everything that is in the log of the partition.
  bool is_replicated(std::int32_t partition) const;

 private:
  enum class State : std::uint8_t { loading, active };
  struct Loaded {
    State state = State::loading;
    std::int32_t epoch = -1;
    std::uint64_t load = 0;  // number of the load; the work of an older one is nothing
    std::int64_t next_offset = 0;
  };
  struct Writing {
    std::int32_t partition = 0;
    bool in_log = false;
  };
  /// Waits until the high watermark is there.
  struct Barrier {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    SimTime deadline{};
  };

  TopicPartition tp(std::int32_t partition) const { return {topic_, partition}; }
  void read(engine::Runtime& runtime, std::int32_t partition, const Loaded& loaded);
  void replay_slice(std::int32_t partition, Loaded& loaded);
  void unload(engine::Runtime& runtime, std::int32_t partition);
  void look_at_barriers(engine::Runtime& runtime);

  std::string topic_;
  std::uint16_t component_;
  Owner& owner_;
  Duration write_timeout_ = 30s;
  BrokerServices* services_ = nullptr;
  mutable std::int32_t partition_count_ = 0;
  std::map<std::int32_t, Loaded> partitions_;
  std::map<std::uint64_t, Writing> writing_;   // by token
  std::map<std::uint64_t, Barrier> barriers_;  // by token
  bool barrier_timer_ = false;
  std::uint64_t last_load_ = 0;
  std::uint64_t last_token_ = 0;
};

}  // namespace eventarium::kafka
