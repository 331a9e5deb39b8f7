// Groups in a scenario file: who is in one, how it commits, how many there are, and what is wrong
// with what people write about it.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "sim/scenario/clients.h"
#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

namespace {

std::string with_consumer(const std::string& consumer, const std::string& rest = "") {
  return "version: 1\ntopics: [{name: orders, partitions: 4}]\n"
         "producers: [{name: shop, topic: orders}]\nconsumers:\n  - " +
         consumer + "\n" + rest;
}

std::string with_service(const std::string& keys) {
  return "version: 1\nproducers: [{name: shop, topic: orders}]\nservices:\n"
         "  - name: billing\n    reads: orders\n    on: [{event: Event, emits: [{topic: bills, "
         "event: Bill}]}]\n    " +
         keys + "\n";
}

const std::string billing = "{name: billing, reads: orders, group: bills}";

}  // namespace

TEST_CASE("group is Kafka's group.id, and members commit by themselves") {
  const Service service = load(with_consumer(billing)).services.at(0);
  CHECK(service.group() == "bills");
  CHECK(service.commit == Commit::automatic);
  CHECK(service.family == "billing");
}

TEST_CASE("instances are nodes with a number, each in the group") {
  const Scenario loaded =
      load(with_consumer("{name: billing, reads: orders, group: bills, instances: 3}"));
  REQUIRE(loaded.services.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(loaded.services[i].name == fmt::format("billing-{}", i + 1));
    CHECK(loaded.services[i].family == "billing");
    CHECK(loaded.services[i].group() == "bills");
    CHECK(loaded.services[i].consumer_config.count("group.instance.id") == 0);
  }
}

TEST_CASE("producers have instances, too, and their events ids of their own") {
  const Scenario loaded = load(
      "version: 1\nproducers: [{name: shop, topic: orders, instances: 2}]\n"
      "consumers: [{name: reader, reads: orders}]\n");
  REQUIRE(loaded.producers.size() == 2);
  CHECK(loaded.producers[1].name == "shop-2");
  CHECK(loaded.producers[1].id == "shop-2-{n}");
  CHECK(loaded.producers[1].family == "shop");
}

TEST_CASE("static members have their names as group.instance.id") {
  const Scenario loaded = load(
      with_consumer("{name: billing, reads: orders, group: bills, instances: 2, static: true}"));
  CHECK(loaded.services.at(1).consumer_config.at("group.instance.id") == "billing-2");
}

TEST_CASE("who commits by hand has auto-commit off") {
  const Service by_hand =
      load(with_consumer("{name: billing, reads: orders, group: bills, commit: each}"))
          .services.at(0);
  CHECK(by_hand.commit == Commit::each);
  CHECK(by_hand.consumer_config.at("enable.auto.commit") == "false");
  const Service off = load(with_consumer("{name: billing, reads: orders, group: bills, config: "
                                         "{enable.auto.commit: false}}"))
                          .services.at(0);
  CHECK(off.commit == Commit::never);
}

TEST_CASE("committing with a transaction gives each service a transactional.id") {
  const Scenario loaded =
      load(with_service("group: bills\n    commit: transaction\n    instances: 2"));
  CHECK(loaded.services.at(0).producer_config.at("transactional.id") == "billing-1-tx");
  CHECK(loaded.services.at(1).producer_config.at("transactional.id") == "billing-2-tx");
  CHECK(loaded.services.at(1).reactions[0].emits[0].id == "billing-2-{n}");
}

