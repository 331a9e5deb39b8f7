// A service's own database. All instances of a service share it, and it survives the crash of each:
// it stands for a database server of its own, which is not simulated.
//
// What one reaction does to it is one local transaction: it takes effect whole, in one instant, or
// not at all. A process that dies before that instant leaves nothing, one that dies after it leaves
// everything.
//
//   begin --write, remember, add to outbox--> commit()   all of it is there
//                                       '--> (dies)    nothing is there
//
//   rows       what the service knows, by table and key: its state, or what it has learned from
//              others' events (event-carried state transfer)
//   handled    keys of the records that it has dealt with (idempotent consumer)
//   outbox     events that shall be published, in order (transactional outbox). A row stands there
//              until the broker has acknowledged it: publishing is at least once.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/cloud_event.h"
#include "sim/base/ids.h"
#include "sim/service/open_requests.h"

namespace eventarium::service {

struct OutboxRow {
  std::uint64_t number = 0;  // given by commit(), in order
  std::string writer;        // the instance whose relay publishes it
  CloudEvent event;
  std::string topic;
  EventId cause;  // what wrote it
};

class Database {
 public:
  /// What one reaction wants to change. Nothing of it is visible before commit().
  struct Transaction {
    std::vector<std::pair<std::pair<std::string, std::string>, std::string>> rows;
    std::vector<std::string> handled;
    std::vector<OutboxRow> outbox;
  };
  void commit(Transaction transaction);

  /// Null when there is no such row.
  const std::string* row(const std::string& table, const std::string& key) const;
  bool has_handled(const std::string& key) const { return handled_.count(key) != 0; }

  /// Questions of the service's instances that are not answered yet (pending_requests: database).
  OpenRequests& requests() { return requests_; }

  /// A process of the service has connected, or is gone. What a process that is gone has left
  /// unfinished, rows of the outbox and questions, is anybody's.
  void connect(const std::string& instance) { connected_.insert(instance); }
  void disconnect(const std::string& instance) { connected_.erase(instance); }
  /// Rows of the outbox that nobody would publish are `instance`'s from now on.
  void adopt_rows(const std::string& instance);
  /// Numbers of the questions for whose answers nobody would wait; `instance` does from now on.
  std::vector<std::uint64_t> adopt_requests(const std::string& instance) {
    return requests_.adopt(instance, connected_);
  }

  const std::deque<OutboxRow>& outbox() const { return outbox_; }
  /// The row has been published for certain; one that is gone already is ignored.
  void mark_published(std::uint64_t number);

 private:
  std::map<std::pair<std::string, std::string>, std::string> rows_;  // by table and key
  std::set<std::string> handled_;
  OpenRequests requests_;
  std::set<std::string> connected_;
  std::deque<OutboxRow> outbox_;
  std::uint64_t last_number_ = 0;
};

}  // namespace eventarium::service
