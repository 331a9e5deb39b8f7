// See writer.h. The fields of each event are generated from schema.inl; a node is written by its
// name, and by its number only in the event that declares it (or when it was never declared).
#include "sim/trace/writer.h"

#include <cerrno>

#include "sim/trace/json_text.h"

namespace eventarium::trace {
namespace {

constexpr std::size_t flush_at_bytes = 256 * 1024;

class FieldWriter {
 public:
  FieldWriter(std::string& out, const NodeNames& names) : out_(out), names_(names) {}

  void key(std::string_view name) {
    out_ += out_.back() == '{' ? "\"" : ",\"";
    out_ += name;
    out_ += "\":";
  }
  void value(bool v) { out_ += v ? "true" : "false"; }
  void value(std::int64_t v) { append_json_number(out_, v); }
  void value(std::uint64_t v) { append_json_number(out_, v); }
  void value(double v) { append_json_number(out_, v); }
  void value(std::string_view v) { append_json_string(out_, v); }
  void value(const std::string& v) { append_json_string(out_, v); }
  void value(SimTime v) { append_json_number(out_, to_ns(v)); }
  void value(Duration v) { append_json_number(out_, v.count()); }
  void value(NodeId v) {
    if (v.valid() && v.value < names_.size())
      append_json_string(out_, names_.name(v));
    else
      append_json_number(out_, std::uint64_t{v.value});
  }
  template <class Tag, class Rep, Rep None>
  void value(Id<Tag, Rep, None> v) {
    append_json_number(out_, std::uint64_t{v.value});
  }
  template <class T>
  void value(const std::vector<T>& list) {
    out_ += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ',';
      value(list[i]);
    }
    out_ += ']';
  }

 private:
  std::string& out_;
  const NodeNames& names_;
};

void write_body(FieldWriter& writer, const std::monostate&) { (void)writer; }

void write_body(FieldWriter& writer, const NodeDeclared& declared) {
  visit_fields(declared, [&](const char* name, const auto& value) {
    writer.key(name);
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, NodeId>)
      writer.value(std::uint64_t{value.value});
    else
      writer.value(value);
  });
}

template <class Body>
void write_body(FieldWriter& writer, const Body& body) {
  visit_fields(body, [&](const char* name, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, NodeId>)
      if (!value.valid()) return;
    writer.key(name);
    writer.value(value);
  });
}

}  // namespace

std::string header_line(const Header& header) {
  std::string out = "{";
  const NodeNames no_names;
  FieldWriter writer(out, no_names);
  writer.key("eventarium_trace");
  writer.value(std::int64_t{header.version});
  writer.key("scenario");
  writer.value(header.scenario);
  writer.key("title");
  writer.value(header.title);
  writer.key("seed");
  writer.value(header.seed);
  writer.key("engine");
  writer.value(header.engine);
  writer.key("build");
  writer.value(header.build);
  out += '}';
  return out;
}

void append_event_line(std::string& out, const Event& event, const NodeNames& names) {
  FieldWriter writer(out, names);
  out += '{';
  writer.key("id");
  writer.value(event.id);
  writer.key("t");
  writer.value(event.t);
  writer.key("type");
  writer.value(wire_name(event.body));
  if (event.node.valid()) {
    writer.key("node");
    writer.value(event.node);
  }
  if (event.cause.valid()) {
    writer.key("cause");
    writer.value(event.cause);
  }
  trace::visit([&](const auto& body) { write_body(writer, body); }, event.body);
  out += '}';
}

Writer::Writer(std::FILE* file, const Header& header) : file_(file) {
  buffer_.reserve(flush_at_bytes + 4096);
  write_line(header_line(header));
  flush();
}

Writer::~Writer() { flush(); }

void Writer::on_event(const Event& event) {
  names_.apply(event);
  if (!ok()) return;
  append_event_line(buffer_, event, names_);
  buffer_ += '\n';
  if (buffer_.size() >= flush_at_bytes) flush();
}

void Writer::write_line(std::string_view json) {
  if (!ok()) return;
  buffer_ += json;
  buffer_ += '\n';
}

void Writer::flush() {
  if (ok() && !buffer_.empty()) {
    errno = 0;
    const bool written = std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size() &&
                         std::fflush(file_) == 0;
    if (!written) error_ = errno != 0 ? errno : EIO;
  }
  buffer_.clear();
}

}  // namespace eventarium::trace
