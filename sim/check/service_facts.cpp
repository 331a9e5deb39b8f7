// See service_facts.h.
#include "sim/check/service_facts.h"

namespace eventarium::check {

void ServiceFacts::on_event(const trace::Event& event) {
  if (event.as<trace::RecordSkipped>()) {
    ++skipped_[event.node];
    ++totals_.skipped;
  }
  if (event.as<trace::RecordDropped>()) ++totals_.dropped;
  if (event.as<trace::ReplyMatched>()) ++totals_.answered;
  if (event.as<trace::ReplyMissed>()) ++totals_.unanswered;
  if (const auto* written = event.as<trace::DatabaseWritten>(); written && written->event_id != "")
    told_rows_[{written->table, written->key}].insert(written->event_id);
}

}  // namespace eventarium::check
