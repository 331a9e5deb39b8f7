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
  /// All keys, in alphabetical order.
  const std::map<std::string, std::uint64_t>& all() const { return times_; }

 private:
  std::map<std::string, std::uint64_t> times_;
};

}  // namespace eventarium::service
