// ZooKeeper's answers for coroutines: co_await calls.read({...}) or calls.write({...}) sends all of
// them at once, as far as the client lets requests go ahead of answers, and goes on when all of
// them are answered. A session that expires meanwhile interrupts the event.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/controller/zk_task.h"
#include "sim/controller/zookeeper_client.h"

namespace eventarium::kafka {

using ZkWrite = std::vector<zookeeper::Operation>;  // one transaction

class ZkAnswers {
 public:
  ZkAnswers(engine::Runtime& runtime, zookeeper::ZookeeperClient& client, TaskQueue& queue,
            std::vector<zookeeper::Read> reads, std::vector<ZkWrite> writes)
      : runtime_(&runtime),
        client_(&client),
        queue_(&queue),
        reads_(std::move(reads)),
        writes_(std::move(writes)) {}
  ZkAnswers(const ZkAnswers&) = delete;
  ZkAnswers& operator=(const ZkAnswers&) = delete;
  ~ZkAnswers() {
    if (state_) state_->abandoned = true;  // the frame goes before the answers come
  }

  bool await_ready() const { return reads_.empty() && writes_.empty(); }
  void await_suspend(std::coroutine_handle<> handle) {
    state_ = std::make_shared<State>();
    state_->waiting = handle;
    state_->left = reads_.size() + writes_.size();
    state_->replies.resize(state_->left);
    std::size_t place = 0;
    for (zookeeper::Read& read : reads_)
      client_->read(*runtime_, std::move(read), collect(place++));
    for (ZkWrite& write : writes_) client_->write(*runtime_, std::move(write), collect(place++));
  }
  /// In the order of the requests.
  std::vector<zookeeper::Reply> await_resume() {
    if (!state_) return {};
    for (const zookeeper::Reply& reply : state_->replies)
      if (reply.code == zookeeper::Code::session_expired) throw Interrupted{};
    return std::move(state_->replies);
  }

 private:
  struct State {
    std::coroutine_handle<> waiting;
    std::vector<zookeeper::Reply> replies;
    std::size_t left = 0;
    bool abandoned = false;
  };

  zookeeper::ZookeeperClient::Callback collect(std::size_t place) {
    return
        [state = state_, queue = queue_, place](engine::Runtime&, const zookeeper::Reply& reply) {
          if (state->abandoned) return;
          state->replies[place] = reply;
          if (--state->left == 0) queue->resume(state->waiting);
        };
  }

  engine::Runtime* runtime_;
  zookeeper::ZookeeperClient* client_;
  TaskQueue* queue_;
  std::vector<zookeeper::Read> reads_;
  std::vector<ZkWrite> writes_;
  std::shared_ptr<State> state_;
};

class ZkCalls {
 public:
  ZkCalls(zookeeper::ZookeeperClient& client, TaskQueue& queue) : client_(client), queue_(queue) {}

  void start(engine::Runtime& runtime) { runtime_ = &runtime; }
  engine::Runtime& runtime() const { return *runtime_; }

  ZkAnswers read(std::vector<zookeeper::Read> reads) {
    return ZkAnswers(*runtime_, client_, queue_, std::move(reads), {});
  }
  ZkAnswers write(std::vector<ZkWrite> writes) {
    return ZkAnswers(*runtime_, client_, queue_, {}, std::move(writes));
  }

  // One each.
  Task<zookeeper::Reply> get(std::string path, bool watch = false) {
    return one(zookeeper::Read::Kind::get, std::move(path), watch);
  }
  Task<zookeeper::Reply> exists(std::string path, bool watch = false) {
    return one(zookeeper::Read::Kind::exists, std::move(path), watch);
  }
  Task<zookeeper::Reply> children(std::string path, bool watch = false) {
    return one(zookeeper::Read::Kind::children, std::move(path), watch);
  }
  Task<zookeeper::Reply> write_one(ZkWrite write) {
    std::vector<ZkWrite> writes;
    writes.push_back(std::move(write));
    std::vector<zookeeper::Reply> replies = co_await this->write(std::move(writes));
    co_return std::move(replies.front());
  }

  zookeeper::SessionId session() const { return client_.session(); }

 private:
  Task<zookeeper::Reply> one(zookeeper::Read::Kind kind, std::string path, bool watch) {
    std::vector<zookeeper::Read> reads;
    reads.push_back({kind, std::move(path), watch});
    std::vector<zookeeper::Reply> replies = co_await read(std::move(reads));
    co_return std::move(replies.front());
  }

  zookeeper::ZookeeperClient& client_;
  TaskQueue& queue_;
  engine::Runtime* runtime_ = nullptr;  // of the node; valid from its start on
};

/// The znode's value as V, or null.
template <class V>
const V* value_of(const zookeeper::Reply& reply) {
  return dynamic_cast<const V*>(reply.value.get());
}

inline zookeeper::Operation zk_check(std::string path, std::int32_t version) {
  return {zookeeper::Operation::Kind::check, std::move(path), nullptr, false, version};
}
inline zookeeper::Operation zk_create(std::string path, zookeeper::ValuePtr value,
                                      bool ephemeral = false) {
  return {zookeeper::Operation::Kind::create, std::move(path), std::move(value), ephemeral, -1};
}
inline zookeeper::Operation zk_set(std::string path, zookeeper::ValuePtr value,
                                   std::int32_t version = -1) {
  return {zookeeper::Operation::Kind::set, std::move(path), std::move(value), false, version};
}
inline zookeeper::Operation zk_remove(std::string path) {
  return {zookeeper::Operation::Kind::remove, std::move(path), nullptr, false, -1};
}

}  // namespace eventarium::kafka
