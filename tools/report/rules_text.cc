#include "report/rules_text.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "report/nearest_name.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

constexpr std::size_t kPageWidth = 80;

// How often a rule has to see something; the words that all rules of a kind share.
constexpr std::string_view kGrowth =
    "It is a warning when it grew in each of the last four invocations after the cold start; at even "
    "distances, as in every tenth; or, below other changes, in the long run (32 invocations and more). "
    "What has fallen in between must also reach a new peak: a cache that is filled and cleared doesn't.";
constexpr std::string_view kRecurrence =
    "It is a warning when it recurs: in each of the last four invocations after the cold start, at even "
    "distances, as in every tenth, or in the long run. What happens once is told for information, and "
    "what the cold start leaves is the baseline.";

constexpr RuleText kRules[] = {
    {"heap-growth", "live bytes born at one call stack grow window after window",
     "What is live of one call stack, in blocks or in bytes, grows.",
     "The environment's memory is a budget for its whole life. What grows with each invocation ends "
     "in a process that is killed in the middle of somebody's request, hours after the deployment "
     "that caused it.",
     "Look at the innermost frame that is yours. Free what it allocates before the handler returns, "
     "bound the container that it fills (an LRU cache, a fixed pool), or make the object once, "
     "outside the handler.",
     kGrowth},
    {"heap-retained", "blocks of a window survive it, without growth",
     "Blocks that an invocation allocated are alive at its end, and their call stack does not grow: "
     "for information, in `cleanslate run` and with CLEANSLATE_REPORT=all.",
     "Usually a cache or a pool that the first invocations fill, which is what warm environments are "
     "for. It is told so that you can see what a request leaves behind.",
     "Nothing, when you know it. When you don't, look at the frames: data of a request should not be "
     "among it."},
    {"mapping-growth", "memory mappings made at one call stack grow window after window",
     "What is mapped at one call stack grows.",
     "Mappings count against the environment's memory like the heap does, and large allocations and "
     "loaded files live in them. Growth ends the process in the middle of a request.",
     "Unmap or close what the handler maps: buffers, memory-mapped files, thread stacks, arenas of "
     "native libraries.",
     kGrowth},
    {"descriptor-leak", "file descriptors of one origin stay open, more with each window",
     "The open descriptors that lead to one place (/srv/prices.csv, /tmp/upload-*), or that one call "
     "stack has opened, become more.",
     "An environment has 1,024 descriptors. When they are used up, every open and every connection "
     "fails with EMFILE, for all later requests, until the environment is replaced.",
     "Close the file where it was opened: `with open(...)` in Python, `try/finally` or `using` "
     "elsewhere, RAII in C++. An error path that skips the close is the usual cause.",
     kGrowth},
    {"connection-leak", "sockets of one origin stay open, more with each window",
     "The open sockets to one peer, or of one call stack, become more.",
     "Each costs a descriptor here and a connection there: databases run out of connections long "
     "before functions run out of descriptors.",
     "Make the client once, outside the handler, and use it again; or close it in a `finally`. Read "
     "replies to their end so that keep-alive can use a connection again.",
     kGrowth},
    {"stale-connection", "a pooled connection was closed by its peer while the environment was frozen",
     "A connection that was open when the invocation before ended had been closed by its peer when "
     "`next` brought the following one. What the invocation then sent on it, or whether it threw it "
     "away, is told with it.",
     "The next request that takes it out of the pool fails with ECONNRESET or EPIPE, though nothing "
     "is wrong with it.",
     "Give the pool an idle timeout shorter than the peer's, check a connection before use, or retry "
     "once on a connection that was reset before a byte of the reply came.",
     kRecurrence},
    {"tmp-residue", "files that an invocation created or changed in /tmp are still there after it",
     "An invocation left a file that it created or changed in a watched folder, and files of that "
     "name do not accumulate: for information.",
     "/tmp is shared by all later invocations of the environment: they can read a request's data, or "
     "take a half-written file for their own.",
     "Delete what the handler writes, in a `finally`; use a temporary folder that removes itself. A "
     "cache that is meant to stay belongs into the suppressions file."},
    {"tmp-growth", "files in /tmp accumulate, window after window",
     "Files of one pattern, in number or in bytes, become more. Ids, numbers and dates in names count "
     "as the same: /tmp/invoice-*.txt.",
     "/tmp is 512 MB unless you pay for more. When it is full, writes fail with ENOSPC for all later "
     "requests.",
     "Delete what the handler writes, in a `finally`, or bound the cache. Files that were deleted but "
     "are still open count as well: close them.",
     kGrowth},
    {"variable-growth", "a named variable of the language's runtime has more entries with each window",
     "The entries of one variable become more.",
     "A module-level list or dictionary that a handler adds to lives as long as the environment. It "
     "costs memory, and it carries one request's data into the next.",
     "Make it a local variable, or bound it: functools.lru_cache(maxsize=...), a map with a limit. "
     "Loggers' handlers, event listeners and metrics buffers are the ones that nobody thinks of.",
     kGrowth},
    {"variable-replaced", "a named variable holds a value of another invocation",
     "The variable had another value when the invocation ended than when it began, and the value is "
     "of this invocation.",
     "State of one request is there when the next one begins. Whoever reads it before writing it "
     "answers with somebody else's data.",
     "Pass the value as an argument, or set it at the beginning of every invocation on every path.",
     kRecurrence},
    {"default-argument-mutated", "the default value of a function's argument has changed",
     "The default of a parameter is not what it was at the baseline.",
     "Python makes a default once. A list or dictionary that a call changes is what the next call, of "
     "the next request, begins with.",
     "Write `argument=None` and make the list inside the function.", kRecurrence},
    {"static-data-changed", "a named variable in native static data holds another invocation's value",
     "Bytes of a writable variable of the program or a library differ from those at the end of the "
     "invocation before.",
     "A static buffer in C or C++ is shared by all invocations: what one leaves, the next may read.",
     "Make it automatic or thread-local and clear it, or hand a buffer in.", kRecurrence},
    {"environment-changed", "environment variables differ from the baseline",
     "A variable was added, removed, or has another value than at the end of the invocation before. "
     "The report has its name, never its value. The trace id that the runtime client sets for each "
     "request is known, and set aside.",
     "They are read by libraries and inherited by child processes: credentials and settings of one "
     "request apply to the next.",
     "Pass settings as arguments. Where a library only reads the environment, put the old value back "
     "in a `finally`.",
     kRecurrence},
    {"working-directory-changed", "the working directory differs from the baseline",
     "The working directory at the end of an invocation is another than at its beginning.",
     "Relative paths of all later invocations mean other files.",
     "Use absolute paths, or change back in a `finally` (contextlib.chdir).", kRecurrence},
    {"signal-handler-changed", "the handler of a signal differs from the baseline",
     "A signal is handled, ignored or left to its default otherwise than at the beginning of the "
     "invocation, or by another function.",
     "A handler that an invocation installed runs in the middle of another one.",
     "Install handlers outside the handler function, once, or restore the old one.", kRecurrence},
    {"locale-changed", "the process's locale differs from the baseline",
     "A category of the process-wide locale is another at the end of an invocation than at its "
     "beginning: setlocale was called and not taken back.",
     "Numbers, dates and sorting of all later invocations change, in the whole process.",
     "Use formatting that takes the locale as an argument (babel, Intl, newlocale).", kRecurrence},
    {"umask-changed", "the process's file mode mask differs from the baseline",
     "The mask at the end of an invocation is another than at its beginning.",
     "Files of later invocations get other permissions: too open, or unreadable to those who need "
     "them.",
     "Set the mode of the file itself (open with a mode, fchmod).", kRecurrence},
    {"thread-left-running", "a thread that an invocation started runs on after it",
     "A thread that was started in an invocation is there at its end. The threads of pools that "
     "runtimes and libraries start once are known, and set aside.",
     "It is frozen with the environment and goes on in the middle of another request, with that "
     "request's time and memory.",
     "Join it before the handler returns; stop pools with a shutdown that waits.", kRecurrence},
    {"process-left-running", "a child process that an invocation started runs on after it",
     "A child, or a child of it, that was started in an invocation is there at its end: running, or "
     "ended and not waited for.",
     "It uses the environment's memory and processor while other requests are served, and 1,024 "
     "processes and threads are all there are.",
     "Wait for it, with a timeout, and end it in a `finally`.", kRecurrence},
    {"timer-left-running", "a timer that an invocation set will go off after it",
     "A timer that was set in an invocation (setitimer, timer_create) will go off after its "
     "end.",
     "Its callback runs in the next invocation, with the closure of this one.",
     "Clear it before the handler returns (clearTimeout, cancel), or await what it waits for.", kRecurrence},
    {"post-response-activity", "state changed after the response had been sent",
     "Between the response and the following `next`, when nothing was in flight, this process opened "
     "or wrote a file, made a connection, started a thread or a process, or changed an attribute.",
     "What runs after the response may be frozen at any instant and continue in another request: lost "
     "log lines, half-written files, somebody else's timeout.",
     "Await all promises and join all tasks before you return. Put what may run later into a queue.",
     kRecurrence},
    {"payload-retained", "a value of the event is still reachable in what survived",
     "A value of the event is found in what survived its invocation: critical, at once.",
     "One caller's data is within reach of the next caller's request. This is how the previous user's "
     "account appears in an answer.",
     "The report names the event's field and where its value lives. Keep request data in local "
     "variables and objects that end with the request."},
    {"credential-retained", "something of a credential's shape survived the invocation",
     "Text in the form of a known kind of credential is found in what survived an invocation.",
     "Tokens of one caller stay usable by code of later invocations, by a dump, by a dependency.",
     "Hold tokens only as long as the call needs them; key a token cache by tenant and user, and "
     "bound it."},
    {"credential-expired", "a credential that survived is past its own expiry",
     "A credential that survived says itself when it expires (a JWT, a signed URL), and that time has "
     "passed.",
     "A cached token that is used after its expiry fails every request of this environment until it "
     "is replaced, while others work.",
     "Refresh by the expiry that came with it, with a margin, and not by how long the process has "
     "been running: a frozen environment does not count time."},
    {"limit-approaching", "at this pace a limit is reached within 1,000 windows",
     "A finding that grows, or what is used all in all, comes to its limit within 1,000 invocations "
     "at the pace of the last ones: RLIMIT_NOFILE, the size of /tmp, the memory of the function, the "
     "number of threads and processes.",
     "Descriptors, /tmp, memory and threads have limits; a warm environment lives for hours and "
     "thousands of invocations.",
     "See to the finding whose growth it is. Until then, an environment can be made to end early by a "
     "new deployment."},
};

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
  std::vector<std::string_view> names;
  for (const RuleText& rule : kRules) names.push_back(rule.name);
  return NearestName(name, names);
}

