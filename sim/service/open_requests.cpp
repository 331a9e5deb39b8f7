// See open_requests.h.
#include "sim/service/open_requests.h"

#include <utility>

namespace eventarium::service {

std::uint64_t OpenRequests::open(const std::string& correlation, OpenRequest request) {
  close(correlation);  // asked again, after a crash: its time begins anew
  request.number = ++last_number_;
  requests_[correlation] = std::move(request);
  by_number_[last_number_] = correlation;
  return last_number_;
}

OpenRequest* OpenRequests::find(const std::string& correlation) {
  const auto found = requests_.find(correlation);
  return found == requests_.end() ? nullptr : &found->second;
}

void OpenRequests::close(const std::string& correlation) {
  const auto found = requests_.find(correlation);
  if (found == requests_.end()) return;
  by_number_.erase(found->second.number);
  requests_.erase(found);
}

std::string OpenRequests::correlation_of(std::uint64_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? std::string{} : found->second;
}

std::vector<std::uint64_t> OpenRequests::adopt(const std::string& instance,
                                               const std::set<std::string>& living) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, correlation] : by_number_) {
    OpenRequest& request = requests_.at(correlation);
    if (!living.contains(request.answered_by)) request.answered_by.clear();
    if (living.contains(request.asked_by)) continue;
    request.asked_by = instance;
    numbers.push_back(number);
  }
  return numbers;
}

void OpenRequests::clear() {
  requests_.clear();
  by_number_.clear();
}

}  // namespace eventarium::service
