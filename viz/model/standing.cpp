// See standing.h. An append touches its own records; a change of who counts touches the
// partition's.
#include "viz/model/standing.h"

#include <algorithm>

namespace eventarium::viz {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

Standing::Log* Standing::Partition::log(NodeId broker) {
  return const_cast<Log*>(std::as_const(*this).log(broker));
}

const Standing::Log* Standing::Partition::log(NodeId broker) const {
  for (const Log& known : logs)
    if (known.broker == broker) return &known;
  return nullptr;
}

bool Standing::Partition::may_lead(NodeId broker) const {
  return contains(isr, broker) || contains(elr, broker);
}

std::uint32_t Standing::number(const PartitionId& id) {
  const auto [found, is_new] =
      numbers_.try_emplace(id, static_cast<std::uint32_t>(partitions_.size()));
  if (is_new) partitions_.emplace_back().id = id;
  return found->second;
}

std::uint32_t Standing::life(NodeId node) const {
  return node.valid() && node.value < lives_.size() ? lives_[node.value] : 0;
}

bool Standing::settled(const Partition& partition) const {
  return partition.leader.valid() && partition.taken_by == partition.leader &&
         partition.taken_epoch == partition.leader_epoch &&
         life(partition.leader) == partition.taken_life;
}

/// The leader. Without one: the former when it may come back, else who has the longest log of those
/// who may; where nobody may, the longest of all. Of equally long ones the lowest node's.
NodeId Standing::head_of(const Partition& partition) const {
  if (partition.leader.valid()) return partition.leader;
  if (partition.may_lead(partition.taken_by) && partition.log(partition.taken_by) != nullptr)
    return partition.taken_by;
  const auto shorter = [](const Log* a, const Log& b) {
    if (a == nullptr) return true;
    return a->end() != b.end() ? a->end() < b.end() : b.broker < a->broker;
  };
  const bool nobody_may = partition.isr.empty() && partition.elr.empty();
  const Log* longest = nullptr;
  for (const Log& log : partition.logs)
    if ((nobody_may || partition.may_lead(log.broker)) && shorter(longest, log)) longest = &log;
  return longest == nullptr ? NodeId{} : longest->broker;
}

std::vector<NodeId> Standing::counting_of(const Partition& partition) const {
  const bool nobody_known = !partition.leader.valid() && !partition.taken_by.valid() &&
                            partition.isr.empty() && partition.elr.empty();
  const bool is_settled = settled(partition);
  std::vector<NodeId> brokers;
  for (const Log& log : partition.logs) {
    const bool may = nobody_known || log.broker == partition.leader ||
                     log.broker == partition.taken_by || partition.may_lead(log.broker);
    if (is_settled ? log.broker == partition.leader : may) brokers.push_back(log.broker);
  }
  return brokers;
}

bool Standing::in_some_log(RecordId record) const {
  const auto found = places_.find(record);
  return found != places_.end() && !found->second.empty();
}

bool Standing::in_counting_log(RecordId record) const {
  const auto found = places_.find(record);
  if (found == places_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Place& place) {
    return contains(partitions_[place.partition].counting, place.broker);
  });
}

std::int64_t Standing::log_end_offset(const PartitionId& partition) const {
  const auto found = numbers_.find(partition);
  if (found == numbers_.end()) return 0;
  const Partition& known = partitions_[found->second];
  const Log* log = known.log(known.head);
  return log == nullptr ? 0 : log->end();
}

struct Standing::Fold {
  Standing& all;
  const trace::Event& event;
  std::vector<RecordId>& touched;

  template <class Other>
  void operator()(const Other&) {}

  template <class E>
  std::uint32_t number_of(const E& e) {
    return all.number({e.topic, e.partition});
  }

  /// Who counts, and whose log is the partition's, may be others now.
  void review(Partition& partition) {
    std::vector<NodeId> counting = all.counting_of(partition);
    const NodeId head = all.head_of(partition);
    if (counting == partition.counting && head == partition.head) return;
    partition.counting = std::move(counting);
    partition.head = head;
    for (const Log& log : partition.logs) touch(log.records);
  }
  void touch(const std::vector<RecordId>& records) {
    for (const RecordId record : records)
      if (record.valid()) touched.push_back(record);
  }

