// A machine's disk: space, and the writes that bring its page cache there, one after the other. An
// fsync writes what was appended before it began. The disk belongs to the machine: it goes on when
// a process dies or stands still.
#include <algorithm>

#include "sim/engine/engine_state.h"

namespace eventarium::engine {

DiskResult Engine::ask_disk(const NodeState& node, std::uint64_t size_bytes) const {
  const HostState& host = node.host;
  if (host.disk == DiskCondition::failed) return DiskResult::failed;
  const double after = static_cast<double>(host.disk_used_bytes + size_bytes);
  if (host.disk == DiskCondition::full || after > host.spec.disk_size_bytes)
    return DiskResult::full;
  return DiskResult::ok;
}

DiskResult Engine::append(NodeState& node, std::uint64_t size_bytes) {
  const DiskResult result = ask_disk(node, size_bytes);
  if (result != DiskResult::ok) return result;
  node.host.disk_used_bytes += size_bytes;
  node.page_cache.append(now_, size_bytes);
  arm_writeback(node);
  return result;
}

void Engine::queue_write(NodeState& node, DiskJob job) {
  node.disk_queue.push_back(job);
  if (!node.disk_busy) next_write(node);
}

void Engine::next_write(NodeState& node) {
  node.disk_busy = !node.disk_queue.empty();
  if (!node.disk_busy) return;
  std::uint64_t size_bytes = 0;
  if (node.host.disk != DiskCondition::failed) {
    const bool of_system = node.disk_queue.front().incarnation == DiskJob::system;
    size_bytes =
        node.page_cache.begin_write(of_system ? now_ - PageCache::dirty_expire : SimTime::max());
  }
  if (size_bytes > 0) {
    start_write(node.id, static_cast<double>(size_bytes),
                make_ticket(TicketKind::write, node.id.value, node.disk_epoch));
  } else {
    push(now_, item_write_done, node.id.value, node.disk_epoch);
  }
}

void Engine::finish_write(NodeState& node) {
  EVENTARIUM_CHECK(!node.disk_queue.empty(), "a finished write was asked for");
  const DiskJob job = node.disk_queue.front();
  node.disk_queue.pop_front();
  node.page_cache.end_write(node.host.disk != DiskCondition::failed);
  next_write(node);
  arm_writeback(node);
  if (!node.running || job.incarnation != node.incarnation) return;
  Deferred written{Deferred::Kind::written};
  written.token = job.token;
  written.cause = job.cause;
  if (!node.paused) return handle_deferred(node, written);
  node.deferred.push_back(std::move(written));
}

/// The system looks again when the oldest dirty pages will have reached their age; which they may
/// have already, when a write has failed.
void Engine::arm_writeback(NodeState& node) {
  if (node.writeback_armed || !node.page_cache.has_dirty()) return;
  node.writeback_armed = true;
  const Duration interval = PageCache::writeback_interval;
  const SimTime soonest{(now_.time_since_epoch() / interval + 1) * interval};
  push(std::max(soonest, node.page_cache.next_writeback()), item_writeback, node.id.value,
       node.disk_epoch);
}

void Engine::write_back(NodeState& node) {
  node.writeback_armed = false;
  if (!node.page_cache.has_dirty()) return;
  if (node.page_cache.next_writeback() > now_) return arm_writeback(node);  // an fsync was faster
  queue_write(node, {});
}

/// The process is gone: nobody waits for its writes. The one under way goes on.
void Engine::abandon_fsyncs(NodeState& node) {
  auto& queue = node.disk_queue;
  const auto first = queue.begin() + (node.disk_busy ? 1 : 0);
  const auto of_process = [](const DiskJob& job) { return job.incarnation != DiskJob::system; };
  queue.erase(std::remove_if(first, queue.end(), of_process), queue.end());
}

void Engine::lose_page_cache(NodeState& node) {
  node.page_cache.clear();
  node.disk_queue.clear();
  node.disk_busy = node.writeback_armed = false;
  ++node.disk_epoch;
}

}  // namespace eventarium::engine