TEST_CASE("what contradicts a group is told where it stands") {
  CHECK(problems(with_consumer("{name: b, reads: orders, group: bills, config: {group.id: x}}")) ==
        "5:63: group.id: a consumer says that it is 'bills' already");
  CHECK(problems(with_consumer("{name: b, reads: [{topic: orders, partitions: [0]}], group: x}")) ==
        "5:22: partitions: a group assigns partitions itself; leave out either 'partitions' or "
        "'group'");
  CHECK(problems(with_consumer("{name: b, reads: orders, group: x, commit: after, config: "
                               "{enable.auto.commit: true}}")) ==
        "5:84: enable.auto.commit: a consumer says that it is 'false' already");
  CHECK(problems(with_consumer("{name: b, reads: orders, commit: each}")) ==
        "5:38: commit: only a member of a group does that; it needs a 'group'");
  CHECK(problems(with_consumer("{name: b, reads: orders, static: true}")) ==
        "5:38: static: only a member of a group does that; it needs a 'group'");
  CHECK(problems(with_consumer("{name: b, reads: orders, group: x, commit: sometimes}"))
            .starts_with("5:48: commit: 'sometimes' is not known"));
  CHECK(problems(with_consumer("{name: b, reads: orders, group: x, instances: 0}")) ==
        "5:51: instances: 0 is out of range (1 to 1000)");
  CHECK(problems(with_consumer("{name: b, reads: orders, groop: x}")) ==
        "5:30: unknown key 'groop' in a consumer (did you mean 'group'?)");
}

TEST_CASE("a transaction needs somebody who publishes") {
  CHECK(problems(with_consumer("{name: b, reads: orders, group: x, commit: transaction}"))
            .starts_with("5:48: commit: a transaction is about what a service publishes"));
}

TEST_CASE("an assignor that Kafka does not have is found") {
  CHECK(problems(with_consumer("{name: b, reads: orders, group: x, config: "
                               "{partition.assignment.strategy: RangAssignor}}"))
            .find("partition.assignment.strategy names 'RangAssignor'") != std::string::npos);
}

TEST_CASE("instances that Kafka could not tell apart are refused") {
  CHECK(problems(with_consumer("{name: b, reads: orders, group: x, instances: 2, config: "
                               "{group.instance.id: one}}"))
            .find("say static: true") != std::string::npos);
  CHECK(problems("version: 1\nproducers: [{name: shop, topic: orders, instances: 2, id: "
                 "\"o-{n}\"}]\n")
            .find("let {source} stand in it") != std::string::npos);
}

TEST_CASE("groups are Kafka's") {
  CHECK(problems("version: 1\nbus: {kind: queue}\nproducers: [{name: shop, topic: orders}]\n"
                 "consumers: [{name: b, reads: orders, group: x}]\n") ==
        "4:45: group: only Kafka's consumers form groups; there is no Kafka here");
}

TEST_CASE("a group that reads from the end is worth a remark") {
  const LoadResult by_default = load_text(with_consumer(billing), "test.yaml");
  REQUIRE(by_default.remarks.size() == 1);
  CHECK(by_default.remarks[0].line == 5);
  CHECK(by_default.remarks[0].message.find("earliest reads all") != std::string::npos);
  CHECK(load_text(with_consumer("{name: b, reads: orders, group: x, config: {auto.offset.reset: "
                                "latest}}"),
                  "test.yaml")
            .remarks.empty());
}

TEST_CASE("what is expected of a group names it") {
  const Scenario loaded = load(with_consumer(
      billing,
      "expect:\n  - {members: 1, group: bills, at: 5s}\n  - {lag: \"< 5\", group: bills}\n"
      "  - {committed: 3, group: bills, topic: orders, partition: 0}\n"
      "  - {group_state: Stable, group: bills}\n  - {rebalances: 0, group: bills}\n"
      "  - {delivered: 3, to: bills}\n  - {longest_stop: \"< 2s\", group: bills}\n"));
  REQUIRE(loaded.expectations.size() == 7);
  CHECK(loaded.expectations[6].text == "longest_stop of bills: < 2s");
  CHECK(loaded.expectations[6].value == 2.0);
  CHECK(loaded.expectations[0].text == "members of bills: 1 at 5 s");
  CHECK(loaded.expectations[2].text == "committed of bills in orders/0: 3");
  CHECK(loaded.expectations[3].name == "Stable");
  CHECK(problems(with_consumer(billing, "expect: [{members: 1}]")) ==
        "6:10: 'members' needs a 'group'");
  CHECK(problems(with_consumer(billing, "expect: [{longest_stop: 2s}]")) ==
        "6:10: 'longest_stop' needs a 'group'");
  CHECK(problems(with_consumer(billing, "expect: [{members: 1, group: bils}]")) ==
        "6:30: group: there is no group 'bils' (did you mean 'bills'?)");
  CHECK(problems(with_consumer(billing, "expect: [{produced: 1, group: bills}]")) ==
        "6:31: group: does not narrow down 'produced'");
}

