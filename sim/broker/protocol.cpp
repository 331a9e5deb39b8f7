#include "sim/broker/protocol.h"

#include <array>

#include "sim/broker/admin_protocol.h"
#include "sim/broker/cluster_protocol.h"
#include "sim/broker/protocol_size.h"

namespace eventarium::kafka {
namespace {

// id, host name, port, rack of a broker
constexpr std::uint64_t broker_bytes = 28;
// name and version of the client's library
constexpr std::uint64_t client_software_bytes = 24;
// what a 4.1 broker lists for clients, and key, lowest and highest version, tagged fields of each
constexpr std::uint64_t api_count = 60, api_bytes = 7;

}  // namespace

std::uint64_t ApiVersionsRequest::size_bytes() const {
  return request_header_bytes + client_software_bytes;
}

std::uint64_t ApiVersionsResponse::size_bytes() const {
  return response_header_bytes + 8 + api_count * api_bytes;
}

std::uint64_t MetadataRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 4;
  for (const std::string& topic : topics) size += topic.size() + 18;
  return size;
}

std::uint64_t MetadataResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 32 + brokers.size() * broker_bytes;
  for (const Topic& topic : topics) {
    size += topic.name.size() + 24;
    for (const Partition& partition : topic.partitions)
      size += 20 + 4 * (partition.replicas.size() + partition.isr.size());
  }
  return size;
}

std::uint64_t ProduceRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 8 + transactional_id.size();
  for (const Partition& partition : partitions)
    size += tp_bytes(partition.tp) + 4 + partition.batch.size_bytes;
  return size;
}

void ProduceRequest::append_records(std::vector<RecordId>& records) const {
  for (const Partition& partition : partitions) append_ids(partition.batch, records);
}

std::uint64_t ProduceResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 28;
  return size;
}

std::uint64_t FetchRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 30;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 28;
  return size;
}

std::uint64_t FetchResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 6;
  for (const Partition& partition : partitions) {
    size += tp_bytes(partition.tp) + 40 + 16 * partition.aborted.size();
    for (const RecordBatch& batch : partition.batches) size += batch.size_bytes;
  }
  return size;
}

void FetchResponse::append_records(std::vector<RecordId>& records) const {
  for (const Partition& partition : partitions)
    for (const RecordBatch& batch : partition.batches) append_ids(batch, records);
}

std::uint64_t OffsetForLeaderEpochRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 5;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 8;
  return size;
}

std::uint64_t OffsetForLeaderEpochResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 14;
  return size;
}

std::uint64_t ListOffsetsRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 5;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 12;
  return size;
}

std::uint64_t ListOffsetsResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 22;
  return size;
}

std::uint64_t AlterPartitionRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 12;
  for (const Partition& partition : partitions)
    size += tp_bytes(partition.tp) + 17 + 12 * partition.new_isr.size();
  return size;
}

std::uint64_t AlterPartitionResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 2;
  for (const Partition& partition : partitions)
    size += tp_bytes(partition.tp) + 19 + 4 * (partition.state ? partition.state->isr.size() : 0);
  return size;
}

std::string_view AdminRequest::label() const {
  static constexpr std::array<std::string_view, std::variant_size_v<AdminOperation>> labels = {
      "CreateTopics", "CreatePartitions",        "AlterPartitionReassignments",
      "ElectLeaders", "IncrementalAlterConfigs", "UnregisterBroker",
      "DeleteTopics"};
  return labels[operation.index()];
}

std::uint64_t AdminRequest::size_bytes() const { return request_header_bytes + 64; }

std::uint64_t AdminResponse::size_bytes() const { return response_header_bytes + 8 + text.size(); }

}  // namespace eventarium::kafka
