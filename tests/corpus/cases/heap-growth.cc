#include <pthread.h>

#include <condition_variable>
#include <cstdio>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "native_case.h"

using corpus::Event;
using corpus::Opaque;

struct Session {
  explicit Session(const Event& event) : rows(static_cast<std::size_t>(event.rows), 1.0) {}
  double Total() const {
    double total = 0;
    for (const double row : rows) total += row;
    return total;
  }
  std::vector<double> rows;
};

OUTLINE Session* OpenSession(const Event& event) {
  return Opaque(new Session(event));
}

// expect: heap-growth *OpenSession*
HANDLER leaky_session_never_closed(const Event& event) {
  return std::to_string(OpenSession(event)->Total());
}

static std::unordered_map<std::string, std::vector<int>> g_profiles;

OUTLINE std::vector<int>& ProfileOf(const std::string& customer) {
  std::vector<int>& profile = g_profiles[customer];
  if (profile.empty()) profile.resize(200);
  return profile;
}

// Each customer stays for ever.
// expect: heap-growth *ProfileOf*
HANDLER leaky_cache_by_customer(const Event& event) {
  return std::to_string(ProfileOf(event.customer).size());
}

struct Order {
  Order* next;
  int rows;
};
static Order* g_orders;

OUTLINE void Remember(int rows) {
  auto* order = static_cast<Order*>(std::malloc(sizeof(Order)));
  *order = {g_orders, rows};
  g_orders = order;
}

// 16 bytes each: as small as a leak gets.
// expect: heap-growth *Remember*
HANDLER leaky_list_that_only_grows(const Event& event) {
  for (int item = 0; item < 8; ++item) Remember(event.rows);
  return "remembered";
}

OUTLINE char* ReadBatch(int rows) {
  return Opaque(static_cast<char*>(std::calloc(static_cast<std::size_t>(rows), 40)));
}

// expect: heap-growth *ReadBatch*
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  char* batch = ReadBatch(event.rows);
  if (event.number % 4 == 3) return "nothing to do";
  batch[0] = 'x';
  std::free(batch);
  return "done";
}

