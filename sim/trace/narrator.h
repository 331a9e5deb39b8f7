// Tells a run in plain English, a sentence an event, from the trace alone. The headless log and
// the window's narration line say the same words.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::trace {

enum class Detail {
  story,  // what a learner follows: events, deliveries, side effects, faults
  all,    // also batches, messages, offsets
};

class Narrator {
 public:
  explicit Narrator(Detail detail = Detail::story) : detail_(detail) {}
  /// The sentence for this event (no time, no line end), or nothing when it isn't worth one.
  /// Records that it still calls by their names are the latest ones; others by their numbers, so
  /// that a long run takes no more memory than a short one.
  static constexpr std::size_t names_kept = 50'000;
  /// Must see every event of the run, in order.
  std::optional<std::string> tell(const Event& event);

 private:
  struct KnownMessage {
    std::string label;
    NodeId source;
  };
  struct Teller;  // one sentence per type of event: narrator.cpp

  /// "NewSubscriber sub-3"
  std::string record(RecordId id) const;
  /// "NewSubscriber sub-3, NewSubscriber sub-4 and 7 more"
  std::string records(const RecordList& list) const;
  /// "15 of 16 expectations met" of those told so far; empty when there was none.
  std::string verdict() const;
  void learn(const Event& event);
  bool is_told_again(const Event& event);

  Detail detail_;
  NodeNames names_;
  std::set<std::pair<NodeId, NodeId>> unreachable_;    // who was told to be unable to reach whom
  std::unordered_map<RecordId, std::string> records_;  // looked up only
  std::deque<RecordId> named_;                         // those, oldest first
  std::unordered_map<MessageId, KnownMessage> on_their_way_;  // looked up only
  // Incarnations of the nodes that were not there from the beginning, or not all the time: where
  // such a reader begins decides what it has missed. Looked up only.
  std::unordered_map<NodeId, std::uint64_t> began_late_;
  std::uint64_t expectations_ = 0;
  std::uint64_t expectations_met_ = 0;
};

}  // namespace eventarium::trace
