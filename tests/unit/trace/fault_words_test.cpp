// No keyword of a scenario file reaches a reader's eyes.
#include "sim/trace/fault_words.h"

#include <doctest/doctest.h>

namespace eventarium::trace {
namespace {

TEST_CASE("every fault that a scenario can ask for has words and a sentence of its own") {
  for (const std::string fault : {"crash", "power_loss", "stop", "start", "link_down", "link_up",
                                  "latency", "bandwidth", "cut", "loss"}) {
    CAPTURE(fault);
    const std::string sentence = fault_sentence(fault, "crm", "broker-1");
    CHECK(fault_words(fault).find('_') == std::string::npos);
    CHECK(sentence.find('_') == std::string::npos);
    CHECK(sentence.find("crm") != std::string::npos);
    CHECK(sentence.find(" of crm") == (sentence.starts_with("the cable") ? 9 : std::string::npos));
    CHECK((sentence.find("broker-1") != std::string::npos) == (fault == "cut"));
  }
}

TEST_CASE("the words of a fault") {
  CHECK(fault_words("power_loss") == "power loss");
  CHECK(fault_sentence("power_loss", "crm", "") == "crm loses power");
  CHECK(fault_sentence("link_down", "crm", "") == "the cable of crm is unplugged");
  CHECK(fault_sentence("cut", "a", "b") == "nothing gets from a to b any more");
}

TEST_CASE("a fault of a newer trace keeps its name, readably") {
  CHECK(fault_words("disk_full") == "disk full");
  CHECK(fault_sentence("disk_full", "broker-1", "") == "disk full of broker-1");
}

}  // namespace
}  // namespace eventarium::trace
