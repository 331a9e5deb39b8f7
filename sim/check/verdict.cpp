// What is counted from the ledger; ledger.h defines each number in words.
#include <algorithm>
#include <set>

#include "sim/check/ledger.h"

namespace eventarium::check {
namespace {

void add(Number& number, const RecordEntry& record, std::uint64_t count = 1) {
  if (count == 0) return;
  number.count += count;
  if (number.records.empty() || number.records.back() != record.id)
    number.records.push_back(record.id);
}

}  // namespace

Percentiles percentiles(std::vector<Duration> samples, const DurationCounts& settled) {
  Percentiles result;
  std::vector<std::pair<Duration, std::uint64_t>> all(settled.counts().begin(),
                                                      settled.counts().end());
  for (const auto& [length, count] : all) result.samples += count;
  result.samples += samples.size();
  if (result.samples == 0) return result;
  for (const Duration sample : samples) all.emplace_back(sample, 1);
  std::sort(all.begin(), all.end());
  const auto rank = [&](std::uint64_t percent) {
    const std::uint64_t n = std::max<std::uint64_t>((result.samples * percent + 99) / 100, 1);
    std::uint64_t passed = 0;  // nearest rank, from 1
    for (const auto& [length, count] : all)
      if ((passed += count) >= n) return length;
    return all.back().first;
  };
  result.p50 = rank(50);
  result.p95 = rank(95);
  result.p99 = rank(99);
  return result;
}

const Handing* Ledger::handing(const RecordEntry& record, NodeId consumer) const {
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none; i = handings_[i].next)
    if (handings_[i].handing.consumer == consumer) return &handings_[i].handing;
  return nullptr;
}

template <class Visit>
void Ledger::for_each_handing(const RecordEntry& record, Visit&& visit) const {
  for (std::uint32_t i = record.first_handing; i != RecordEntry::none; i = handings_[i].next)
    visit(handings_[i].handing);
}

template <class Visit>
void Ledger::for_each_record(Visit&& visit) const {
  for (std::size_t i = records_.first_kept(); i < records_.size(); i = records_.next_kept(i))
    if (!records_[i].settled) visit(i, records_[i]);
}

template <class Visit>
void Ledger::for_each_settled_reading(const Filter& filter, Visit&& visit) const {
  const std::uint32_t asked_topic = topics_.find(filter.topic);
  const std::optional<NodeId> group = reader_of_group(filter.group);
  for (const auto& [origin, records] : settled_.origins) {
    if (filter.from.valid() && origin.first != filter.from) continue;
    if (!filter.topic.empty() && origin.second != asked_topic) continue;
    for (const auto& [consumer, reading] : records.readings) {
      if (filter.to.valid() && consumer != filter.to) continue;
      if (!filter.group.empty() && reader_of(consumer) != group) continue;
      visit(reading);
    }
  }
}

void Ledger::count_settled(const Filter& filter, Verdict& verdict) const {
  const std::uint32_t asked_topic = topics_.find(filter.topic);
  for (const auto& [origin, records] : settled_.origins) {
    if (filter.from.valid() && origin.first != filter.from) continue;
    if (!filter.topic.empty() && origin.second != asked_topic) continue;
    verdict.produced.count += records.records;
    verdict.acknowledged.count += records.records;
    verdict.compacted.count += records.compacted;
    if (!filter.to.valid()) verdict.expired.count += records.unwanted;
  }
  for_each_settled_reading(filter, [&](const SettledRecords::Reading& reading) {
    verdict.delivered.count += reading.delivered;
    verdict.processed.count += reading.processed;
  });
  std::set<std::pair<RecordId, NodeId>> again;
  for (const LateDelivery& late : settled_.late) {
    const NodeId reader = filter.to.valid() ? late.consumer : reader_of(late.consumer);
    if (filter.from.valid() || (filter.to.valid() && late.consumer != filter.to)) continue;
    if (!filter.topic.empty() && late.topic != asked_topic) continue;
    if (!filter.group.empty() && reader_of_group(filter.group) != reader) continue;
    again.emplace(late.record, reader);
  }
  for (const auto& [record, reader] : again) {
    ++verdict.duplicated.count;
    if (verdict.duplicated.records.empty() || verdict.duplicated.records.back() != record)
      verdict.duplicated.records.push_back(record);
  }
}

/// Counts pairs that are still to come and records that were lost, in one pass over the logs and
/// one over the records.
struct Ledger::Counting {
  const Ledger& ledger;
  const Filter& filter;

  /// Where a record stands, by its place in the ledger.
  enum Standing : std::uint8_t { nowhere = 0, in_some_log = 1, in_counting_log = 2 };
  std::vector<std::uint8_t> standing;
  std::vector<std::uint32_t> unread, skipped;  // pairs of the leader's log: still to come, or not
  std::size_t first;                           // record of the three

