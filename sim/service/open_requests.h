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
  /// The instance has started anew: it is answering nothing. Numbers of what it has asked, oldest
  /// first.
  std::vector<std::uint64_t> taken_up_again(const std::string& instance);
  void clear();

 private:
  std::map<std::string, OpenRequest> requests_;     // by correlation id
  std::map<std::uint64_t, std::string> by_number_;  // their correlation ids
  std::uint64_t last_number_ = 0;
};

}  // namespace eventarium::service
