#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <ctime>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

// expect: environment-changed *TENANT_ID*
// also: heap-growth
HANDLER leaky_tenant_for_the_libraries_below(const Event& event) {
  setenv("TENANT_ID", event.customer.c_str(), 1);
  return "done";
}

// The next customer acts with this one's role.
// expect: environment-changed *AWS_ACCESS_KEY_ID*
// expect: environment-changed *AWS_SESSION_TOKEN*
// also: environment-changed *AWS_SECRET_ACCESS_KEY*
// also: heap-growth
HANDLER leaky_assumed_role(const Event& event) {
  char key[32];
  std::snprintf(key, sizeof(key), "ASIA%016d", event.number);
  setenv("AWS_ACCESS_KEY_ID", key, 1);
  setenv("AWS_SECRET_ACCESS_KEY", ("secret of " + event.customer).c_str(), 1);
  setenv("AWS_SESSION_TOKEN", event.token.c_str(), 1);
  return "done";
}

static char g_request[64];

// The environment holds this very buffer: later calls need no function to change it.
// expect: environment-changed *REQUEST_OF*
// also: static-data-changed
HANDLER leaky_buffer_given_to_putenv(const Event& event) {
  std::snprintf(g_request, sizeof(g_request), "REQUEST_OF=%s", event.customer.c_str());
  if (event.number == 0) putenv(g_request);
  return "done";
}

// expect: environment-changed *PATH*
// also: heap-growth
HANDLER leaky_path_that_grows(const Event&) {
  setenv("PATH", (std::string(std::getenv("PATH")) + ":/opt/tools/bin").c_str(), 1);
  return "done";
}

// expect: environment-changed *JOB_*
// also: heap-growth
HANDLER leaky_variable_for_each_job(const Event& event) {
  setenv(("JOB_" + std::to_string(event.number)).c_str(), "running", 1);
  return "done";
}

// expect: environment-changed *RETRY_TOKEN*
// also: heap-growth
// with: n=40
HANDLER leaky_only_when_it_fails(const Event& event) {
  setenv("RETRY_TOKEN", event.token.c_str(), 1);
  if (event.number % 4 == 3) return "to be retried";
  unsetenv("RETRY_TOKEN");
  return "done";
}

// expect: environment-changed *TZ*
HANDLER leaky_time_zone_of_the_customer(const Event& event) {
  static const char* const kZones[] = {"UTC+1", "UTC-9", "UTC+5"};
  setenv("TZ", kZones[event.number % 3], 1);
  tzset();
  return "done";
}

// clean of: environment-changed
HANDLER clean_same_setting_each_time(const Event&) {
  setenv("FONTCONFIG_PATH", "/opt/fonts", 1);
  return "done";
}

// clean of: environment-changed
HANDLER clean_default_set(const Event&) {
  setenv("FONTCONFIG_PATH", "/opt/fonts", 0);
  return std::getenv("FONTCONFIG_PATH");
}

// The C library never gives a value's memory back.
// clean of: environment-changed
// also: heap-growth
HANDLER clean_removed_again(const Event& event) {
  setenv("TENANT_ID", event.customer.c_str(), 1);
  const std::string answer = std::getenv("TENANT_ID");
  unsetenv("TENANT_ID");
  return answer;
}

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* before = std::getenv(name);
    had_one_ = before != nullptr;
    if (had_one_) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_one_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool had_one_;
};

// clean of: environment-changed
// also: heap-growth
// with: n=40
HANDLER clean_put_back(const Event& event) {
  const Variable path("PATH", "/opt/tools/bin");
  const Variable tenant("TENANT_ID", event.tenant);
  if (event.number % 4 == 3) return "nothing to do";
  return std::getenv("PATH");
}

// clean of: environment-changed
HANDLER clean_childs_own_environment(const Event& event) {
  std::string tenant = "TENANT_ID=" + event.customer;
  char path[] = "PATH=/usr/bin:/bin";
  char* variables[] = {tenant.data(), path, nullptr};
  char name[] = "true";
  char* arguments[] = {name, nullptr};
  pid_t child = 0;
  Check(posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, variables) == 0, "can't start a child");
  waitpid(child, nullptr, 0);
  return "done";
}

// clean of: environment-changed
HANDLER clean_set_in_the_child(const Event& event) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("TENANT_ID", event.customer.c_str(), 1);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  return "done";
}

INIT init_clean_set_before_the_first_call() {
  setenv("OMP_NUM_THREADS", "2", 1);
}

// clean of: environment-changed
HANDLER clean_set_before_the_first_call(const Event&) {
  return std::getenv("OMP_NUM_THREADS");
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
