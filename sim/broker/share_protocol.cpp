#include "sim/broker/share_protocol.h"

#include "sim/broker/protocol_size.h"

namespace eventarium::kafka {
namespace {

std::uint64_t acknowledgement_bytes(const std::vector<ShareAcknowledgement>& acknowledgements) {
  std::uint64_t size = 4;
  for (const ShareAcknowledgement& entry : acknowledgements) size += tp_bytes(entry.tp) + 18;
  return size;
}

}  // namespace

std::uint64_t ShareGroupHeartbeatRequest::size_bytes() const {
  return request_header_bytes + 6 + text_bytes(group) + text_bytes(member_id) +
         (subscribed ? list_bytes(*subscribed) : 0);
}

std::uint64_t ShareGroupHeartbeatResponse::size_bytes() const {
  return response_header_bytes + 12 + text_bytes(member_id) +
         (assignment ? list_bytes(*assignment) : 0);
}

std::uint64_t ShareFetchRequest::size_bytes() const {
  return request_header_bytes + 32 + text_bytes(group) + text_bytes(member_id) +
         list_bytes(partitions) + acknowledgement_bytes(acknowledgements);
}

std::uint64_t ShareFetchResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 6;
  for (const Partition& partition : partitions) {
    size += tp_bytes(partition.tp) + 24 + 18 * partition.acquired.size();
    for (const RecordBatch& batch : partition.batches) size += batch.size_bytes;
  }
  return size;
}

void ShareFetchResponse::append_records(std::vector<RecordId>& records) const {
  for (const Partition& partition : partitions)
    for (const RecordBatch& batch : partition.batches)
      for (std::size_t i = 0; i < batch.records->size(); ++i)
        for (const Acquired& range : partition.acquired)
          if (range.first_offset <= batch.offset_of(i) && batch.offset_of(i) <= range.last_offset)
            records.push_back((*batch.records)[i].id);
}

std::uint64_t ShareAcknowledgeRequest::size_bytes() const {
  return request_header_bytes + 8 + text_bytes(group) + text_bytes(member_id) +
         acknowledgement_bytes(acknowledgements);
}

std::uint64_t ShareAcknowledgeResponse::size_bytes() const {
  std::uint64_t size = response_header_bytes + 4;
  for (const Partition& partition : partitions) size += tp_bytes(partition.tp) + 2;
  return size;
}

std::string share_state_key(const std::string& group, const TopicPartition& tp) {
  return group + ":" + tp.topic + ":" + std::to_string(tp.partition);
}

std::uint64_t ReadShareGroupStateRequest::size_bytes() const {
  return request_header_bytes + 8 + text_bytes(group) + tp_bytes(tp);
}

std::uint64_t ReadShareGroupStateResponse::size_bytes() const {
  return response_header_bytes + 16 + text_bytes(state);
}

std::uint64_t WriteShareGroupStateRequest::size_bytes() const {
  return request_header_bytes + 16 + text_bytes(group) + tp_bytes(tp) + text_bytes(state);
}

std::uint64_t WriteShareGroupStateResponse::size_bytes() const { return response_header_bytes + 8; }

}  // namespace eventarium::kafka
