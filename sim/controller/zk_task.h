// Steps that wait for ZooKeeper's answers, written one below the other: coroutines, and the queue
// that lets one of them run at a time, as the one thread of Kafka's ControllerEventManager (3.9)
// does. Nothing here knows ZooKeeper or the controller.
//
//   add(event) --> queued --nothing runs--> runs --co_await--> suspended --resume()--> runs ...
//   --returns or throws--> the next one     stop(): what runs and what waits is forgotten
#pragma once

#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace eventarium::kafka {

/// Thrown by an event that can't go on: what it worked for is not its business any more.
struct Interrupted {};

template <class T>
class Task;

namespace task_detail {

/// Goes on with whoever awaits the task.
struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
    const std::coroutine_handle<> waiting = handle.promise().continuation;
    return waiting ? waiting : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::exception_ptr failure;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() { failure = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  void return_value(T result) { value = std::move(result); }
  T take() {
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const {
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace task_detail

/// A piece of work that begins when it is awaited. Owns its frame.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
    handle_.promise().continuation = waiting;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

  /// For the queue, which awaits nothing.
  void begin() { handle_.resume(); }
  bool done() const { return handle_.done(); }
  T result() { return handle_.promise().take(); }

 private:
  Handle handle_;
};

namespace task_detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace task_detail

class TaskQueue {
 public:
  using Event = std::function<Task<void>()>;
  /// `on_interrupted` is told when an event has ended with Interrupted.
  explicit TaskQueue(std::function<void()> on_interrupted)
      : on_interrupted_(std::move(on_interrupted)) {}

  void add(Event event) {
    waiting_.push_back(std::move(event));
    run();
  }
  /// For whoever an event awaits: it goes on.
  void resume(std::coroutine_handle<> handle) {
    handle.resume();
    end_if_done();
    run();
  }
  /// What has not begun is forgotten.
  void drop_waiting() { waiting_.clear(); }
  /// So is what runs. Not to be called by an event.
  void stop() {
    waiting_.clear();
    running_.reset();
    begun_ = nullptr;
  }
  bool idle() const { return !running_ && waiting_.empty(); }

 private:
  void run() {
    while (!running_ && !busy_ && !waiting_.empty()) {
      begun_ = std::move(waiting_.front());  // a coroutine uses what its lambda has captured
      waiting_.pop_front();
      busy_ = true;
      running_.emplace(begun_());
      running_->begin();
      busy_ = false;
      end_if_done();
    }
  }
  void end_if_done() {
    if (!running_ || !running_->done()) return;
    bool interrupted = false;
    try {
      running_->result();
    } catch (const Interrupted&) {
      interrupted = true;
    }
    running_.reset();
    if (interrupted) on_interrupted_();
  }

  std::function<void()> on_interrupted_;
  std::deque<Event> waiting_;
  Event begun_;
  std::optional<Task<void>> running_;
  bool busy_ = false;
};

}  // namespace eventarium::kafka