  Counting(const Ledger& all, const Filter& only)
      : ledger(all), filter(only), first(all.records_.first_kept()) {
    const std::size_t size = ledger.records_.size() - first;
    standing.resize(size, nowhere);
    unread.resize(size, 0);
    skipped.resize(size, 0);
    for (const auto& [key, partition] : ledger.logs_.partitions()) {
      if (!filter.topic.empty() && key.topic != filter.topic) continue;
      const std::vector<const ReplicaLog*> counting = ledger.logs_.counting_logs(partition);
      for (const ReplicaLog* log : counting) mark(*log, in_some_log | in_counting_log);
      for (const auto& [broker, log] : partition.logs.all())
        if (std::none_of(counting.begin(), counting.end(),
                         [&](const ReplicaLog* other) { return log.is_part_of(*other); }))
          mark(log, in_some_log);
    }
    for (std::uint32_t number = 0; number < ledger.readers_.size(); ++number)
      if (const PartitionState* partition = ledger.logs_.by_number(number))
        for (const Reader& reader : ledger.readers_[number])
          if (is_for(reader.consumer) && reader.began) count_unread(*partition, reader);
  }

  /// A reader: a consumer, or the first member for its group.
  bool is_for(NodeId reader) const {
    if (filter.to.valid() && ledger.reader_of(filter.to) != reader) return false;
    return filter.group.empty() || ledger.reader_of_group(filter.group) == reader;
  }

  void mark(const ReplicaLog& log, int as) {
    log.for_each(0, [&](std::int64_t, RecordId id) {
      const std::uint32_t index = ledger.index_.get(id);
      if (index != Numbers<RecordId>::none)
        standing[index - first] |= static_cast<std::uint8_t>(as);
    });
  }

  void count_unread(const PartitionState& partition, const Reader& reader) {
    partition.log().for_each(*reader.began, [&](std::int64_t offset, RecordId id) {
      const std::uint32_t index = ledger.index_.get(id);
      if (index == Numbers<RecordId>::none) return;
      if (ledger.has_had(ledger.records_[index], reader.consumer)) return;
      ++(reader.has_skipped(offset) ? skipped : unread)[index - first];
    });
  }

  bool is_asked_for(const RecordEntry& record) const {
    return (!filter.from.valid() || record.producer == filter.from) &&
           (filter.topic.empty() || ledger.topic(record) == filter.topic);
  }
  bool is_travelling(const RecordEntry& record) const { return record.way != RecordEntry::none; }
  bool was_kept(const RecordEntry& record) const { return record.stored || record.broadcast; }
  bool is_stored(const RecordEntry& record, std::size_t i) const {
    return was_kept(record) || standing[i - first] != nowhere;
  }
  bool was_deleted(const RecordEntry& record) const { return record.expired || record.compacted; }

  /// Given up, or gone with its publisher.
  bool failed(const RecordEntry& record, std::size_t i) const {
    const bool gone = !record.acknowledged && !ledger.at_producer(record) &&
                      !is_travelling(record) && !is_stored(record, i) && !was_deleted(record);
    return record.given_up || (gone && record.first_handing == RecordEntry::none);
  }

  /// With its publisher, or under way to a log, a queue or a station.
  bool is_on_its_way(const RecordEntry& record, std::size_t i) const {
    const bool arrived = was_kept(record) || (standing[i - first] & in_counting_log) != 0;
    return !arrived && !record.given_up && !was_deleted(record) &&
           (is_travelling(record) || (ledger.at_producer(record) && !record.acknowledged));
  }
  bool is_on_its_way(const RecordEntry& record, NodeId to) const {
    if (record.way == RecordEntry::none) return false;
    const Way& way = ledger.ways_[record.way];
    return contains(way.travelling_to, to) || contains(way.held_by, to);
  }

  const std::vector<NodeId>& promised(const RecordEntry& record) const {
    static const std::vector<NodeId> nobody;
    const auto found = ledger.promised_.find(record.id);
    return found == ledger.promised_.end() ? nobody : found->second;
  }

  /// Pairs still to come, except those in Kafka's logs, which are counted by partition.
  std::uint64_t waiting(const RecordEntry& record, std::size_t i) const {
    if (ledger.channel_ != Channel::direct && is_on_its_way(record, i))
      return waiting_on_the_way(record);
    switch (ledger.channel_) {
      case Channel::direct:
        return waiting_direct(record);
      case Channel::queue: {
        const bool handed = record.first_handing != RecordEntry::none;
        return record.stored && !handed && !record.dead_lettered ? 1 : 0;
      }
      case Channel::broadcast: {
        const std::vector<NodeId>& nodes = promised(record);
        const auto waits = [&](NodeId node) {
          return is_for(node) && !ledger.handing(record, node) && is_on_its_way(record, node);
        };
        return static_cast<std::uint64_t>(std::count_if(nodes.begin(), nodes.end(), waits));
      }
      case Channel::kafka:
      case Channel::unknown:
        return 0;
    }
    return 0;
  }

