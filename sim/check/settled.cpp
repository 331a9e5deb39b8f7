// Which records of the ledger are at their end, and how they leave it; settled.h says why.
#include "sim/check/settled.h"

#include <algorithm>
#include <bit>

#include "sim/check/ledger.h"

namespace eventarium::check {

Duration DurationCounts::rounded(Duration length) {
  const std::int64_t value = length.count();
  if (value <= 0) return length;
  const int bits = std::bit_width(static_cast<std::uint64_t>(value));
  const int dropped = std::max(0, bits - 8);
  return Duration{(value >> dropped) << dropped};
}

void DurationCounts::add(Duration length, std::uint64_t count) {
  const auto place =
      std::lower_bound(counts_.begin(), counts_.end(), length,
                       [](const Count& known, Duration asked) { return known.first < asked; });
  if (place != counts_.end() && place->first == length)
    place->second += count;
  else
    counts_.insert(place, {length, count});
}

/// Records that have left a replica's log of the partition; those that could not be settled then
/// are looked at again when the next ones leave.
void Ledger::settle(std::uint32_t partition, const std::vector<RecordId>& left) {
  if (!settles_) return;
  std::vector<RecordId>& unsettled = unsettled_[partition];
  std::vector<RecordId> candidates = std::move(unsettled);
  unsettled.clear();
  candidates.insert(candidates.end(), left.begin(), left.end());
  for (const RecordId id : candidates) {
    const std::uint32_t index = index_.get(id);
    if (index == Numbers<RecordId>::none) continue;
    switch (end_of(records_[index], index)) {
      case End::reached:
        retire(index);
        break;
      case End::to_come:
        unsettled.push_back(id);
        break;
      case End::never:
        break;
    }
  }
  std::sort(unsettled.begin(), unsettled.end());
  unsettled.erase(std::unique(unsettled.begin(), unsettled.end()), unsettled.end());
}

Ledger::End Ledger::end_of(const RecordEntry& record, std::uint32_t index) const {
  if (record.partition < 0 || record.offset < 0 || record.given_up || record.truncated ||
      record.sealed || record.aborted || record.dead_lettered || record.stored || record.broadcast)
    return End::never;
  if (!record.acknowledged || record.way != RecordEntry::none) return End::to_come;
  const std::uint32_t number = logs_.numbers().find(topic(record), record.partition);
  const PartitionState* partition = logs_.by_number(number);
  if (!partition) return End::never;
  for (const auto& [broker, log] : partition->logs.all())
    if (log.at(record.offset) == record.id) return End::to_come;
  if (number < owners_.size())
    for (const Owner& owner : owners_[number])
      if (!owner.position || *owner.position <= record.offset) return End::to_come;
  for (const auto& [key, open] : open_transactions_)
    if (std::find(open.begin(), open.end(), index) != open.end()) return End::to_come;
  const End handed = end_of_handings(record);
  if (handed != End::reached || record.compacted || number >= readers_.size()) return handed;
  for (const Reader& reader : readers_[number])
    if (reader.began && *reader.began <= record.offset && !has_had(record, reader.consumer))
      return End::never;  // it is counted as expired, by name
  return End::reached;
}

/// Each reader has had it once, and has processed it.
Ledger::End Ledger::end_of_handings(const RecordEntry& record) const {
  std::vector<NodeId> seen;
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none; i = handings_[i].next) {
    const Handing& handing = handings_[i].handing;
    const NodeId reader = reader_of(handing.consumer);
    if (handing.deliveries != 1 || handing.out_of_order || handing.failed || handing.put_aside ||
        contains(seen, reader))
      return End::never;
    seen.push_back(reader);
    if (handing.processed == 0)
      return handing.life == lives_.get(handing.consumer) ? End::to_come : End::never;
  }
  return End::reached;
}

void Ledger::retire(std::uint32_t index) {
  RecordEntry& record = records_[index];
  SettledRecords& origin = settled_.origins[{record.producer, record.topic}];
  ++origin.records;
  if (record.compacted) ++origin.compacted;
  if (record.expired && record.first_handing == RecordEntry::none) ++origin.unwanted;
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none;) {
    const Handing& handing = handings_[i].handing;
    SettledRecords::Reading& reading = origin.readings[handing.consumer];
    ++reading.delivered;
    ++reading.processed;
    reading.until_delivered.add(handing.first_delivered - record.produced);
    reading.until_processed.add(handing.first_processed - record.produced);
    const std::uint32_t next = handings_[i].next;
    handings_.release(i);
    i = next;
  }
  record.settled = true;
  index_.forget(record.id);
  records_.release(index);
}

void Ledger::on_owner(const trace::Event& event) {
  if (const auto* assigned = event.as<trace::PartitionAssigned>()) {
    const std::uint32_t number = logs_.number(assigned->topic, assigned->partition);
    if (number >= owners_.size()) owners_.resize(number + 1);
    owners_[number].push_back({event.node, std::nullopt});
  } else if (const auto* revoked = event.as<trace::PartitionRevoked>()) {
    const std::uint32_t number = logs_.number(revoked->topic, revoked->partition);
    if (number < owners_.size())
      std::erase_if(owners_[number], [&](const Owner& o) { return o.consumer == event.node; });
  } else if (event.as<trace::NodeStopped>()) {
    for (std::vector<Owner>& owners : owners_)
      std::erase_if(owners, [&](const Owner& o) { return o.consumer == event.node; });
  }
}

void Ledger::own_position(NodeId consumer, std::uint32_t partition, std::int64_t position) {
  if (partition >= owners_.size()) return;
  for (Owner& owner : owners_[partition])
    if (owner.consumer == consumer) owner.position = position;
}

/// A consumer was handed a record that is not in the ledger any more.
void Ledger::on_late_delivery(NodeId consumer, RecordId record, const std::string& topic) {
  if (!settles_ || record.value > last_record_.value) return;  // not published in this trace
  const LateDelivery late{record, consumer, topics_.find(topic)};
  if (!contains_late(late)) settled_.late.push_back(late);
}

bool Ledger::contains_late(const LateDelivery& late) const {
  return std::find(settled_.late.begin(), settled_.late.end(), late) != settled_.late.end();
}

}  // namespace eventarium::check
