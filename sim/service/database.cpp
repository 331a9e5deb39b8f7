// See database.h.
#include "sim/service/database.h"

#include <algorithm>

namespace eventarium::service {

void Database::commit(Transaction transaction) {
  for (auto& [place, value] : transaction.rows) rows_[place] = std::move(value);
  for (std::string& key : transaction.handled) handled_.insert(std::move(key));
  for (OutboxRow& row : transaction.outbox) {
    row.number = ++last_number_;
    outbox_.push_back(std::move(row));
  }
}

const std::string* Database::row(const std::string& table, const std::string& key) const {
  const auto found = rows_.find({table, key});
  return found == rows_.end() ? nullptr : &found->second;
}

void Database::adopt_rows(const std::string& instance) {
  for (OutboxRow& row : outbox_)
    if (!connected_.contains(row.writer)) row.writer = instance;
}

void Database::mark_published(std::uint64_t number) {
  const auto found = std::find_if(outbox_.begin(), outbox_.end(),
                                  [&](const OutboxRow& row) { return row.number == number; });
  if (found != outbox_.end()) outbox_.erase(found);
}

}  // namespace eventarium::service
