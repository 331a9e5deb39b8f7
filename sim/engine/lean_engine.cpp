#include "sim/engine/lean_engine.h"

#include <algorithm>

namespace eventarium::engine {
namespace {

constexpr std::uint32_t item_at_switch = 16;  // b: key in to_switch_
constexpr std::uint32_t item_done = 17;       // b: ticket
constexpr std::uint32_t item_served = 18;     // a: server, b: its generation

}  // namespace

void LeanEngine::build(NodeId id) {
  cables_.resize(std::max<std::size_t>(cables_.size(), id.value + 1));
  servers_.resize(std::max<std::size_t>(servers_.size(), parts * (id.value + 1)));
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
  if (item.kind == item_served) return end_service(item);
  const auto transfer = to_switch_.take(item.b);
  if (!transfer) return;
  Cable& cable = cables_[transfer->to.value];
  const Duration sending{static_cast<std::int64_t>(transfer->size_bytes * cable.up_ns_per_byte)};
  cable.down_free = std::max(cable.down_free, now()) + sending;
  push(cable.down_free + host(transfer->to).spec.latency, item_done, 0, transfer->ticket);
}

void LeanEngine::start_compute(NodeId node, double work_flops, std::uint64_t ticket) {
  serve(node, cpu, work_flops, ticket);
}

void LeanEngine::start_write(NodeId node, double size_bytes, std::uint64_t ticket) {
  serve(node, disk, size_bytes, ticket);
}

/// The engine gives a server one piece at a time; a piece that it still has was its former life's.
void LeanEngine::serve(NodeId node, Part part, double amount, std::uint64_t ticket) {
  const std::uint32_t index = node.value * parts + part;
  Server& server = servers_[index];
  server.left = amount;
  server.since = now();
  server.ticket = ticket;
  server.busy = true;
  expect_end(index);
}

void LeanEngine::expect_end(std::uint32_t index) {
  Server& server = servers_[index];
  const double longest_s = to_seconds(SimTime::max() - server.since) / 2;
  const double needed_s = std::min(server.left / server.speed_per_s, longest_s);
  push(server.since + from_seconds(needed_s), item_served, index, ++server.generation);
}

void LeanEngine::end_service(const QueueItem& item) {
  Server& server = servers_[item.a];
  if (!server.busy || server.generation != item.b) return;
  server.busy = false;
  work_done(server.ticket);
}

void LeanEngine::set_speed_of(NodeId node, Part part, double speed_per_s) {
  const std::uint32_t index = node.value * parts + part;
  Server& server = servers_[index];
  if (server.speed_per_s == speed_per_s) return;
  const double done = to_seconds(now() - server.since) * server.speed_per_s;
  server.speed_per_s = speed_per_s;
  if (!server.busy) return;
  server.left = std::max(0.0, server.left - done);
  server.since = now();
  expect_end(index);
}

/// A cable that comes back, or changes, carries nothing old.
void LeanEngine::host_changed(NodeId id) {
  const HostSpec& spec = host(id).spec;
  Cable& cable = cables_[id.value];
  cable.up_ns_per_byte = 1e9 / spec.bandwidth_bytes_per_s;
  if (!host(id).link_up || !host(id).powered) cable.up_free = cable.down_free = now();
  set_speed_of(id, cpu, spec.speed_flops);
  set_speed_of(id, disk, spec.disk_write_bytes_per_s);
}

}  // namespace eventarium::engine
