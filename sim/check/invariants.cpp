// See invariants.h: which event concerns which of them. The list is invariant_list.cpp.
#include "sim/check/invariants.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::check {

bool is_to_be_read(const Ledger& ledger, RecordId record) {
  const RecordEntry* entry = ledger.find(record);
  return entry && !entry->aborted;
}

Invariants::Invariants(const Ledger& ledger, Callback report, std::uint64_t reports_max)
    : ledger_(ledger),
      callback_(std::move(report)),
      reports_max_(reports_max),
      partitions_(ledger, findings_),
      metadata_(ledger, findings_),
      logs_(ledger, metadata_, findings_),
      consumers_(ledger, findings_),
      groups_(ledger, findings_),
      shares_(ledger, findings_),
      transactions_(ledger, findings_),
      quorum_(ledger, findings_) {
  EVENTARIUM_CHECK(all().size() == static_cast<std::size_t>(Invariant::count),
                   "every invariant has a name");
  findings_.report = [this](Invariant which, std::string text, std::vector<NodeId> nodes,
                            std::vector<RecordId> records) {
    this->report(which, std::move(text), std::move(nodes), std::move(records));
  };
}

void Invariants::report(Invariant which, std::string text, std::vector<NodeId> nodes,
                        std::vector<RecordId> records) {
  const std::string_view name = all()[static_cast<std::size_t>(which)].name;
  if (++violated_[name] > reports_max_) return;
  std::erase_if(nodes, [](NodeId node) { return !node.valid(); });
  if (records.size() > 100) records.resize(100);
  callback_({std::string(name), std::move(text), std::move(nodes), std::move(records)}, event_);
}

void Invariants::on_event(const trace::Event& event) {
  event_ = event.id;
  // The frequent kinds first; most of them concern nobody here.
  if (event.as<trace::MessageSent>() || event.as<trace::MessageArrived>() ||
      event.as<trace::RecordProduced>() || event.as<trace::RecordBatched>() ||
      event.as<trace::ProcessingStarted>() || event.as<trace::ProcessingFinished>())
    return;
  if (const auto* appended = event.as<trace::BatchAppended>()) {
    logs_.on_appended(event, *appended);
    metadata_.on_appended(event, *appended);
    if (appended->producer_id != 0) transactions_.on_appended(event, *appended);
  } else if (const auto* advanced = event.as<trace::HighWatermarkAdvanced>()) {
    logs_.on_high_watermark(event, *advanced);
  } else if (const auto* delivered = event.as<trace::RecordsDelivered>()) {
    consumers_.on_delivered(event, *delivered);
    groups_.on_delivered(event, *delivered);
    transactions_.on_delivered(event, *delivered);
  } else if (const auto* acknowledged = event.as<trace::RecordsAcknowledged>()) {
    logs_.on_acknowledged(event, *acknowledged);
  } else if (const auto* reset = event.as<trace::PositionReset>()) {
    consumers_.on_position(event, *reset);
    groups_.on_position(event, *reset);
  } else {
    if (event.as<trace::NodeStopped>()) consumers_.on_ended(event.node);
    if (const auto* filtered = event.as<trace::RecordsFiltered>())
      consumers_.on_filtered(event, *filtered);
    groups_.on_event(event);
    shares_.on_event(event);
    transactions_.on_event(event);
    partitions_.on_event(event);
    metadata_.on_event(event);
    logs_.on_event(event);
    quorum_.on_event(event);
  }
}

}  // namespace eventarium::check
