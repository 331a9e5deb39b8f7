// Random events generated from the schema: see trace_builder.h.
#include "trace_builder.h"

#include <variant>

namespace eventarium::viz::testing {
namespace {

constexpr std::uint32_t node_count = 7;

struct RandomFields {
  RandomStream& random;

  void operator()(std::string_view, bool& out) { out = random.chance(0.5); }
  void operator()(std::string_view, std::int64_t& out) {
    out = static_cast<std::int64_t>(random.below(6)) - 1;
  }
  void operator()(std::string_view, std::uint64_t& out) { out = random.below(6); }
  void operator()(std::string_view, double& out) { out = random.unit(); }
  void operator()(std::string_view name, std::string& out) {
    if (name == "topic") out = random.chance(0.5) ? "orders" : "payments";
    if (name == "fault") out = random.chance(0.5) ? "latency" : "link_down";
    if (name == "outcome") out = random.chance(0.5) ? "ok" : "ignored";
    if (name == "effect") out = random.chance(0.5) ? "invoice" : "parcel";
    if (name == "group") out = random.chance(0.5) ? "billing" : "mail";
    if (name == "member") out = random.chance(0.5) ? "one" : "two";
    if (name == "state") out = random.chance(0.5) ? "Stable" : "PreparingRebalance";
    if (name == "partitions") out = random.chance(0.5) ? "orders-0 payments-1" : "";
    if (name == "transactional_id") out = random.chance(0.5) ? "tx" : "other";
    if (name == "control") out = random.chance(0.7) ? "" : "commit";
    if (name == "idempotency_key") out = random.chance(0.5) ? "invoice:1" : "invoice:2";
    if (name == "channel") out = random.chance(0.5) ? "kafka" : "queue";
  }
  void operator()(std::string_view, SimTime& out) {
    out = sim_time(Duration{static_cast<std::int64_t>(random.below(1000))});
  }
  void operator()(std::string_view, Duration& out) {
    out = Duration{static_cast<std::int64_t>(random.below(100'000'000))};
  }
  void operator()(std::string_view, NodeId& out) {
    out = NodeId{static_cast<std::uint32_t>(random.below(node_count))};
  }
  void operator()(std::string_view, MessageId& out) { out = MessageId{1 + random.below(60)}; }
  void operator()(std::string_view, RecordId& out) { out = RecordId{1 + random.below(40)}; }
  void operator()(std::string_view, std::vector<NodeId>& out) {
    out.resize(random.below(4));
    for (NodeId& id : out) (*this)("", id);
  }
  void operator()(std::string_view, std::vector<RecordId>& out) {
    out.resize(random.below(4));
    for (RecordId& id : out) (*this)("", id);
  }
};

/// The schema's entry of that place, counted from 0.
trace::EventBody body_number(std::size_t wanted, RandomFields& fields) {
#define EVENT_BEGIN(Name, wire, doc)    \
  if (wanted-- == 0) {                  \
    trace::Name event;                  \
    trace::visit_fields(event, fields); \
    return event;                       \
  }
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
  return {};
}

}  // namespace

void append_random_events(TraceBuilder& trace, std::uint64_t seed, int count) {
  RandomStream random(seed, "trace");
  RandomFields fields{random};
  for (const char* role :
       {"producer", "producer", "broker", "queue", "station", "service", "consumer"})
    trace.declare(role, role + std::to_string(trace.events.size()));
  constexpr std::size_t kinds = static_cast<std::size_t>(trace::EventNumber::count) - 1;
  for (int i = 0; i < count; ++i) {
    if (random.chance(0.7))
      trace.now += Duration{static_cast<std::int64_t>(random.below(5'000'000))};
    const NodeId node{static_cast<std::uint32_t>(random.below(node_count))};
    const EventId cause{random.below(trace.events.size() + 1)};
    trace.add(node, body_number(random.below(kinds), fields), cause);
  }
}

}  // namespace eventarium::viz::testing
