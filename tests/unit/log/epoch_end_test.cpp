// An epoch that began at the end of the log, and in which nothing was written.
#include <doctest/doctest.h>

#include "sim/log/partition_log.h"

namespace eventarium::kafka {
namespace {

TEST_CASE("cutting nothing off still forgets an epoch that has no record") {
  PartitionLog log;
  log.begin_leader_epoch(3);
  CHECK(log.latest_epoch() == 3);
  CHECK(log.truncate_to(log.log_end_offset(), SimTime{}).records.empty());
  CHECK(!log.latest_epoch());
}

}  // namespace
}  // namespace eventarium::kafka
