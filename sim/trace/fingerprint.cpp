#include "sim/trace/fingerprint.h"

#include <bit>

#include <fmt/format.h>

namespace eventarium::trace {
namespace {

struct FieldHasher {
  Hash64& hash;

  void value(bool v) { hash.add(std::uint64_t{v}); }
  void value(std::int64_t v) { hash.add(static_cast<std::uint64_t>(v)); }
  void value(std::uint64_t v) { hash.add(v); }
  void value(double v) { hash.add(std::bit_cast<std::uint64_t>(v)); }
  void value(const std::string& v) { hash.add(std::string_view(v)); }
  void value(SimTime v) { value(to_ns(v)); }
  void value(Duration v) { value(to_ns(v)); }
  template <class Tag, class Rep, Rep None>
  void value(Id<Tag, Rep, None> v) {
    hash.add(std::uint64_t{v.value});
  }
  template <class T>
  void value(const std::vector<T>& list) {
    hash.add(static_cast<std::uint64_t>(list.size()));
    for (const auto& item : list) value(item);
  }
};

}  // namespace

void Fingerprint::on_event(const Event& event) {
  if (event.as<RunEnded>()) return;
  ++events_;
  FieldHasher hasher{hash_};
  hash_.add(event.body.index());
  hasher.value(event.id);
  hasher.value(event.t);
  hasher.value(event.node);
  hasher.value(event.cause);
  visit(
      [&](const auto& body) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(body)>, std::monostate>)
          visit_fields(body, [&](const char*, const auto& value) { hasher.value(value); });
      },
      event.body);
}

std::string Fingerprint::text() const { return fmt::format("{:016x}", hash_.value()); }

}  // namespace eventarium::trace
