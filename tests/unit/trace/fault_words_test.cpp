// No keyword of a scenario file reaches a reader's eyes.
#include "sim/trace/fault_words.h"

#include <doctest/doctest.h>

namespace eventarium::trace {
namespace {

TEST_CASE("every fault that a scenario can ask for has words and a sentence of its own") {
  for (const std::string fault :
       {"crash", "power_loss", "stop", "start", "link_down", "link_up", "latency", "bandwidth",
        "cut", "loss", "pause", "slow_cpu", "slow_disk", "disk_full", "disk_failure",
        "slow_handler", "poison", "retry_storm"}) {
    CAPTURE(fault);
    const std::string sentence = fault_sentence(fault, "crm", "broker-1");
    const std::string healed = healed_sentence(fault, "crm", "broker-1");
    CHECK(healed.find('_') == std::string::npos);
    CHECK(healed.find("crm") != std::string::npos);
    CHECK(healed != sentence + " ");
    CHECK(fault_words(fault).find('_') == std::string::npos);
    CHECK(sentence.find('_') == std::string::npos);
    CHECK(sentence.find("crm") != std::string::npos);
    CHECK((sentence.find("broker-1") != std::string::npos) == (fault == "cut"));
  }
}

TEST_CASE("the words of a fault") {
  CHECK(fault_words("power_loss") == "power loss");
  CHECK(fault_sentence("power_loss", "crm", "") == "crm loses power");
  CHECK(fault_sentence("link_down", "crm", "") == "the cable of crm is unplugged");
  CHECK(fault_sentence("cut", "a", "b") == "nothing gets from a to b any more");
  CHECK(healed_sentence("cut", "a", "b") == "messages get from a to b again");
  CHECK(fault_sentence("split", "", "") == "the network is split");
  CHECK(healed_sentence("split", "", "") == "the network is whole again");
  CHECK(healed_sentence("disk_full", "broker-1", "") == "the disk of broker-1 has room again");
}

TEST_CASE("a fault of a newer trace keeps its name, readably") {
  CHECK(fault_words("clock_skew") == "clock skew");
  CHECK(fault_sentence("clock_skew", "broker-1", "") == "clock skew of broker-1");
  CHECK(healed_sentence("clock_skew", "broker-1", "") == "broker-1 is as it was");
}

}  // namespace
}  // namespace eventarium::trace
