// The commands of the window, one JSON object a line: what they say, and what is wrong with them.
//   {"command":"advance","until":5000000000}
//   {"command":"fault","do":"crash","target":"broker-1","for_ns":3000000000,"at":5000000000}
//   {"command":"heal","do":"cut","target":"website","peer":"broker-1"}
//   {"command":"operate","do":"add_partitions","topic":"orders","partitions":6}
//   {"command":"quit"}
// Other members of fault: latency_ns, bandwidth_bytes_per_s, loss, both_ways, factor, patience_ns,
// sides ("broker-1,website|broker-2,broker-3": a bar between sides, a comma between nodes). Of
// operate: broker, topic, partition, partitions, replicas ("broker-1,broker-4"),
// replication_factor, unclean, key, value, client, group, to (a text). They mean what they mean in a scenario file. `at` is a
// time of the simulation; without it, and when it has passed, the command takes effect at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sim/base/time.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

struct Advance {
  SimTime until{};
};
struct Break {
  std::optional<SimTime> at;
  scenario::Fault fault;
};
struct Heal {
  std::optional<SimTime> at;
  scenario::Fault fault;  // its values don't matter
};
struct Operate {
  std::optional<SimTime> at;
  scenario::Operation operation;
};
struct Quit {};
struct Malformed {
  std::string reason;  // with a hint
};

using LiveCommand = std::variant<Advance, Break, Heal, Operate, Quit, Malformed>;

LiveCommand parse_live_command(std::string_view line);

}  // namespace eventarium::app