  // ---- logs
  Log& log_of(std::uint32_t number, NodeId broker) {
    Partition& partition = all.partitions_[number];
    if (Log* known = partition.log(broker)) return *known;
    partition.logs.emplace_back().broker = broker;
    return partition.logs.back();
  }
  void put(std::uint32_t number, Log& log, RecordId record) {
    const Place place{number, log.broker, log.end()};
    log.records.push_back(record);
    all.places_[record].push_back(place);
    touched.push_back(record);
  }
  void take(std::uint32_t number, const Log& log, std::size_t index) {
    const RecordId record = log.records[index];
    if (!record.valid()) return;
    std::erase(all.places_[record],
               Place{number, log.broker, log.base + static_cast<std::int64_t>(index)});
    touched.push_back(record);
  }
  void cut(std::uint32_t number, Log& log, std::int64_t end) {
    const std::int64_t kept = std::max<std::int64_t>(0, end - log.base);
    const auto first = std::min(static_cast<std::size_t>(kept), log.records.size());
    for (std::size_t i = first; i < log.records.size(); ++i) take(number, log, i);
    log.records.resize(first);
    log.base = std::min(log.base, end);
  }
  void operator()(const trace::BatchAppended& e) {
    constexpr std::int64_t gap_max = 1 << 20;  // more is a damaged trace
    const std::uint32_t number = number_of(e);
    const bool is_first = all.partitions_[number].log(event.node) == nullptr;
    Log& log = log_of(number, event.node);
    if (log.records.empty()) log.base = std::max<std::int64_t>(0, e.base_offset);
    if (e.base_offset < log.end()) cut(number, log, e.base_offset);
    if (e.base_offset - log.end() > gap_max) return;
    while (log.end() < e.base_offset) log.records.push_back(RecordId{});
    for (const RecordId record : e.records) put(number, log, record);
    Partition& partition = all.partitions_[number];
    if (is_first || !partition.leader.valid()) review(partition);
  }
  void operator()(const trace::LogTruncated& e) {
    const std::uint32_t number = number_of(e);
    Log& log = log_of(number, event.node);
    const bool begins_anew = e.log_end_offset > log.end();
    cut(number, log, begins_anew ? log.base : e.log_end_offset);
    if (begins_anew) log.base = e.log_end_offset;
    touch(e.records);
    review(all.partitions_[number]);
  }
  void operator()(const trace::LogStartAdvanced& e) {
    touch(e.records);
    const std::uint32_t number = number_of(e);
    Log& log = log_of(number, event.node);
    if (e.log_start_offset <= log.base) return;
    const auto gone = static_cast<std::size_t>(
        std::min(e.log_start_offset - log.base, static_cast<std::int64_t>(log.records.size())));
    for (std::size_t i = 0; i < gone; ++i) take(number, log, i);
    log.records.erase(log.records.begin(), log.records.begin() + static_cast<std::ptrdiff_t>(gone));
    log.base = e.log_start_offset;
    review(all.partitions_[number]);
  }
  void operator()(const trace::LogCompacted& e) {
    touch(e.records);
    const std::uint32_t number = number_of(e);
    Log* log = all.partitions_[number].log(event.node);
    if (log == nullptr) return;
    // Both in offset order.
    auto next = e.records.begin();
    for (std::size_t i = 0; i < log->records.size() && next != e.records.end(); ++i) {
      if (log->records[i] != *next) continue;
      take(number, *log, i);
      log->records[i] = RecordId{};
      ++next;
    }
  }

  // ---- who is in charge
  void operator()(const trace::PartitionCreated& e) {
    Partition& partition = all.partitions_[number_of(e)];
    partition.leader = e.leader;
    partition.leader_epoch = e.leader_epoch;
    partition.replicas = e.replicas;
    partition.isr = e.isr;
    if (e.leader == event.node) return taken(partition, e.leader_epoch);
    review(partition);
  }
  void operator()(const trace::PartitionChanged& e) {
    const std::uint32_t number = number_of(e);
    Partition& partition = all.partitions_[number];
    for (const NodeId broker : partition.replicas)
      if (!contains(e.replicas, broker)) forget(number, broker);
    for (const NodeId broker : e.replicas)  // a new one begins with an empty log
      if (!partition.replicas.empty() && !contains(partition.replicas, broker))
        forget(number, broker);
    partition.leader = e.leader;
    partition.leader_epoch = e.leader_epoch;
    partition.replicas = e.replicas;
    partition.isr = e.isr;
    partition.elr = e.elr;
    review(partition);
  }
  void forget(std::uint32_t number, NodeId broker) {
    Partition& partition = all.partitions_[number];
    Log* log = partition.log(broker);
    if (log == nullptr) return;
    cut(number, *log, log->base);
    std::erase_if(partition.logs, [broker](const Log& known) { return known.broker == broker; });
  }
  void operator()(const trace::LeadershipTaken& e) {
    taken(all.partitions_[number_of(e)], e.leader_epoch);
  }
  void taken(Partition& partition, std::int64_t epoch) {
    if (epoch < partition.taken_epoch) return;  // an old leader that is behind
    partition.taken_by = event.node;
    partition.taken_epoch = epoch;
    partition.taken_life = all.life(event.node);
    if (partition.log(event.node) == nullptr) partition.logs.emplace_back().broker = event.node;
    review(partition);
  }
  void operator()(const trace::TopicDeleted& e) {
    for (Partition& partition : all.partitions_) {
      if (partition.id.topic != e.topic) continue;
      const std::uint32_t number = all.number(partition.id);
      for (Log& log : partition.logs) cut(number, log, log.base);
      PartitionId id = partition.id;
      partition = Partition{};
      partition.id = std::move(id);
    }
  }

  // ---- lives
  void operator()(const trace::NodeStopped&) { live(0); }
  void operator()(const trace::NodeStarted&) { live(1); }
  /// `parity`: that of a life that ends or begins now.
  void live(std::uint32_t parity) {
    constexpr std::uint32_t limit = 1u << 20;
    if (!event.node.valid() || event.node.value >= limit) return;
    if (all.lives_.size() <= event.node.value) all.lives_.resize(event.node.value + 1);
    std::uint32_t& life = all.lives_[event.node.value];
    if (life % 2 != parity) return;
    ++life;
    for (Partition& partition : all.partitions_)
      if (partition.leader == event.node || partition.taken_by == event.node) review(partition);
  }
};

void Standing::on_event(const trace::Event& event, std::vector<RecordId>& touched) {
  trace::visit(Fold{*this, event, touched}, event.body);
}

}  // namespace eventarium::viz
