// See flat_json.h. The grammar is nlohmann's SAX parser, which keeps its own stack and calls us;
// returning false stops it at the first thing that does not belong.
#include "sim/trace/flat_json.h"

#include <nlohmann/json.hpp>

namespace eventarium::trace {
namespace {

using Json = nlohmann::json;

class Handler : public nlohmann::json_sax<Json> {
 public:
  explicit Handler(FlatObject& object) : object_(object) {}
  std::string problem;

  bool null() override { return add(Null{}); }
  bool boolean(bool v) override { return add(v); }
  bool number_integer(number_integer_t v) override { return add(v); }
  bool number_unsigned(number_unsigned_t v) override { return add(v); }
  bool number_float(number_float_t v, const string_t&) override { return add(v); }
  bool string(string_t& v) override { return add(std::move(v)); }
  bool binary(binary_t&) override { return refuse("not a JSON object"); }

  bool start_object(std::size_t) override {
    if (in_object_) return refuse("an object inside the object");
    in_object_ = true;
    return true;
  }
  bool end_object() override { return true; }
  bool key(string_t& v) override {
    object_.members.push_back({std::move(v), Null{}});
    return true;
  }
  bool start_array(std::size_t) override {
    if (!in_object_) return refuse("not a JSON object");
    if (in_list_) return refuse("a list inside a list");
    in_list_ = true;
    object_.members.back().value = std::vector<Scalar>{};
    return true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not a JSON object (cut off or damaged?)");
  }

 private:
  template <class T>
  bool add(T v) {
    if (!in_object_) return refuse("not a JSON object");
    auto& value = object_.members.back().value;
    if (in_list_)
      std::get<std::vector<Scalar>>(value).emplace_back(std::move(v));
    else
      value = std::move(v);
    return true;
  }
  bool refuse(const char* what) {
    problem = what;
    return false;
  }

  FlatObject& object_;
  bool in_object_ = false, in_list_ = false;
};

}  // namespace

const FlatValue* FlatObject::find(std::string_view key) const {
  for (const auto& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::optional<std::string> parse_flat_json(std::string_view text, FlatObject& object) {
  object.members.clear();
  Handler handler(object);
  if (Json::sax_parse(text, &handler)) return std::nullopt;
  return handler.problem.empty() ? "not a JSON object" : handler.problem;
}

}  // namespace eventarium::trace
