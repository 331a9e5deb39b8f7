#include "sim/broker/settled_cluster.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

constexpr Duration answer_delay = 1ms;

std::vector<TopicPartition> all_partitions(const ClusterImage& image) {
  std::vector<TopicPartition> all;
  for (const auto& [name, topic] : image.topics)
    for (std::size_t p = 0; p < topic.partitions.size(); ++p)
      all.push_back({name, static_cast<std::int32_t>(p)});
  return all;
}

}  // namespace

class SettledCluster::Link final : public ClusterLink {
 public:
  explicit Link(SettledCluster& cluster) : cluster_(cluster) { cluster.links_.push_back(this); }

  void start(engine::Runtime& runtime, ClusterListener& listener) override {
    runtime_ = &runtime;
    listener_ = &listener;
    state_ = State::running;
    listener.on_metadata(runtime, all_partitions(image()));
  }
  void ready(engine::Runtime&) override {}
  bool on_message(engine::Runtime&, engine::Message&) override { return false; }
  bool on_timer(engine::Runtime&, engine::Token token) override {
    const auto found = wishes_.find(token.value);
    if (token.component != cluster_link_component || found == wishes_.end()) return false;
    if (frozen_) {
      runtime_->set_timer(answer_delay, token);
      return true;
    }
    const Proposal proposal{runtime_->self(), std::move(found->second)};
    wishes_.erase(found);
    cluster_.decide(proposal, Error::none);
    return true;
  }
  bool on_done(engine::Runtime&, engine::Token) override { return false; }
  bool on_disconnect(engine::Runtime&, NodeId, engine::Lane) override { return false; }
  void begin_shutdown(engine::Runtime& runtime) override {
    state_ = State::controlled_shutdown;
    listener_->on_shutdown_granted(runtime);
  }
  void stop(engine::Runtime&, engine::StopReason) override {
    state_ = State::stopped;
    wishes_.clear();
  }
  State state() const override { return state_; }
  const ClusterImage& image() const override { return frozen_ ? *frozen_ : cluster_.image_; }
  std::int64_t broker_epoch() const override {
    const BrokerImage* broker = runtime_ ? image().find_broker(runtime_->self()) : nullptr;
    return broker ? broker->epoch : -1;
  }
  void alter_partition(engine::Runtime& runtime, AlterPartitionRequest::Partition wish) override {
    if (cluster_.hold_) {
      cluster_.held_.push_back({runtime.self(), std::move(wish)});
      return;
    }
    wishes_.emplace(++last_wish_, std::move(wish));
    runtime.set_timer(answer_delay, {cluster_link_component, 0, last_wish_});
  }

  bool hears() const { return state_ != State::stopped && !frozen_; }
  bool is_of(NodeId broker) const { return runtime_ && runtime_->self() == broker; }
  void freeze() { frozen_ = std::make_unique<ClusterImage>(cluster_.image_); }
  void thaw() {
    frozen_.reset();
    if (hears()) listener_->on_metadata(*runtime_, all_partitions(cluster_.image_));
  }
  engine::Runtime& runtime() { return *runtime_; }
  ClusterListener& listener() { return *listener_; }

 private:
  SettledCluster& cluster_;
  engine::Runtime* runtime_ = nullptr;
  ClusterListener* listener_ = nullptr;
  State state_ = State::stopped;
  std::unique_ptr<ClusterImage> frozen_;  // what it knew when it was cut off
  std::map<std::uint64_t, AlterPartitionRequest::Partition> wishes_;  // by their timers
  std::uint64_t last_wish_ = 0;
};

SettledCluster::SettledCluster(ClusterImage image) : image_(std::move(image)) {}

std::unique_ptr<ClusterLink> SettledCluster::make_link() { return std::make_unique<Link>(*this); }

void SettledCluster::apply(const std::vector<MetadataRecord>& records) {
  std::vector<TopicPartition> changed;
  for (const MetadataRecord& record : records) {
    kafka::apply(image_, record);
    if (const auto* partition = std::get_if<PartitionRecord>(&record))
      changed.push_back(partition->tp);
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (Link* link : links_)
    if (link->hears()) link->listener().on_metadata(link->runtime(), changed);
}

SettledCluster::Link* SettledCluster::link_of(NodeId broker) const {
  for (Link* link : links_)
    if (link->is_of(broker)) return link;
  return nullptr;
}

void SettledCluster::cut_off(NodeId broker) {
  if (Link* link = link_of(broker)) link->freeze();
}

void SettledCluster::reconnect(NodeId broker) {
  if (Link* link = link_of(broker)) link->thaw();
}

void SettledCluster::answer(Error error) {
  if (held_.empty()) return;
  const Proposal proposal = std::move(held_.front());
  held_.erase(held_.begin());
  decide(proposal, error);
}

/// The leader hears the answer first, then everybody the new metadata.
void SettledCluster::decide(const Proposal& proposal, Error error) {
  const AlterPartitionRequest::Partition& wish = proposal.wish;
  const PartitionImage* present = image_.find(wish.tp);
  AlterPartitionResponse::Partition answer{wish.tp, error, nullptr};
  if (!present) {
    answer.error = Error::unknown_topic_or_partition;
  } else if (answer.error == Error::none && wish.leader_epoch != present->leader_epoch) {
    answer.error = Error::fenced_leader_epoch;
  } else if (answer.error == Error::none && wish.partition_epoch != present->partition_epoch) {
    answer.error = Error::invalid_update_version;
  }
  if (answer.error == Error::none) {
    auto state = std::make_shared<PartitionImage>(*present);
    state->isr = wish.new_isr;
    ++state->partition_epoch;
    answer.state = std::move(state);
  }
  if (Link* link = link_of(proposal.leader); link && link->hears())
    link->listener().on_partition_altered(link->runtime(), answer);
  if (answer.error == Error::none) apply({PartitionRecord{wish.tp, answer.state}});
}

}  // namespace eventarium::kafka