// expect: heap-growth *ReadBatch*
// with: n=40
HANDLER leaky_when_an_exception_passes(const Event& event) {
  char* batch = ReadBatch(event.rows);
  try {
    if (event.number % 10 == 9) throw std::runtime_error("unknown customer");
    std::free(batch);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "done";
}

static std::vector<std::string> g_history;

OUTLINE void Note(const Event& event) {
  g_history.push_back(std::string(200, '.') + std::to_string(event.rows));
}

// expect: heap-growth
HANDLER leaky_history(const Event& event) {
  Note(event);
  return std::to_string(g_history.size());
}

struct Node {
  std::shared_ptr<Node> parent;
  std::vector<std::shared_ptr<Node>> children;
  char text[300] = {};
};

OUTLINE std::shared_ptr<Node> ParseTree(int rows) {
  auto root = std::make_shared<Node>();
  for (int i = 0; i < rows / 10; ++i) {
    root->children.push_back(std::make_shared<Node>());
    root->children.back()->parent = root;
  }
  return root;
}

// Parent and children hold each other.
// expect: heap-growth *ParseTree*
HANDLER leaky_cycle(const Event& event) {
  return std::to_string(ParseTree(event.rows)->children.size());
}

OUTLINE char* Describe(const Event& event) {
  char* text = nullptr;
  corpus::Check(asprintf(&text, "%d rows of %s, %s", event.rows, event.customer.c_str(),
                         std::string(64, '-').c_str()) > 0,
                "asprintf");
  return Opaque(text);
}

// expect: heap-growth
HANDLER leaky_text_of_a_c_function(const Event& event) {
  return std::to_string(std::strlen(Describe(event)));
}

static pthread_key_t g_scratch;

OUTLINE void* UseScratch(void*) {
  pthread_setspecific(g_scratch, Opaque(std::malloc(3000)));
  return nullptr;
}

INIT init_leaky_scratch_of_each_thread() {
  pthread_key_create(&g_scratch, nullptr);
}

// The key has no destructor.
// expect: heap-growth *UseScratch*
HANDLER leaky_scratch_of_each_thread(const Event&) {
  pthread_t thread;
  corpus::Check(pthread_create(&thread, nullptr, &UseScratch, nullptr) == 0, "pthread_create");
  pthread_join(thread, nullptr);
  return "done";
}

INIT init_clean_scratch_of_each_thread() {
  pthread_key_create(&g_scratch, &std::free);
}

// clean of: heap-growth
HANDLER clean_scratch_of_each_thread(const Event&) {
  pthread_t thread;
  corpus::Check(pthread_create(&thread, nullptr, &UseScratch, nullptr) == 0, "pthread_create");
  pthread_join(thread, nullptr);
  return "done";
}

// clean of: heap-growth
HANDLER clean_session_closed(const Event& event) {
  const std::unique_ptr<Session> session(OpenSession(event));
  return std::to_string(session->Total());
}

// Three customers, and so three entries.
// clean of: heap-growth
// with: events=rotating
HANDLER clean_cache_of_three(const Event& event) {
  return std::to_string(ProfileOf(event.customer).size());
}

class RecentProfiles {
 public:
  std::vector<int>& Of(std::size_t key, std::size_t rows) {
    for (auto& [known, profile] : entries_)
      if (known == key) return profile;
    entries_.emplace_front(key, std::vector<int>(rows));
    if (entries_.size() > 2) entries_.pop_back();
    return entries_.front().second;
  }

 private:
  std::list<std::pair<std::size_t, std::vector<int>>> entries_;
};
static RecentProfiles g_recent;

// clean of: heap-growth
HANDLER clean_cache_that_evicts(const Event& event) {
  const std::size_t key = std::hash<std::string>()(event.customer);
  return std::to_string(g_recent.Of(key, static_cast<std::size_t>(event.rows)).size());
}

static std::unique_ptr<char[]> g_slots[3];

// clean of: heap-growth
HANDLER clean_ring_of_slots(const Event& event) {
  g_slots[event.number % 3] = std::make_unique<char[]>(static_cast<std::size_t>(event.rows) * 50);
  return "stored";
}

static std::vector<double> g_rows;

// It keeps the room of the largest call.
// clean of: heap-growth
HANDLER clean_scratch_buffer(const Event& event) {
  g_rows.assign(static_cast<std::size_t>(event.rows), 1.0);
  return std::to_string(g_rows.capacity() >= g_rows.size());
}

// clean of: heap-growth
// with: n=40
HANDLER clean_freed_on_each_way(const Event& event) {
  const std::unique_ptr<char, decltype(&std::free)> batch(ReadBatch(event.rows), &std::free);
  if (event.number % 4 == 3) return "nothing to do";
  if (event.number % 10 == 9) {
    try {
      const std::unique_ptr<Session> session(OpenSession(event));
      throw std::runtime_error("unknown customer");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  return "done";
}

struct Leaf {
  std::weak_ptr<Leaf> parent;
  std::vector<std::shared_ptr<Leaf>> children;
};

// clean of: heap-growth
HANDLER clean_tree_without_a_cycle(const Event& event) {
  const auto root = std::make_shared<Leaf>();
  for (int i = 0; i < event.rows / 10; ++i) {
    root->children.push_back(std::make_shared<Leaf>());
    root->children.back()->parent = root;
  }
  return std::to_string(root->children.size());
}

class Arena {
 public:
  void* Take(std::size_t size) {
    if (block_ == nullptr) block_ = std::make_unique<char[]>(kBytes);
    corpus::Check(used_ + size <= kBytes, "the arena is full");
    used_ += size;
    return block_.get() + used_ - size;
  }
  void Reset() { used_ = 0; }

 private:
  static constexpr std::size_t kBytes = 1 << 16;
  std::unique_ptr<char[]> block_;
  std::size_t used_ = 0;
};
static Arena g_arena;

// clean of: heap-growth
HANDLER clean_arena(const Event& event) {
  for (int row = 0; row < event.rows; ++row) std::memset(g_arena.Take(100), row, 100);
  g_arena.Reset();
  return "done";
}

// A worker that lives on frees what it is given.
class Freer {
 public:
  void Free(void* block) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!started_) std::thread(&Freer::Work, this).detach();
    started_ = true;
    block_ = block;
    changed_.notify_all();
    changed_.wait(lock, [this] { return block_ == nullptr; });
  }

 private:
  void Work() {
    for (std::unique_lock<std::mutex> lock(mutex_);;) {
      changed_.wait(lock, [this] { return block_ != nullptr; });
      std::free(block_);
      block_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  void* block_ = nullptr;
  bool started_ = false;
};

// clean of: heap-growth
HANDLER clean_freed_by_another_thread(const Event& event) {
  static Freer* const freer = new Freer;
  freer->Free(ReadBatch(event.rows));
  return "done";
}

static std::vector<std::unique_ptr<char[]>> g_free;

// clean of: heap-growth
HANDLER clean_pool_of_buffers(const Event& event) {
  std::vector<std::unique_ptr<char[]>> taken;
  for (int i = 0; i < 3; ++i) {
    if (g_free.empty()) g_free.push_back(std::make_unique<char[]>(4096));
    taken.push_back(std::move(g_free.back()));
    g_free.pop_back();
    std::memset(taken.back().get(), event.rows, 4096);
  }
  for (auto& buffer : taken) g_free.push_back(std::move(buffer));
  return std::to_string(g_free.size());
}

static std::optional<Session> g_last;

// Another one each time, and larger or smaller.
// clean of: heap-growth
HANDLER clean_last_session_renewed(const Event& event) {
  g_last.emplace(event);
  return std::to_string(g_last->Total());
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
