#include <sys/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string_view>

#include "native_case.h"

using corpus::Event;

static char g_last_user[64];

// expect: static-data-changed *g_last_user*
HANDLER leaky_last_user(const Event& event) {
  std::snprintf(g_last_user, sizeof(g_last_user), "%s", event.customer.c_str());
  return std::to_string(std::strlen(g_last_user));
}

inline std::string g_tenant;

// Short enough to stand in the variable itself.
// expect: static-data-changed *g_tenant*
HANDLER leaky_tenant_of_the_last_call(const Event& event) {
  g_tenant = event.tenant;
  return std::to_string(g_tenant.size());
}

struct Context {
  int calls;
  double started;
  char customer[40];
  const char* phase;
};
static Context g_context = {0, 0.5, "nobody", "idle"};

// A field among others; not zero in the beginning.
// expect: static-data-changed *g_context*
HANDLER leaky_field_of_the_context(const Event& event) {
  ++g_context.calls;
  event.customer.copy(g_context.customer, sizeof(g_context.customer) - 1);
  g_context.phase = event.rows > 50 ? "many" : "few";
  return g_context.phase;
}

// A buffer of the kind that a C function returns.
OUTLINE const char* Greeting(const Event& event) {
  static char greeting[80];
  std::snprintf(greeting, sizeof(greeting), "Hello, %s!", event.customer.c_str());
  return greeting;
}

// expect: static-data-changed *greeting*
HANDLER leaky_buffer_inside_a_function(const Event& event) {
  return std::to_string(std::strlen(Greeting(event)));
}

struct Request {
  int rows;
  char customer[24];
};
static Request g_recent[4];

// The ring is bounded, but other customers' names are in it.
// expect: static-data-changed *g_recent*
HANDLER leaky_recent_requests(const Event& event) {
  Request& request = g_recent[event.number % 4];
  request.rows = event.rows;
  std::snprintf(request.customer, sizeof(request.customer), "%s", event.customer.c_str());
  return "done";
}

static char g_error[128];

// expect: static-data-changed *g_error*
// with: n=40
HANDLER leaky_error_text(const Event& event) {
  if (event.number % 4 != 3) return "done";
  std::snprintf(g_error, sizeof(g_error), "no stock for %s", event.customer.c_str());
  return "failed";
}

namespace billing {
struct Account {
  static char token[48];
};
char Account::token[48];
}  // namespace billing

// expect: static-data-changed *token*
HANDLER leaky_token_of_a_class(const Event& event) {
  std::snprintf(billing::Account::token, sizeof(billing::Account::token), "%s", event.token.c_str());
  return "done";
}

static std::array<std::string_view, 3> g_plans = {"free", "team", "enterprise"};
static std::string_view g_plan;

// A pointer to one of the program's own words.
// clean of: static-data-changed
HANDLER clean_plan_by_pointer(const Event& event) {
  g_plan = g_plans[static_cast<std::size_t>(event.rows) % g_plans.size()];
  return std::string(g_plan);
}

static long g_calls;
static std::atomic<std::uint64_t> g_rows;
static std::uint64_t g_bytes[16];

// clean of: static-data-changed
HANDLER clean_counters(const Event& event) {
  ++g_calls;
  g_rows += static_cast<std::uint64_t>(event.rows);
  g_bytes[event.number % 16] += event.customer.size();
  return std::to_string(g_calls);
}

static timeval g_started;
static std::chrono::system_clock::time_point g_ended;
static timespec g_spent;

// clean of: static-data-changed
HANDLER clean_times(const Event& event) {
  gettimeofday(&g_started, nullptr);
  g_ended = std::chrono::system_clock::now();
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &g_spent);
  return std::to_string(event.rows);
}

static std::mt19937 g_random;
static std::uint64_t g_state[4] = {1, 2, 3, 4};

// 2.5 KB of bits that look like anything, now and then like words.
// clean of: static-data-changed
HANDLER clean_random_numbers(const Event& event) {
  std::uint64_t sum = 0;
  for (int i = 0; i < 10 * event.rows; ++i) sum += g_random();
  for (std::uint64_t& word : g_state) word = word * 6364136223846793005ULL + sum;
  return std::to_string(sum);
}

struct Statistics {
  double mean, deviation, least, most;
  std::uint32_t histogram[32];
};
static Statistics g_statistics;

// clean of: static-data-changed
HANDLER clean_statistics(const Event& event) {
  const double rows = event.rows, step = 1.0 / (event.number + 1);
  g_statistics.mean += (rows - g_statistics.mean) * step;
  g_statistics.deviation += (std::fabs(rows - g_statistics.mean) - g_statistics.deviation) * step;
  g_statistics.least = std::fmin(g_statistics.least, rows);
  g_statistics.most = std::fmax(g_statistics.most, rows);
  ++g_statistics.histogram[event.rows / 4];
  return std::to_string(g_statistics.mean);
}

static char g_names[12][16];
static bool g_names_ready;

// Words, made once and read from then on.
// clean of: static-data-changed
HANDLER clean_table_made_once(const Event& event) {
  if (!g_names_ready) {
    int number = 0;
    for (auto& name : g_names) std::snprintf(name, sizeof(name), "month-%02d", ++number);
    g_names_ready = true;
  }
  return g_names[event.rows % 12];
}

static char g_scratch[256];

// clean of: static-data-changed
HANDLER clean_scratch_wiped(const Event& event) {
  std::snprintf(g_scratch, sizeof(g_scratch), "rows of %s", event.customer.c_str());
  const std::size_t length = std::strlen(g_scratch);
  explicit_bzero(g_scratch, sizeof(g_scratch));
  return std::to_string(length);
}

static char g_region[32];

// Written each time, and always the same.
// clean of: static-data-changed
HANDLER clean_same_text_each_time(const Event&) {
  const char* region = std::getenv("AWS_REGION");
  std::snprintf(g_region, sizeof(g_region), "%s", region != nullptr ? region : "eu-west-1");
  return g_region;
}

static std::string g_current;

// clean of: static-data-changed
HANDLER clean_put_back(const Event& event) {
  g_current = event.tenant;
  const std::string answer = std::to_string(g_current.size());
  std::fill(g_current.begin(), g_current.end(), '\0');
  g_current.clear();
  return answer;
}

static std::size_t g_seen[8];
static unsigned char g_bits[64];
static float g_weights[64];

// clean of: static-data-changed
HANDLER clean_hashes_bits_and_weights(const Event& event) {
  g_seen[event.number % 8] = std::hash<std::string>()(event.customer);
  g_bits[event.rows / 2] ^= 1;
  for (float& weight : g_weights) weight = weight * 0.9f + static_cast<float>(event.rows) * 0.01f;
  return std::to_string(g_weights[0]);
}

struct Slot {
  Slot* next;
  void* owner;
};
static Slot g_slots[16];
static Slot* g_free;

// Addresses, of which some bytes are letters.
// clean of: static-data-changed
HANDLER clean_lists_of_pointers(const Event& event) {
  g_free = nullptr;
  for (int i = 0; i < 16; ++i) {
    Slot& slot = g_slots[(i * 7 + event.number) % 16];
    slot = {g_free, &g_slots[event.rows % 16]};
    g_free = &slot;
  }
  return std::to_string(g_free != nullptr);
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
