#include "sim/controller/raft_protocol.h"

namespace eventarium::kafka {

std::uint64_t FetchMetadataResponse::size_bytes() const {
  constexpr std::uint64_t batch_header_bytes = 61;
  std::uint64_t size = 90 + (entries.empty() ? 0 : batch_header_bytes);
  for (const auto& entry : entries) size += kafka::size_bytes(entry->noted.record);
  return size;
}

const RaftResponse* raft_response_in(const engine::Message& message) {
  if (const auto* fetched = message.as<FetchMetadataResponse>()) return fetched;
  if (const auto* vote = message.as<VoteResponse>()) return vote;
  if (const auto* begun = message.as<BeginQuorumEpochResponse>()) return begun;
  return message.as<EndQuorumEpochResponse>();
}

}  // namespace eventarium::kafka
