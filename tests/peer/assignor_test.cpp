// Against librdkafka, a client of Kafka that is not ours: the same members and topics, the same
// assignment? Its consumers form groups on its in-process mock cluster, each group one random
// input, many groups at a time. What librdkafka assigns is compared with ours for the member ids
// that the mock has given out.
//
// librdkafka differs from the Java client, which we follow, in two things that these inputs avoid
// or don't look at: its sticky assignors always balance one by one, so only the shape of their
// result is compared (how many partitions each member has); and its range and roundrobin know no
// static members.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/base/random.h"
#include "sim/client/assignor.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

using Clock = std::chrono::steady_clock;
using Handle = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;

void set(rd_kafka_conf_t* config, const char* key, const std::string& value) {
  char error[256];
  REQUIRE(rd_kafka_conf_set(config, key, value.c_str(), error, sizeof error) == RD_KAFKA_CONF_OK);
}

class MockCluster {
 public:
  MockCluster()
      : owner_(rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, nullptr, 0), rd_kafka_destroy),
        mock_(rd_kafka_mock_cluster_new(owner_.get(), 1), rd_kafka_mock_cluster_destroy) {}

  void create(const std::string& topic, std::int32_t partitions) {
    REQUIRE(rd_kafka_mock_topic_create(mock_.get(), topic.c_str(), partitions, 1) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  Handle consumer(const std::string& group, std::string_view strategy,
                  const std::vector<std::string>& topics) const {
    rd_kafka_conf_t* config = rd_kafka_conf_new();
    set(config, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock_.get()));
    set(config, "group.id", group);
    set(config, "partition.assignment.strategy", std::string(strategy));
    set(config, "enable.auto.commit", "false");
    char error[256];
    Handle consumer(rd_kafka_new(RD_KAFKA_CONSUMER, config, error, sizeof error), rd_kafka_destroy);
    REQUIRE(consumer);
    rd_kafka_poll_set_consumer(consumer.get());
    auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()));
    for (const std::string& topic : topics)
      rd_kafka_topic_partition_list_add(list, topic.c_str(), RD_KAFKA_PARTITION_UA);
    CHECK(rd_kafka_subscribe(consumer.get(), list) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
  }

 private:
  Handle owner_;
  std::unique_ptr<rd_kafka_mock_cluster_t, void (*)(rd_kafka_mock_cluster_t*)> mock_;
};

struct Group {
  AssignorKind kind;
  PartitionCounts counts;
  std::vector<std::vector<std::string>> subscriptions;
  std::vector<Handle> consumers;
};

Group random_group(MockCluster& cluster, RandomStream& random, const std::string& name,
                   AssignorKind kind) {
  Group group{kind, {}, {}, {}};
  std::vector<std::string> topics;
  for (std::uint64_t t = 0; t < 1 + random.below(3); ++t) {
    topics.push_back(name + "-t" + std::to_string(t));
    group.counts[topics.back()] = 1 + static_cast<std::int32_t>(random.below(6));
    cluster.create(topics.back(), group.counts[topics.back()]);
  }
  const bool equal = random.below(2) == 0;
  const std::uint64_t size = 1 + random.below(3);
  for (std::uint64_t m = 0; m < size; ++m) {
    std::vector<std::string> subscribed;
    for (const std::string& topic : topics)
      if (equal || m == 0 || random.below(2) == 0) subscribed.push_back(topic);
    if (subscribed.empty()) subscribed.push_back(topics.front());
    group.subscriptions.push_back(subscribed);
    group.consumers.push_back(cluster.consumer(name, name_of(kind), subscribed));
  }
  return group;
}

std::string member_id(rd_kafka_t* consumer) {
  char* const id = rd_kafka_memberid(consumer);
  const std::string text = id ? id : "";
  if (id) rd_kafka_mem_free(consumer, id);
  return text;
}

Assignments theirs(const Group& group) {
  Assignments assignments;
  for (const Handle& consumer : group.consumers) {
    PartitionList& list = assignments[member_id(consumer.get())];
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (rd_kafka_assignment(consumer.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    for (int i = 0; i < assigned->cnt; ++i)
      list.push_back({assigned->elems[i].topic, assigned->elems[i].partition});
    rd_kafka_topic_partition_list_destroy(assigned);
    std::sort(list.begin(), list.end());
  }
  return assignments;
}

Assignments ours(const Group& group) {
  GroupMembers members;
  for (std::size_t i = 0; i < group.consumers.size(); ++i)
    members.push_back({member_id(group.consumers[i].get()), "", {group.subscriptions[i], {}, -1}});
  return assign(group.kind, group.counts, members);
}

bool is_complete(const Group& group, const Assignments& assignments) {
  std::size_t given = 0, wanted = 0;
  for (const auto& [member, list] : assignments) given += list.size();
  for (const auto& [topic, count] : group.counts) wanted += static_cast<std::size_t>(count);
  return given == wanted && assignments.size() == group.consumers.size();
}

std::vector<std::size_t> shape(const Assignments& assignments) {
  std::vector<std::size_t> sizes;
  for (const auto& [member, list] : assignments) sizes.push_back(list.size());
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

bool agrees(const Group& group) {
  const Assignments peer = theirs(group);
  if (!is_complete(group, peer)) return false;
  const bool is_sticky =
      group.kind == AssignorKind::sticky || group.kind == AssignorKind::cooperative_sticky;
  return is_sticky ? shape(peer) == shape(ours(group)) : peer == ours(group);
}

}  // namespace

TEST_CASE("random groups get the partitions that librdkafka's assignors give them") {
  MockCluster cluster;
  RandomStream random(2026, "groups");
  std::vector<Group> groups;
  constexpr AssignorKind kinds[] = {AssignorKind::range, AssignorKind::roundrobin,
                                    AssignorKind::cooperative_sticky};
  const char* const wanted = std::getenv("EVENTARIUM_PEER_GROUPS");
  const int count = wanted ? std::atoi(wanted) : 6;
  REQUIRE(count > 0);
  for (int i = 0; i < count; ++i)
    groups.push_back(random_group(cluster, random, "g" + std::to_string(i), kinds[i % 3]));
  // A group in the middle of a rebalance doesn't agree; at the end of the last one it must.
  const auto gives_up_at = Clock::now() + std::chrono::seconds(120 + 10 * count);
  bool all_agree = false;
  while (!all_agree && Clock::now() < gives_up_at) {
    for (Group& group : groups)
      for (Handle& consumer : group.consumers)
        if (auto* message = rd_kafka_consumer_poll(consumer.get(), 1))
          rd_kafka_message_destroy(message);
    all_agree = std::all_of(groups.begin(), groups.end(), agrees);
  }
  for (const Group& group : groups) {
    CAPTURE(name_of(group.kind));
    CHECK(agrees(group));
  }
}
