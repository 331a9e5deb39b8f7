// What a service has asked over a topic and is still waiting for. Kept in the memory of an
// instance, or in the service's database, where all instances find it and a crash leaves it.
// Follows ReplyingKafkaTemplate (Spring Kafka 3.x): a correlation id, a reply topic, a time-out.
//
//   open --its answer has come-------------> being answered --reaction done--> closed
//        <--reaction failed, process died--'
//        --time is over--------------------> closed; what comes later finds nothing
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/base/cloud_event.h"
#include "sim/base/time.h"

namespace eventarium::service {

inline bool is_question(const CloudEvent& event) {
  return event.correlation && !event.correlation->is_answer;
}

struct OpenRequest {
  std::uint64_t number = 0;        // given by open()
  std::string asked_by;            // the instance, whose clock ends it
  Record question;                 // as it was published
  SimTime asked{};                 // when
  std::optional<SimTime> overdue;  // nobody waits any longer than that; none: for ever
  std::string answered_by;         // the instance that is at it; empty: none
};

class OpenRequests {
 public:
  /// Returns its number, which is never used again. Correlation ids are unique.
  std::uint64_t open(const std::string& correlation, OpenRequest request);
  /// Null when nobody waits for that answer.
  OpenRequest* find(const std::string& correlation);
  void close(const std::string& correlation);
  /// The correlation id of a number; empty when the request is closed.
  std::string correlation_of(std::uint64_t number) const;
  /// Questions of instances that are not among the living ones become the instance's: it waits for
  /// their answers from now on. What such instances were answering, nobody is. Returns the numbers,
  /// oldest first.
  std::vector<std::uint64_t> adopt(const std::string& instance,
                                   const std::set<std::string>& living);
  void clear();

 private:
  std::map<std::string, OpenRequest> requests_;     // by correlation id
  std::map<std::uint64_t, std::string> by_number_;  // their correlation ids
  std::uint64_t last_number_ = 0;
};

}  // namespace eventarium::service
