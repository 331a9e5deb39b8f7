#include "sim/client/fetch_buffer.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

void FetchBuffer::add(const TopicPartition& tp, std::int64_t position,
                      std::vector<RecordBatch> batches, EventId cause) {
  Fetch fetch{tp, position, {}, cause};
  for (RecordBatch& batch : batches)
    if (batch.next_offset() > position) fetch.batches.push_back(std::move(batch));
  if (!fetch.batches.empty()) fetches_.push_back(std::move(fetch));
}

bool FetchBuffer::holds(const TopicPartition& tp) const {
  return std::any_of(fetches_.begin(), fetches_.end(),
                     [&](const Fetch& fetch) { return fetch.tp == tp; });
}

std::vector<RecordSlice> FetchBuffer::take(std::size_t max_records) {
  std::vector<RecordSlice> slices;
  std::size_t left = max_records;
  while (left > 0 && !fetches_.empty()) {
    Fetch& fetch = fetches_.front();
    const RecordBatch& batch = fetch.batches.front();
    const bool continues =
        !slices.empty() && slices.back().tp == fetch.tp && slices.back().cause == fetch.cause &&
        slices.back().next_offset() == std::max(fetch.position, batch.base_offset);
    fetch.position = std::max(fetch.position, batch.base_offset);
    if (!continues) slices.push_back({fetch.tp, fetch.position, {}, fetch.cause});
    const auto first = static_cast<std::size_t>(fetch.position - batch.base_offset);
    const std::size_t count = std::min(left, batch.records->size() - first);
    for (std::size_t i = 0; i < count; ++i)
      slices.back().records.push_back((*batch.records)[first + i]);
    left -= count;
    fetch.position += static_cast<std::int64_t>(count);
    if (fetch.position == batch.next_offset()) fetch.batches.pop_front();
    if (fetch.batches.empty()) fetches_.pop_front();
  }
  return slices;
}

}  // namespace eventarium::kafka
