// See outbox_relay.h.
#include "sim/service/outbox_relay.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/service/components.h"
#include "sim/service/event_factory.h"

namespace eventarium::service {

void OutboxRelay::start(engine::Runtime& runtime) { wait(runtime); }

void OutboxRelay::wait(engine::Runtime& runtime) const {
  runtime.set_cause(EventId{});  // the clock's doing
  runtime.set_timer(poll_interval, {relay_component, 0, 0});
}

bool OutboxRelay::is_in_flight(std::uint64_t row) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const auto& entry) { return entry.second == row; });
}

void OutboxRelay::poll(engine::Runtime& runtime, bus::Publisher& publisher) {
  if (again_ && in_flight_.empty()) again_ = false;
  database_.adopt_rows(runtime.name());
  std::vector<OutboxRow> due;
  for (const OutboxRow& row : database_.outbox())
    if (!again_ && row.writer == runtime.name() && !is_in_flight(row.number)) due.push_back(row);
  std::size_t left = due.size();
  for (OutboxRow& row : due) {
    runtime.set_cause(row.cause);
    const std::string id = row.event.id;
    Record record = produce(runtime, std::move(row.event), row.topic, 0);
    runtime.emit(trace::OutboxRelayed{record.id, id, --left});
    if (is_question(*record.event))
      if (OpenRequest* const request = database_.requests().find(record.event->correlation->id))
        request->question = record;
    in_flight_[record.id] = row.number;
    // Planted: what the process has only handed over counts as published.
    if (planted_.has(PlantedFault::outbox_marked_before_acknowledgement))
      database_.mark_published(row.number);
    publisher.publish(runtime, std::move(record), row.topic);
  }
  wait(runtime);
}

bool OutboxRelay::on_published(RecordId record, bool acknowledged) {
  const auto found = in_flight_.find(record);
  if (found == in_flight_.end()) return false;
  if (acknowledged)
    database_.mark_published(found->second);
  else
    again_ = true;
  in_flight_.erase(found);
  return true;
}

void OutboxRelay::forget() {
  in_flight_.clear();
  again_ = false;
}

}  // namespace eventarium::service
