// Keeps what happens all the time from drowning the rest of a narration: each node tells the first
// of its deeds of a kind, and then once a second how many more there were. What isn't routine makes
// everybody say at once what has been kept back, so that nothing is told after what it led to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::app {

class RoutineLines {
 public:
  /// What is to be told now, in order: `sentence`, the event's own, may be among it or be kept
  /// back. `names` knows the event's node.
  std::vector<std::string> tell(const trace::Event& event, std::string sentence,
                                const trace::NodeNames& names);

 private:
  enum class Kind : std::uint8_t { none, published, received, done };
  struct Kept {
    SimTime told{};
    std::uint64_t count = 0;  // of records or effects since then
  };

  static Kind kind_of(const trace::Event& event);
  static std::uint64_t size_of(const trace::Event& event);
  static std::string sum(Kind kind, const Kept& kept, const std::string& name);

  std::map<std::pair<NodeId, Kind>, Kept> kept_;
};

}  // namespace eventarium::app
