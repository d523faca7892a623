// Some of this is done by a thread after the answer, and some by the runtime itself, between the answer and
// `next`.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "native_case.h"

using corpus::AfterResponse;
using corpus::Check;
using corpus::Event;
using corpus::TmpPath;

// A thread that does what it is given a little later.
class Background {
 public:
  static Background& Get() {
    static auto* const background = new Background;
    return *background;
  }
  void Later(std::function<void()> job) {
    const std::lock_guard<std::mutex> lock(mutex_);
    job_ = std::move(job);
    changed_.notify_one();
  }

 private:
  Background() { std::thread(&Background::Work, this).detach(); }
  void Work() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return job_ != nullptr; });
        job.swap(job_);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;
};

OUTLINE void WriteThumbnail() {
  std::ofstream(TmpPath("thumbnail.png"), std::ios::trunc) << std::string(1000, 'x');
}

// expect: post-response-activity
// with: n=7 pause=400
HANDLER leaky_task_that_nobody_awaits(const Event&) {
  Background::Get().Later(&WriteThumbnail);
  return "accepted";
}

OUTLINE void SendMetrics() {
  static int metrics = -1;
  if (metrics >= 0) close(metrics);
  metrics = corpus::Connect("PEER_KEEPING");
  corpus::Ask(metrics, "PING");
}

// expect: post-response-activity
// with: n=7 pause=400
HANDLER leaky_metrics_sent_later(const Event&) {
  Background::Get().Later(&SendMetrics);
  return "accepted";
}

// By the runtime itself, once the answer is on its way.
// expect: post-response-activity
// with: n=7
HANDLER leaky_cache_written_after_the_answer(const Event& event) {
  AfterResponse() = [rows = event.rows] {
    std::ofstream(TmpPath("cache.bin"), std::ios::trunc) << std::string(static_cast<std::size_t>(rows), 'x');
  };
  return "accepted";
}

static pid_t StartHelper() {
  char name[] = "sleep", seconds[] = "300";
  char* arguments[] = {name, seconds, nullptr};
  pid_t child = 0;
  Check(posix_spawn(&child, "/bin/sleep", nullptr, nullptr, arguments, environ) == 0, "can't start a child");
  return child;
}

// The one before is ended first.
// expect: post-response-activity
// also: process-left-running
// with: n=7 pause=400
HANDLER leaky_helper_restarted_later(const Event&) {
  static pid_t helper = StartHelper();
  Background::Get().Later([] {
    kill(helper, SIGKILL);
    waitpid(helper, nullptr, 0);
    helper = StartHelper();
  });
  return "accepted";
}

// expect: post-response-activity
// also: thread-left-running
// also: heap-growth
// also: mapping-growth
// also: limit-approaching
// with: n=7 pause=400
HANDLER leaky_more_threads_later(const Event&) {
  Background::Get().Later([] {
    std::thread([] {
      for (;;) pause();
    }).detach();
  });
  return "accepted";
}

// expect: post-response-activity
// also: environment-changed
// also: heap-growth
// with: n=7 pause=400
HANDLER leaky_setting_changed_later(const Event& event) {
  Background::Get().Later([customer = event.customer] { setenv("LAST_CUSTOMER", customer.c_str(), 1); });
  return "accepted";
}

// expect: post-response-activity
// also: tmp-growth
// with: n=7 pause=400
HANDLER leaky_audit_appended_later(const Event&) {
  Background::Get().Later([] { std::ofstream(TmpPath("audit.log"), std::ios::app) << "order\n"; });
  return "accepted";
}

// clean of: post-response-activity
// with: n=7 pause=400
HANDLER clean_written_before_the_answer(const Event&) {
  std::thread(&WriteThumbnail).join();
  return "done";
}

// Standard output is where logs go.
// clean of: post-response-activity
// with: n=7 pause=400
HANDLER clean_logs_flushed_later(const Event& event) {
  Background::Get().Later([rows = event.rows] {
    std::printf("order of %d rows\n", rows);
    std::fflush(stdout);
  });
  return "accepted";
}

// Freed, closed, deleted: nothing new comes of it.
// clean of: post-response-activity
// with: n=7
HANDLER clean_tidied_up_after_the_answer(const Event& event) {
  const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  auto rows = std::make_shared<std::vector<int>>(static_cast<std::size_t>(event.rows));
  AfterResponse() = [fd, rows]() mutable {
    close(fd);
    rows.reset();
  };
  return "accepted";
}

// clean of: post-response-activity
// with: n=7 pause=400
HANDLER clean_thread_that_only_counts(const Event&) {
  static auto* const beats = new std::atomic<long>(0);
  static const bool started = [] {
    std::thread([] {
      for (;;) {
        ++*beats;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }).detach();
    return true;
  }();
  return std::to_string(started && *beats >= 0);
}

// clean of: post-response-activity
// with: n=7 pause=400
HANDLER clean_connection_idle(const Event&) {
  static const int fd = corpus::Connect("PEER_KEEPING");
  return std::to_string(corpus::Ask(fd, "PING"));
}

// It works in its own memory.
// clean of: post-response-activity
// with: n=7 pause=400
HANDLER clean_computed_later(const Event& event) {
  static auto* const totals = new std::vector<double>(64);
  Background::Get().Later([rows = event.rows] {
    for (double& total : *totals) total = total * 0.5 + rows;
  });
  return "accepted";
}

// clean of: post-response-activity
// with: n=7 pause=400
HANDLER clean_helper_restarted_before_the_answer(const Event&) {
  const pid_t helper = StartHelper();
  kill(helper, SIGKILL);
  waitpid(helper, nullptr, 0);
  return "done";
}

// clean of: post-response-activity
// with: n=7
HANDLER clean_time_taken_after_the_answer(const Event&) {
  static auto* const spent = new timespec;
  AfterResponse() = [] { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, spent); };
  return "accepted";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
