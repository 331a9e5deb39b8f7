// See consumer_invariants.h.
#include "sim/check/consumer_invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::check {

std::int64_t& ConsumerInvariants::expected(NodeId consumer, std::uint32_t partition) {
  if (partition >= expected_.size()) expected_.resize(partition + 1);
  for (auto& [node, offset] : expected_[partition])
    if (node == consumer) return offset;
  return expected_[partition].emplace_back(consumer, anywhere).second;
}

void ConsumerInvariants::on_position(const trace::Event& event, const trace::PositionReset& reset) {
  const std::uint32_t number = ledger_.logs().numbers().find(reset.topic, reset.partition);
  if (number != PartitionNumbers::none) expected(event.node, number) = reset.offset;
}

void ConsumerInvariants::on_filtered(const trace::Event& event,
                                     const trace::RecordsFiltered& filtered) {
  const std::uint32_t number = ledger_.logs().numbers().find(filtered.topic, filtered.partition);
  if (number == PartitionNumbers::none) return;
  std::int64_t& next = expected(event.node, number);
  next = std::max(next, filtered.base_offset + static_cast<std::int64_t>(filtered.records.size()));
}

void ConsumerInvariants::on_ended(NodeId consumer) {
  for (auto& partition : expected_)
    for (auto& [node, offset] : partition)
      if (node == consumer) offset = anywhere;
}

void ConsumerInvariants::on_delivered(const trace::Event& event,
                                      const trace::RecordsDelivered& delivered) {
  if (delivered.base_offset < 0) return;
  const std::uint32_t number = ledger_.logs().numbers().find(delivered.topic, delivered.partition);
  const PartitionState* partition = ledger_.logs().by_number(number);
  if (!partition) return;
  std::int64_t& next = expected(event.node, number);
  if (!partition->ever_excused) {
    only_committed_is_read(event.node, *partition, delivered);
    if (!partition->ever_compacted) read_is_what_was_written(event.node, *partition, delivered);
    if (next != anywhere && !ledger_.in_share_group(event.node))
      read_in_order_without_gap(event.node, *partition, next, delivered);
  }
  next = delivered.base_offset + static_cast<std::int64_t>(delivered.records.size());
}

void ConsumerInvariants::only_committed_is_read(NodeId consumer, const PartitionState& partition,
                                                const trace::RecordsDelivered& delivered) {
  const std::int64_t end =
      delivered.base_offset + static_cast<std::int64_t>(delivered.records.size());
  if (end <= partition.committed_ever) return;
  findings_.violated(
      Invariant::only_committed_is_read,
      fmt::format("{} reads {}-{} up to offset {}, but no high watermark has passed {}",
                  ledger_.names().name(consumer), delivered.topic, delivered.partition, end - 1,
                  partition.committed_ever),
      {consumer, partition.leader}, delivered.records);
}

void ConsumerInvariants::read_is_what_was_written(NodeId consumer, const PartitionState& partition,
                                                  const trace::RecordsDelivered& delivered) {
  const ReplicaLog* led = partition.logs.find(partition.taken_by);
  if (!led) return;
  std::int64_t offset = delivered.base_offset;
  for (const RecordId record : delivered.records) {
    const RecordId written = led->at(offset);
    if (written.valid() && written != record) {
      findings_.violated(
          Invariant::read_is_what_was_written,
          fmt::format("{} reads another record at offset {} of {}-{} than its leader's log holds",
                      ledger_.names().name(consumer), offset, delivered.topic, delivered.partition),
          {consumer, partition.taken_by}, {record, written});
      return;
    }
    ++offset;
  }
}

void ConsumerInvariants::read_in_order_without_gap(NodeId consumer, const PartitionState& partition,
                                                   std::int64_t next,
                                                   const trace::RecordsDelivered& delivered) {
  if (delivered.base_offset == next) return;
  std::vector<RecordId> skipped;
  const ReplicaLog& log = partition.log();
  for (std::int64_t offset = std::max(next, log.log_start_offset);
       offset < delivered.base_offset && skipped.empty(); ++offset)
    if (const RecordId record = log.at(offset); record.valid() && is_to_be_read(ledger_, record))
      skipped.push_back(record);
  const bool goes_back = delivered.base_offset < next;
  if (!goes_back && (skipped.empty() || partition.ever_compacted)) return;
  findings_.violated(Invariant::read_in_order_without_gap,
                     fmt::format("{} goes on at offset {} of {}-{}, after it had read up to {}",
                                 ledger_.names().name(consumer), delivered.base_offset,
                                 delivered.topic, delivered.partition, next - 1),
                     {consumer}, goes_back ? delivered.records : skipped);
}

}  // namespace eventarium::check
