#include "sim/engine/lean_engine.h"

#include <algorithm>

namespace eventarium::engine {
namespace {

constexpr std::uint32_t item_at_switch = 16;  // b: key in to_switch_
constexpr std::uint32_t item_done = 17;       // b: ticket

}  // namespace

void LeanEngine::build(NodeId id) {
  cables_.resize(std::max<std::size_t>(cables_.size(), id.value + 1));
  host_changed(id);
}

void LeanEngine::start_transfer(NodeId from, NodeId to, double size_bytes, std::uint64_t ticket) {
  Cable& cable = cables_[from.value];
  const Duration sending{static_cast<std::int64_t>(size_bytes * cable.up_ns_per_byte)};
  cable.up_free = std::max(cable.up_free, now()) + sending;
  push(cable.up_free + host(from).spec.latency, item_at_switch, 0,
       to_switch_.put({to, size_bytes, ticket}));
}

void LeanEngine::on_item(const QueueItem& item) {
  if (item.kind == item_done) return work_done(item.b);
  const auto transfer = to_switch_.take(item.b);
  if (!transfer) return;
  Cable& cable = cables_[transfer->to.value];
  const Duration sending{static_cast<std::int64_t>(transfer->size_bytes * cable.up_ns_per_byte)};
  cable.down_free = std::max(cable.down_free, now()) + sending;
  push(cable.down_free + host(transfer->to).spec.latency, item_done, 0, transfer->ticket);
}

void LeanEngine::start_compute(NodeId node, double work_flops, std::uint64_t ticket) {
  push(now() + from_seconds(work_flops / host(node).spec.speed_flops), item_done, 0, ticket);
}

void LeanEngine::start_write(NodeId node, double size_bytes, std::uint64_t ticket) {
  const double bandwidth = host(node).spec.disk_write_bytes_per_s;
  push(now() + from_seconds(size_bytes / bandwidth), item_done, 0, ticket);
}

/// A cable that comes back, or changes, carries nothing old.
void LeanEngine::host_changed(NodeId id) {
  Cable& cable = cables_[id.value];
  cable.up_ns_per_byte = 1e9 / host(id).spec.bandwidth_bytes_per_s;
  if (!host(id).link_up || !host(id).powered) cable.up_free = cable.down_free = now();
}

}  // namespace eventarium::engine
