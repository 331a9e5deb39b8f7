#include "sim/controller/metadata_log.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::kafka {

const std::shared_ptr<const MetadataEntry>& MetadataLog::at(std::int64_t offset) const {
  EVENTARIUM_CHECK(offset >= 0 && offset < end_offset(), "the entry exists");
  return entries_[static_cast<std::size_t>(offset)];
}

void MetadataLog::append(std::shared_ptr<const MetadataEntry> entry) {
  EVENTARIUM_CHECK(entry->epoch >= last_epoch(), "epochs never fall within a log");
  if (starts_.empty() || entry->epoch > last_epoch())
    starts_.push_back({entry->epoch, end_offset()});
  entries_.push_back(std::move(entry));
}

EpochEnd MetadataLog::end_of_epoch(std::int32_t epoch) const {
  const auto above =
      std::upper_bound(starts_.begin(), starts_.end(), epoch,
                       [](std::int32_t e, const EpochStart& start) { return e < start.epoch; });
  if (above == starts_.begin()) return {0, 0};
  return {std::prev(above)->epoch, above == starts_.end() ? end_offset() : above->offset};
}

void MetadataLog::truncate_to(std::int64_t end) {
  if (end >= end_offset()) return;
  entries_.resize(static_cast<std::size_t>(end));
  while (!starts_.empty() && starts_.back().offset >= end) starts_.pop_back();
  flushed_ = std::min(flushed_, end);
}

void MetadataLog::flushed_to(std::int64_t offset) {
  flushed_ = std::max(flushed_, std::min(offset, end_offset()));
}

}  // namespace eventarium::kafka
