// Random but well-formed traces, generated from the schema list: the same macro that makes the
// structs fills them, so that a new event is covered the moment it is added.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "sim/base/random.h"
#include "sim/trace/event.h"
#include "sim/trace/header.h"

namespace eventarium::trace {

class TraceGenerator {
 public:
  explicit TraceGenerator(std::uint64_t seed) : random_(seed, "trace-generator") {}

  Header header() { return {format_version, text(), text(), random_.next(), "lean", text()}; }

  std::vector<Event> events(std::size_t count) {
    std::vector<Event> result;
    SimTime t{};
    for (std::size_t i = 0; i < count; ++i) {
      Event event;
      event.id = EventId{i + 1};
      t += Duration{static_cast<std::int64_t>(random_.below(5'000'000))};
      event.t = t;
      event.cause = EventId{random_.below(i + 1)};
      event.node = node();
      event.body = body();
      if (auto* declared = event.body.as<NodeDeclared>()) {
        declared->index = NodeId{nodes_++};
        declared->name = "node-" + std::to_string(nodes_) + text();
      }
      result.push_back(std::move(event));
    }
    return result;
  }

 private:
  EventBody body() {
    std::uint64_t pick = random_.below(event_table().size());
#define EVENT_BEGIN(Name, wire, doc) \
  if (pick-- == 0) {                 \
    Name made;
#define FIELD(Type, name, doc) fill(made.name);
#define EVENT_END(Name) \
  return made;          \
  }
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
    return {};
  }

  void fill(bool& v) { v = random_.chance(0.5); }
  void fill(std::uint64_t& v) { v = random_.next() >> random_.below(64); }
  void fill(std::int64_t& v) {
    v = static_cast<std::int64_t>(random_.next()) >> random_.below(64);
    if (random_.chance(0.02)) v = std::numeric_limits<std::int64_t>::min();
  }
  void fill(double& v) {
    const double special[] = {0.0,
                              -0.0,
                              1e9,
                              0.1,
                              -1e300,
                              5e-324,
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity()};
    v = random_.chance(0.5) ? special[random_.below(8)] : random_.normal(0, 1e6);
  }
  void fill(std::string& v) { v = text(); }
  void fill(SimTime& v) {
    std::int64_t ns = 0;
    fill(ns);
    v = sim_time_ns(ns);
  }
  void fill(Duration& v) {
    std::int64_t ns = 0;
    fill(ns);
    v = Duration{ns};
  }
  void fill(NodeId& v) { v = node(); }
  template <class Tag, class Rep, Rep None>
  void fill(Id<Tag, Rep, None>& v) {
    v = Id<Tag, Rep, None>{random_.next()};
  }
  template <class T>
  void fill(std::vector<T>& v) {
    v.resize(random_.below(4));
    for (auto& item : v) fill(item);
  }

  NodeId node() {
    const std::uint64_t pick = random_.below(nodes_ + 1);
    return pick == nodes_ ? NodeId{} : NodeId{static_cast<std::uint32_t>(pick)};
  }
  /// Everything that needs care in JSON, and characters of one to four bytes.
  std::string text() {
    const char* const parts[] = {"a",  "Z", "0", " ",    "\"",   "\\", "/", "\n", "\r",
                                 "\t", "{", "}", "\x01", "\x7f", "é",  "µ", "→",  "😀"};
    std::string result;
    for (std::uint64_t i = random_.below(12); i > 0; --i) result += parts[random_.below(18)];
    if (random_.chance(0.1)) result += '\0';
    return result;
  }

  RandomStream random_;
  std::uint32_t nodes_ = 0;
};

}  // namespace eventarium::trace
