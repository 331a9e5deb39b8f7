// Topics and their partitions come and go: see zk_controller.h.
#include <algorithm>
#include <utility>

#include "sim/controller/zk_controller.h"

namespace eventarium::kafka {

using zookeeper::Code;
using zookeeper::Reply;

/// Assignments, which are watched from now on, and configs. Topics that are gone are left out.
Task<std::map<std::string, ZkController::TopicContents>> ZkController::read_topic_znodes(
    std::vector<std::string> names) {
  std::vector<zookeeper::Read> reads;
  for (const std::string& name : names) {
    reads.push_back({zookeeper::Read::Kind::get, zk_path::topic(name), true});
    reads.push_back({zookeeper::Read::Kind::get, zk_path::topic_config(name), false});
  }
  const std::vector<Reply> replies = co_await calls_.read(std::move(reads));
  std::map<std::string, TopicContents> contents;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* topic = value_of<TopicZnode>(replies[2 * i]);
    const auto* config = value_of<ConfigZnode>(replies[2 * i + 1]);
    if (!topic) continue;
    contents[names[i]] = {topic->assignment, config ? config->config : Config{}};
  }
  co_return contents;
}

/// Its partitions have no state yet.
void ZkController::add_topic(const std::string& name, const TopicContents& contents) {
  TopicImage& topic = image_.topics[name];
  topic.config = contents.config;
  for (std::size_t p = topic.partitions.size(); p < contents.assignment.size(); ++p) {
    PartitionImage nothing;
    nothing.leader_epoch = -1;
    topic.partitions.push_back(compose(contents.assignment[p], nothing, -1));
  }
}

Task<> ZkController::on_topic_change() {
  const Reply topics = co_await calls_.children(zk_path::topics, true);
  std::vector<std::string> fresh;
  for (const std::string& name : topics.children)
    if (!image_.find_topic(name)) fresh.push_back(name);
  const std::map<std::string, TopicContents> contents = co_await read_topic_znodes(fresh);
  for (const auto& [name, topic] : contents) add_topic(name, topic);
  co_await create_partitions(
      partitions_where([&](const PartitionImage& p) { return !is_created(p); }));
  flush();
  answer_creations();
}

Task<> ZkController::watch_topics() {
  std::vector<std::string> names;
  for (const auto& [name, topic] : image_.topics) names.push_back(name);
  co_await read_topic_znodes(std::move(names));
}

/// PartitionModifications: the topic has more partitions, or this controller has itself written
/// another assignment.
Task<> ZkController::on_assignment_change(std::string topic) {
  std::vector<std::string> names;
  names.push_back(topic);
  const std::map<std::string, TopicContents> contents = co_await read_topic_znodes(names);
  const auto found = contents.find(topic);
  if (found == contents.end() || !image_.find_topic(topic)) co_return;
  add_topic(topic, found->second);
  co_await create_partitions(
      partitions_where([&](const PartitionImage& p) { return !is_created(p); }));
  flush();
  answer_creations();
}

/// Administrators hear of a new topic, or of new partitions, when they have leaders.
void ZkController::answer_creations() {
  std::erase_if(creations_, [&](const Creation& creation) {
    const TopicImage* topic = image_.find_topic(creation.topic);
    const bool done = topic && topic->partitions.size() >= creation.partitions &&
                      std::all_of(topic->partitions.begin(), topic->partitions.end(),
                                  [&](const PartitionState& p) { return is_created(*p); });
    if (done) answer(creation.asker, AdminResponse{});
    return done;
  });
}

/// TopicDeletionManager: replicas are stopped and deleted, then the topic's znodes. A broker that
/// is down deletes its replicas when it is back.
Task<> ZkController::delete_topic(std::string name) {
  ZkWrite write;
  write.push_back(zk_check(zk_path::controller_epoch, epoch_version_));
  const TopicImage topic = image_.topics.at(name);
  bool any = false;
  for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
    const TopicPartition tp{name, static_cast<std::int32_t>(p)};
    for (const NodeId replica : topic.partitions[p]->replicas)
      batch_.stop_replica(replica, tp, nullptr);
    batch_.metadata(tp, nullptr);
    if (!is_created(*topic.partitions[p])) continue;
    any = true;
    write.push_back(zk_remove(zk_path::state(tp)));
    write.push_back(zk_remove(zk_path::partition(tp)));
  }
  if (any) write.push_back(zk_remove(zk_path::partitions(name)));
  write.push_back(zk_remove(zk_path::topic(name)));
  write.push_back(zk_remove(zk_path::topic_config(name)));
  const Reply reply = co_await calls_.write_one(std::move(write));
  if (reply.code == Code::bad_version) throw Interrupted{};
  image_.topics.erase(name);
  runtime().emit(trace::TopicDeleted{name});
}

}  // namespace eventarium::kafka
