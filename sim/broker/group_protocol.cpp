#include "sim/broker/group_protocol.h"

#include <limits>

#include "sim/broker/protocol_size.h"

namespace eventarium::kafka {
namespace {

std::uint64_t subscription_bytes(const GroupSubscription& subscription) {
  return 10 + list_bytes(subscription.topics) + list_bytes(subscription.owned);
}

constexpr std::uint64_t group_partition_bytes = 16;  // offset, leader epoch, no metadata

/// Java's String.hashCode of a text in UTF-8: over UTF-16 code units.
std::int32_t java_hash(const std::string& text) {
  std::uint32_t hash = 0;
  const auto add = [&hash](std::uint32_t unit) { hash = hash * 31 + unit; };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    i += length;
    if (point < 0x10000) {
      add(point);
    } else {
      add(0xd800 + ((point - 0x10000) >> 10));
      add(0xdc00 + ((point - 0x10000) & 0x3ffu));
    }
  }
  return static_cast<std::int32_t>(hash);
}

}  // namespace

bool is_internal_topic(const std::string& name) {
  return name == offsets_topic || name == transactions_topic || name == share_state_topic;
}

std::int32_t coordinator_partition(const std::string& id, std::int32_t partitions) {
  const std::int32_t hash = java_hash(id);
  if (hash == std::numeric_limits<std::int32_t>::min()) return 0;
  return (hash < 0 ? -hash : hash) % partitions;
}

std::uint64_t FindCoordinatorRequest::size_bytes() const {
  return request_header_bytes + 3 + text_bytes(key);
}

std::uint64_t FindCoordinatorResponse::size_bytes() const { return response_header_bytes + 48; }

std::uint64_t JoinGroupRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 20 + text_bytes(group) + text_bytes(member_id) +
                       text_bytes(instance_id) + text_bytes(reason);
  for (const Protocol& protocol : protocols)
    size += text_bytes(protocol.name) + subscription_bytes(protocol.subscription);
  return size;
}

std::uint64_t JoinGroupResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 12 + text_bytes(protocol) + text_bytes(leader) +
                       text_bytes(member_id);
  for (const Member& member : members)
    size += text_bytes(member.member_id) + text_bytes(member.instance_id) +
            subscription_bytes(member.subscription);
  return size;
}

std::uint64_t SyncGroupRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 8 + text_bytes(group) + text_bytes(member_id) +
                       text_bytes(instance_id) + text_bytes(protocol);
  for (const auto& [member, partitions] : assignments)
    size += text_bytes(member) + list_bytes(partitions) + 8;
  return size;
}

std::uint64_t SyncGroupResponse::size_bytes() const {
  return response_header_bytes + 10 + list_bytes(assignment);
}

std::uint64_t HeartbeatRequest::size_bytes() const {
  return request_header_bytes + 4 + text_bytes(group) + text_bytes(member_id) +
         text_bytes(instance_id);
}

std::uint64_t HeartbeatResponse::size_bytes() const { return response_header_bytes + 2; }

std::uint64_t LeaveGroupRequest::size_bytes() const {
  return request_header_bytes + 4 + text_bytes(group) + text_bytes(member_id) +
         text_bytes(instance_id) + text_bytes(reason);
}

std::uint64_t LeaveGroupResponse::size_bytes() const { return response_header_bytes + 2; }

std::uint64_t ConsumerGroupHeartbeatRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 12 + text_bytes(group) + text_bytes(member_id) +
                       text_bytes(instance_id) + text_bytes(server_assignor);
  if (subscribed) size += list_bytes(*subscribed);
  if (owned) size += list_bytes(*owned);
  return size;
}

std::uint64_t ConsumerGroupHeartbeatResponse::size_bytes() const {
  return response_header_bytes + 12 + text_bytes(member_id) +
         (assignment ? list_bytes(*assignment) : 0);
}

std::uint64_t OffsetCommitRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 8 + text_bytes(group) + text_bytes(member_id) +
                       text_bytes(instance_id);
  for (const Partition& partition : partitions)
    size += tp_bytes(partition.tp) + group_partition_bytes;
  return size;
}

std::uint64_t OffsetCommitResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 4;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 2;
  return size;
}

std::uint64_t OffsetFetchRequest::size_bytes() const {
  return request_header_bytes + 8 + text_bytes(group) + text_bytes(member_id) +
         list_bytes(partitions);
}

std::uint64_t OffsetFetchResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 6;
  for (const Partition& partition : partitions)
    size += tp_bytes(partition.tp) + group_partition_bytes + 2;
  return size;
}

}  // namespace eventarium::kafka
