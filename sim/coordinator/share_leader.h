// The leader's side of share groups, a part of every broker: hands out records of the partitions
// that its broker leads (ShareFetch), takes what consumers say of them (ShareAcknowledge, or with a
// ShareFetch), ends locks, and keeps what has become of them with the share coordinator. Which
// record is in which state stands in share_partition.h.
//
//   a share partition   none --first ShareFetch--> loading --state read--> active
//                       active, loading --leadership lost, fenced by the coordinator--> none
//   ShareFetch          acknowledgements, then records: answered with the first there are, or when
//                       its time is over
//   acknowledgement     begun --state written--> counts, answered; --not written--> the member has
//                       the record again
//   lock over, session closed, connection gone --> available at once, and written when possible
//
// One write of a share partition is under way at a time; what comes meanwhile goes with the next.
//   share_leader.cpp        requests, sessions, long polls
//   share_leader_state.cpp  loading, handing out, settling, keeping
//
// Follows Kafka's SharePartitionManager, DelayedShareFetch and SharePartition (4.1). There a record
// batch is acquired whole, so that a fetch may get more than max.poll.records; here it never does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/planted_fault.h"
#include "sim/broker/broker_part.h"
#include "sim/broker/share_protocol.h"
#include "sim/coordinator/share_partition.h"
#include "sim/coordinator/share_persister.h"
#include "sim/coordinator/share_sessions.h"

namespace eventarium::kafka {

/// share.auto.offset.reset of each group that has one; latest otherwise.
using ShareGroupResets = std::map<std::string, std::string>;

class ShareLeader final : public BrokerPart {
 public:
  explicit ShareLeader(ShareGroupResets resets = {}, PlantedFaults planted = {})
      : resets_(std::move(resets)), planted_(planted) {}

  void start(engine::Runtime& runtime, BrokerServices& services) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;
  bool on_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void on_request_gone(engine::Runtime& runtime, RequestTicket ticket) override;
  void on_client_gone(engine::Runtime& runtime, NodeId client, engine::Lane lane) override;
  void on_touched(engine::Runtime& runtime, const TopicPartition& tp) override;
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                     std::int32_t epoch) override;

  /// Null when the share partition isn't active here.
  const SharePartition* find(const std::string& group, const TopicPartition& tp) const;

 private:
  using Key = std::pair<std::string, TopicPartition>;  // group, partition
  /// A request that is not answered yet.
  struct Pending {
    RequestTicket ticket;
    Header header;
    NodeId client;
    std::string group, member;
    bool is_fetch = false, closes = false;
    PartitionList partitions;  // to fetch from
    std::size_t max_records = 0;
    std::uint64_t max_bytes = 0;
    Duration max_wait{};
    std::size_t unsettled = 0;  // acknowledgements whose write is under way
    std::map<TopicPartition, Error> acknowledged;
    TimerId timer;
    bool parked = false;
  };
  /// What one request says of one partition.
  struct Acknowledged {
    std::uint64_t request = 0;
    std::vector<SharePartition::Settled> settled;
  };
  struct Tracked {
    std::uint64_t number = 0;
    std::int32_t leader_epoch = -1, state_epoch = 0;
    std::optional<SharePartition> records;  // none: loading
    std::uint64_t question = 0;             // to the share coordinator; 0: none
    std::vector<Acknowledged> writing, next;
    bool dirty = false;  // something has changed since the last write began
    std::int64_t told_start = -1;
    TimerId lock_timer;
    SimTime locks_until = SimTime::max();
  };
  enum TokenKind : std::uint16_t { wait_over, lock_over };

  // requests
  void take_fetch(engine::Runtime& runtime, RequestTicket ticket, const ShareFetchRequest& request,
                  const engine::Message& message);
  void take_acknowledge(engine::Runtime& runtime, RequestTicket ticket,
                        const ShareAcknowledgeRequest& request, const engine::Message& message);
  void acknowledge(engine::Runtime& runtime, std::uint64_t id,
                   const std::vector<ShareAcknowledgement>& acknowledgements);
  void acknowledgements_done(engine::Runtime& runtime, std::uint64_t id);
  void try_fetch(engine::Runtime& runtime, std::uint64_t id, bool last_chance);
  void answer(engine::Runtime& runtime, std::uint64_t id,
              std::vector<ShareFetchResponse::Partition> partitions);
  void wake(engine::Runtime& runtime, const TopicPartition& tp);
  void close_session(engine::Runtime& runtime, const ShareSessions::Key& session,
                     const std::string& why);

  // share partitions
  Error why_not_here(const TopicPartition& tp) const;
  Tracked* track(engine::Runtime& runtime, const Key& key);
  void loaded(engine::Runtime& runtime, const Key& key, const SharePersister::Answer& answer);
  std::int64_t first_offset(const Key& key) const;
  bool hand_out(engine::Runtime& runtime, const Key& key, Tracked& tracked, Pending& pending,
                std::size_t& room, ShareFetchResponse::Partition& into);
  void tell_acquired(engine::Runtime& runtime, const Key& key, const Pending& pending,
                     const ShareFetchResponse::Partition& given);
  void tell_settled(engine::Runtime& runtime, const Key& key, const Tracked& tracked,
                    const std::vector<SharePartition::Settled>& settled, const std::string& why);
  void tell_start(engine::Runtime& runtime, const Key& key, Tracked& tracked);
  void watch_locks(engine::Runtime& runtime, Tracked& tracked);
  void end_locks(engine::Runtime& runtime, std::uint64_t number);
  void keep(engine::Runtime& runtime, const Key& key, Tracked& tracked);
  void kept(engine::Runtime& runtime, const Key& key, const SharePersister::Answer& answer);
  void give_up(engine::Runtime& runtime, const Key& key, Error error);
  std::vector<RecordId> records_between(const TopicPartition& tp, std::int64_t first,
                                        std::int64_t last) const;
  SharePartitionOptions options() const;

  ShareGroupResets resets_;
  PlantedFaults planted_;
  BrokerServices* services_ = nullptr;
  SharePersister persister_;
  ShareSessions sessions_;
  std::map<Key, Tracked> tracked_;
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t last_request_ = 0, last_tracked_ = 0;
};

}  // namespace eventarium::kafka
