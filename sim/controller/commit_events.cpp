#include "sim/controller/commit_events.h"

#include <algorithm>
#include <optional>

namespace eventarium::kafka {
namespace {

trace::Int min_isr(const ClusterImage& image, const Config& cluster, const std::string& topic,
                   std::size_t replicas) {
  const std::string key = "min.insync.replicas";
  const TopicImage* found = image.find_topic(topic);
  const Config& config = found && found->config.contains(key) ? found->config : cluster;
  return std::min(config_int(config, ConfigScope::broker, key),
                  static_cast<std::int64_t>(replicas));
}

class Teller {
 public:
  Teller(const ClusterImage& before, const Config& config, const NotedRecord& noted)
      : before_(before), config_(config), noted_(noted) {}

  using Told = std::optional<trace::EventBody>;
  Told operator()(const RegisterBrokerRecord& r) const {
    return trace::BrokerRegistered{r.broker.id, r.broker.epoch};
  }
  Told operator()(const UnregisterBrokerRecord& r) const {
    return trace::BrokerUnregistered{r.broker};
  }
  Told operator()(const BrokerRegistrationChangeRecord& r) const {
    const BrokerImage* was = before_.find_broker(r.broker.id);
    if (!was || was->fenced == r.broker.fenced) return {};
    if (!r.broker.fenced) return trace::BrokerUnfenced{r.broker.id};
    return trace::BrokerFenced{r.broker.id, noted_.reason};
  }
  Told operator()(const PartitionRecord& r) const {
    const PartitionImage& s = *r.state;
    if (!before_.find(r.tp))
      return trace::PartitionCreated{r.tp.topic,
                                     r.tp.partition,
                                     s.leader,
                                     s.leader_epoch,
                                     s.replicas,
                                     s.isr,
                                     min_isr(before_, config_, r.tp.topic, s.replicas.size())};
    return trace::PartitionChanged{
        r.tp.topic, r.tp.partition, s.leader, s.leader_epoch, s.partition_epoch, s.replicas,
        s.isr,      s.elr,          s.adding, s.removing,     noted_.unclean,    noted_.reason};
  }
  Told operator()(const RemoveTopicRecord& r) const { return trace::TopicDeleted{r.topic}; }
  template <class Other>
  Told operator()(const Other&) const {
    return {};
  }

 private:
  const ClusterImage& before_;
  const Config& config_;
  const NotedRecord& noted_;
};

}  // namespace

void tell_committed(engine::Runtime& runtime, const ClusterImage& before, const Config& config,
                    const NotedRecord& noted, EventId cause) {
  if (auto body = std::visit(Teller(before, config, noted), noted.record))
    runtime.emit_because(cause, std::move(*body));
}

}  // namespace eventarium::kafka
