#include "sim/client/coordinator_link.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::kafka {

bool CoordinatorLink::ready(engine::Runtime& runtime) {
  if (known()) return network_.ready(runtime, coordinator_);
  if (question_ || retry_at_ > runtime.now()) return false;
  const auto node =
      core_.network.least_loaded(runtime, core_.metadata.brokers(), runtime.random("metadata"));
  if (!node) return false;
  auto request = std::make_unique<FindCoordinatorRequest>();
  request->key_type = FindCoordinatorRequest::KeyType::group;
  request->key = group_;
  question_ = core_.network.send(runtime, *node, std::move(request));
  return false;
}

std::uint32_t CoordinatorLink::send(engine::Runtime& runtime, std::unique_ptr<Request> request,
                                    std::optional<Duration> time_out) {
  EVENTARIUM_CHECK(can_send(), "the coordinator can be sent to");
  if (time_out)
    return network_.send_patiently(runtime, coordinator_, std::move(request), *time_out);
  return network_.send(runtime, coordinator_, std::move(request));
}

const Response* CoordinatorLink::response_in(const engine::Message& message, bool& is_mine) {
  const auto* response = message.as<Response>();
  is_mine = response && response->header.component == component_;
  if (!is_mine || !network_.complete(message.source, response->header)) return nullptr;
  return response;
}

bool CoordinatorLink::on_core_response(engine::Runtime& runtime, const Response& response) {
  const auto* found = dynamic_cast<const FindCoordinatorResponse*>(&response);
  if (!found || question_ != response.header.correlation_id) return false;
  question_.reset();
  if (found->error != Error::none || !found->coordinator.valid()) {
    failed(runtime);
    return true;
  }
  failures_ = 0;
  coordinator_ = found->coordinator;
  return true;
}

void CoordinatorLink::failed(engine::Runtime& runtime) {
  retry_at_ = runtime.now() + options_.retry_backoff.after(failures_++, runtime.random("backoff"));
}

void CoordinatorLink::core_requests_lost(engine::Runtime& runtime,
                                         const std::vector<std::uint32_t>& lost) {
  if (!question_ || std::find(lost.begin(), lost.end(), *question_) == lost.end()) return;
  question_.reset();
  failed(runtime);
}

std::vector<std::uint32_t> CoordinatorLink::connection_lost(engine::Runtime& runtime, NodeId node) {
  std::vector<std::uint32_t> lost = network_.connection_lost(runtime, node);
  if (node != coordinator_) return lost;
  mark_unknown();
  failed(runtime);
  return lost;
}

std::optional<std::vector<std::uint32_t>> CoordinatorLink::hang_up_overdue(
    engine::Runtime& runtime) {
  const auto node = network_.overdue(runtime.now());
  if (!node) return std::nullopt;
  runtime.set_cause(runtime.emit(trace::ClientWarning{
      fmt::format("{}, coordinator of group {}, has not answered in time: closing the connection",
                  runtime.name_of(*node), group_)}));
  runtime.disconnect(*node, network_.lane(runtime));
  return connection_lost(runtime, *node);
}

SimTime CoordinatorLink::next_deadline(SimTime now) const {
  SimTime next = network_.next_deadline();
  if (known()) {
    const SimTime backs_off_until = network_.backs_off_until(coordinator_);
    if (backs_off_until > now) next = std::min(next, backs_off_until);
  } else if (!question_) {
    if (retry_at_ > now) return std::min(next, retry_at_);
    for (const NodeId broker : core_.metadata.brokers())
      if (core_.network.backs_off_until(broker) > now)
        next = std::min(next, core_.network.backs_off_until(broker));
  }
  return next;
}

void CoordinatorLink::forget_all() {
  network_.forget_all();
  coordinator_ = NodeId{};
  question_.reset();
  retry_at_ = {};
  failures_ = 0;
}

}  // namespace eventarium::kafka
