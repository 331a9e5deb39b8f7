// Sizes on the wire and the records that an observer sees inside.
#include "sim/broker/protocol.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::make_batch;

TEST_CASE("a batch travels with its full size, in both directions") {
  const RecordBatch batch = make_batch(7, 3);
  ProduceRequest produce;
  const std::uint64_t empty_bytes = produce.size_bytes();
  produce.partitions.push_back({{"orders", 0}, batch});
  CHECK(produce.size_bytes() > empty_bytes + batch.size_bytes);
  CHECK(produce.size_bytes() < empty_bytes + batch.size_bytes + 60);
  FetchResponse fetched;
  fetched.partitions.emplace_back().batches.assign(2, batch);
  CHECK(fetched.size_bytes() > 2 * batch.size_bytes);
  std::vector<RecordId> records;
  produce.append_records(records);
  CHECK(records == std::vector{RecordId{7}, RecordId{8}, RecordId{9}});
  fetched.append_records(records);
  CHECK(records.size() == 9);
}
