#include "sim/controller/zk_controller.h"

#include <algorithm>
#include <utility>

#include "sim/controller/zk_components.h"

namespace eventarium::kafka {
namespace {

using zookeeper::Code;
using zookeeper::Reply;
using WatchKind = zookeeper::WatchEvent::Kind;

constexpr Duration first_preferred_check = 5s;  // KafkaController.onControllerFailover

}  // namespace

ZkController::ZkController(Options options, zookeeper::ZookeeperClient& client,
                           const ClusterImage& told)
    : options_(std::move(options)),
      events_([this] {
        // ControllerMovedException, or the session has expired.
        resign("another controller has been elected");
        stand_for_election();
      }),
      calls_(client, events_),
      told_(told) {}

void ZkController::stop() {
  events_.stop();
  channels_.stop();
  batch_.clear();
  creations_.clear();
  shutting_down_.clear();
  image_ = {};
  active_ = false;
  known_controller_ = NodeId{};
  preferred_timer_ = TimerId{};
}

/// What only the active controller does.
void ZkController::add_event(std::function<Task<>()> event) {
  events_.add([this, event = std::move(event)]() -> Task<> {
    if (!active_) co_return;
    co_await event();
    flush();
  });
}

void ZkController::flush() {
  if (active_) batch_.send(runtime(), channels_, image_, epoch_);
}

// ---- becoming the controller

void ZkController::settle(const ClusterImage& image) {
  image_ = image;
  for (const auto& [id, broker] : image_.brokers) channels_.add(id, broker.epoch);
  begin_reign(1, 0);
  preferred_timer_ =
      runtime().set_timer(first_preferred_check, {zk_controller_component, preferred_timer, 0});
}

void ZkController::stand_for_election() {
  events_.add([this] { return elect(); });
}

void ZkController::watch_again() {
  add_event([this] { return on_broker_change(); });
  add_event([this] { return on_topic_change(); });
  add_event([this] { return watch_topics(); });
}

void ZkController::begin_reign(std::int32_t epoch, std::int32_t version) {
  active_ = true;
  epoch_ = epoch;
  epoch_version_ = version;
  known_controller_ = runtime().self();
  runtime().set_cause(runtime().emit(trace::ControllerElected{epoch_}));
}

void ZkController::resign(const std::string& reason) {
  if (!std::exchange(active_, false)) return;
  runtime().emit(trace::ControllerResigned{epoch_, reason});
  events_.drop_waiting();
  for (const auto& [id, broker] : image_.brokers) channels_.remove(runtime(), id);
  channels_.stop();
  batch_.clear();
  creations_.clear();
  shutting_down_.clear();
  runtime().cancel_timer(preferred_timer_);
  image_ = {};
}

/// Who is the controller? If nobody is: this one, with the next epoch, in one transaction.
Task<> ZkController::elect() {
  for (;;) {
    const Reply found = co_await calls_.get(zk_path::controller);
    co_await calls_.exists(zk_path::controller, true);
    if (found.code == Code::ok) {
      known_controller_ = value_of<ControllerZnode>(found)->broker;
      const bool own = found.stats.front().owner == calls_.session();
      if (active_ && !own) resign("another controller has been elected");
      if (active_ || !own) co_return;
    }
    known_controller_ = NodeId{};
    const Reply counted = co_await calls_.get(zk_path::controller_epoch);
    std::int32_t epoch = value_of<NumberZnode>(counted)->number;
    std::int32_t version = counted.stats.front().version;
    if (found.code != Code::ok) {
      ZkWrite write;
      write.push_back(
          zk_set(zk_path::controller_epoch, std::make_shared<NumberZnode>(epoch + 1), version));
      write.push_back(zk_create(zk_path::controller,
                                std::make_shared<ControllerZnode>(runtime().self()), true));
      const Reply written = co_await calls_.write_one(std::move(write));
      if (written.code != Code::ok) continue;  // another one was faster
      ++epoch;
      ++version;
    }
    begin_reign(epoch, version);
    co_await fail_over();
    co_return;
  }
}

/// KafkaController.onControllerFailover: the whole state is read, znode by znode.
Task<> ZkController::fail_over() {
  co_await read_brokers();
  co_await read_topics();
  tell_inherited();
  for (const auto& [id, broker] : image_.brokers) {
    channels_.add(id, broker.epoch);
    channels_.push(runtime(), id, epoch_, full_metadata(image_));
  }
  for (const auto& [id, broker] : image_.brokers) push_everything(id);
  std::set<NodeId> dead;
  for (const auto& [name, topic] : image_.topics)
    for (const PartitionState& partition : topic.partitions)
      for (const NodeId replica : partition->replicas)
        if (!live_or_shutting_down(replica)) dead.insert(replica);
  for (const NodeId broker : dead)
    co_await remove_from_isr(
        broker, partitions_where([&](const PartitionImage& p) { return p.in_isr(broker); }),
        runtime().name_of(broker) + " was gone when the controller was elected");
  co_await elect_offline("the controller was elected");
  co_await create_partitions(
      partitions_where([&](const PartitionImage& p) { return !is_created(p); }));
  co_await continue_reassignments();
  flush();
  preferred_timer_ =
      runtime().set_timer(first_preferred_check, {zk_controller_component, preferred_timer, 0});
}

Task<> ZkController::read_brokers() {
  const Reply ids = co_await calls_.children(zk_path::ids, true);
  std::vector<zookeeper::Read> reads;
  for (const std::string& id : ids.children)
    reads.push_back({zookeeper::Read::Kind::get, std::string(zk_path::ids) + "/" + id, false});
  const std::vector<Reply> replies = co_await calls_.read(std::move(reads));
  image_.brokers.clear();
  for (const Reply& reply : replies) {
    if (reply.code != Code::ok) continue;
    const NodeId id = value_of<BrokerZnode>(reply)->broker;
    const auto epoch = static_cast<std::int64_t>(reply.stats.front().created);
    image_.brokers[id] = {id, epoch, static_cast<std::uint64_t>(epoch), false, false};
  }
}

Task<> ZkController::read_topics() {
  const Reply topics = co_await calls_.children(zk_path::topics, true);
  const std::map<std::string, TopicContents> contents = co_await read_topic_znodes(topics.children);
  Partitions all;
  for (const auto& [name, topic] : contents) {
    add_topic(name, topic);
    for (std::size_t p = 0; p < topic.assignment.size(); ++p)
      all.push_back({name, static_cast<std::int32_t>(p)});
  }
  co_await read_states(std::move(all));
}

Task<> ZkController::read_states(Partitions partitions) {
  std::vector<zookeeper::Read> reads;
  for (const TopicPartition& tp : partitions)
    reads.push_back({zookeeper::Read::Kind::get, zk_path::state(tp), false});
  const std::vector<Reply> replies = co_await calls_.read(std::move(reads));
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto* znode = value_of<StateZnode>(replies[i]);
    if (!znode) continue;  // not created yet
    const PartitionImage& now = at(partitions[i]);
    set_image(partitions[i], compose({now.replicas, now.adding, now.removing}, *znode->state,
                                     replies[i].stats.front().version));
  }
}

