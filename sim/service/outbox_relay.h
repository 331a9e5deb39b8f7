// Publishes the rows of a service's outbox (transactional outbox, polling publisher). It is a part
// of each instance's process and publishes the rows that this instance has written, in order, and
// those of instances that are gone.
//
//   (asleep) --poll, every 100 ms--> rows that are not in flight are published, oldest first
//   in flight --acknowledged-------> the row is marked: it leaves the outbox
//   in flight --failed-------------> nothing more is published until nothing is in flight; then
//                                    again from the oldest row on, so that the order stays
//   in flight --process dies-------> forgotten; the row stands there still, so the next start, or
//                                    another instance, publishes it again: at least once, with the
//                                    same event id
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/base/planted_fault.h"
#include "sim/bus/channel.h"
#include "sim/engine/runtime.h"
#include "sim/service/database.h"

namespace eventarium::service {

class OutboxRelay {
 public:
  static constexpr Duration poll_interval = std::chrono::milliseconds(100);

  /// `database` outlives the relay. Its timers have relay_component.
  OutboxRelay(Database& database, PlantedFaults planted) : database_(database), planted_(planted) {}

  void start(engine::Runtime& runtime);
  void poll(engine::Runtime& runtime, bus::Publisher& publisher);
  /// True when the record was a row of the outbox.
  bool on_published(RecordId record, bool acknowledged);
  /// The process has ended.
  void forget();

 private:
  void wait(engine::Runtime& runtime) const;
  bool is_in_flight(std::uint64_t row) const;

  Database& database_;
  PlantedFaults planted_;
  std::map<RecordId, std::uint64_t> in_flight_;  // number of the row
  bool again_ = false;                           // one has failed
};

}  // namespace eventarium::service
