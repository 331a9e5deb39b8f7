// What a share consumer says to the leaders of its partitions: a share session with each, one
// request at a time in it, which fetches records and takes along what is to be said of others.
//
//   a leader   none --ShareFetch, epoch 0--> open --next epoch ...--> open
//              open --connection lost, SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH-->
//              none:
//                   what was to be said there is dropped; its leader gives the records out again
//              open --close(): ShareAcknowledge, epoch -1--> closed
//
// Records are fetched when the application has none left, not before: their locks run.
// Follows Kafka's ShareConsumeRequestManager, ShareSessionHandler and ShareFetchCollector (4.1).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/broker/share_protocol.h"
#include "sim/client/client_core.h"

namespace eventarium::kafka {

class ShareFetcher {
 public:
  /// A record that a leader has given to this consumer.
  struct Acquired {
    TopicPartition tp;
    std::int64_t offset = 0;
    std::uint32_t delivery_count = 1;
    Record record;
    NodeId leader;
    EventId cause;  // the arrival of the answer that brought it
  };

  ShareFetcher(const ConsumerOptions& options, ClientCore& core) : options_(options), core_(core) {}

  void set_member(const std::string& member_id) { member_id_ = member_id; }
  /// Up to that many records, those that came first.
  std::vector<Acquired> take(std::size_t max_records);
  bool has_records() const { return !buffer_.empty(); }
  /// Is told to the record's leader with the next request to it.
  void acknowledge(const Acquired& record, Acknowledge type);

  /// Sends what can be sent now: fetches of these partitions (none: only what is to be said).
  void send(engine::Runtime& runtime, const PartitionList& partitions);
  /// Says what is left to be said and closes the sessions. True when nothing is waited for.
  void close(engine::Runtime& runtime);
  bool is_quiet() const;

  bool handle_response(engine::Runtime& runtime, const Response& response);
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);
  /// When something that waits may be tried again.
  SimTime next_retry(SimTime now) const;
  void forget_all();

 private:
  struct Session {
    std::int32_t next_epoch = open_share_session;
    std::uint32_t request = 0;               // in flight; 0: none
    std::vector<ShareAcknowledgement> said;  // with it
    std::vector<ShareAcknowledgement> to_say;
  };

  void send_one(engine::Runtime& runtime, NodeId node, Session& session,
                std::vector<TopicPartition> partitions);
  void say_only(engine::Runtime& runtime, NodeId node, Session& session, std::int32_t epoch);
  void on_fetch(engine::Runtime& runtime, NodeId node, const ShareFetchResponse& response);
  void session_lost(engine::Runtime& runtime, NodeId node, Session& session,
                    const std::string& why);
  void refused(engine::Runtime& runtime, const TopicPartition& tp, Error error);
  void retry_later(engine::Runtime& runtime, const TopicPartition& tp, Error error);

  const ConsumerOptions& options_;
  ClientCore& core_;
  std::string member_id_;
  std::map<NodeId, Session> sessions_;
  std::map<TopicPartition, SimTime> retry_at_;
  std::deque<Acquired> buffer_;
  std::size_t turn_ = 0;  // which partition comes first in the next request
};

}  // namespace eventarium::kafka
