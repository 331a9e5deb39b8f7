#include "sim/trace/node_names.h"

namespace eventarium::trace {

void NodeNames::apply(const Event& event) {
  if (const auto* declared = event.as<NodeDeclared>()) declare(declared->index, declared->name);
}

void NodeNames::declare(NodeId id, std::string name) {
  if (!id.valid()) return;  // of a damaged trace
  if (names_.size() <= id.value) names_.resize(id.value + 1, "?");
  ids_[name] = id;
  names_[id.value] = std::move(name);
}

const std::string& NodeNames::name(NodeId id) const {
  static const std::string unknown = "?", none = "-";
  if (!id.valid()) return none;
  return id.value < names_.size() ? names_[id.value] : unknown;
}

std::optional<NodeId> NodeNames::find(std::string_view name) const {
  const auto found = ids_.find(std::string(name));
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace eventarium::trace
