#include "sim/controller/zk_protocol.h"

namespace eventarium::kafka {

std::string_view PushRequest::label() const {
  switch (push->kind) {
    case Push::Kind::leader_and_isr:
      return "LeaderAndIsr";
    case Push::Kind::update_metadata:
      return "UpdateMetadata";
    case Push::Kind::stop_replica:
      return "StopReplica";
  }
  return "?";
}

std::uint64_t PushRequest::size_bytes() const {
  std::uint64_t size = 60 + 40 * push->live_brokers.size();
  for (const Push::Partition& partition : push->partitions) {
    size += partition.tp.topic.size() + 34;
    if (partition.state)
      size += 4 * (partition.state->replicas.size() + partition.state->isr.size());
  }
  return size;
}

std::string_view PushResponse::label() const {
  switch (kind) {
    case Push::Kind::leader_and_isr:
      return "LeaderAndIsrResponse";
    case Push::Kind::update_metadata:
      return "UpdateMetadataResponse";
    case Push::Kind::stop_replica:
      return "StopReplicaResponse";
  }
  return "?";
}

std::uint64_t ControlledShutdownResponse::size_bytes() const {
  std::uint64_t size = 20;
  for (const TopicPartition& tp : remaining) size += tp.topic.size() + 8;
  return size;
}

}  // namespace eventarium::kafka
