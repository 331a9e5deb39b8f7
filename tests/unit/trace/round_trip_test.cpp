// What is written is what is read, for every event of the schema; and what is cut off or damaged
// is read up to the last whole event.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "sim/trace/fingerprint.h"
#include "sim/trace/reader.h"
#include "sim/trace/writer.h"
#include "tests/unit/trace/trace_generator.h"

namespace eventarium::trace {
namespace {

std::string written(const Header& header, const std::vector<Event>& events) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* memory = open_memstream(&text, &size);
  {
    Writer writer(memory, header);
    for (const Event& event : events) writer.on_event(event);
    writer.flush();
    CHECK(writer.ok());
  }
  std::fclose(memory);
  std::string result(text, size);
  std::free(text);
  return result;
}

std::string fingerprint(const std::vector<Event>& events) {
  Fingerprint result;
  for (const Event& event : events) result.on_event(event);
  return result.text();
}

TEST_CASE("any trace reads back as it was written") {
  CHECK(rc::check("round trip", [](std::uint64_t seed) {
    TraceGenerator generator(seed);
    const Header header = generator.header();
    const auto events = generator.events(seed % 120);
    const TraceFile file = read_trace(written(header, events));
    if (file.warning) RC_LOG() << file.warning->line << ": " << file.warning->message;
    RC_ASSERT(!file.warning);
    RC_ASSERT(file.header == header);
    RC_ASSERT(file.events == events);
    RC_ASSERT(fingerprint(file.events) == fingerprint(events));
  }));
}

TEST_CASE("every type of event occurs in generated traces") {
  std::vector<bool> seen(event_table().size() + 1, false);
  for (const Event& event : TraceGenerator(1).events(2000)) seen[event.body.index()] = true;
  for (std::size_t i = 1; i < seen.size(); ++i)
    CHECK_MESSAGE(seen[i], event_table()[i - 1].wire_name);
}

TEST_CASE("a trace cut off at any byte is read up to the last whole event") {
  TraceGenerator generator(7);
  const Header header = generator.header();
  const auto events = generator.events(60);
  const std::string text = written(header, events);
  std::size_t lines_before = 0;  // complete lines in text[0, cut)
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    if (cut > 0 && text[cut - 1] == '\n') ++lines_before;
    const TraceFile file = read_trace(std::string_view(text).substr(0, cut));
    const bool whole_line_without_end = text[cut] == '\n';
    const std::size_t lines = lines_before + (whole_line_without_end ? 1 : 0);
    REQUIRE(file.events.size() == (lines == 0 ? 0 : lines - 1));
    REQUIRE(std::equal(file.events.begin(), file.events.end(), events.begin()));
    const bool at_line_end = cut > 0 && (text[cut - 1] == '\n' || whole_line_without_end);
    REQUIRE(file.warning.has_value() == !at_line_end);
    if (file.warning) REQUIRE(file.warning->line == lines_before + 1);
  }
}

TEST_CASE("damage anywhere never crashes the reader and keeps what was before it") {
  CHECK(rc::check("damage", [](std::uint64_t seed) {
    TraceGenerator generator(seed);
    const Header header = generator.header();
    const auto events = generator.events(30);
    std::string text = written(header, events);
    RandomStream random(seed, "damage");
    const std::size_t place = random.below(text.size());
    for (std::uint64_t i = random.below(6) + 1; i > 0; --i)
      text[(place + i) % text.size()] = static_cast<char>(random.below(256));
    const TraceFile file = read_trace(text);
    std::size_t whole = 0;
    for (std::size_t i = 0; i < place; ++i) whole += text[i] == '\n' ? 1 : 0;
    if (place + 6 < text.size()) RC_ASSERT(file.events.size() + 1 >= whole);
  }));
}

TEST_CASE("bytes that are not UTF-8 are replaced, so that the line stays JSON") {
  Event event;
  event.id = EventId{1};
  event.body = ClientWarning{.text = "a\xff\xc3(\xed\xa0\x80z"};
  const TraceFile file = read_trace(written({}, {event}));
  REQUIRE(!file.warning);
  const std::string bad = "\xef\xbf\xbd";
  CHECK(file.events[0].as<ClientWarning>()->text == "a" + bad + bad + "(" + bad + bad + bad + "z");
}

TEST_CASE("the line of an event is what the header promises") {
  NodeNames names;
  names.declare(NodeId{0}, "website");
  names.declare(NodeId{1}, "broker-1");
  Event event{EventId{9}, sim_time(5ms), NodeId{0}, EventId{8},
              MessageSent{MessageId{1}, NodeId{1}, "Produce", 120, {RecordId{3}, RecordId{4}}}};
  std::string line;
  append_event_line(line, event, names);
  CHECK(line ==
        R"({"id":9,"t":5000000,"type":"message_sent","node":"website","cause":8,"message":1,)"
        R"("destination":"broker-1","label":"Produce","size_bytes":120,"records":[3,4]})");
}

TEST_CASE("a writer whose file is full says so and goes on quietly") {
  std::FILE* full = std::fopen("/dev/full", "w");
  REQUIRE(full);
  {
    Writer writer(full, {});
    CHECK(!writer.ok());
    writer.on_event(Event{});
    writer.flush();
    CHECK(!writer.ok());
    CHECK(writer.error() == ENOSPC);
  }
  std::fclose(full);
}

}  // namespace
}  // namespace eventarium::trace
