// Keys of what is kept in __consumer_offsets: which entry is it, of which group. Keys and values
// are JSON texts, so that whoever looks into the log can read them.
//
//   {"type":"group","group":"billing"}                                 a classic group
//   {"type":"offset","group":"billing","topic":"orders","partition":0} a position
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace eventarium::kafka {

struct GroupEntryKey {
  std::string type;    // offset, group, or what another kind of group keeps
  std::string group;   // group.id
  std::string member;  // empty: the entry is not of a member
  std::string topic;   // empty: nor of a partition
  std::int32_t partition = -1;

  bool operator==(const GroupEntryKey&) const = default;
};

std::string encode(const GroupEntryKey& key);
/// Nothing when the text is no such key.
std::optional<GroupEntryKey> decode_group_key(const std::string& text);

}  // namespace eventarium::kafka
