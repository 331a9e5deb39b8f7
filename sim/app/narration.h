// Prints a run while it happens: as sentences for people, or as JSON Lines for programs.
#pragma once

#include <string>

#include "sim/app/output.h"
#include "sim/trace/event.h"
#include "sim/trace/narrator.h"

namespace eventarium::app {

class Narration : public trace::Sink {
 public:
  enum class Form { text, json_lines };

  Narration(Output& output, trace::Detail detail, Form form)
      : output_(output), narrator_(detail), form_(form) {}
  void on_event(const trace::Event& event) override;

 private:
  Output& output_;
  trace::Narrator narrator_;
  trace::NodeNames names_;
  Form form_;
  std::string line_;
};

}  // namespace eventarium::app