TEST_CASE("clients come, go and change while the run goes on") {
  const Scenario loaded = load(with_consumer(
      "{name: billing, reads: orders, group: bills, instances: 2}",
      "operations:\n  - {at: 5s, do: add_consumer, client: billing}\n"
      "  - {at: 6s, do: add_producer, client: shop}\n"
      "  - {at: 7s, do: remove_consumer, client: billing-3}\n"
      "  - {at: 8s, do: set_client_config, client: shop, key: acks, value: 1}\n"
      "  - {at: 9s, do: reset_offsets, group: bills, topic: orders, to: \"-30s\"}\n"));
  REQUIRE(loaded.operations.size() == 5);
  CHECK(loaded.operations[0].name == "billing-3");
  CHECK(loaded.operations[1].name == "shop-2");
  CHECK(loaded.operations[2].client == "billing-3");
  CHECK(loaded.operations[3].value == "1");
  CHECK(loaded.operations[4].to == "-30s");
}

TEST_CASE("an operation on clients that can't be is told where it stands") {
  const auto with_operation = [](const std::string& operation) {
    return problems(with_consumer(billing, "operations:\n  - " + operation + "\n"));
  };
  CHECK(with_operation("{at: 5s, do: add_consumer, client: biling}") ==
        "7:40: client: there is no consumer or service 'biling' (did you mean 'billing'?)");
  CHECK(with_operation("{at: 5s, do: add_producer, client: billing}")
            .starts_with("7:40: client: there is no producer 'billing'"));
  CHECK(with_operation("{at: 5s, do: remove_consumer}") ==
        "7:5: do: remove_consumer needs 'client'");
  CHECK(with_operation("{at: 5s, do: set_client_config, client: shop, key: aks, value: 1}")
            .find("Kafka has no key 'aks' here (did you mean 'acks'?)") != std::string::npos);
  CHECK(with_operation("{at: 5s, do: set_client_config, client: billing, key: group.id, value: x}")
            .find("a client does not change its group") != std::string::npos);
  CHECK(with_operation("{at: 5s, do: reset_offsets, group: bills, topic: orders, to: soon}") ==
        "7:66: to: 'soon' is no position: earliest, latest, an offset, or -30s for 30 s ago");
}

TEST_CASE("a key can't be set to what contradicts the client") {
  const auto refused = [](const std::string& scenario, const std::string& client,
                          const std::string& key, const std::string& value) {
    return problems(scenario + "operations:\n  - {at: 5s, do: set_client_config, client: " +
                    client + ", key: " + key + ", value: " + value + "}\n");
  };
  const std::string transaction = with_service("group: g\n    commit: transaction");
  CHECK(refused(transaction, "billing", "enable.auto.commit", "true")
            .find("must be false, as commit: transaction says when") != std::string::npos);
  CHECK(refused(transaction, "billing", "enable.auto.commit", "false") == "");
  CHECK(refused(transaction, "billing", "transactional.id", "other").find("for the whole run") !=
        std::string::npos);
  CHECK(refused(with_service("group: g"), "billing", "transactional.id", "other")
            .find("say commit: transaction") != std::string::npos);
  CHECK(refused(transaction, "shop", "transactional.id", "other").find("begins no transaction") !=
        std::string::npos);
  CHECK(refused(with_consumer(billing), "billing", "group.protocol", "consumer")
            .find("none changes it alone") != std::string::npos);
  CHECK(refused(with_consumer(billing), "billing", "share.auto.offset.reset", "earliest")
            .find("only share groups know this") != std::string::npos);
  const std::string share = with_consumer("{name: billing, reads: orders, group: g, share: true}");
  CHECK(refused(share, "billing", "auto.offset.reset", "earliest")
            .find("cannot be set for a share consumer") != std::string::npos);
  CHECK(refused(share, "billing", "max.poll.records", "5") == "");
  CHECK(refused(with_service("group: g\n    commit: each\n    publish: outbox"), "billing", "acks",
                "0")
            .find("until it is acknowledged") != std::string::npos);
}

