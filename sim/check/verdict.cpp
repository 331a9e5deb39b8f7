// What is counted from the ledger; ledger.h defines each number in words.
#include <algorithm>
#include <set>

#include "sim/check/ledger.h"

namespace eventarium::check {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

void add(Number& number, const RecordEntry& record, std::uint64_t count = 1) {
  if (count == 0) return;
  number.count += count;
  if (number.records.empty() || number.records.back() != record.id)
    number.records.push_back(record.id);
}

bool is_for(const Filter& filter, const RecordEntry& record) {
  return (!filter.from.valid() || record.producer == filter.from) &&
         (filter.topic.empty() || record.topic == filter.topic);
}

bool is_for(const Filter& filter, NodeId consumer) {
  return !filter.to.valid() || consumer == filter.to;
}

}  // namespace

Percentiles percentiles(std::vector<Duration> samples) {
  Percentiles result;
  result.samples = samples.size();
  if (samples.empty()) return result;
  std::sort(samples.begin(), samples.end());
  const auto rank = [&](std::uint64_t percent) {
    const std::uint64_t n = (samples.size() * percent + 99) / 100;  // nearest rank, from 1
    return samples[std::max<std::uint64_t>(n, 1) - 1];
  };
  result.p50 = rank(50);
  result.p95 = rank(95);
  result.p99 = rank(99);
  return result;
}

/// Counts pairs that are still to come and records that were lost, in one pass over the records.
struct Ledger::Counting {
  const Ledger& ledger;
  const Filter& filter;

  /// Pairs still to come, except those in Kafka's logs, which are counted by partition.
  std::uint64_t waiting(const RecordEntry& record) const {
    if (ledger.channel_ != Channel::direct && record.is_on_its_way())
      return waiting_on_the_way(record);
    switch (ledger.channel_) {
      case Channel::direct:
        return waiting_direct(record);
      case Channel::queue: {
        const bool waits = record.stored && record.handings.empty() && !record.dead_lettered;
        return waits ? 1 : 0;
      }
      case Channel::broadcast: {
        const auto waits = [&](NodeId node) {
          return is_for(filter, node) && !record.handing(node) && is_on_its_way(record, node);
        };
        return static_cast<std::uint64_t>(
            std::count_if(record.promised.begin(), record.promised.end(), waits));
      }
      case Channel::kafka:
      case Channel::unknown:
        return 0;
    }
    return 0;
  }

  std::uint64_t waiting_on_the_way(const RecordEntry& record) const {
    bool anybody = false;
    std::set<NodeId> readers;
    for (const auto& [reader, began] : ledger.began_at_) {
      const auto& [consumer, partition] = reader;
      if (partition.topic != record.topic) continue;
      if (record.partition >= 0 && record.partition != partition.partition) continue;
      anybody = true;
      if (is_for(filter, consumer) && !record.handing(consumer)) readers.insert(consumer);
    }
    return anybody || filter.to.valid() ? readers.size() : 1;
  }

  std::uint64_t waiting_direct(const RecordEntry& record) const {
    // A call that was given up, or whose caller died over it, will not be made again.
    const bool goes_on = record.acknowledged || record.at_producer || record.is_travelling();
    if (record.given_up || !goes_on) return 0;
    std::uint64_t count = 0;
    for (const Subscription& wanted : ledger.subscriptions_)
      if (wanted.topic == record.topic && is_for(filter, wanted.consumer) &&
          !record.handing(wanted.consumer))
        ++count;
    return count;
  }

  static bool is_on_its_way(const RecordEntry& record, NodeId to) {
    return contains(record.travelling_to, to) || contains(record.held_by, to);
  }

  bool lost(const RecordEntry& record) const {
    if (!record.acknowledged) return false;
    const bool nowhere = !record.is_travelling();
    switch (ledger.channel_) {
      case Channel::kafka:
        return nowhere && record.copies == 0;
      case Channel::queue:
        return nowhere && !record.stored;
      case Channel::broadcast:
        return std::any_of(record.promised.begin(), record.promised.end(), [&](NodeId node) {
          return is_for(filter, node) && !record.handing(node) && !is_on_its_way(record, node);
        });
      case Channel::direct:  // acknowledged means that every receiver has answered
      case Channel::unknown:
        return false;
    }
    return false;
  }

  void count_handings(const RecordEntry& record, Verdict& verdict) const {
    std::uint64_t deliveries = 0;
    for (const Handing& handing : record.handings) {
      if (!is_for(filter, handing.consumer)) continue;
      deliveries += handing.deliveries;
      add(verdict.delivered, record);
      if (handing.processed > 0) add(verdict.processed, record);
      if (handing.out_of_order) add(verdict.out_of_order, record);
      if (handing.deliveries > 1 && ledger.channel_ != Channel::queue)
        add(verdict.duplicated, record);
    }
    if (deliveries > 1 && ledger.channel_ == Channel::queue) add(verdict.duplicated, record);
  }

  /// Kafka: pairs whose record stands in the log at or after where the consumer began, by record.
  std::vector<std::uint64_t> unread_in_logs() const {
    std::vector<std::uint64_t> unread(ledger.records_.size(), 0);
    for (const auto& [reader, began] : ledger.began_at_) {
      const auto& [consumer, partition] = reader;
      const auto found = ledger.logs_.partitions().find(partition);
      if (!is_for(filter, consumer) || found == ledger.logs_.partitions().end()) continue;
      const ReplicaLog& log = found->second.log();
      for (std::int64_t offset = std::max(began.offset, log.log_start_offset);
           offset < log.log_end_offset(); ++offset) {
        const RecordId id = log.records[static_cast<std::size_t>(offset - log.log_start_offset)];
        const auto index = ledger.index_.find(id);
        if (index == ledger.index_.end()) continue;
        if (!ledger.records_[index->second].handing(consumer)) ++unread[index->second];
      }
    }
    return unread;
  }
};

Verdict Ledger::verdict(const Filter& filter) const {
  Verdict verdict;
  const Counting counting{*this, filter};
  const bool has_logs = channel_ == Channel::kafka;
  const std::vector<std::uint64_t> unread =
      has_logs ? counting.unread_in_logs() : std::vector<std::uint64_t>(records_.size(), 0);
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const RecordEntry& record = records_[i];
    if (!is_for(filter, record)) continue;
    add(verdict.produced, record);
    if (record.acknowledged) add(verdict.acknowledged, record);
    if (record.failed()) add(verdict.failed, record);
    if (record.dead_lettered) add(verdict.dead_lettered, record);
    if (counting.lost(record)) add(verdict.lost_acknowledged, record);
    add(verdict.undelivered, record, counting.waiting(record) + unread[i]);
    counting.count_handings(record, verdict);
  }
  return verdict;
}

Percentiles Ledger::latency(Milestone milestone, const Filter& filter) const {
  std::vector<Duration> samples;
  for (const RecordEntry& record : records_) {
    if (!is_for(filter, record)) continue;
    for (const Handing& handing : record.handings) {
      if (!is_for(filter, handing.consumer)) continue;
      if (milestone == Milestone::delivered)
        samples.push_back(handing.first_delivered - record.produced);
      else if (handing.processed > 0)
        samples.push_back(handing.first_processed - record.produced);
    }
  }
  return percentiles(std::move(samples));
}

}  // namespace eventarium::check
