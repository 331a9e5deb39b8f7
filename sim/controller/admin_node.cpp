#include "sim/controller/admin_node.h"

#include <utility>

#include "sim/base/check.h"
#include "sim/controller/components.h"

namespace eventarium::kafka {
namespace {

// Of KafkaAdminClient.
constexpr Duration request_timeout = 30s;
constexpr Duration default_api_timeout = 60s;
constexpr Duration retry_backoff = 100ms;

}  // namespace

AdminNode::AdminNode(std::vector<NodeId> targets, std::vector<NodeId> brokers)
    : targets_(std::move(targets)) {
  EVENTARIUM_CHECK(!targets_.empty(), "somebody can be asked");
  if (!brokers.empty()) resetter_.emplace(std::move(brokers));
}

void AdminNode::reset_offsets(OffsetResetter::Reset reset) {
  EVENTARIUM_CHECK(resetter_.has_value(), "there are brokers to ask");
  resetter_->perform(std::move(reset));
}

void AdminNode::on_start(engine::Runtime& runtime) {
  runtime_ = &runtime;
  const EventId started = runtime.current_cause();
  if (!tasks_.empty()) begin();
  runtime.set_cause(started);
  if (resetter_) resetter_->start(runtime);
}

void AdminNode::on_stop(engine::Runtime&, engine::StopReason) {
  if (resetter_) resetter_->stop();
  runtime_ = nullptr;
  in_flight_ = false;
  request_timer_ = retry_timer_ = task_timer_ = TimerId{};
}

void AdminNode::perform(Task task) {
  EventId cause;
  if (runtime_) {
    cause = runtime_->current_cause();
    if (!task.name.empty()) cause = runtime_->emit(trace::OperationAsked{task.name, task.detail});
  }
  tasks_.push_back({std::move(task), cause});
  if (runtime_ && tasks_.size() == 1) begin();
}

void AdminNode::begin() {
  runtime_->set_cause(tasks_.front().cause);
  task_timer_ = runtime_->set_timer(default_api_timeout, {admin_component, task_timer, 0});
  ask();
}

void AdminNode::ask() {
  auto request = std::make_unique<AdminRequest>();
  request->header = {admin_component, ++correlation_id_};
  request->operation = tasks_.front().task.operation;
  request->timeout = request_timeout;
  in_flight_ = true;
  request_timer_ = runtime_->set_timer(request_timeout, {admin_component, request_timer, 0});
  const std::uint64_t size_bytes = request->size_bytes();
  runtime_->send(targets_[target_], std::move(request), size_bytes,
                 engine::Lane{runtime_->self(), admin_lane});
}

void AdminNode::try_next() {
  in_flight_ = false;
  runtime_->cancel_timer(request_timer_);
  target_ = (target_ + 1) % targets_.size();
  retry_timer_ = runtime_->set_timer(retry_backoff, {admin_component, retry_timer, 0});
}

void AdminNode::on_message(engine::Runtime& runtime, engine::Message message) {
  if (resetter_ && resetter_->handle_message(runtime, message)) return;
  const auto* response = message.as<AdminResponse>();
  if (!response || !in_flight_ || response->header.correlation_id != correlation_id_) return;
  if (response->error == Error::not_controller) return try_next();
  in_flight_ = false;
  runtime_->cancel_timer(request_timer_);
  finish(*response);
}

void AdminNode::finish(const AdminResponse& response) {
  runtime_->cancel_timer(task_timer_);
  runtime_->cancel_timer(retry_timer_);
  Task task = std::move(tasks_.front().task);
  tasks_.pop_front();
  if (!task.name.empty())
    runtime_->emit(trace::OperationAnswered{
        task.name, response.error == Error::none ? "" : std::string(name_of(response.error)),
        response.text});
  const bool more = !tasks_.empty();
  if (task.done) task.done(response);
  if (more) begin();
}

void AdminNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (resetter_ && resetter_->handle_timer(runtime, token)) return;
  switch (token.kind) {
    case request_timer:
      request_timer_ = TimerId{};
      runtime.disconnect(targets_[target_], engine::Lane{runtime.self(), admin_lane});
      try_next();
      break;
    case retry_timer:
      retry_timer_ = TimerId{};
      ask();
      break;
    case task_timer: {
      task_timer_ = TimerId{};
      if (std::exchange(in_flight_, false)) {
        runtime.cancel_timer(request_timer_);
        runtime.disconnect(targets_[target_], engine::Lane{runtime.self(), admin_lane});
      }
      AdminResponse response;
      response.error = Error::request_timed_out;
      response.text = "no active controller has answered for 60 s";
      finish(response);
      break;
    }
    default:
      break;
  }
}

void AdminNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (resetter_ && resetter_->handle_disconnect(runtime, peer, lane)) return;
  if (in_flight_ && peer == targets_[target_]) try_next();
}

}  // namespace eventarium::kafka
