#include "sim/coordinator/group_manager.h"

namespace eventarium::kafka {

GroupManager* GroupContext::manager_of(const std::string& group) const {
  for (GroupManager* manager : managers)
    if (manager->has(group)) return manager;
  return nullptr;
}

bool GroupContext::make_room(engine::Runtime& runtime, const std::string& group,
                             const GroupManager& by, std::vector<CoordinatorEntry>& entries) const {
  GroupManager* owner = manager_of(group);
  return !owner || owner == &by || owner->give_up(runtime, group, entries);
}

}  // namespace eventarium::kafka
