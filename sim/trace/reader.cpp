// See reader.h. Decoding of each event's fields is generated from schema.inl: a field that is
// missing, unknown, twice there or of another type is an error that names it.
#include "sim/trace/reader.h"

#include <array>
#include <cstdio>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "sim/trace/flat_json.h"

namespace eventarium::trace {
namespace {

/// Takes the members of one line out of a FlatObject, one by one, and remembers the first error.
class FieldReader {
 public:
  FieldReader(FlatObject& object, const NodeNames& names)
      : object_(object), names_(names), used_(object.members.size(), false) {}

  std::string problem;

  template <class T>
  void required(std::string_view key, T& out) {
    if (FlatValue* found = take(key))
      convert(key, *found, out);
    else
      fail(fmt::format("field '{}' is missing", key));
  }
  template <class T>
  void optional(std::string_view key, T& out) {
    if (FlatValue* found = take(key)) convert(key, *found, out);
  }
  /// A reference to another node may be absent: none.
  void field(std::string_view key, NodeId& out) { optional(key, out); }
  template <class T>
  void field(std::string_view key, T& out) {
    required(key, out);
  }
  void reject_unused() {
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i])
        fail(fmt::format("field '{}' is unknown or there twice", object_.members[i].key));
  }

 private:
  FlatValue* take(std::string_view key) {
    const std::size_t count = object_.members.size();
    for (std::size_t step = 0; step < count; ++step) {
      const std::size_t i = (next_ + step) % count;  // fields usually come in the schema's order
      if (used_[i] || object_.members[i].key != key) continue;
      used_[i] = true;
      next_ = i + 1;
      return &object_.members[i].value;
    }
    return nullptr;
  }
  void fail(std::string message) {
    if (problem.empty()) problem = std::move(message);
  }
  void mistyped(std::string_view key, const char* wanted) {
    fail(fmt::format("field '{}' is not {}", key, wanted));
  }

  template <class Value>
  void convert(std::string_view key, Value& v, bool& out) {
    if (const bool* flag = std::get_if<bool>(&v))
      out = *flag;
    else
      mistyped(key, "true or false");
  }
  template <class Value>
  void convert(std::string_view key, Value& v, std::uint64_t& out) {
    if (const auto* number = std::get_if<std::uint64_t>(&v))
      out = *number;
    else
      mistyped(key, "a number of 0 or more");
  }
  template <class Value>
  void convert(std::string_view key, Value& v, std::int64_t& out) {
    constexpr std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
    const auto* unsigned_number = std::get_if<std::uint64_t>(&v);
    if (const auto* number = std::get_if<std::int64_t>(&v))
      out = *number;
    else if (unsigned_number && *unsigned_number <= limit)
      out = static_cast<std::int64_t>(*unsigned_number);
    else
      mistyped(key, "a whole number");
  }
  template <class Value>
  void convert(std::string_view key, Value& v, double& out) {
    const auto* text = std::get_if<std::string>(&v);
    if (const auto* real = std::get_if<double>(&v))
      out = *real;
    else if (const auto* large = std::get_if<std::uint64_t>(&v))
      out = static_cast<double>(*large);
    else if (const auto* number = std::get_if<std::int64_t>(&v))
      out = static_cast<double>(*number);
    else if (text && *text == "NaN")
      out = std::numeric_limits<double>::quiet_NaN();
    else if (text && *text == "Infinity")
      out = std::numeric_limits<double>::infinity();
    else if (text && *text == "-Infinity")
      out = -std::numeric_limits<double>::infinity();
    else
      mistyped(key, "a number");
  }
  template <class Value>
  void convert(std::string_view key, Value& v, std::string& out) {
    if (auto* text = std::get_if<std::string>(&v))
      out = std::move(*text);
    else
      mistyped(key, "a text");
  }
  template <class Value>
  void convert(std::string_view key, Value& v, SimTime& out) {
    std::int64_t ns = 0;
    convert(key, v, ns);
    out = sim_time_ns(ns);
  }
  template <class Value>
  void convert(std::string_view key, Value& v, Duration& out) {
    std::int64_t ns = 0;
    convert(key, v, ns);
    out = Duration{ns};
  }
  template <class Value>
  void convert(std::string_view key, Value& v, NodeId& out) {
    if (const auto* name = std::get_if<std::string>(&v)) {
      if (const auto found = names_.find(*name))
        out = *found;
      else
        fail(fmt::format("field '{}' names the node '{}', which was never declared", key, *name));
      return;
    }
    const auto* number = std::get_if<std::uint64_t>(&v);
    if (number && *number <= NodeId::none_value)
      out = NodeId{static_cast<std::uint32_t>(*number)};
    else
      mistyped(key, "a node");
  }
  template <class Value, class Tag, class Rep, Rep None>
  void convert(std::string_view key, Value& v, Id<Tag, Rep, None>& out) {
    convert(key, v, out.value);
  }
  template <class Value, class T>
  void convert(std::string_view key, Value& v, std::vector<T>& out) {
    auto* list = std::get_if<std::vector<Scalar>>(&v);
    if (!list) return mistyped(key, "a list");
    out.resize(list->size());
    for (std::size_t i = 0; i < out.size(); ++i) convert(key, (*list)[i], out[i]);
  }

