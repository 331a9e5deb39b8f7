// See narration.h. A line of text:  00:01.204  mailer received NewSubscriber sub-3
// A line of JSON: {"t":1204000000,"time":"00:01.204","type":...,"node":...,"id":...,"text":...}
#include "sim/app/narration.h"

#include "sim/trace/json_text.h"

namespace eventarium::app {

void Narration::on_event(const trace::Event& event) {
  names_.apply(event);
  auto sentence = narrator_.tell(event);
  const auto* checked = event.as<trace::ExpectationChecked>();
  if (!sentence) return;
  if (form_ == Form::text) {
    if (checked && checked->met) return;  // the report lists those
    if (!condenses_) return write_text(event, *sentence);
    const std::vector<std::string> lines = routine_.tell(event, std::move(*sentence), names_);
    for (const std::string& line : lines) write_text(event, line);
    return;
  }
  line_ = "{\"t\":";
  trace::append_json_number(line_, to_ns(event.t));
  line_ += ",\"time\":";
  trace::append_json_string(line_, format_clock(event.t));
  line_ += ",\"id\":";
  trace::append_json_number(line_, event.id.value);
  line_ += ",\"type\":";
  trace::append_json_string(line_, trace::wire_name(event.body));
  if (event.node.valid()) {
    line_ += ",\"node\":";
    trace::append_json_string(line_, names_.name(event.node));
  }
  line_ += ",\"text\":";
  trace::append_json_string(line_, *sentence);
  line_ += "}\n";
  output_.write(line_);
}

void Narration::write_text(const trace::Event& event, const std::string& sentence) {
  const auto* stopped = event.as<trace::NodeStopped>();
  const auto* checked = event.as<trace::ExpectationChecked>();
  const bool alarming = (stopped && stopped->reason != "clean") || event.as<trace::SendFailed>() ||
                        (checked && !checked->met);
  line_ = output_.dim(format_clock(event.t));
  line_ += "  ";
  line_ += alarming ? output_.bad(sentence) : sentence;
  line_ += '\n';
  output_.write(line_);
}

}  // namespace eventarium::app
