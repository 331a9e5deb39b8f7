// Groups in a scenario file: who is in one, how it commits, how many there are, and what is wrong
// with what people write about it.
#include <doctest/doctest.h>

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

const std::string billing = "{name: billing, reads: orders, group: bills}";

}  // namespace

TEST_CASE("producers have instances, too, and their events ids of their own") {
  const Scenario loaded = load(
      "version: 1\nproducers: [{name: shop, topic: orders, instances: 2}]\n"
      "consumers: [{name: reader, reads: orders}]\n");
  REQUIRE(loaded.producers.size() == 2);
  CHECK(loaded.producers[1].name == "shop-2");
  CHECK(loaded.producers[1].id == "shop-2-{n}");
  CHECK(loaded.producers[1].family == "shop");
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
