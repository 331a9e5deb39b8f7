// A leader's way to the share coordinators: asks for the state of a share partition, has it
// written, and tries again where that may help. What is asked for, and what an answer means, is
// its owner's business.
//
//   read(), write() --> asked --answer--> done
//   asked --coordinator unknown, gone, silent, loading, or short of replicas--> asked again after
//           1 s, 2 s, 4 s ...; done with COORDINATOR_NOT_AVAILABLE after the fifth attempt
//
// Follows Kafka's PersisterStateManager (4.1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sim/broker/broker_part.h"
#include "sim/broker/share_protocol.h"

namespace eventarium::kafka {

class SharePersister {
 public:
  struct Answer {
    Error error = Error::none;
    std::int32_t state_epoch = 0;
    std::string state;  // of a read; empty: nothing has been kept
  };
  /// Comes once for each question that was not forgotten, maybe from inside the call.
  using Done = std::function<void(engine::Runtime&, const Answer&)>;

  void start(BrokerServices& services) { services_ = &services; }
  void stop() { asked_.clear(); }
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);

  /// The number of the question, for forget().
  std::uint64_t read(engine::Runtime& runtime, const ReadShareGroupStateRequest& request,
                     Done done);
  std::uint64_t write(engine::Runtime& runtime, const WriteShareGroupStateRequest& request,
                      Done done);
  void forget(engine::Runtime& runtime, std::uint64_t question);

 private:
  struct Asked {
    ReadShareGroupStateRequest read;
    WriteShareGroupStateRequest write;
    bool is_read = false;
    Done done;
    std::uint32_t attempts = 0;
    NodeId coordinator;  // whom it has been sent to; none between two attempts
    std::uint32_t correlation_id = 0;
    TimerId timer;
  };
  enum TokenKind : std::uint16_t { answer_timeout, retry };

  std::uint64_t ask(engine::Runtime& runtime, Asked asked);
  void send(engine::Runtime& runtime, std::uint64_t question);
  void on_answer(engine::Runtime& runtime, std::uint64_t question, const Answer& answer);

  BrokerServices* services_ = nullptr;
  std::map<std::uint64_t, Asked> asked_;
  std::uint64_t last_question_ = 0;
  std::uint32_t last_correlation_id_ = 0;
};

}  // namespace eventarium::kafka
