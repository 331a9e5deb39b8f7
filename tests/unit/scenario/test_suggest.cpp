// "did you mean": near words are found, far ones are not.
#include <doctest/doctest.h>

#include "sim/scenario/suggest.h"

using namespace eventarium::scenario;

TEST_CASE("the distance counts edits, swaps of neighbours as one, case as none") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("topics", "topics") == 0);
  CHECK(edit_distance("topcis", "topics") == 1);
  CHECK(edit_distance("partitons", "partitions") == 1);
  CHECK(edit_distance("Replicas", "replicas") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("only what is near is suggested, the first of equals") {
  const std::vector<std::string> keys = {"name", "topic", "partitions", "replicas"};
  CHECK(nearest("partitons", keys) == "partitions");
  CHECK(nearest("nmae", keys) == "name");
  CHECK(nearest("bandwidth", keys) == "");
  CHECK(nearest("at", {"as", "ab"}) == "as");
  CHECK(nearest("x", {}) == "");
}

TEST_CASE("the hint") {
  CHECK(did_you_mean("topci", {"topic", "key"}) == " (did you mean 'topic'?)");
  CHECK(did_you_mean("zebra", {"topic", "key"}) == " (known: topic, key)");
  CHECK(did_you_mean("zebra", {"bills", "bills"}) == " (known: bills)");
  CHECK(did_you_mean("zebra", {}) == "");
}
