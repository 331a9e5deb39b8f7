#include "sim/controller/commit_events.h"

#include <algorithm>
#include <optional>

namespace eventarium::kafka {
namespace {

const std::string min_isr_key = "min.insync.replicas";

trace::Int min_isr(const ClusterImage& image, const Config& cluster, const std::string& topic) {
  const TopicImage* found = image.find_topic(topic);
  const Config& config = found && found->config.contains(min_isr_key) ? found->config : cluster;
  return config_int(config, ConfigScope::broker, min_isr_key);
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
                                     min_isr(before_, config_, r.tp.topic)};
    return trace::PartitionChanged{
        r.tp.topic, r.tp.partition, s.leader, s.leader_epoch, s.partition_epoch, s.replicas,
        s.isr,      s.elr,          s.adding, s.removing,     noted_.unclean,    noted_.reason};
  }
  Told operator()(const RemoveTopicRecord& r) const { return trace::TopicDeleted{r.topic}; }
  Told operator()(const ConfigRecord& r) const {
    trace::Int floor = min_isr(before_, config_, r.topic);
    if (r.key == min_isr_key)
      floor = config_int(r.value.empty() ? config_ : Config{{r.key, r.value}}, ConfigScope::broker,
                         min_isr_key);
    return trace::TopicConfigChanged{r.topic, r.key, r.value, floor};
  }
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