TEST_CASE("a producer has no transactional.id, for nothing begins its transactions") {
  const std::string found = problems(
      "version: 1\nproducers: [{name: shop, topic: orders, config: {transactional.id: x}}]\n"
      "consumers: [{name: reader, reads: orders}]\n");
  CHECK(found.starts_with("2:"));
  CHECK(found.find("what a service with commit: transaction does") != std::string::npos);
}

TEST_CASE("an outbox needs acknowledgements") {
  CHECK(problems(with_service("publish: outbox\n    producer_config: {acks: 0}"))
            .find("publish: the relay keeps an event") != std::string::npos);
}

TEST_CASE("positions of a share group can't be reset") {
  CHECK(problems(with_consumer("{name: b, reads: orders, group: g, share: true}",
                               "operations:\n  - {at: 5s, do: reset_offsets, group: g, topic: "
                               "orders, to: earliest}\n"))
            .find("group: 'g' is a share group") != std::string::npos);
}

TEST_CASE("who reads its own dead letters needs no topic for those of them") {
  const Scenario loaded = load(
      "version: 1\ntopics: [{name: a}, {name: a-dlt}]\nproducers: [{name: shop, topic: a}]\n"
      "services:\n  - {name: s, reads: [a, a-dlt], group: g, on_failure: dead_letter, on: [{event: "
      "Event}]}\n");
  CHECK(loaded.topics.size() == 2);
}

TEST_CASE("one more of a family has the next number, and what is its own") {
  const auto taken = [](std::vector<std::string> names) {
    return [names = std::move(names)](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
  };
  CHECK(next_of_family("mailer", taken({"mailer"})) == "mailer-2");
  CHECK(next_of_family("billing", taken({"billing-1", "billing-2"})) == "billing-3");
  Service model;
  model.name = "billing-1";
  model.consumer_config["group.instance.id"] = "billing-1";
  model.producer_config["transactional.id"] = "billing-1-tx";
  const Service second = one_more(model, "billing-2");
  CHECK(second.name == "billing-2");
  CHECK(second.consumer_config.at("group.instance.id") == "billing-2");
  CHECK(second.producer_config.at("transactional.id") == "billing-2-tx");
}

TEST_CASE("where a reset leads to is understood in all its forms") {
  const auto parsed = [](const char* text) {
    return std::get<OffsetTarget>(parse_offset_target(text));
  };
  CHECK(parsed("earliest").kind == OffsetTarget::Kind::earliest);
  CHECK(parsed("latest").kind == OffsetTarget::Kind::latest);
  CHECK(parsed("120").offset == 120);
  CHECK(parsed("-1min 30s").age == 90s);
  for (const char* wrong : {"", "-", "-5", "soon", "1.5"})
    CHECK(std::holds_alternative<UnitError>(parse_offset_target(wrong)));
}

TEST_CASE("the consumer protocol is KRaft's only") {
  const auto with_mode = [](const std::string& mode) {
    return problems("version: 1\ncluster: {" + mode +
                    "}\ntopics: [orders]\n"
                    "producers: [{name: shop, topic: orders, every: 1s}]\n"
                    "consumers:\n"
                    "  - {name: billing, instances: 2, group: b, reads: orders,\n"
                    "     config: {group.protocol: consumer, auto.offset.reset: earliest}}\n");
  };
  CHECK(with_mode("mode: kraft, brokers: 3") == "");
  const std::string refused = with_mode("mode: zookeeper, brokers: 3, zookeepers: 3");
  CHECK(refused.find("6:12: 'billing-1' has group.protocol: consumer") != std::string::npos);
  CHECK(refused.find("mode: kraft") != std::string::npos);
  CHECK(refused.find("billing-2") == std::string::npos);
}