  /// Calls visit(reader) for everybody who reads the record's partition, or where it has none yet,
  /// its topic.
  template <class Visit>
  void for_each_reader(const RecordEntry& record, Visit&& visit) const {
    const std::string& topic = ledger.topic(record);
    const auto look = [&](std::uint32_t number) {
      if (number >= ledger.readers_.size()) return;
      for (const Reader& reader : ledger.readers_[number])
        if (reader.began) visit(reader);
    };
    if (record.partition >= 0) return look(ledger.logs_.numbers().find(topic, record.partition));
    for (std::uint32_t number = 0; number < ledger.readers_.size(); ++number)
      if (ledger.logs_.numbers().key(number).topic == topic) look(number);
  }

  std::uint64_t waiting_on_the_way(const RecordEntry& record) const {
    bool anybody = false;
    std::set<NodeId> readers;
    for_each_reader(record, [&](const Reader& reader) {
      anybody = true;
      if (is_for(reader.consumer) && !ledger.has_had(record, reader.consumer))
        readers.insert(reader.consumer);
    });
    return anybody || filter.to.valid() ? readers.size() : 1;
  }

  std::uint64_t waiting_direct(const RecordEntry& record) const {
    // A call that was given up, or whose caller died over it, will not be made again.
    const bool goes_on = record.acknowledged || ledger.at_producer(record) || is_travelling(record);
    if (record.given_up || !goes_on) return 0;
    std::uint64_t count = 0;
    for (const Subscription& wanted : ledger.subscriptions_)
      if (wanted.topic == ledger.topic(record) && is_for(wanted.consumer) &&
          !ledger.handing(record, wanted.consumer))
        ++count;
    return count;
  }

  /// Pairs of a record that retention has deleted.
  std::uint64_t expired(const RecordEntry& record, std::size_t i) const {
    if (!record.expired || (standing[i - first] & in_counting_log) != 0) return 0;
    bool wanted = record.first_handing != RecordEntry::none;
    std::uint64_t count = 0;
    for_each_reader(record, [&](const Reader& reader) {
      if (*reader.began > record.offset || ledger.has_had(record, reader.consumer)) return;
      wanted = true;
      if (is_for(reader.consumer)) ++count;
    });
    return wanted || filter.to.valid() ? count : 1;
  }

  bool lost(const RecordEntry& record, std::size_t i) const {
    if (!record.acknowledged) return false;
    switch (ledger.channel_) {
      case Channel::kafka:
        return !is_travelling(record) && (standing[i - first] & in_counting_log) == 0 &&
               !was_deleted(record);
      case Channel::queue:
        return !is_travelling(record) && !record.stored;
      case Channel::broadcast: {
        const std::vector<NodeId>& nodes = promised(record);
        return std::any_of(nodes.begin(), nodes.end(), [&](NodeId node) {
          return is_for(node) && !ledger.handing(record, node) && !is_on_its_way(record, node);
        });
      }
      case Channel::direct:  // acknowledged means that every receiver has answered
      case Channel::unknown:
        return false;
    }
    return false;
  }

  /// Whether what this consumer was handed is asked for.
  bool is_asked_for(NodeId consumer) const {
    return filter.to.valid() ? consumer == filter.to : is_for(ledger.reader_of(consumer));
  }

  /// What a reader had of a record: a consumer, or all members of a group together.
  struct Pair {
    std::uint64_t deliveries = 0, processed = 0;
    bool out_of_order = false, in_work = false, put_aside = false;

    void add(const Handing& handing, std::uint16_t life_now) {
      deliveries += handing.deliveries;
      processed += handing.processed;
      out_of_order = out_of_order || handing.out_of_order;
      put_aside = put_aside || handing.put_aside;
      in_work = in_work || (!handing.failed && handing.life == life_now);
    }
  };

  /// Calls visit(pair) for each pair of the record that is asked for and was handed over.
  template <class Visit>
  void for_each_pair(const RecordEntry& record, Visit&& visit) const {
    for (std::uint32_t i = record.first_handing; i != RecordEntry::none;
         i = ledger.handings_[i].next) {
      const Handing& handing = ledger.handings_[i].handing;
      if (!is_asked_for(handing.consumer)) continue;
      const NodeId reader = ledger.reader_of(handing.consumer);
      Pair pair;
      bool is_first = true;
      ledger.for_each_handing(record, [&](const Handing& other) {
        const bool same = filter.to.valid() ? other.consumer == handing.consumer
                                            : ledger.reader_of(other.consumer) == reader;
        if (!same || other.deliveries == 0) return;
        if (pair.deliveries == 0) is_first = &other == &handing;
        pair.add(other, ledger.lives_.get(other.consumer));
      });
      if (pair.deliveries > 0 && is_first) visit(pair);
    }
  }

