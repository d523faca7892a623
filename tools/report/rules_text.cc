#include "report/rules_text.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "report/safe_text.h"

namespace cleanslate {
namespace {

constexpr std::size_t kPageWidth = 80;

constexpr RuleText kRules[] = {
    {"heap-growth", "live bytes born at one call stack grow window after window",
     "The environment's memory is a budget for its whole life. What grows with each invocation ends in a "
     "process that is "
     "killed in the middle of somebody's request, hours after the deployment that caused it.",
     "Look at the innermost frame that is yours. Free what it allocates before the handler returns, bound "
     "the container "
     "that it fills (an LRU cache, a fixed pool), or make the object once, outside the handler."},
    {"heap-retained", "blocks of a window survive it, without growth",
     "Usually a cache or a pool that the first invocations fill, which is what warm environments are for. It "
     "is told so "
     "that you can see what a request leaves behind.",
     "Nothing, when you know it. When you don't, look at the frames: data of a request should not be among "
     "it."},
    {"mapping-growth", "memory mappings made at one call stack grow window after window",
     "Mappings count against the environment's memory like the heap does, and large allocations and loaded "
     "files live in "
     "them. Growth ends the process in the middle of a request.",
     "Unmap or close what the handler maps: buffers, memory-mapped files, thread stacks, arenas of native "
     "libraries."},
    {"descriptor-leak", "file descriptors of one origin stay open, more with each window",
     "An environment has 1,024 descriptors. When they are used up, every open and every connection fails "
     "with EMFILE, "
     "for all later requests, until the environment is replaced.",
     "Close the file where it was opened: `with open(...)` in Python, `try/finally` or `using` elsewhere, "
     "RAII in C++. An "
     "error path that skips the close is the usual cause."},
    {"connection-leak", "sockets of one origin stay open, more with each window",
     "Each costs a descriptor here and a connection there: databases run out of connections long before "
     "functions run out "
     "of descriptors.",
     "Make the client once, outside the handler, and use it again; or close it in a `finally`. Read replies "
     "to their end "
     "so that keep-alive can use a connection again."},
    {"stale-connection", "a pooled connection was closed by its peer while the environment was frozen",
     "The next request that takes it out of the pool fails with ECONNRESET or EPIPE, though nothing is wrong "
     "with it.",
     "Give the pool an idle timeout shorter than the peer's, check a connection before use, or retry once on "
     "a connection "
     "that was reset before a byte of the reply came."},
    {"tmp-residue", "files that an invocation created or changed in /tmp are still there after it",
     "/tmp is shared by all later invocations of the environment: they can read a request's data, or take a "
     "half-written "
     "file for their own.",
     "Delete what the handler writes, in a `finally`; use a temporary folder that removes itself. A cache "
     "that is meant to "
     "stay belongs into the suppressions file."},
    {"tmp-growth", "files in /tmp accumulate, window after window",
     "/tmp is 512 MB unless you pay for more. When it is full, writes fail with ENOSPC for all later "
     "requests.",
     "Delete what the handler writes, in a `finally`, or bound the cache. Files that were deleted but are "
     "still open count "
     "as well: close them."},
    {"variable-growth", "a named variable of the language's runtime has more entries with each window",
     "A module-level list or dictionary that a handler adds to lives as long as the environment. It costs "
     "memory, and it "
     "carries one request's data into the next.",
     "Make it a local variable, or bound it: functools.lru_cache(maxsize=...), a map with a limit. Loggers' "
     "handlers, event "
     "listeners and metrics buffers are the ones that nobody thinks of."},
    {"variable-replaced", "a named variable holds a value of another invocation",
     "State of one request is there when the next one begins. Whoever reads it before writing it answers "
     "with somebody "
     "else's data.",
     "Pass the value as an argument, or set it at the beginning of every invocation on every path."},
    {"default-argument-mutated", "the default value of a function's argument has changed",
     "Python makes a default once. A list or dictionary that a call changes is what the next call, of the "
     "next request, "
     "begins with.",
     "Write `argument=None` and make the list inside the function."},
    {"static-data-changed", "a named variable in native static data holds another invocation's value",
     "A static buffer in C or C++ is shared by all invocations: what one leaves, the next may read.",
     "Make it automatic or thread-local and clear it, or hand a buffer in."},
    {"environment-changed", "environment variables differ from the baseline",
     "They are read by libraries and inherited by child processes: credentials and settings of one request "
     "apply to the "
     "next.",
     "Pass settings as arguments. Where a library only reads the environment, put the old value back in a "
     "`finally`."},
    {"working-directory-changed", "the working directory differs from the baseline",
     "Relative paths of all later invocations mean other files.",
     "Use absolute paths, or change back in a `finally` (contextlib.chdir)."},
    {"signal-handler-changed", "the handler of a signal differs from the baseline",
     "A handler that an invocation installed runs in the middle of another one.",
     "Install handlers outside the handler function, once, or restore the old one."},
    {"locale-changed", "the process's locale differs from the baseline",
     "Numbers, dates and sorting of all later invocations change, in the whole process.",
     "Use formatting that takes the locale as an argument (babel, Intl, newlocale)."},
    {"umask-changed", "the process's file mode mask differs from the baseline",
     "Files of later invocations get other permissions: too open, or unreadable to those who need them.",
     "Set the mode of the file itself (open with a mode, fchmod)."},
    {"thread-left-running", "a thread that an invocation started runs on after it",
     "It is frozen with the environment and goes on in the middle of another request, with that request's "
     "time and memory.",
     "Join it before the handler returns; stop pools with a shutdown that waits."},
    {"process-left-running", "a child process that an invocation started runs on after it",
     "It uses the environment's memory and processor while other requests are served, and 1,024 processes "
     "and threads are "
     "all there are.",
     "Wait for it, with a timeout, and end it in a `finally`."},
    {"timer-left-running", "a timer that an invocation set will go off after it",
     "Its callback runs in the next invocation, with the closure of this one.",
     "Clear it before the handler returns (clearTimeout, cancel), or await what it waits for."},
    {"post-response-activity", "state changed after the response had been sent",
     "What runs after the response may be frozen at any instant and continue in another request: lost log "
     "lines, "
     "half-written files, somebody else's timeout.",
     "Await all promises and join all tasks before you return. Put what may run later into a queue."},
    {"payload-retained", "a value of the event is still reachable in what survived",
     "One caller's data is within reach of the next caller's request. This is how the previous user's "
     "account appears in "
     "an answer.",
     "The report names the event's field and where its value lives. Keep request data in local variables and "
     "objects "
     "that end with the request."},
    {"credential-retained", "something of a credential's shape survived the invocation",
     "Tokens of one caller stay usable by code of later invocations, by a dump, by a dependency.",
     "Hold tokens only as long as the call needs them; key a token cache by tenant and user, and bound it."},
    {"credential-expired", "a credential that survived is past its own expiry",
     "A cached token that is used after its expiry fails every request of this environment until it is "
     "replaced, while "
     "others work.",
     "Refresh by the expiry that came with it, with a margin, and not by how long the process has been "
     "running: a frozen "
     "environment does not count time."},
    {"limit-approaching", "at this pace a limit is reached within 1,000 windows",
     "Descriptors, /tmp, memory and threads have limits; a warm environment lives for hours and thousands of "
     "invocations.",
     "See to the finding whose growth it is. Until then, an environment can be made to end early by a new "
     "deployment."},
};

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const RuleText> RuleTexts() {
  return kRules;
}

const RuleText* FindRule(std::string_view name) {
  const auto* found = std::find_if(std::begin(kRules), std::end(kRules),
                                   [name](const RuleText& rule) { return rule.name == name; });
  return found == std::end(kRules) ? nullptr : found;
}

std::string_view NearestRule(std::string_view name) {
  constexpr std::size_t kLongestName = 64;
  if (name.empty() || name.size() > kLongestName) return {};
  std::string_view nearest;
  std::size_t least = name.size() / 2 + 1;
  for (const RuleText& rule : kRules) {
    // Half a name is one that was not finished: `heap`, `growth`.
    const std::size_t distance =
        rule.name.find(name) != std::string_view::npos ? 0 : EditDistance(name, rule.name);
    if (distance < least) {
      least = distance;
      nearest = rule.name;
    }
  }
  return nearest;
}

std::string RuleTable() {
  std::size_t widest = 0;
  for (const RuleText& rule : kRules) widest = std::max(widest, rule.name.size());
  std::string table;
  for (const RuleText& rule : kRules) {
    table.append(rule.name).append(widest - rule.name.size() + 2, ' ').append(rule.summary) += '\n';
  }
  return table + "\n`cleanslate explain RULE` says why a rule matters and how to fix what it finds.\n";
}

std::string RulePage(const RuleText& rule) {
  std::string page = std::string(rule.name) + "\n";
  page += Folded(rule.summary, "  ", kPageWidth) + "\nWhy it matters\n" + Folded(rule.why, "  ", kPageWidth);
  page += "\nHow to fix it\n" + Folded(rule.fix, "  ", kPageWidth);
  page += "\nHow to live with it\n";
  page += Folded("A line `" + std::string(rule.name) +
                     ":GLOB` in cleanslate.supp, beside the function's code, keeps findings quiet whose "
                     "subject, or a frame "
                     "of theirs, matches.",
                 "  ", kPageWidth);
  return page;
}

}  // namespace cleanslate
