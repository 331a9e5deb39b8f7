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
    left -= take(fetches_.front(), left, slices);
    if (fetches_.front().batches.empty()) fetches_.pop_front();
  }
  return slices;
}

/// From the first batch of the fetch. Returns the number of records.
std::size_t FetchBuffer::take(Fetch& fetch, std::size_t max_records,
                              std::vector<RecordSlice>& slices) {
  const RecordBatch& batch = fetch.batches.front();
  const std::size_t begin = batch.index_of(fetch.position);
  const std::size_t end = std::min(begin + max_records, batch.records->size());
  for (std::size_t i = begin; i < end; ++i) {
    const std::int64_t offset = batch.offset_of(i);
    // Batches of one fetch are one slice as long as no offset is missing between them.
    const bool continues = !slices.empty() && slices.back().tp == fetch.tp &&
                           slices.back().cause == fetch.cause &&
                           slices.back().next_offset() == offset;
    if (!continues) slices.push_back({fetch.tp, offset, {}, fetch.cause, offset});
    slices.back().records.push_back((*batch.records)[i]);
    slices.back().next_position = offset + 1;
    slices.back().leader_epoch = batch.leader_epoch;
    fetch.position = offset + 1;
  }
  if (end < batch.records->size()) return end - begin;
  fetch.position = batch.next_offset();
  // The batch may end with removed offsets, or have none left from the position on.
  if (slices.empty() || slices.back().tp != fetch.tp || slices.back().cause != fetch.cause)
    slices.push_back({fetch.tp, fetch.position, {}, fetch.cause, fetch.position});
  slices.back().next_position = std::max(slices.back().next_position, fetch.position);
  slices.back().leader_epoch = batch.leader_epoch;
  fetch.batches.pop_front();
  return end - begin;
}

}  // namespace eventarium::kafka
