// The outside world's ledger of side effects: how often each thing has been done. It is not part
// of any service: a mail that has been sent stays sent when the sender crashes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace eventarium::service {

/// One per run, shared by all its services.
class SideEffectLedger {
 public:
  /// It has been done (again); returns how often, this time included. The key says what must not
  /// be done twice, e.g. "welcome-email:sub-3".
  std::uint64_t perform(const std::string& idempotency_key) { return ++times_[idempotency_key]; }

  /// How often it has been done; 0 for never.
  std::uint64_t times(const std::string& idempotency_key) const;
  /// Keys that have been done more than once.
  std::uint64_t repeated() const;
  /// Whether the outside world refuses `event_id` to `service` now; counts as an attempt. Of the
  /// events that a service comes with for the first time each `every`-th is refused `times` times.
  bool refuses(const std::string& service, const std::string& event_id, int every, int times);
  /// All keys, in alphabetical order.
  const std::map<std::string, std::uint64_t>& all() const { return times_; }

 private:
  struct Refusals {
    std::uint64_t events = 0;                  // that came for the first time
    std::map<std::string, int> refused_still;  // how often; all that have come
  };

  std::map<std::string, std::uint64_t> times_;
  std::map<std::string, Refusals> refusals_;  // by service
};

}  // namespace eventarium::service
