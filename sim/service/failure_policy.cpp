// See failure_policy.h.
#include "sim/service/failure_policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/scenario/put_aside_topics.h"

namespace eventarium::service {
namespace {

/// Before attempt `attempts` + 1; at most a day, so that times can't overflow.
Duration pause_after(const scenario::RetryPolicy& retry, std::uint32_t attempts) {
  constexpr double max_ns = 24.0 * 3600 * 1e9;
  const double ns =
      static_cast<double>(retry.backoff.count()) * std::pow(retry.factor, attempts - 1);
  return Duration{static_cast<std::int64_t>(std::min(ns, max_ns))};
}

const std::string& first_topic(const bus::Delivery& delivery) {
  const auto& detour = delivery.record.event->detour;
  return detour ? detour->topic : delivery.topic;
}

}  // namespace

std::uint32_t earlier_attempts(const bus::Delivery& delivery) {
  const auto& detour = delivery.record.event->detour;
  return detour ? detour->attempts : 0;
}

AfterFailure after_failure(const scenario::Service& service, const bus::Delivery& delivery,
                           std::uint32_t attempts) {
  using What = AfterFailure::What;
  const bool may_try_again = attempts < static_cast<std::uint32_t>(service.retry.attempts);
  const std::string& topic = first_topic(delivery);
  switch (service.on_failure) {
    case scenario::OnFailure::skip:
      return {};
    case scenario::OnFailure::stop:
      return {What::stop, {}, "", false};
    case scenario::OnFailure::retry:
      if (!may_try_again) return {};
      return {What::again, pause_after(service.retry, attempts), "", false};
    case scenario::OnFailure::retry_topics:
      if (may_try_again)
        return {What::put_aside, pause_after(service.retry, attempts),
                scenario::retry_topic(topic, static_cast<int>(attempts)), false};
      break;
    case scenario::OnFailure::dead_letter:
      break;
  }
  return {What::put_aside, {}, scenario::dead_letter_topic(topic), true};
}

CloudEvent detoured(const bus::Delivery& delivery, std::uint32_t attempts, SimTime due,
                    std::string reason) {
  CloudEvent copy = *delivery.record.event;
  Detour detour = copy.detour
                      ? *copy.detour
                      : Detour{delivery.topic, delivery.partition, delivery.offset, 0, {}, ""};
  detour.attempts = attempts;
  detour.due = due;
  detour.reason = std::move(reason);
  copy.detour = std::make_shared<const Detour>(std::move(detour));
  return copy;
}

Duration too_early(const scenario::Service& service, const bus::Delivery& delivery, SimTime now) {
  const auto& detour = delivery.record.event->detour;
  if (!detour || service.on_failure != scenario::OnFailure::retry_topics) return {};
  return std::max<Duration>(detour->due - now, Duration::zero());
}

}  // namespace eventarium::service
