// How many events a second the trace writer takes, on the mix of events of a real Kafka run
// (per record: produced, batched, sent, arrived, appended, acknowledged, delivered, processed).
#include <benchmark/benchmark.h>

#include <cstdio>
#include <vector>

#include "sim/trace/fingerprint.h"
#include "sim/trace/writer.h"

namespace {

using namespace eventarium;
using namespace eventarium::trace;

std::vector<Event> typical_events() {
  std::vector<Event> events;
  const auto add = [&](EventBody body) {
    const std::uint64_t id = events.size() + 1;
    events.push_back({EventId{id}, sim_time_ns(static_cast<std::int64_t>(id) * 15'403), NodeId{0},
                      EventId{id - 1}, std::move(body)});
  };
  add(NodeDeclared{NodeId{0}, "website", "producer", "acks=1", 1e9, 125e6, 50us});
  add(NodeDeclared{NodeId{1}, "broker-1", "broker", "", 1e9, 125e6, 50us});
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    const RecordId record{n};
    const auto offset = static_cast<std::int64_t>(n);
    add(RecordProduced{record, "subscriber-" + std::to_string(n), "NewSubscriber",
                       "ada@example.org", true, "subscribers",
                       R"({"email":"ada@example.org","plan":"free"})", 63});
    add(RecordBatched{record, "subscribers", 2, "key", n});
    add(MessageSent{MessageId{2 * n}, NodeId{1}, "Produce", 231, {record}});
    add(MessageArrived{MessageId{2 * n}});
    add(BatchAppended{"subscribers", 2, offset, {record}, 0, 139});
    add(HighWatermarkAdvanced{"subscribers", 2, offset + 1});
    add(RecordsAcknowledged{{record}, "subscribers", 2, offset});
    add(RecordsDelivered{{record}, "subscribers", 2, offset, 1});
    add(ProcessingStarted{record, 120ms});
    add(SideEffectDone{record, "welcome-email", "welcome-email:subscriber-" + std::to_string(n),
                       "welcome email to ada@example.org", 1});
    add(ProcessingFinished{record, "ok"});
  }
  return events;
}

void count_events(benchmark::State& state, std::size_t events) {
  state.counters["events/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(events),
                         benchmark::Counter::kIsRate);
}

void write_trace(benchmark::State& state) {
  const auto events = typical_events();
  std::FILE* file = std::tmpfile();
  for (auto _ : state) {
    std::rewind(file);
    Writer writer(file, Header{});
    for (const Event& event : events) writer.on_event(event);
    writer.flush();
    if (!writer.ok()) state.SkipWithError("the file can't be written");
  }
  std::fclose(file);
  count_events(state, events.size());
}
BENCHMARK(write_trace)->Unit(benchmark::kMillisecond);

void fingerprint(benchmark::State& state) {
  const auto events = typical_events();
  for (auto _ : state) {
    Fingerprint print;
    for (const Event& event : events) print.on_event(event);
    benchmark::DoNotOptimize(print.text());
  }
  count_events(state, events.size());
}
BENCHMARK(fingerprint)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
