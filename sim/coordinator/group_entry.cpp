#include "sim/coordinator/group_entry.h"

#include <nlohmann/json.hpp>

namespace eventarium::kafka {

using Json = nlohmann::ordered_json;

std::string encode(const GroupEntryKey& key) {
  Json json = {{"type", key.type}, {"group", key.group}};
  if (!key.member.empty()) json["member"] = key.member;
  if (!key.topic.empty()) json["topic"] = key.topic;
  if (key.partition >= 0) json["partition"] = key.partition;
  return json.dump();
}

std::optional<GroupEntryKey> decode_group_key(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("type") || !json.contains("group")) return std::nullopt;
  return GroupEntryKey{json.value("type", ""), json.value("group", ""), json.value("member", ""),
                       json.value("topic", ""), json.value("partition", -1)};
}

}  // namespace eventarium::kafka