  FlatObject& object_;
  const NodeNames& names_;
  std::vector<bool> used_;
  std::size_t next_ = 0;
};

template <class Body>
void read_body(FieldReader& reader, EventBody& out) {
  Body body;
  visit_fields(body, [&](const char* name, auto& value) { reader.field(name, value); });
  out = std::move(body);
}

struct BodyReader {
  std::string_view wire_name;
  void (*read)(FieldReader&, EventBody&);
};

constexpr BodyReader body_readers[] = {
#define EVENT_BEGIN(Name, wire, doc) {#wire, &read_body<Name>},
#define FIELD(Type, name, doc)
#define EVENT_END(Name)
#include "sim/trace/schema.inl"
#undef EVENT_BEGIN
#undef FIELD
#undef EVENT_END
};

std::variant<Header, std::string> decode_header(FlatObject& object) {
  const NodeNames no_names;
  FieldReader reader(object, no_names);
  Header header;
  std::int64_t version = 0;
  reader.required("eventarium_trace", version);
  if (!reader.problem.empty()) return std::string("not a trace: the first line is no header");
  if (version != format_version)
    return fmt::format("trace format {} is not {}, the one this program reads", version,
                       format_version);
  reader.required("scenario", header.scenario);
  reader.required("title", header.title);
  reader.required("seed", header.seed);
  reader.required("engine", header.engine);
  reader.required("build", header.build);
  reader.reject_unused();
  if (!reader.problem.empty()) return reader.problem;
  return header;
}

}  // namespace

std::variant<Header, Event, Reached, std::string> LineReader::decode(std::string_view line) {
  FlatObject object;
  if (auto problem = parse_flat_json(line, object)) return *problem;
  if (line_ == 1) {
    auto header = decode_header(object);
    if (auto* problem = std::get_if<std::string>(&header)) return *problem;
    return std::get<Header>(header);
  }
  FieldReader reader(object, names_);
  if (object.members.size() == 1 && object.members[0].key == "reached") {
    Reached reached;
    reader.required("reached", reached.t);
    if (!reader.problem.empty()) return reader.problem;
    return reached;
  }
  Event event;
  std::string type;
  reader.required("id", event.id);
  reader.required("t", event.t);
  reader.required("type", type);
  reader.optional("node", event.node);
  reader.optional("cause", event.cause);
  if (!reader.problem.empty()) return reader.problem;
  for (const auto& known : body_readers)
    if (known.wire_name == type) known.read(reader, event.body);
  if (event.body.index() == 0) return fmt::format("unknown event type '{}'", type);
  reader.reject_unused();
  if (!reader.problem.empty()) return fmt::format("{}: {}", type, reader.problem);
  if (auto problem = check_order(event); !problem.empty()) return problem;
  return event;
}

std::string LineReader::check_order(const Event& event) {
  if (event.id.value != last_event_.value + 1)
    return fmt::format("event {} where {} should be", event.id.value, last_event_.value + 1);
  if (event.t < last_time_) return fmt::format("event {} goes back in time", event.id.value);
  if (event.cause >= event.id)
    return fmt::format("event {} is caused by a later one", event.id.value);
  if (const auto* declared = event.as<NodeDeclared>()) {
    if (declared->index.value != names_.size())
      return fmt::format("node {} where {} should be declared", declared->index.value,
                         names_.size());
    if (names_.find(declared->name)) return fmt::format("node '{}' twice", declared->name);
    names_.apply(event);
  }
  last_event_ = event.id;
  last_time_ = event.t;
  return {};
}

LineReader::Result LineReader::read(std::string_view line) {
  if (error_) return *error_;
  ++line_;
  auto decoded = decode(line);
  if (const auto* problem = std::get_if<std::string>(&decoded)) {
    error_ = ReadError{line_, *problem};
    return *error_;
  }
  if (auto* header = std::get_if<Header>(&decoded)) return std::move(*header);
  if (auto* reached = std::get_if<Reached>(&decoded)) return *reached;
  return std::get<Event>(std::move(decoded));
}

TraceFile read_trace(std::string_view text) {
  TraceFile file;
  LineReader reader;
  if (text.empty()) file.warning = ReadError{1, "the trace is empty"};
  while (!text.empty() && !file.warning) {
    const std::size_t end = text.find('\n');
    auto result = reader.read(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (auto* header = std::get_if<Header>(&result)) {
      file.header = std::move(*header);
    } else if (const auto* reached = std::get_if<Reached>(&result)) {
      file.reached = std::max(file.reached, reached->t);
    } else if (auto* event = std::get_if<Event>(&result)) {
      file.reached = std::max(file.reached, event->t);
      if (event->as<RunEnded>()) file.complete = true;
      file.events.push_back(std::move(*event));
    } else {
      file.warning = std::get<ReadError>(result);
    }
  }
  file.names = reader.names();
  return file;
}

TraceFile read_trace_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  TraceFile unreadable;
  unreadable.warning = ReadError{0, fmt::format("{}: can't be read", path)};
  if (!file) return unreadable;
  std::string text;
  std::array<char, 65536> block;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get()))
    text.append(block.data(), count);
  if (std::ferror(file.get())) return unreadable;
  return read_trace(text);
}

}  // namespace eventarium::trace
