// Ids, the hash with a fixed definition, and the assertion that stays on.
#include "sim/base/ids.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <type_traits>

#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/check.h"
#include "sim/base/hash.h"

using namespace eventarium;

static_assert(!std::is_convertible_v<NodeId, RecordId>);
static_assert(!std::is_convertible_v<int, NodeId>);

TEST_CASE("an id is none until it is given, and orders by its number") {
  CHECK_FALSE(NodeId{}.valid());
  CHECK(NodeId{0}.valid());
  CHECK_FALSE(EventId{}.valid());
  CHECK_FALSE(EventId{0}.valid());
  CHECK(RecordId{1} < RecordId{2});
}

TEST_CASE("the hash has one definition for ever, and tells texts apart by their borders") {
  const auto of = [](auto... parts) {
    Hash64 hash;
    (hash.add(parts), ...);
    return hash.value();
  };
  using namespace std::string_view_literals;
  CHECK(of("ab"sv, "c"sv) != of("a"sv, "bc"sv));
  CHECK(of(""sv) != of());
  CHECK(of("12345678"sv) != of("12345678\0"sv));
  CHECK(of(std::uint64_t{1}, std::uint64_t{2}) != of(std::uint64_t{2}, std::uint64_t{1}));
  CHECK(of("newsletter"sv) == 10624676873087844354ULL);
}

TEST_CASE("a broken assumption ends the program, in release builds too") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);
    EVENTARIUM_CHECK(1 + 1 == 3, "arithmetic holds");
    _exit(0);
  }
  close(ends[1]);
  std::string text(1000, '\0');
  text.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], text.data(), text.size()))));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(text.find("arithmetic holds") != std::string::npos);
  CHECK(text.find("ids_test.cpp:") != std::string::npos);
}
