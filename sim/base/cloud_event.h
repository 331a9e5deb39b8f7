// What travels: an event in the shape of CloudEvents 1.0 (name, data, metadata), and the record
// that carries it. An event is immutable once made, so copies of a record share it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace eventarium {

/// Headers of a copy that stands in a retry topic or the dead-letter topic, as frameworks write
/// them (Spring Kafka's kafka_original-topic and so on): where the event came from and how often it
/// has failed.
struct Detour {
  std::string topic;  // where the event was published first
  std::int64_t partition = -1, offset = -1;
  std::uint32_t attempts = 0;  // that have failed so far
  SimTime due{};               // not to be tried before
  std::string reason;          // why it failed last
};

/// Headers of a question that is asked over a topic, and of its answer (Spring Kafka's
/// kafka_correlationId and kafka_replyTopic).
struct Correlation {
  std::string id;        // of the question, unique in the run
  std::string asked_by;  // the service
  std::string reply_to;  // the topic for the answer
  bool is_answer = false;
};

/// Attribute names are CloudEvents' own; specversion is always "1.0".
struct CloudEvent {
  std::string id;                           // unique per source, e.g. "order-17"
  std::string source;                       // the node that made it, e.g. "checkout-1"
  std::string type;                         // e.g. "OrderPlaced"
  SimTime time{};                           // when it happened
  std::string data;                         // a JSON object as text, e.g. {"email":"a@b.org"}
  std::optional<std::string> partitionkey;  // CloudEvents' partitioning extension: Kafka's key
  bool malformed = false;                   // a poison pill: no handler can make sense of its data
  std::shared_ptr<const Detour> detour{};   // null: not a copy of what has failed
  std::shared_ptr<const Correlation> correlation{};  // null: neither question nor answer
};

/// One publication of an event. `size_bytes` is key + value as Kafka would serialize them.
struct Record {
  RecordId id;
  std::shared_ptr<const CloudEvent> event;
  std::uint32_t size_bytes = 0;
  bool tombstone = false;  // the value is null: in a compacted topic, "forget this key"
};

}  // namespace eventarium
