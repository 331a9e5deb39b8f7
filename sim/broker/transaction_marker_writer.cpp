#include "sim/broker/transaction_marker_writer.h"

#include <memory>
#include <utility>
#include <vector>

namespace eventarium::kafka {
namespace {

/// How long a marker may wait for the in-sync replicas: request.timeout.ms of brokers.
constexpr Duration append_timeout = 30s;
/// Key: version and type; value: version and the coordinator's epoch.
constexpr std::uint32_t control_record_size_bytes = 4 + 6;

}  // namespace

RecordBatch make_marker(engine::Runtime& runtime, const WriteTxnMarkersRequest::Marker& marker) {
  auto event = std::make_shared<CloudEvent>();
  event->source = runtime.name();
  event->type = marker.commit ? "COMMIT" : "ABORT";
  event->time = runtime.now();
  auto records = std::make_shared<std::vector<Record>>();
  records->push_back({runtime.new_record(), std::move(event), control_record_size_bytes});
  RecordBatch batch;
  batch.max_timestamp = runtime.now();
  batch.size_bytes = batch_header_size_bytes + record_size_bytes(records->front(), 0, 0);
  batch.records = std::move(records);
  batch.producer = {marker.producer.producer_id, marker.coordinator_epoch, marker.producer.epoch,
                    true, marker.commit ? Control::commit : Control::abort};
  return batch;
}

void TransactionMarkerWriter::start(engine::Runtime&, BrokerServices& services) {
  services_ = &services;
}

void TransactionMarkerWriter::stop(engine::Runtime&, engine::StopReason) {
  asked_.clear();
  appends_.clear();
}

bool TransactionMarkerWriter::handle(engine::Runtime& runtime, RequestTicket ticket,
                                     const engine::Message& message) {
  const auto* request = message.as<WriteTxnMarkersRequest>();
  if (!request) return false;
  const std::uint64_t number = ++last_request_;
  asked_[number] = {ticket, request->header, {}, 0};
  for (const WriteTxnMarkersRequest::Marker& marker : request->markers)
    for (const TopicPartition& tp : marker.partitions) write(runtime, number, marker, tp);
  if (asked_.at(number).waiting == 0) answer(runtime, number);
  return true;
}

void TransactionMarkerWriter::write(engine::Runtime& runtime, std::uint64_t request,
                                    const WriteTxnMarkersRequest::Marker& marker,
                                    const TopicPartition& tp) {
  Asked& asked = asked_.at(request);
  asked.answers.push_back({marker.producer.producer_id, tp, Error::none});
  // Planted: says so, and writes nothing.
  if (planted_.has(PlantedFault::marker_lost_for_partition) && tp.partition == 0) return;
  ++asked.waiting;
  appends_[++last_append_] = {request, asked.answers.size() - 1, marker.producer, marker.commit};
  services_->append(runtime, tp, make_marker(runtime, marker), append_timeout, last_append_);
}

void TransactionMarkerWriter::on_appended(engine::Runtime& runtime, std::uint64_t token,
                                          Error error) {
  const auto found = appends_.find(token);
  if (found == appends_.end()) return;
  const Append append = found->second;
  appends_.erase(found);
  Asked& asked = asked_.at(append.request);
  WriteTxnMarkersResponse::Partition& answered = asked.answers[append.answer];
  answered.error = error;
  if (error == Error::none) written_(runtime, answered.tp, append.producer, append.commit);
  if (--asked.waiting == 0) answer(runtime, append.request);
}

void TransactionMarkerWriter::answer(engine::Runtime& runtime, std::uint64_t request) {
  Asked asked = std::move(asked_.at(request));
  asked_.erase(request);
  auto response = std::make_unique<WriteTxnMarkersResponse>();
  response->partitions = std::move(asked.answers);
  services_->respond(runtime, asked.ticket, asked.header, std::move(response));
}

}  // namespace eventarium::kafka
