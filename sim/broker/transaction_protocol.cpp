#include "sim/broker/transaction_protocol.h"

#include "sim/broker/protocol_size.h"

namespace eventarium::kafka {
namespace {

constexpr std::uint64_t producer_bytes = 10;  // id and epoch

}  // namespace

std::uint64_t InitProducerIdRequest::size_bytes() const {
  return request_header_bytes + 5 + producer_bytes + text_bytes(transactional_id);
}

std::uint64_t InitProducerIdResponse::size_bytes() const {
  return response_header_bytes + 2 + producer_bytes;
}

std::uint64_t AddPartitionsToTxnRequest::size_bytes() const {
  return request_header_bytes + 2 + producer_bytes + text_bytes(transactional_id) +
         list_bytes(partitions);
}

std::uint64_t AddPartitionsToTxnResponse::size_bytes() const { return response_header_bytes + 8; }

std::uint64_t TxnOffsetCommitRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 8 + producer_bytes + text_bytes(transactional_id) +
                       text_bytes(group) + text_bytes(member_id) + text_bytes(instance_id);
  for (const OffsetCommitRequest::Partition& partition : partitions)
    size += tp_bytes(partition.tp) + 16;
  return size;
}

std::uint64_t TxnOffsetCommitResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 4;
  for (const OffsetCommitResponse::Partition& partition : partitions)
    size += tp_bytes(partition.tp) + 2;
  return size;
}

std::uint64_t EndTxnRequest::size_bytes() const {
  return request_header_bytes + 2 + producer_bytes + text_bytes(transactional_id);
}

std::uint64_t EndTxnResponse::size_bytes() const {
  return response_header_bytes + 2 + producer_bytes;
}

std::uint64_t WriteTxnMarkersRequest::size_bytes() const {
  std::uint64_t size = request_header_bytes + 4;
  for (const Marker& marker : markers) size += producer_bytes + 6 + list_bytes(marker.partitions);
  return size;
}

std::uint64_t WriteTxnMarkersResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 4;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 10;
  return size;
}

}  // namespace eventarium::kafka