// ---- what happens to it

void ZkController::on_session_expired() {
  resign("its session with ZooKeeper has expired");
  known_controller_ = NodeId{};
}

void ZkController::on_watch(const zookeeper::WatchEvent& event) {
  if (event.path == zk_path::controller) return stand_for_election();
  if (event.path == zk_path::ids) return add_event([this] { return on_broker_change(); });
  if (event.path == zk_path::topics) return add_event([this] { return on_topic_change(); });
  const std::string prefix = std::string(zk_path::topics) + "/";
  if (event.path.rfind(prefix, 0) == 0 && event.kind == WatchKind::data_changed)
    add_event(
        [this, topic = event.path.substr(prefix.size())] { return on_assignment_change(topic); });
}

bool ZkController::on_message(const engine::Message& message) {
  if (channels_.on_message(runtime(), message)) return true;
  const auto asker = [&](const Request& request) {
    return Asker{message.source, message.lane, request.header};
  };
  if (const auto* alter = message.as<AlterPartitionRequest>()) {
    if (!active_) {
      AlterPartitionResponse refused;
      refused.error = Error::not_controller;
      answer(asker(*alter), std::move(refused));
      return true;
    }
    auto copy = std::make_shared<const AlterPartitionRequest>(*alter);
    add_event([this, to = asker(*alter), copy] { return on_alter_partition(to, copy); });
  } else if (const auto* shutdown = message.as<ControlledShutdownRequest>()) {
    if (!active_) {
      ControlledShutdownResponse refused;
      refused.error = Error::not_controller;
      answer(asker(*shutdown), std::move(refused));
      return true;
    }
    add_event(
        [this, to = asker(*shutdown), broker = shutdown->broker, epoch = shutdown->broker_epoch] {
          return on_controlled_shutdown(to, broker, epoch);
        });
  } else if (const auto* admin = message.as<AdminRequest>()) {
    if (!active_) {
      AdminResponse refused;
      refused.error = Error::not_controller;
      answer(asker(*admin), std::move(refused));
      return true;
    }
    add_event([this, to = asker(*admin), operation = admin->operation] {
      return on_admin(to, operation);
    });
  } else {
    return false;
  }
  return true;
}

bool ZkController::on_timer(engine::Token token) {
  if (channels_.on_timer(runtime(), token)) return true;
  if (token.component != zk_controller_component) return false;
  preferred_timer_ = runtime().set_timer(
      std::chrono::seconds(config_int(options_.config, ConfigScope::broker,
                                      "leader.imbalance.check.interval.seconds")),
      token);
  if (config_bool(options_.config, ConfigScope::broker, "auto.leader.rebalance.enable"))
    add_event([this] { return elect_preferred(); });
  return true;
}

}  // namespace eventarium::kafka
