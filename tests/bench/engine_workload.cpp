// One abstract workload through our engines, as a whole process: 10 producers x 10,000 messages
// of 1 KiB -> leader (round robin over 3 brokers) -> 2 followers -> acknowledgements -> producer
// and 3 consumers. 100,000 messages, 900,000 transfers. Prints one line of figures.
//   bench_engine simgrid|lean [messages per producer] [sink]
// `sink` registers an observer, so that every event is made and hashed as in a real run.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "sim/engine/lean_engine.h"
#include "sim/engine/simgrid_engine.h"
#include "sim/trace/fingerprint.h"

namespace {

using namespace eventarium;
using namespace eventarium::engine;

constexpr std::uint32_t producers = 10, brokers = 3, consumers = 3, replicas = 3;
constexpr std::uint64_t record_bytes = 1024, ack_bytes = 64;

enum class Kind : std::uint8_t { produce, replicate, replicated, acknowledge, deliver };

struct Parcel final : Payload {
  Parcel(Kind k, std::uint32_t i) : kind(k), id(i) {}
  std::string_view label() const override { return "Parcel"; }
  Kind kind;
  std::uint32_t id;
};

struct Totals {
  std::uint32_t per_producer = 10'000;
  std::vector<SimTime> born;
  std::vector<std::uint8_t> missing;
  std::uint64_t acknowledged = 0, delivered = 0, transfers = 0;
  double acknowledge_ms = 0, deliver_ms = 0;
};

NodeId broker(std::uint32_t i) { return NodeId{producers + i % brokers}; }
std::uint32_t leader_of(std::uint32_t id) { return (id % producers + id / producers) % brokers; }

class Workload final : public Node {
 public:
  explicit Workload(Totals& totals) : totals_(totals) {}

  void on_start(Runtime& runtime) override {
    const std::uint32_t self = runtime.self().value;
    if (self < producers) runtime.set_timer(Duration{1'000'000LL * self / producers}, Token{});
  }

  void on_timer(Runtime& runtime, Token) override {
    const std::uint32_t self = runtime.self().value;
    const std::uint32_t id = sent_ * producers + self;
    totals_.born[id] = runtime.now();
    send(runtime, broker(self + sent_), Kind::produce, id, record_bytes);
    if (++sent_ < totals_.per_producer) runtime.set_timer(1ms, Token{});
  }

  void on_message(Runtime& runtime, Message message) override {
    const auto& parcel = static_cast<const Parcel&>(*message.payload);
    const std::uint32_t id = parcel.id, leader = leader_of(id);
    switch (parcel.kind) {
      case Kind::produce:
        totals_.missing[id] = replicas - 1;
        for (std::uint32_t r = 1; r < replicas; ++r)
          send(runtime, broker(leader + r), Kind::replicate, id, record_bytes);
        break;
      case Kind::replicate:
        send(runtime, broker(leader), Kind::replicated, id, ack_bytes);
        break;
      case Kind::replicated:
        if (--totals_.missing[id] > 0) break;
        send(runtime, NodeId{id % producers}, Kind::acknowledge, id, ack_bytes);
        for (std::uint32_t c = 0; c < consumers; ++c)
          send(runtime, NodeId{producers + brokers + c}, Kind::deliver, id, record_bytes);
        break;
      case Kind::acknowledge:
        ++totals_.acknowledged;
        totals_.acknowledge_ms += to_ms(runtime.now() - totals_.born[id]);
        break;
      case Kind::deliver:
        ++totals_.delivered;
        totals_.deliver_ms += to_ms(runtime.now() - totals_.born[id]);
        break;
    }
  }

 private:
  void send(Runtime& runtime, NodeId to, Kind kind, std::uint32_t id, std::uint64_t size_bytes) {
    ++totals_.transfers;
    runtime.send(to, std::make_unique<Parcel>(kind, id), size_bytes);
  }

  Totals& totals_;
  std::uint32_t sent_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  if (kind != "simgrid" && kind != "lean") {
    std::fprintf(stderr, "usage: %s simgrid|lean [messages per producer] [sink]\n", argv[0]);
    return 2;
  }
  Totals totals;
  if (argc > 2) totals.per_producer = static_cast<std::uint32_t>(std::atoi(argv[2]));
  const std::uint32_t messages = totals.per_producer * producers;
  totals.born.resize(messages);
  totals.missing.resize(messages);

  std::unique_ptr<Engine> engine;
  if (kind == "simgrid")
    engine = std::make_unique<SimgridEngine>(1);
  else
    engine = std::make_unique<LeanEngine>(1);
  for (std::uint32_t i = 0; i < producers + brokers + consumers; ++i)
    engine->add_node({"node-" + std::to_string(i), "workload", "", {}, {}},
                     std::make_unique<Workload>(totals));
  trace::Fingerprint fingerprint;
  if (argc > 3 && std::strcmp(argv[3], "sink") == 0) engine->add_sink(fingerprint);

  const auto begin = std::chrono::steady_clock::now();
  engine->run_until(sim_time(Duration{1'000'000LL * totals.per_producer} + 1s));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "eventarium-%-8s acks=%llu deliv=%llu xfers=%llu ackms=%.4f dlvms=%.4f wall=%.3f "
      "msg/s=%.0f xfer/s=%.0f rssMB=%.1f\n",
      kind.c_str(), static_cast<unsigned long long>(totals.acknowledged),
      static_cast<unsigned long long>(totals.delivered),
      static_cast<unsigned long long>(totals.transfers),
      totals.acknowledge_ms / static_cast<double>(totals.acknowledged),
      totals.deliver_ms / static_cast<double>(totals.delivered), wall.count(),
      messages / wall.count(), static_cast<double>(totals.transfers) / wall.count(),
      static_cast<double>(usage.ru_maxrss) / 1024.0);
  return 0;
}