std::string RuleTable() {
  std::size_t widest = 0;
  for (const RuleText& rule : kRules) widest = std::max(widest, rule.name.size());
  std::string table;
  for (const RuleText& rule : kRules) {
    table.append(rule.name).append(widest - rule.name.size() + 2, ' ').append(rule.summary) += '\n';
  }
  return table;
}

std::string RulePage(const RuleText& rule) {
  std::string page = std::string(rule.name) + "\n";
  page += Folded(rule.summary, "  ", kPageWidth);
  page +=
      "\nWhen it fires\n" + Folded(rule.when, "  ", kPageWidth) + Folded(rule.how_often, "  ", kPageWidth);
  page += "\nWhy it matters\n" + Folded(rule.why, "  ", kPageWidth);
  page += "\nHow to fix it\n" + Folded(rule.fix, "  ", kPageWidth);
  page += "\nHow to live with it\n";
  page += Folded(
      "A line in cleanslate.supp, beside the function's code, keeps findings quiet whose subject, or a frame "
      "of theirs (function, module or file), matches the glob:",
      "  ", kPageWidth);
  page += "\n    " + std::string(rule.name) + ":GLOB until=2026-12-31 # why, and who knows\n\n";
  page += Folded(
      "until= and the reason may be left out. `*` and `?` match as in a shell, `^` and `$` tie to the "
      "beginning "
      "and the end. A reason needs a blank before its `#`; for a blank before a `#` of the glob itself write "
      "`?`. After its last day (UTC) a line silences nothing, and says so. What each line silenced is "
      "counted "
      "in the report.",
      "  ", kPageWidth);
  return page;
}

}  // namespace cleanslate
