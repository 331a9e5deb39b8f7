// The verdict so far, always true, with the records behind every number. Incremental: each event
// may put a record behind a number or take it away, and the log of these changes answers for any
// moment of the past.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/base/ids.h"
#include "viz/model/history.h"

namespace eventarium::viz {

enum class Score {
  produced,       // events that happened and were to be published
  acknowledged,   // the publisher was told that the record is in
  waiting,        // produced, and neither handed to any receiver nor given up, dead or lost
  delivered,      // handed to at least one receiver
  lost,           // acknowledged, yet nobody can get it any more
  duplicated,     // handed to the same receiver more than once
  out_of_order,   // handed to a receiver after a later record with the same key and topic
  failed,         // the publisher gave up
  dead_lettered,  // a queue gave up delivering it
};
inline constexpr std::size_t score_count = 9;
/// The five of the top bar, in its order.
inline constexpr std::array<Score, 5> top_bar_scores = {
    Score::acknowledged, Score::lost, Score::duplicated, Score::out_of_order, Score::waiting};

std::string_view score_name(Score score);  // "out of order"
std::string_view score_doc(Score score);   // its definition in one sentence

class Scoreboard {
 public:
  /// `position` is the event's place in the history, which has it already.
  void append(const History& history, Position position);

  /// When the first `moment` events have happened.
  std::uint64_t count(Score score, Position moment) const;
  /// The records behind that number, in the order in which they got there.
  std::vector<RecordId> records(Score score, Position moment) const;

 private:
  struct Change {
    Position position;
    RecordId record;
    bool enters;
    std::uint64_t count;  // after the change
  };
  struct Fate {  // of a record at the end of the history
    bool waiting = false, delivered = false, acknowledged = false, lost = false;
    bool duplicated = false, out_of_order = false, failed = false, dead = false;
    std::vector<NodeId> receivers;  // sorted
  };
  void change(Score score, Position position, RecordId record, bool enters);
  void settle(Position position, RecordId record, Fate& fate);
  void on_delivery(const History& history, Position position, const trace::Event& event,
                   RecordId record, Fate& fate);

  std::array<std::vector<Change>, score_count> changes_;
  std::unordered_map<RecordId, Fate> fates_;  // looked up only
  // Latest record of a key handed to a receiver: (receiver, topic, key) -> record number.
  std::map<std::tuple<NodeId, std::string, std::string>, RecordId> latest_;
};

}  // namespace eventarium::viz
