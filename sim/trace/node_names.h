// Names of nodes, learned from NodeDeclared events. Writer, reader and narration share it, so
// that a trace names nodes as people do while the program compares numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/trace/event.h"

namespace eventarium::trace {

class NodeNames {
 public:
  /// Learns from a NodeDeclared, ignores every other event.
  void apply(const Event& event);
  void declare(NodeId id, std::string name);

  /// The declared name; "?" for a node that was never declared, "-" for none.
  const std::string& name(NodeId id) const;
  std::optional<NodeId> find(std::string_view name) const;
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, NodeId> ids_;  // looked up only, never iterated
};

}  // namespace eventarium::trace
