#include "sim/client/fetch_buffer.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

void FetchBuffer::add(const TopicPartition& tp, std::int64_t position,
                      std::vector<RecordBatch> batches, EventId cause,
                      std::vector<AbortedTransaction> aborted) {
  Fetch fetch{tp, position, {}, cause};
  for (RecordBatch& batch : batches)
    if (batch.next_offset() > position) fetch.batches.push_back(std::move(batch));
  if (fetch.batches.empty()) return;
  std::sort(aborted.begin(), aborted.end(),
            [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  fetch.aborted.assign(aborted.begin(), aborted.end());
  fetches_.push_back(std::move(fetch));
}

bool FetchBuffer::holds(const TopicPartition& tp) const {
  return std::any_of(fetches_.begin(), fetches_.end(),
                     [&](const Fetch& fetch) { return fetch.tp == tp; });
}

void FetchBuffer::drop(const TopicPartition& tp) {
  std::erase_if(fetches_, [&](const Fetch& fetch) { return fetch.tp == tp; });
}

std::vector<RecordSlice> FetchBuffer::take(std::size_t max_records, const IsPaused& is_paused) {
  std::vector<RecordSlice> slices;
  std::size_t left = max_records;
  for (auto fetch = fetches_.begin(); left > 0 && fetch != fetches_.end();) {
    if (is_paused && is_paused(fetch->tp)) {
      ++fetch;
      continue;
    }
    left -= take(*fetch, left, slices);
    if (fetch->batches.empty()) fetch = fetches_.erase(fetch);
  }
  return slices;
}

/// Kafka keeps the aborted transactions in the order of their first offsets and goes through them
/// along with the batches: from its first offset to its marker, everything transactional of that
/// producer is aborted.
bool FetchBuffer::is_aborted(Fetch& fetch, const RecordBatch& batch) {
  while (!fetch.aborted.empty() && fetch.aborted.front().first_offset <= batch.last_offset()) {
    fetch.aborting.insert(fetch.aborted.front().producer_id);
    fetch.aborted.pop_front();
  }
  if (batch.producer.control == Control::abort) fetch.aborting.erase(batch.producer.producer_id);
  return batch.producer.transactional && batch.producer.control == Control::none &&
         fetch.aborting.contains(batch.producer.producer_id);
}

/// The last slice when the record continues it, else a new one: batches of one fetch are one
/// slice as long as no offset is missing between them.
RecordSlice& FetchBuffer::slice_at(const Fetch& fetch, std::int64_t offset, bool aborted,
                                   std::vector<RecordSlice>& slices) {
  const bool continues = !slices.empty() && slices.back().tp == fetch.tp &&
                         slices.back().cause == fetch.cause && slices.back().aborted == aborted &&
                         slices.back().next_offset() == offset;
  if (!continues) slices.push_back({fetch.tp, offset, {}, fetch.cause, offset, -1, aborted});
  return slices.back();
}

/// From the first batch of the fetch. Returns the number of records to hand out.
std::size_t FetchBuffer::take(Fetch& fetch, std::size_t max_records,
                              std::vector<RecordSlice>& slices) {
  const RecordBatch& batch = fetch.batches.front();
  const bool aborted = is_aborted(fetch, batch);
  const std::size_t count =
      batch.producer.control == Control::none ? batch.records->size() : std::size_t{0};
  const std::size_t begin = std::min(batch.index_of(fetch.position), count);
  const std::size_t end = aborted ? count : std::min(begin + max_records, count);
  for (std::size_t i = begin; i < end; ++i) {
    const std::int64_t offset = batch.offset_of(i);
    RecordSlice& slice = slice_at(fetch, offset, aborted, slices);
    slice.records.push_back((*batch.records)[i]);
    slice.next_position = offset + 1;
    slice.leader_epoch = batch.leader_epoch;
    fetch.position = offset + 1;
  }
  const std::size_t taken = aborted ? 0 : end - begin;
  if (end < count) return taken;
  fetch.position = batch.next_offset();
  // The batch may end with removed offsets, or have none left from the position on.
  if (slices.empty() || slices.back().tp != fetch.tp || slices.back().cause != fetch.cause)
    slices.push_back({fetch.tp, fetch.position, {}, fetch.cause, fetch.position});
  slices.back().next_position = std::max(slices.back().next_position, fetch.position);
  slices.back().leader_epoch = batch.leader_epoch;
  fetch.batches.pop_front();
  return taken;
}

}  // namespace eventarium::kafka
