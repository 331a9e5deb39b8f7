// See client_rules.h.
#include "sim/scenario/client_rules.h"

#include <utility>

#include <fmt/format.h>

#include "sim/base/config_keys.h"
#include "sim/scenario/clients.h"
#include "sim/scenario/keys.h"
#include "sim/scenario/put_aside_topics.h"

namespace eventarium::scenario {
namespace {

using Contradictions = std::vector<Contradiction>;

std::string commit_word(const Service& service) {
  return choices("service.commit").at(static_cast<std::size_t>(service.commit));
}

/// What a share consumer can't be configured with (ShareConsumerConfig 4.1).
void check_share(const Service& service, Contradictions& found) {
  static constexpr std::pair<const char*, const char*> refused[] = {
      {"auto.offset.reset", "share.auto.offset.reset says where the group begins"},
      {"enable.auto.commit", "nothing is committed: records are acknowledged"},
      {"group.instance.id", "it has no static members"},
      {"isolation.level", "it is a setting of the group, and read_uncommitted here"},
      {"partition.assignment.strategy", "the group coordinator assigns"},
      {"session.timeout.ms", "the brokers' group.share.session.timeout.ms holds"},
      {"heartbeat.interval.ms", "the brokers' group.share.heartbeat.interval.ms holds"},
      {"group.protocol", "share: true says it"},
      {"group.remote.assignor", "share groups have one assignor"},
  };
  for (const auto& [key, hint] : refused)
    if (service.consumer_config.contains(key))
      found.push_back({"share", fmt::format("ConfigException: {} cannot be set for a share "
                                            "consumer; {}",
                                            key, hint)});
}

void check_commit(const Service& service, Contradictions& found) {
  if (service.commit == Commit::automatic || service.commit == Commit::never) return;
  if (config_bool(service.consumer_config, ConfigScope::consumer, "enable.auto.commit"))
    found.push_back({"commit", fmt::format("enable.auto.commit: must be false, as commit: {} says "
                                           "when positions are committed",
                                           commit_word(service))});
}

/// What it publishes, and what it must hear of it.
void check_publishing(const Service& service, Contradictions& found) {
  const std::string acks = config_text(service.producer_config, ConfigScope::producer, "acks");
  if (puts_aside(service) && acks != "all" && acks != "-1")
    found.push_back({"on_failure",
                     fmt::format("on_failure: what is put aside must be safe before the record is "
                                 "passed over, but acks is {}; it must be all",
                                 acks)});
  if (service.outbox && acks == "0")
    found.push_back({"publish",
                     "publish: the relay keeps an event in the outbox until it is acknowledged, "
                     "and with acks=0 nothing ever is; it must be all or 1"});
  if (publishes(service) && service.commit != Commit::transaction &&
      service.producer_config.contains("transactional.id"))
    found.push_back({"producer_config",
                     "transactional.id: nothing here begins a transaction, and outside of one "
                     "it can't publish; say commit: transaction"});
}

}  // namespace

std::vector<Contradiction> contradictions(const Producer& producer) {
  if (!producer.config.contains("transactional.id")) return {};
  return {{"config",
           "transactional.id: a producer here publishes event by event and begins no transaction, "
           "so Kafka would refuse each; transactions are what a service with commit: transaction "
           "does"}};
}

std::vector<Contradiction> contradictions(const Service& service) {
  Contradictions found;
  if (service.share_group)
    check_share(service, found);
  else if (!service.group().empty())
    check_commit(service, found);
  for (const char* key : {"share.acknowledgement.mode", "share.auto.offset.reset"})
    if (!service.share_group && !service.group().empty() && service.consumer_config.contains(key))
      found.push_back(
          {"name", fmt::format("{}: only share groups know this; say share: true", key)});
  check_publishing(service, found);
  return found;
}

std::string fixed_key(const Service& service, const std::string& key) {
  if (key == "group.id") return "group.id: a client does not change its group; add_consumer";
  if (key == "group.protocol" && !service.group().empty() && !service.share_group)
    return fmt::format(
        "group.protocol: all members of '{}' have one protocol, and none changes it alone; say it "
        "in the file, for all of them",
        service.group());
  if (key == "transactional.id" && service.commit == Commit::transaction)
    return "transactional.id: each service has its own for the whole run; with another one nobody "
           "would end the transactions that it leaves open";
  return {};
}

}  // namespace eventarium::scenario
