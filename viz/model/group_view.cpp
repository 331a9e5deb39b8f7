// See group_view.h.
#include "viz/model/group_view.h"

#include <algorithm>
#include <charconv>

namespace eventarium::viz {

bool is_rebalancing(std::string_view state) {
  return state == "PreparingRebalance" || state == "CompletingRebalance" || state == "Assigning" ||
         state == "Reconciling";
}

bool MemberView::holds(const PartitionId& partition) const {
  return std::binary_search(held.begin(), held.end(), partition);
}

const MemberView* GroupView::member(NodeId client) const {
  for (const MemberView& one : members)
    if (one.client == client) return &one;
  return nullptr;
}

MemberView* GroupView::member(NodeId client) {
  return const_cast<MemberView*>(std::as_const(*this).member(client));
}

std::size_t GroupView::number_of(NodeId client) const {
  for (std::size_t i = 0; i < members.size(); ++i)
    if (members[i].client == client) return i + 1;
  return 0;
}

std::size_t GroupView::joined() const {
  return static_cast<std::size_t>(std::count_if(
      members.begin(), members.end(), [](const MemberView& one) { return one.joined(); }));
}

const MemberView* GroupView::reader(const PartitionId& id) const {
  const auto found = partitions.find(id);
  if (found == partitions.end() || found->second.unread_since) return nullptr;
  return member(found->second.reader);
}

bool GroupView::finished(const PartitionId& id, std::int64_t offset) const {
  const auto start = committed.find(id);
  if (start != committed.end() && offset < start->second) return true;
  const auto share = shares.find(id);
  return share != shares.end() &&
         (share->second.accepted.contains(offset) || share->second.archived.contains(offset));
}

std::vector<std::pair<PartitionId, std::int64_t>> GroupView::locked_for(NodeId client) const {
  std::vector<std::pair<PartitionId, std::int64_t>> records;
  for (const auto& [id, share] : shares)
    for (const auto& [offset, record] : share.locked)
      if (record.client == client) records.emplace_back(id, offset);
  return records;
}

std::size_t GroupView::locked() const {
  std::size_t sum = 0;
  for (const auto& [id, share] : shares) sum += share.locked.size();
  return sum;
}

std::size_t GroupView::archived() const {
  std::size_t sum = 0;
  for (const auto& [id, share] : shares) sum += share.archived.size();
  return sum;
}

std::uint64_t GroupView::done() const {
  std::uint64_t sum = 0;
  for (const auto& [id, share] : shares) sum += share.done;
  return sum;
}

std::vector<PartitionId> partitions_in(std::string_view text) {
  std::vector<PartitionId> partitions;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const std::size_t dash = name.rfind('-');  // topics may have dashes, too
    if (dash == std::string_view::npos) continue;
    PartitionId id{std::string(name.substr(0, dash)), 0};
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + dash + 1, end, id.partition);
    if (error == std::errc() && stop == end) partitions.push_back(id);
  }
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  return partitions;
}

}  // namespace eventarium::viz
