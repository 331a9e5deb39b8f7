// A service that asks over a topic and gets the answer over another one: which answers it waits
// for, and for how long. open_requests.h has the states of a question.
//
// The answer comes as any event of the topics that the service reads, and so to whichever instance
// has its partition. One that nobody waits for is skipped: it is late, the question was forgotten
// in a crash, or another instance has asked and keeps that to itself.
#include <algorithm>

#include "sim/service/components.h"
#include "sim/service/service_node.h"

namespace eventarium::service {

/// What is asked of the database, now and then: questions of instances that are gone, its own
/// former life among them, are to have somebody who waits for their answers.
void ServiceNode::adopt_questions(engine::Runtime& runtime) {
  constexpr Duration interval = 100ms;
  if (!service_.requests_in_database) return;
  for (const std::uint64_t number : database_->adopt_requests(runtime.name())) {
    const OpenRequest* const request = requests().find(requests().correlation_of(number));
    if (!request->overdue) continue;
    const Duration left = std::max<Duration>(*request->overdue - runtime.now(), Duration::zero());
    runtime.set_cause(EventId{});  // the clock's doing
    runtime.set_timer(left, {requests_component, question_overdue, number});
  }
  runtime.set_cause(EventId{});
  runtime.set_timer(interval, {requests_component, look_for_orphans, 0});
}

/// False when nobody waits for it.
bool ServiceNode::take_answer(engine::Runtime& runtime, const Record& answer) {
  OpenRequest* const request = requests().find(answer.event->correlation->id);
  if (request == nullptr) return false;
  request->answered_by = runtime.name();
  runtime.set_cause(runtime.emit(
      trace::ReplyMatched{answer.id, request->question.id, runtime.now() - request->asked}));
  return true;
}

void ServiceNode::answer_dealt_with(engine::Runtime& runtime, const Record& answer, bool ok) {
  const auto& correlation = answer.event->correlation;
  if (!correlation || !correlation->is_answer) return;
  OpenRequest* const request = requests().find(correlation->id);
  if (request == nullptr) return;
  if (ok) return requests().close(correlation->id);
  request->answered_by.clear();  // it may come again, if its time isn't over
  if (request->overdue && *request->overdue <= runtime.now())
    runtime.set_timer({}, {requests_component, question_overdue, request->number});
}

void ServiceNode::on_overdue(engine::Runtime& runtime, std::uint64_t number) {
  const std::string correlation = requests().correlation_of(number);
  if (correlation.empty()) return;  // it has been answered
  const OpenRequest request = *requests().find(correlation);
  if (!request.answered_by.empty()) return;
  requests().close(correlation);
  runtime.set_cause(
      runtime.emit(trace::ReplyMissed{request.question.id, runtime.now() - request.asked}));
  const scenario::Reaction* const reaction = reaction_to(request.question.event->type, true);
  if (reaction) react(runtime, tools(), *reaction, request.question, "");
}

}  // namespace eventarium::service