  void count_handings(const RecordEntry& record, Verdict& verdict) const {
    std::uint64_t deliveries = 0;
    for_each_pair(record, [&](const Pair& pair) {
      deliveries += pair.deliveries;
      add(verdict.delivered, record);
      if (pair.processed > 0) add(verdict.processed, record);
      if (pair.put_aside) add(verdict.put_aside, record);
      if (pair.processed == 0 && !pair.in_work && !pair.put_aside) add(verdict.unprocessed, record);
      if (pair.out_of_order) add(verdict.out_of_order, record);
      if (pair.deliveries > 1 && ledger.channel_ != Channel::queue) add(verdict.duplicated, record);
    });
    if (deliveries > 1 && ledger.channel_ == Channel::queue) add(verdict.duplicated, record);
  }
};

Verdict Ledger::verdict(const Filter& filter) const {
  Verdict verdict;
  const Counting counting{*this, filter};
  for_each_record([&](std::size_t i, const RecordEntry& record) {
    if (!counting.is_asked_for(record)) return;
    add(verdict.produced, record);
    if (record.acknowledged) add(verdict.acknowledged, record);
    if (counting.failed(record, i)) add(verdict.failed, record);
    if (counting.is_stored(record, i)) add(verdict.stored, record);
    if (record.dead_lettered) add(verdict.dead_lettered, record);
    if (record.compacted) add(verdict.compacted, record);
    if (record.truncated) add(verdict.truncated, record);
    if (record.aborted) add(verdict.aborted, record);
    if (counting.lost(record, i)) add(verdict.lost_acknowledged, record);
    add(verdict.expired, record, counting.expired(record, i));
    add(verdict.undelivered, record,
        counting.waiting(record, i) + counting.unread[i - counting.first]);
    add(verdict.skipped, record, counting.skipped[i - counting.first]);
    counting.count_handings(record, verdict);
  });
  count_settled(filter, verdict);
  return verdict;
}

std::vector<LossReport> Ledger::losses(const Filter& filter) const {
  std::vector<LossReport> reports;
  const Counting counting{*this, filter};
  for_each_record([&](std::size_t i, const RecordEntry& record) {
    if (!counting.is_asked_for(record) || !counting.lost(record, i)) return;
    LossReport& report = reports.emplace_back();
    report.record = record.id;
    report.event_id = event_id(record);
    report.topic = topic(record);
    report.partition = record.partition;
    report.offset = record.offset;
    report.acknowledged = record.acknowledged_at;
    report.producer = record.producer;
    const Losses::Seal* seal = losses_.find(record.id);
    if (seal) {
      report.offset = seal->offset;
      report.last_leader = seal->last_leader;
      report.new_leader = seal->new_leader;
      report.sealed_by = seal->event;
      report.cut_by = seal->cut_event;
    }
    if (channel_ == Channel::kafka) report.why = loss_text(report, seal, names_);
  });
  return reports;
}

Percentiles Ledger::latency(Milestone milestone, const Filter& filter) const {
  std::vector<Duration> samples;
  const std::uint32_t asked_topic = topics_.find(filter.topic);
  const std::optional<NodeId> group = reader_of_group(filter.group);
  for_each_record([&](std::size_t, const RecordEntry& record) {
    if (filter.from.valid() && record.producer != filter.from) return;
    if (!filter.topic.empty() && record.topic != asked_topic) return;
    std::vector<NodeId> seen;  // a group's first delivery counts, whichever member had it
    for_each_handing(record, [&](const Handing& handing) {
      const NodeId reader = filter.to.valid() ? handing.consumer : reader_of(handing.consumer);
      if (filter.to.valid() && reader != filter.to) return;
      if (!filter.group.empty() && reader_of(handing.consumer) != group) return;
      const bool counts =
          milestone == Milestone::delivered ? handing.deliveries > 0 : handing.processed > 0;
      if (!counts || contains(seen, reader)) return;
      seen.push_back(reader);
      samples.push_back(
          (milestone == Milestone::delivered ? handing.first_delivered : handing.first_processed) -
          record.produced);
    });
  });
  DurationCounts settled;
  for_each_settled_reading(filter, [&](const SettledRecords::Reading& reading) {
    settled.add(milestone == Milestone::delivered ? reading.until_delivered
                                                  : reading.until_processed);
  });
  return percentiles(std::move(samples), settled);
}

}  // namespace eventarium::check
