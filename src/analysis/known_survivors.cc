#include "analysis/known_survivors.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "analysis/glob.h"
#include "analysis/rule_names.h"
#include "analysis/suspect.h"

namespace cleanslate {
namespace {

constexpr KnownMark kTraceId[] = {{kEnvironmentChanged, "_X_AMZN_TRACE_ID"}};
constexpr KnownMark kTelemetryDescriptor[] = {{kEnvironmentChanged, "_LAMBDA_TELEMETRY_LOG_FD*"}};
// Its own methods, and not run_handler, which calls the user's.
constexpr KnownMark kRuntimeClient[] = {{kHeapRetained, {}, "aws::lambda_runtime::runtime::*"},
                                        {kHeapRetained, {}, {}, "runtime_client"},
                                        {kHeapRetained, {}, {}, "rapid-client*"}};
constexpr KnownMark kAwsCrtThreads[] = {{kThreadLeftRunning, "AwsEventLoop*", {}, "*aws*crt*"},
                                        {kThreadLeftRunning, "AwsHostResolver*", {}, "*aws*crt*"},
                                        {kThreadLeftRunning, "AwsEventLoop*", {}, "libaws-c-io*"},
                                        {kThreadLeftRunning, "AwsHostResolver*", {}, "libaws-c-io*"}};

constexpr KnownMark kPythonReCache[] = {{"variable-*", "re._cache"}, {"variable-*", "re._cache2"}};
constexpr KnownMark kPythonStrptimeCache[] = {{"variable-*", "_strptime._regex_cache"},
                                              {"variable-*", "_strptime._TimeRE_cache"}};
constexpr KnownMark kPythonLinecache[] = {{"variable-*", "linecache.cache"}};
constexpr KnownMark kPythonBytecode[] = {{kTmpResidue, "*/__pycache__"}, {kTmpResidue, "*/__pycache__/*"}};
constexpr KnownMark kMatplotlibFolder[] = {{kTmpResidue, "/tmp/matplotlib-*"}};

constexpr KnownMark kNodeCompileCache[] = {{kTmpResidue, "/tmp/node-compile-cache"},
                                           {kTmpResidue, "/tmp/node-compile-cache/*"},
                                           {kTmpResidue, "/tmp/v8-compile-cache-*"}};
constexpr KnownMark kNodeSignalWatch[] = {{kSignalHandlerChanged, {}, "uv__signal_stop", "node"}};
constexpr KnownMark kNodePlatformThreads[] = {
    {kThreadLeftRunning, {}, "node::WorkerThreadsTaskRunner::*", "node"}};
constexpr KnownMark kLibuvThreadPool[] = {{kThreadLeftRunning, {}, "uv_once", "node"},
                                          {kThreadLeftRunning, {}, "uv__work_submit", "node"},
                                          {kThreadLeftRunning, {}, "uv_once", "libuv*"},
                                          {kThreadLeftRunning, {}, "uv__work_submit", "libuv*"}};

constexpr KnownMark kJavaPerfData[] = {{kTmpResidue, "/tmp/hsperfdata_*"}};
constexpr KnownMark kJavaAttachSocket[] = {{kTmpResidue, "/tmp/.java_pid*"}};
constexpr KnownMark kJavaCompilerThreads[] = {{kThreadLeftRunning, "C? CompilerThre*", {}, "libjvm"}};
constexpr KnownMark kJavaGcThreads[] = {{kThreadLeftRunning, "GC Thread#*", {}, "libjvm"},
                                        {kThreadLeftRunning, "G1 Conc#*", {}, "libjvm"},
                                        {kThreadLeftRunning, "G1 Refine#*", {}, "libjvm"}};
constexpr KnownMark kJavaProcessReaper[] = {{kThreadLeftRunning, "process reaper*", {}, "libjvm"}};

constexpr KnownMark kDotnetDiagnostics[] = {{kTmpResidue, "/tmp/clr-debug-pipe-*"},
                                            {kTmpResidue, "/tmp/dotnet-diagnostic-*"},
                                            {kTmpResidue, "/tmp/.dotnet"},
                                            {kTmpResidue, "/tmp/.dotnet/*"}};
constexpr KnownMark kDotnetRuntimeThreads[] = {{kThreadLeftRunning, ".NET Tiered Com*", {}, "libcoreclr"},
                                               {kThreadLeftRunning, ".NET TP Gate*", {}, "libcoreclr"}};

constexpr KnownMark kRubyTimerThread[] = {{kThreadLeftRunning, "ruby-timer-thr*", {}, "ruby"},
                                          {kThreadLeftRunning, "ruby-timer-thr*", {}, "libruby*"}};

constexpr KnownMark kOpenMpThreads[] = {{kThreadLeftRunning, {}, "GOMP_parallel*", "libgomp*"},
                                        {kThreadLeftRunning, {}, "__kmpc_fork_call", "libomp*"},
                                        {kThreadLeftRunning, {}, "__kmpc_fork_call", "libiomp5*"}};
constexpr KnownMark kOpenMpRegistration[] = {{kEnvironmentChanged, "__KMP_REGISTERED_LIB_*"}};
constexpr KnownMark kOpenBlasThreads[] = {
    {kThreadLeftRunning, {}, "blas_thread_init*", "libopenblas*"},
    {kThreadLeftRunning, {}, "blas_thread_init*", "libscipy_openblas*"}};

constexpr KnownMark kOpensslInit[] = {{kHeapRetained, {}, "OPENSSL_init_crypto", "libcrypto*"},
                                      {kHeapRetained, {}, "OPENSSL_init_ssl", "libssl*"},
                                      {kHeapRetained, {}, "CRYPTO_THREAD_run_once", "libcrypto*"},
                                      {kHeapRetained, {}, "OPENSSL_init_*", "node"},
                                      {kHeapRetained, {}, "CRYPTO_THREAD_run_once", "node"}};
constexpr KnownMark kOpensslMethods[] = {{kHeapRetained, {}, "EVP_*_fetch", "libcrypto*"},
                                         {kHeapRetained, {}, "EVP_*_fetch", "node"}};
constexpr KnownMark kOpensslErrors[] = {
    {kHeapRetained, {}, "ERR_new", "libcrypto*"},        {kHeapRetained, {}, "ERR_set_error", "libcrypto*"},
    {kHeapRetained, {}, "ERR_vset_error", "libcrypto*"}, {kHeapRetained, {}, "ERR_put_error", "libcrypto*"},
    {kHeapRetained, {}, "ERR_get_state", "libcrypto*"},  {kHeapRetained, {}, "ERR_clear_error", "libcrypto*"},
    {kHeapRetained, {}, "ERR_set_mark", "libcrypto*"}};
constexpr KnownMark kCurlInit[] = {{kHeapRetained, {}, "curl_global_init*", "libcurl*"}};
constexpr KnownMark kCurlResolverThread[] = {{kThreadLeftRunning, {}, {}, "libcurl*"}};

constexpr KnownMark kTimeZone[] = {{kHeapRetained, {}, "tzset", "libc"},
                                   {kHeapRetained, {}, "localtime", "libc"},
                                   {kHeapRetained, {}, "localtime_r", "libc"},
                                   {kHeapRetained, {}, "mktime", "libc"}};
constexpr KnownMark kResolver[] = {{kHeapRetained, {}, "__resolv_context_get*", "libc"},
                                   {kHeapRetained, {}, "__res_maybe_init", "libc"},
                                   {kHeapRetained, {}, "gaiconf_init", "libc"}};
constexpr KnownMark kNameService[] = {
    {kHeapRetained, {}, "__nss_database_get", "libc"}, {kHeapRetained, {}, "__nss_*lookup*", "libc"},
    {kHeapRetained, {}, "getpwnam", "libc"},           {kHeapRetained, {}, "getpwuid", "libc"},
    {kHeapRetained, {}, "getgrnam", "libc"},           {kHeapRetained, {}, "getgrgid", "libc"},
    {kHeapRetained, {}, "gethostbyname", "libc"},      {kHeapRetained, {}, "getservbyname", "libc"}};
constexpr KnownMark kCharacterSets[] = {{kHeapRetained, {}, "__gconv_get_cache", "libc"},
                                        {kHeapRetained, {}, "__gconv_load_cache", "libc"},
                                        {kHeapRetained, {}, "__gconv_load_conf", "libc"},
                                        {kHeapRetained, {}, "__gconv_find_shlib", "libc"}};
constexpr KnownMark kLocaleData[] = {{kHeapRetained, {}, "_nl_find_locale", "libc"},
                                     {kHeapRetained, {}, "_nl_load_locale*", "libc"}};
constexpr KnownMark kStreamBuffers[] = {{kHeapRetained, {}, "_IO_file_doallocate", "libc"}};
constexpr KnownMark kThreadControl[] = {{kHeapRetained, {}, "pthread_create", "libc"},
                                        {kHeapRetained, {}, "pthread_create", "libpthread"}};
constexpr KnownMark kLoader[] = {{kHeapRetained, {}, {}, "ld-linux*"}, {kHeapRetained, {}, {}, "ld"}};

// Where two could explain a finding, the first does: pthread_create calls into the loader.
constexpr KnownSurvivor kKnown[] = {
    {"aws-trace-id", "the runtime client hands the trace id of each request on in _X_AMZN_TRACE_ID",
     "Clients for Python, Node.js, Ruby and others set the variable at the beginning of every invocation, "
     "for "
     "the X-Ray SDK, so it differs in each. The next one overwrites or removes it; there is only ever one.",
     kTraceId, Severity::kWarning},
    {"aws-telemetry-descriptor", "the runtime client takes _LAMBDA_TELEMETRY_LOG_FD out of the environment",
     "The variable names the descriptor for logs. The client reads it once and removes it, so that child "
     "processes don't write to it.",
     kTelemetryDescriptor},
    {"aws-runtime-client", "what the official runtime client keeps of its last request to the Runtime API",
     "The clients for Python, Node.js and C++ hold the URL, the headers and the buffers of their connection; "
     "each request takes the place of the one before. What grows there is told.",
     kRuntimeClient},
    {"aws-crt-threads", "event loops of the AWS Common Runtime",
     "The SDKs' native part starts one event loop a processor, and one resolver, with its first client, and "
     "uses them for all further ones. Loops that are started in one invocation after another, because the "
     "handler makes a new client each time, are told as what they are.",
     kAwsCrtThreads},
    {"python-re-cache", "compiled patterns of Python's re module",
     "re keeps the patterns it has compiled so that it needn't compile them again: 512 at most, then the "
     "oldest goes. It holds patterns, not what was searched.",
     kPythonReCache, Severity::kWarning},
    {"python-strptime-cache", "compiled formats of Python's time.strptime",
     "datetime.strptime keeps at most five compiled formats and drops all of them when there is a sixth. It "
     "holds formats, not dates.",
     kPythonStrptimeCache, Severity::kWarning},
    {"python-linecache", "source lines that Python has read for a traceback",
     "linecache keeps the lines of each source file that was part of a traceback. There are as many as the "
     "deployment has files; where code is generated there may be more, and growth is told.",
     kPythonLinecache},
    {"python-bytecode", "compiled modules of Python in __pycache__",
     "Python writes one .pyc file beside each module that it imports, here from a folder in /tmp, and reads "
     "it the next time. Files that accumulate are told.",
     kPythonBytecode},
    {"matplotlib-folder", "matplotlib's folder for its settings and its list of fonts",
     "Where the home folder can't be written, as on Lambda, matplotlib makes one temporary folder a process. "
     "Set MPLCONFIGDIR to choose it.",
     kMatplotlibFolder},
    {"node-signal-watch", "Node.js stops to watch a signal when its last listener is taken away",
     "libuv then puts the signal's disposition at its default. Where Node.js had a handler of its own before "
     "the first listener, that one is gone from then on. No listener is left, so no request's data is "
     "either, "
     "and it can't get worse: there is one disposition a signal.",
     kNodeSignalWatch, Severity::kWarning},
    {"node-compile-cache", "compiled code of Node.js modules",
     "module.enableCompileCache() and the v8-compile-cache package keep the compiled form of each module in "
     "/tmp: as many files as the function has modules. Files that accumulate are told.",
     kNodeCompileCache},
    {"node-platform-threads", "threads of Node.js for compiling and for collecting garbage",
     "Node.js starts four (--v8-pool-size) for V8, and one for tasks that wait, in a process's life. They "
     "run "
     "no code of the function. Threads of `new Worker()` are not among them.",
     kNodePlatformThreads},
    {"libuv-thread-pool", "libuv's threads for files, names and compression",
     "libuv starts its pool, four threads unless UV_THREADPOOL_SIZE says otherwise, when the first task "
     "needs "
     "one, and keeps it. Threads that an addon starts by itself are not among them.",
     kLibuvThreadPool},
    {"java-perf-data", "performance counters of the Java virtual machine in /tmp/hsperfdata_USER",
     "Each virtual machine maps one file of 32 KB, named by its process id, for jps and jstat, and removes "
     "those of processes that are gone. -XX:-UsePerfData does without.",
     kJavaPerfData},
    {"java-attach-socket", "the socket that tools attach to a Java virtual machine with",
     "One socket, /tmp/.java_pidPID, made when jcmd or an agent attaches for the first time.",
     kJavaAttachSocket},
    {"java-compiler-threads", "threads of the Java virtual machine's compilers, C1 and C2",
     "The virtual machine starts them as code becomes worth compiling and ends them when there is nothing to "
     "do, so they come and go for as long as it lives. There are at most as many as -XX:CICompilerCount "
     "says. "
     "They run no code of the function.",
     kJavaCompilerThreads, Severity::kWarning},
    {"java-gc-threads", "threads of the Java virtual machine's garbage collector",
     "The collector starts as many as a collection needs, up to -XX:ParallelGCThreads and "
     "-XX:ConcGCThreads, and keeps them. They run no code of the function.",
     kJavaGcThreads, Severity::kWarning},
    {"java-process-reaper", "the thread in which Java waits for a child process",
     "Java has one for each child process that runs; it ends a minute after its last child. A child that is "
     "left running is told as process-left-running.",
     kJavaProcessReaper, Severity::kWarning},
    {"dotnet-diagnostics", "pipes and sockets of .NET for debuggers and diagnostic tools",
     "The runtime makes a fixed few, named by its process id, when it starts. DOTNET_EnableDiagnostics=0 "
     "does "
     "without.",
     kDotnetDiagnostics},
    {"dotnet-runtime-threads", "threads of .NET for tiered compilation and for watching its thread pool",
     "One of each at most; they end when there is nothing to do and are started anew. They run no code of "
     "the "
     "function. Workers of the thread pool, which do, are not among them.",
     kDotnetRuntimeThreads, Severity::kWarning},
    {"ruby-timer-thread", "the thread with which Ruby switches between threads",
     "One in a process's life, started with the second Ruby thread. It runs no code of the function.",
     kRubyTimerThread},
    {"openmp-threads", "the pool of an OpenMP runtime (libgomp, libomp, libiomp5)",
     "The first parallel region starts OMP_NUM_THREADS threads, one a processor if nothing is said; they "
     "sleep until the next region. numpy, scipy, torch and scikit-learn come with one. A program that starts "
     "a new pool in each invocation, from ever new threads, is told.",
     kOpenMpThreads},
    {"openmp-registration", "LLVM's OpenMP runtime notes itself down in __KMP_REGISTERED_LIB_PID",
     "The runtime sets the variable once, to notice a second copy of itself in the process.",
     kOpenMpRegistration},
    {"openblas-threads", "the pool of OpenBLAS",
     "OPENBLAS_NUM_THREADS threads, one a processor if nothing is said, started with the first large "
     "computation. They sleep until the next.",
     kOpenBlasThreads},
    {"openssl-init", "tables that OpenSSL makes once",
     "Error strings, ciphers, configuration, random state: made by whichever call comes first, once in a "
     "process's life, behind CRYPTO_THREAD_run_once. Connections and contexts (SSL_CTX_new, SSL_new) are not "
     "among them, although their first use makes the tables.",
     kOpensslInit},
    {"openssl-methods", "algorithms that OpenSSL 3 has looked up",
     "A method is fetched once and kept in the library's store: as many as there are algorithms.",
     kOpensslMethods},
    {"openssl-errors", "OpenSSL's queue of errors, one a thread",
     "Sixteen entries a thread, reused in turn, freed with the thread.", kOpensslErrors},
    {"curl-init", "what libcurl sets up once",
     "curl_global_init runs once in a process's life. Handles (curl_easy_init) are not among it.", kCurlInit},
    {"curl-resolver-thread", "libcurl looks up a name in a thread of its own",
     "The thread ends with the lookup. One that is there at the end of a single invocation was overtaken by "
     "a "
     "timeout; where that recurs, it is told.",
     kCurlResolverThread},
    {"glibc-time-zone", "the time zone that the C library has read",
     "localtime and its kin read the zone's file once and again when TZ changes; the new one replaces the "
     "old.",
     kTimeZone},
    {"glibc-resolver", "the C library's resolver: resolv.conf and gai.conf",
     "Read once, read again when the file changes, and a small state a thread. The list that getaddrinfo "
     "returns is not among it: it is the caller's, who has to free it.",
     kResolver},
    {"glibc-name-service", "the C library's name service: nsswitch.conf, its modules and static answers",
     "The configuration and the modules are loaded once; calls that return a static answer (getpwuid, "
     "gethostbyname) keep one buffer each.",
     kNameService},
    {"glibc-character-sets", "the C library's table of character set converters",
     "Loaded once, and a converter's library when it is needed for the first time. What iconv_open returns "
     "is "
     "not among it: it is the caller's, who has to close it.",
     kCharacterSets},
    {"glibc-locale", "locale data that the C library has loaded",
     "Each locale is loaded once and kept. What newlocale returns is not among it.", kLocaleData},
    {"glibc-stream-buffers", "the buffer of a C stream",
     "A stream gets its buffer when it is used for the first time, as standard output is. A stream that is "
     "never closed is told by its descriptor and by its own block, which fopen allocates.",
     kStreamBuffers},
    {"glibc-thread-control", "what the C library keeps for a thread",
     "A block a thread, which goes or is reused when the thread has ended and was joined. Threads themselves "
     "are told as thread-left-running.",
     kThreadControl},
    {"glibc-loader", "what the dynamic loader knows of libraries and thread-local variables",
     "A few blocks a library, made when it is loaded, and a thread's copies of thread-local variables. "
     "Libraries that are loaded under ever new names grow, and growth is told.",
     kLoader},
};

bool Matches(std::string_view glob, std::string_view text) {
  return glob.empty() || GlobMatchesWhole(glob, text);
}

// A finding, with the plain names of its frames as soon as they are asked for.
class Subject {
 public:
  Subject(std::string_view rule, std::string_view subject, const Frames& where)
      : rule_(rule), subject_(subject), where_(where) {}

