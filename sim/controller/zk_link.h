// The broker's link to a cluster in ZooKeeper mode: its session and registration, the state that
// the controller pushes to it, proposals of in-sync sets, controlled shutdown; and the controller
// itself, if this broker happens to be it. Follows Kafka's KafkaServer, KafkaZkClient and
// KafkaApis' handlers of the controller's requests (3.9).
//
//   stopped  --start--> starting: a session, then /brokers/ids/<id>; refused while the former
//            life's is still there
//   starting --registered, first whole UpdateMetadata--> recovery --ready()--> running
//   running  --session expired--> running, but nobody's: registers again with a new session
//   running  --begin_shutdown()--> controlled_shutdown --nothing led, or 3 attempts--> granted
//
// In-sync sets are proposed to the controller by AlterPartition requests, not written to ZooKeeper
// by the leader: both exist in 3.9 (AlterPartitionManager, ZkAlterPartitionManager), and from
// inter.broker.protocol.version 2.7-IV2 on, so by default, it is the request.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/planted_fault.h"
#include "sim/broker/cluster_link.h"
#include "sim/controller/alter_partition_manager.h"
#include "sim/controller/zk_bootstrap.h"
#include "sim/controller/zk_controller.h"
#include "sim/controller/zookeeper_client.h"

namespace eventarium::kafka {

struct ZkOptions {
  Config config;                                 // of the broker scope
  std::vector<NodeId> zookeepers;                // zookeeper.connect
  std::shared_ptr<const ZkBootstrap> bootstrap;  // null, or without this broker: a new one
  PlantedFaults planted;
};

class ZkLink final : public ClusterLink, private zookeeper::ClientListener {
 public:
  explicit ZkLink(ZkOptions options);

  void start(engine::Runtime& runtime, ClusterListener& listener) override;
  void ready(engine::Runtime& runtime) override;
  bool on_message(engine::Runtime& runtime, engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_done(engine::Runtime&, engine::Token) override { return false; }
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void begin_shutdown(engine::Runtime& runtime) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;

  State state() const override { return state_; }
  const ClusterImage& image() const override { return image_; }
  std::int64_t broker_epoch() const override { return broker_epoch_; }
  void alter_partition(engine::Runtime& runtime, AlterPartitionRequest::Partition wish) override;

  const ZkController& controller() const { return controller_; }
  zookeeper::SessionId session() const { return client_.session(); }

 private:
  enum Timer : std::uint16_t { register_timer, shutdown_retry_timer, shutdown_timeout_timer };

  // zookeeper::ClientListener
  void on_session(engine::Runtime& runtime, zookeeper::SessionId session, bool is_new) override;
  void on_session_expired(engine::Runtime& runtime, zookeeper::SessionId session) override;
  void on_watch(engine::Runtime& runtime, const zookeeper::WatchEvent& event) override;

  void settle(engine::Runtime& runtime);
  void register_and_stand();
  Task<> register_broker();
  Task<> watch_config_changes();
  Task<> read_config_of_all();

  // zk_link_pushes.cpp
  void on_push(const engine::Message& message, const PushRequest& request);
  Error refuse(const PushRequest& request) const;
  Task<> take_push(std::shared_ptr<const Push> push);
  Task<> fetch_configs(std::vector<std::string> topics);
  std::vector<TopicPartition> apply_push(const Push& push);
  bool apply_partition(const Push::Partition& partition);
  void publish(const std::vector<TopicPartition>& changed);

  void ask_to_stop(engine::Runtime& runtime);
  void on_shutdown_answer(engine::Runtime& runtime, const ControlledShutdownResponse& answer);
  void shutdown_attempt_failed(engine::Runtime& runtime);
  NodeId controller_node() const;

  ZkOptions options_;
  zookeeper::ZookeeperClient client_;
  ZkController controller_;
  AlterPartitionManager proposals_;
  TaskQueue pushes_;  // one after the other: a topic's config may have to be read first
  ZkCalls push_calls_;
  engine::Runtime* runtime_ = nullptr;
  ClusterListener* listener_ = nullptr;
  State state_ = State::stopped;
  bool begun_ = false;       // it has been started before
  bool registered_ = false;  // with the present session
  ClusterImage image_;
  std::set<std::string> configured_;  // topics whose config is known
  std::int64_t broker_epoch_ = -1;
  std::int32_t controller_epoch_ = 0;  // the newest that has been heard of
  NodeId pushing_controller_;          // whose that was
  int shutdown_attempts_left_ = 0;
  std::uint32_t shutdown_correlation_id_ = 0;
  TimerId shutdown_timer_;
};

}  // namespace eventarium::kafka
