// See transaction_metadata.h.
#include "sim/coordinator/transaction_metadata.h"

#include <array>
#include <limits>
#include <utility>

#include "sim/trace/flat_json.h"
#include "sim/trace/json_text.h"

namespace eventarium::kafka {
namespace {

constexpr std::array<std::string_view, 6> state_names = {
    "Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort"};

/// The last ones are kept for fencing (TransactionMetadata.isEpochExhausted).
constexpr std::int16_t last_epoch = std::numeric_limits<std::int16_t>::max() - 2;

TransactionDecision refuse(Error error) {
  TransactionDecision decision;
  decision.error = error;
  return decision;
}

ProducerIdAndEpoch later_epoch(const ProducerIdAndEpoch& producer, int by = 1) {
  return {producer.producer_id, static_cast<std::int16_t>(producer.epoch + by)};
}

/// The transaction is to be ended. With one epoch more, who began it can go on after asking; with
/// two it is fenced, since it can't be told from one that never heard the answer otherwise.
TransactionDecision end(const TransactionMetadata& known, bool commit, int epochs = 1) {
  TransactionDecision decision;
  decision.next = known;
  decision.next->state =
      commit ? TransactionState::prepare_commit : TransactionState::prepare_abort;
  decision.next->producer = later_epoch(known.producer, epochs);
  return decision;
}

std::optional<std::int64_t> integer(const trace::FlatObject& object, std::string_view key) {
  const trace::FlatValue* value = object.find(key);
  if (!value) return std::nullopt;
  if (const auto* natural = std::get_if<std::uint64_t>(value))
    return static_cast<std::int64_t>(*natural);
  if (const auto* negative = std::get_if<std::int64_t>(value)) return *negative;
  return std::nullopt;
}

/// "orders-3", as to_text() writes it.
std::optional<TopicPartition> partition_in(const std::string& text) {
  const std::size_t dash = text.rfind('-');
  if (dash == std::string::npos || dash + 1 == text.size()) return std::nullopt;
  std::int32_t number = 0;
  for (std::size_t i = dash + 1; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9' || number > 1'000'000) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  return TopicPartition{text.substr(0, dash), number};
}

}  // namespace

std::string_view name_of(TransactionState state) {
  return state_names[static_cast<std::size_t>(state)];
}

TransactionDecision decide_init(const TransactionMetadata& known,
                                const InitProducerIdRequest& asked,
                                const std::function<std::int64_t()>& new_id) {
  const bool is_new = known.producer.epoch < 0;
  if (asked.current.producer_id >= 0 && !is_new && asked.current != known.producer)
    return refuse(Error::producer_fenced);
  if (known.is_being_ended()) return refuse(Error::concurrent_transactions);
  if (known.state == TransactionState::ongoing) {
    TransactionDecision decision = end(known, false, 2);
    decision.fences = true;
    decision.error = Error::concurrent_transactions;  // the producer asks again until that is done
    return decision;
  }
  TransactionDecision decision;
  decision.next = known;
  decision.next->state = TransactionState::empty;
  decision.next->partitions.clear();
  decision.next->timeout = asked.transaction_timeout;
  const bool exhausted = known.producer.epoch >= last_epoch;
  decision.next->producer =
      is_new || exhausted ? ProducerIdAndEpoch{new_id(), 0} : later_epoch(known.producer);
  return decision;
}

TransactionDecision decide_add(const TransactionMetadata& known,
                               const AddPartitionsToTxnRequest& asked, SimTime now) {
  if (known.producer.producer_id != asked.producer.producer_id)
    return refuse(Error::invalid_producer_id_mapping);
  if (known.producer.epoch != asked.producer.epoch) return refuse(Error::invalid_producer_epoch);
  if (known.is_being_ended()) return refuse(Error::concurrent_transactions);
  TransactionDecision decision;
  bool has_all = known.state == TransactionState::ongoing;
  for (const TopicPartition& tp : asked.partitions)
    has_all = has_all && known.partitions.contains(tp);
  if (has_all) return decision;
  decision.next = known;
  if (known.state != TransactionState::ongoing) {
    decision.next->partitions.clear();
    decision.next->started = now;
  }
  decision.next->state = TransactionState::ongoing;
  decision.next->partitions.insert(asked.partitions.begin(), asked.partitions.end());
  return decision;
}

TransactionDecision decide_end(const TransactionMetadata& known, const EndTxnRequest& asked) {
  if (known.producer.producer_id != asked.producer.producer_id)
    return refuse(Error::invalid_producer_id_mapping);
  // The answer to the first one was lost: the producer doesn't know of its new epoch.
  const bool has_ended =
      known.state != TransactionState::ongoing && known.state != TransactionState::empty;
  const bool is_repeated = has_ended && known.producer.epoch == asked.producer.epoch + 1;
  if (known.producer.epoch != asked.producer.epoch && !is_repeated)
    return refuse(Error::producer_fenced);
  switch (known.state) {
    case TransactionState::ongoing:
      return end(known, asked.commit);
    case TransactionState::prepare_commit:
    case TransactionState::prepare_abort:
      return refuse(known.commits() == asked.commit ? Error::concurrent_transactions
                                                    : Error::invalid_txn_state);
    case TransactionState::complete_commit:
    case TransactionState::complete_abort:
      if (is_repeated) {
        const bool committed = known.state == TransactionState::complete_commit;
        TransactionDecision decision =
            refuse(committed == asked.commit ? Error::none : Error::invalid_txn_state);
        decision.producer = known.producer;
        return decision;
      }
      [[fallthrough]];
    case TransactionState::empty:
      break;
  }
  // Nothing is open, as far as anybody here knows: an abort only takes another epoch.
  return asked.commit ? refuse(Error::invalid_txn_state) : end(known, false);
}

TransactionDecision decide_timeout(const TransactionMetadata& known, SimTime now) {
  if (known.state != TransactionState::ongoing || now - known.started < known.timeout)
    return refuse(Error::none);
  TransactionDecision decision = end(known, false);
  decision.fences = true;
  return decision;
}

TransactionMetadata completed(const TransactionMetadata& known) {
  TransactionMetadata next = known;
  next.state =
      known.commits() ? TransactionState::complete_commit : TransactionState::complete_abort;
  next.partitions.clear();
  return next;
}

std::string encode(const TransactionMetadata& metadata) {
  const auto number = [](std::string& text, const char* key, std::int64_t value) {
    text += key;
    trace::append_json_number(text, value);
  };
  std::string text = "{\"state\":\"";
  text += name_of(metadata.state);
  number(text, "\",\"producer_id\":", metadata.producer.producer_id);
  number(text, ",\"producer_epoch\":", metadata.producer.epoch);
  number(text, ",\"timeout_ms\":", metadata.timeout / std::chrono::milliseconds(1));
  number(text, ",\"started_ns\":", to_ns(metadata.started));
  text += ",\"partitions\":[";
  bool first = true;
  for (const TopicPartition& tp : metadata.partitions) {
    if (!std::exchange(first, false)) text += ',';
    trace::append_json_string(text, to_text(tp));
  }
  text += "]}";
  return text;
}

std::optional<TransactionMetadata> decode_transaction(const std::string& id,
                                                      const std::string& value) {
  trace::FlatObject object;
  if (trace::parse_flat_json(value, object)) return std::nullopt;
  const auto producer_id = integer(object, "producer_id"),
             epoch = integer(object, "producer_epoch"), timeout_ms = integer(object, "timeout_ms"),
             started_ns = integer(object, "started_ns");
  const trace::FlatValue *state = object.find("state"), *partitions = object.find("partitions");
  const auto* state_name = state ? std::get_if<std::string>(state) : nullptr;
  const auto* list = partitions ? std::get_if<std::vector<trace::Scalar>>(partitions) : nullptr;
  if (!producer_id || !epoch || !timeout_ms || !started_ns || !state_name || !list)
    return std::nullopt;
  TransactionMetadata metadata;
  metadata.id = id;
  metadata.producer = {*producer_id, static_cast<std::int16_t>(*epoch)};
  metadata.timeout = std::chrono::milliseconds(*timeout_ms);
  metadata.started = sim_time_ns(*started_ns);
  std::size_t number = 0;
  while (number < state_names.size() && state_names[number] != *state_name) ++number;
  if (number == state_names.size()) return std::nullopt;
  metadata.state = static_cast<TransactionState>(number);
  for (const trace::Scalar& entry : *list) {
    const auto* text = std::get_if<std::string>(&entry);
    const auto tp = text ? partition_in(*text) : std::nullopt;
    if (!tp) return std::nullopt;
    metadata.partitions.insert(*tp);
  }
  return metadata;
}

}  // namespace eventarium::kafka
