#include "sim/controller/zookeeper_tree.h"

#include <doctest/doctest.h>

#include "tests/unit/controller/zookeeper_world.h"

using namespace eventarium;
using namespace eventarium::zookeeper;
using namespace eventarium::zookeeper::test;

namespace {

struct Tree {
  Tree() { open(); }
  SessionId open() {
    Transaction opening;
    opening.zxid = ++zxid;
    opening.kind = Transaction::Kind::open_session;
    opening.timeout = 18s;
    return tree.apply(opening).session;
  }
  Applied close(SessionId session) {
    Transaction closing;
    closing.zxid = ++zxid;
    closing.kind = Transaction::Kind::close_session;
    closing.session = session;
    return tree.apply(closing);
  }
  Applied apply(std::vector<Operation> operations, SessionId session = 1) {
    Transaction transaction;
    transaction.zxid = ++zxid;
    transaction.session = session;
    transaction.operations = std::move(operations);
    return tree.apply(transaction);
  }
  ZnodeTree tree;
  Zxid zxid = 0;
};

}  // namespace

TEST_CASE("znodes are created under their parents, once") {
  Tree t;
  CHECK(t.apply({create("/a/b")}).code == Code::no_node);
  CHECK(t.apply({create("/a", "x")}).code == Code::ok);
  CHECK(t.apply({create("/a/b")}).code == Code::ok);
  CHECK(t.apply({create("/a")}).code == Code::node_exists);
  CHECK(t.tree.find("/a")->children == std::set<std::string>{"b"});
  CHECK(t.tree.find("/a")->stat.created == 3);
  CHECK(t.tree.find("/a")->stat.children_modified == 4);
}

TEST_CASE("a version that has moved on stops a change") {
  Tree t;
  t.apply({create("/a", "x")});
  CHECK(t.apply({set("/a", "y", 0)}).code == Code::ok);
  CHECK(t.tree.find("/a")->stat.version == 1);
  CHECK(t.apply({set("/a", "z", 0)}).code == Code::bad_version);
  CHECK(t.apply({erase("/a", 0)}).code == Code::bad_version);
  CHECK(content(t.tree.find("/a")->value) == "y");
  CHECK(t.apply({erase("/a", 1)}).code == Code::ok);
  CHECK(t.tree.find("/a") == nullptr);
}

TEST_CASE("a transaction of several operations is all or nothing") {
  Tree t;
  t.apply({create("/epoch", "1")});
  const Applied refused = t.apply({set("/epoch", "2"), create("/epoch")});
  CHECK(refused.code == Code::node_exists);
  CHECK(refused.changes.empty());
  CHECK(content(t.tree.find("/epoch")->value) == "1");
  CHECK(t.apply({create("/p"), create("/p/state"), set("/epoch", "2", 0)}).code == Code::ok);
  CHECK(t.tree.find("/p/state") != nullptr);
  CHECK(t.apply({erase("/p")}).code == Code::not_empty);
  CHECK(t.apply({erase("/p/state"), erase("/p")}).code == Code::ok);
}

TEST_CASE("ephemeral znodes go with their session, others stay") {
  Tree t;
  const SessionId second = t.open();
  CHECK(second == 2);
  t.apply({create("/stays")}, second);
  t.apply({create("/controller", "me", true)}, second);
  CHECK(t.tree.find("/controller")->stat.owner == second);
  const Applied closed = t.close(second);
  REQUIRE(closed.changes.size() == 1);
  CHECK(closed.changes[0].path == "/controller");
  CHECK(t.tree.find("/stays") != nullptr);
  CHECK(t.apply({create("/late")}, second).code == Code::session_expired);
  CHECK(t.close(second).code == Code::session_expired);
}
