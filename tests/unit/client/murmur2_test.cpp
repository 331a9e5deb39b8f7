// Kafka's murmur2, against the vectors of Kafka's own tests and of librdkafka's.
#include "sim/client/murmur2.h"

#include <doctest/doctest.h>

using namespace eventarium::kafka;

namespace {

struct Vector {
  std::string_view key;
  std::int32_t hash;
  std::int32_t of_3, of_6;  // partition; -1: only the hash is known
};

constexpr Vector vectors[] = {
    {"21", -973932308, 0, 0},
    {"foobar", -790332482, 0, 0},
    {"a-little-bit-long-string", -985981536, 2, 2},
    {"a-little-bit-longer-string", -1486304829, 2, 5},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 2, 5},
    {"abc", 479470107, 0, 3},
    {"kafka", -798503068, 1, 4},
    {"giberish123456789", -1890243828, 2, 2},
    {"1234", -1614185708, 0, 0},
    {"234", -406844982, 2, 2},
    {"34", -2026295078, 0, 0},
    {"4", 1514888353, 1, 1},
    {"", 275646681, 0, 3},
    {"user-1", 1404122828, 2, 2},
    {"user-2", -324981792, 2, 2},
    {"user-3", 1141442267, 2, 5},
    {"order-1", 1221710326, 1, 4},
    {"order-42", 501153024, 0, 0},
    {"alice", 1951417749, 0, 3},
    {"bob", -2048144690, 0, 0},
    {"key-0", 29210041, 1, 1},
    {"key-1", 193331640, 0, 0},
    {"key-2", 852269702, 2, 2},
    {"key-3", -1839136101, 2, 5},
    {"key-4", 647367033, 0, 3},
    {"key-5", -1698326880, 2, 2},
};

}  // namespace

TEST_CASE("murmur2 gives Kafka's hashes and partitions") {
  for (const Vector& vector : vectors) {
    CAPTURE(vector.key);
    CHECK(murmur2(vector.key) == vector.hash);
    CHECK(partition_for_key(vector.key, 3) == vector.of_3);
    CHECK(partition_for_key(vector.key, 6) == vector.of_6);
  }
}

TEST_CASE("bytes above 127 are unsigned") {
  const std::string_view umlaut = "\xc3\xbc";
  CHECK(murmur2(umlaut) != murmur2("\x43\x3c"));
  CHECK(partition_for_key(umlaut, 7) >= 0);
}

TEST_CASE("row 1: foobar, kafka, abc go to 0, 1, 0 of three and 0, 4, 3 of six partitions") {
  CHECK(partition_for_key("foobar", 3) == 0);
  CHECK(partition_for_key("kafka", 3) == 1);
  CHECK(partition_for_key("abc", 3) == 0);
  CHECK(partition_for_key("foobar", 6) == 0);
  CHECK(partition_for_key("kafka", 6) == 4);
  CHECK(partition_for_key("abc", 6) == 3);
}

TEST_CASE("row 3: with six instead of three partitions, the same key lives elsewhere") {
  CHECK(partition_for_key("abc", 3) == 0);
  CHECK(partition_for_key("abc", 6) == 3);
}
