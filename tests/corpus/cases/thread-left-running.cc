#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

static void Forever() {
  for (;;) pause();
}

// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
HANDLER leaky_watcher_detached(const Event&) {
  std::thread(&Forever).detach();
  return "done";
}

// A timeout that is never cancelled, as a thread that sleeps.
// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
HANDLER leaky_timeout_as_a_thread(const Event& event) {
  pthread_t thread;
  Check(pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
              sleep(300);
              return nullptr;
            },
            nullptr) == 0,
        "pthread_create");
  pthread_setname_np(thread, "timeout");
  pthread_detach(thread);
  return std::to_string(event.rows);
}

// One by one they look like threads of different kinds.
// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
HANDLER leaky_thread_named_after_its_customer(const Event& event) {
  std::thread thread(&Forever);
  pthread_setname_np(thread.native_handle(), event.customer.substr(0, 15).c_str());
  thread.detach();
  return "done";
}

class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 0; i < threads; ++i) Add();
  }
  ~Pool() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void Add() { threads_.emplace_back(&Pool::Work, this); }
  std::size_t size() const { return threads_.size(); }

  // Waits until it is done.
  void Do(const std::function<void()>& job) {
    std::packaged_task<void()> task(job);
    std::future<void> done = task.get_future();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(std::move(task));
    }
    changed_.notify_one();
    done.get();
  }

 private:
  void Work() {
    for (;;) {
      std::packaged_task<void()> job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> jobs_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
HANDLER leaky_pool_for_each_call(const Event& event) {
  auto* pool = corpus::Opaque(new Pool(2));
  int sum = 0;
  pool->Do([&] { sum += event.rows; });
  return std::to_string(sum);
}

// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
// with: n=40
HANDLER leaky_when_an_exception_passes(const Event& event) {
  auto* pool = new Pool(1);
  try {
    if (event.number % 4 == 3) throw std::runtime_error("unknown customer");
    delete pool;
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "done";
}

static std::promise<void>* g_go;

// Each waits for a word that nobody says.
// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
HANDLER leaky_prefetch(const Event&) {
  g_go = corpus::Opaque(new std::promise<void>);
  auto* waiting = corpus::Opaque(new std::future<void>(
      std::async(std::launch::async, [go = g_go->get_future().share()] { go.wait(); })));
  return std::to_string(waiting->valid());
}

// clean of: thread-left-running
HANDLER clean_joined(const Event& event) {
  long sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&event, &sum, i] { sum += i == 0 ? event.rows : 0; });
  for (std::thread& thread : threads) thread.join();
  return std::to_string(sum);
}

// clean of: thread-left-running
HANDLER clean_future_waited_for(const Event& event) {
  return std::to_string(std::async(std::launch::async, [&] { return event.rows * 2; }).get());
}

// clean of: thread-left-running
HANDLER clean_stopped_at_its_end(const Event& event) {
  int beats = 0;
  {
    const std::jthread heart([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        ++beats;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(100 * (event.rows % 10)));
  }
  return std::to_string(beats >= 0);
}

// clean of: thread-left-running
HANDLER clean_pool_made_once(const Event& event) {
  static auto* const pool = new Pool(3);
  int sum = 0;
  for (int i = 0; i < 5; ++i) pool->Do([&] { sum += event.rows; });
  return std::to_string(sum);
}

// One thread more with each of the first three calls.
// clean of: thread-left-running
HANDLER clean_pool_that_fills(const Event& event) {
  static auto* const pool = new Pool(0);
  if (pool->size() < 3) pool->Add();
  int sum = 0;
  pool->Do([&] { sum += event.rows; });
  return std::to_string(sum);
}

INIT init_clean_watcher_of_the_program() {
  std::thread(&Forever).detach();
}

// clean of: thread-left-running
HANDLER clean_watcher_of_the_program(const Event& event) {
  return std::to_string(event.rows);
}

// clean of: thread-left-running
// with: n=40
HANDLER clean_stopped_on_each_way(const Event& event) {
  Pool pool(2);
  try {
    if (event.number % 4 == 3) throw std::runtime_error("unknown customer");
    pool.Do([] {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "done";
}

// clean of: thread-left-running
HANDLER clean_cancelled(const Event&) {
  pthread_t thread;
  Check(pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
              sleep(300);
              return nullptr;
            },
            nullptr) == 0,
        "pthread_create");
  pthread_cancel(thread);
  pthread_join(thread, nullptr);
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
