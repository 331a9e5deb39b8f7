// Prints a run while it happens: as sentences for people, or as JSON Lines for programs.
#pragma once

#include <string>

#include "sim/app/output.h"
#include "sim/app/routine_lines.h"
#include "sim/trace/event.h"
#include "sim/trace/narrator.h"

namespace eventarium::app {

class Narration : public trace::Sink {
 public:
  enum class Form { text, json_lines };

  Narration(Output& output, trace::Detail detail, Form form)
      : output_(output), narrator_(detail), form_(form), condenses_(detail != trace::Detail::all) {}
  void on_event(const trace::Event& event) override;

 private:
  void write_text(const trace::Event& event, const std::string& sentence);

  Output& output_;
  trace::Narrator narrator_;
  trace::NodeNames names_;
  Form form_;
  bool condenses_;  // as text, unless everything was asked for
  RoutineLines routine_;
  std::string line_;
};

}  // namespace eventarium::app