  bool Has(const KnownMark& mark) {
    if (!GlobMatchesWhole(mark.rule, rule_) || !Matches(mark.subject, subject_)) return false;
    return (mark.function.empty() && mark.module.empty()) || HasFrame(mark);
  }

 private:
  struct PlainFrame {
    std::string function, module;
  };

  bool HasFrame(const KnownMark& mark) {
    if (plain_.empty()) {
      for (const Frame& frame : where_)
        plain_.push_back({PlainFunction(frame.function), PlainModule(frame.module)});
    }
    for (std::size_t at = 0; at < plain_.size(); ++at) {
      if (Matches(mark.module, plain_[at].module) && Matches(mark.function, plain_[at].function) &&
          OwnWork(at))
        return true;
    }
    return false;
  }

  // Whether all that the frame has called is its own module's, or nobody's.
  bool OwnWork(std::size_t frame) const {
    Frames inside;
    for (std::size_t at = 0; at < frame; ++at)
      if (plain_[at].module != plain_[frame].module) inside.push_back(where_[at]);
    return !FindSuspect(inside).users;
  }

  std::string_view rule_;
  std::string_view subject_;
  const Frames& where_;
  std::vector<PlainFrame> plain_;
};

}  // namespace

std::span<const KnownSurvivor> KnownSurvivors() {
  return kKnown;
}

const KnownSurvivor* FindKnownSurvivor(std::string_view name) {
  const auto* found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [name](const KnownSurvivor& known) { return known.name == name; });
  return found == std::end(kKnown) ? nullptr : found;
}

const KnownSurvivor* Explain(std::string_view rule, Severity severity, std::string_view subject,
                             const Frames& where) {
  Subject finding(rule, subject, where);
  for (const KnownSurvivor& known : kKnown) {
    if (severity <= known.most && std::any_of(known.marks.begin(), known.marks.end(),
                                              [&](const KnownMark& mark) { return finding.Has(mark); }))
      return &known;
  }
  return nullptr;
}

}  // namespace cleanslate
