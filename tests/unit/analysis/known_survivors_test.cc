#include "analysis/known_survivors.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/glob.h"
#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulated_process.h"

namespace cleanslate {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// A stack as "function@module < function@module", innermost first.
Frames Stack(std::string_view text) {
  Frames frames;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(" < "), text.size());
    const std::string_view step = text.substr(0, end);
    text.remove_prefix(std::min(end + 3, text.size()));
    const std::size_t at = std::min(step.find('@'), step.size());
    Frame& frame = frames.emplace_back();
    frame.function = step.substr(0, at);
    frame.module = step.substr(std::min(at + 1, step.size()));
  }
  return frames;
}

struct KnownSurvivorsCase {
  const char* name;
  const char* rule;
  // What the catalogue explains, and what only looks like it.
  const char* subject;
  const char* where;
  const char* other_subject;
  const char* other_where;
};

constexpr const char* kHandler = " < Handler@bootstrap < main@bootstrap";

const KnownSurvivorsCase kCases[] = {
    {"aws-trace-id", "environment-changed", "_X_AMZN_TRACE_ID", "setenv@libc.so.6", "_X_AMZN_TRACE_ID_OLD",
     "setenv@libc.so.6"},
    {"aws-telemetry-descriptor", "environment-changed", "_LAMBDA_TELEMETRY_LOG_FD", "", "MY_TELEMETRY_LOG_FD",
     ""},
    {"aws-runtime-client", "heap-retained", "Curl_connect",
     "strdup@libc.so.6 < Curl_connect@runtime_client.cpython-311-x86_64-linux-gnu.so < "
     "method_next@runtime_client.cpython-311-x86_64-linux-gnu.so",
     "Curl_connect", "strdup@libc.so.6 < Curl_connect@libcurl.so.4 < curl_easy_perform@libcurl.so.4"},
    {"aws-runtime-client", "heap-retained", "bootstrap",
     "Curl_setstropt@bootstrap < aws::lambda_runtime::runtime::get_next()@bootstrap", "bootstrap",
     "Cart::Add(int)@bootstrap < aws::lambda_runtime::run_handler(std::function<aws::lambda_runtime::"
     "invocation_response (aws::lambda_runtime::invocation_request const&)> const&)@bootstrap"},
    {"aws-crt-threads", "thread-left-running", "AwsEventLoop 1",
     "aws_thread_launch@_awscrt.abi3.so < @_awscrt.abi3.so < _PyObject_Call@python3.12", "AwsEventLoop 1",
     "std::thread::_M_start_thread@libstdc++.so.6 < Handler@bootstrap"},
    {"aws-crt-threads", "thread-left-running", "AwsHostResolver", "@libaws-c-io.so.1.0.0", "AwsWorker",
     "@libaws-c-io.so.1.0.0"},
    {"python-re-cache", "variable-growth", "re._cache", "", "app.re._cache", ""},
    {"python-re-cache", "variable-replaced", "re._cache2", "", "re._my_cache", ""},
    {"python-strptime-cache", "variable-growth", "_strptime._regex_cache", "", "strptime._regex_cache", ""},
    {"python-linecache", "variable-growth", "linecache.cache", "", "app.linecache.cache", ""},
    {"python-bytecode", "tmp-residue", "/tmp/lib/__pycache__/shop.cpython-*.pyc", "",
     "/tmp/lib/__pycache__.tar", ""},
    {"matplotlib-folder", "tmp-residue", "/tmp/matplotlib-*/fontlist-v*.json", "", "/tmp/matplotlib.png", ""},
    {"node-signal-watch", "signal-handler-changed", "SIGTERM", "uv__signal_stop@node < uv_close@node",
     "SIGTERM", "uv__signal_start@node < node::SignalWrap::Start@node"},
    {"node-compile-cache", "tmp-residue", "/tmp/node-compile-cache/v*-x*-*/*", "",
     "/tmp/node-compile-cache.json", ""},
    {"node-compile-cache", "tmp-residue", "/tmp/v8-compile-cache-*", "", "/tmp/v8-compile-cache", ""},
    {"node-platform-threads", "thread-left-running", "node",
     "uv_thread_create_ex@node < node::WorkerThreadsTaskRunner::WorkerThreadsTaskRunner(int)@node", "node",
     "uv_thread_create_ex@node < node::worker::Worker::StartThread(v8::FunctionCallbackInfo<v8::Value> "
     "const&)@node"},
    {"libuv-thread-pool", "thread-left-running", "node",
     "uv_thread_create_ex@node < init_once@node < @libc.so.6 < uv_once@node < uv__work_submit@node < "
     "uv_fs_open@node",
     "node",
     "uv_thread_create_ex@node < StartSampler(Napi::CallbackInfo const&)@sampler.node < uv_once@node"},
    {"java-perf-data", "tmp-residue", "/tmp/hsperfdata_sbx_user*", "", "/tmp/hsperfdata.csv", ""},
    {"java-attach-socket", "tmp-residue", "/tmp/.java_pid*", "", "/tmp/java_pid*", ""},
    {"java-compiler-threads", "thread-left-running", "C2 CompilerThre",
     "os::create_thread(Thread*, ThreadType, unsigned long)@libjvm.so < "
     "CompileBroker::possibly_add_compiler_threads(JavaThread*)@libjvm.so",
     "C2 CompilerThre", "std::thread::_M_start_thread@libstdc++.so.6 < Compile@bootstrap"},
    {"java-gc-threads", "thread-left-running", "GC Thread#*", "@libjvm.so", "GC Thread", "@libjvm.so"},
    {"java-process-reaper", "thread-left-running", "process reaper", "JVM_StartThread@libjvm.so",
     "process-reaper-1", "JVM_StartThread@libjvm.so"},
    {"dotnet-diagnostics", "tmp-residue", "/tmp/clr-debug-pipe-*-*-in", "", "/tmp/clr-debug.log", ""},
    {"dotnet-diagnostics", "tmp-residue", "/tmp/.dotnet/shm/session1", "", "/tmp/.dotnet-cache", ""},
    {"dotnet-runtime-threads", "thread-left-running", ".NET Tiered Com", "@libcoreclr.so", ".NET TP Worker",
     "@libcoreclr.so"},
    {"ruby-timer-thread", "thread-left-running", "ruby-timer-thr", "@libruby.so.3.4", "timer.rb:3",
     "@libruby.so.3.4"},
    {"openmp-threads", "thread-left-running", "python3.12",
     "@libgomp-a34b3233.so.1.0.0 < GOMP_parallel@libgomp-a34b3233.so.1.0.0 < @_pocketfft.so", "python3.12",
     "Spawn@libshop.so < GOMP_parallel@libgomp.so.1 < Handler@libshop.so"},
    {"openmp-registration", "environment-changed", "__KMP_REGISTERED_LIB_17", "", "KMP_BLOCKTIME", ""},
    {"openblas-threads", "thread-left-running", "python3.12",
     "blas_thread_init@libscipy_openblas64_-ff651d7f.so", "python3.12", "thread_init@libshop.so"},
    {"openssl-init", "heap-retained", "Handler",
     "CRYPTO_zalloc@libcrypto.so.3 < @libcrypto.so.3 < @libc.so.6 < CRYPTO_THREAD_run_once@libcrypto.so.3 < "
     "OPENSSL_init_crypto@libcrypto.so.3 < OPENSSL_init_ssl@libssl.so.3 < SSL_CTX_new@libssl.so.3",
     "Handler", "CRYPTO_zalloc@libcrypto.so.3 < SSL_CTX_new_ex@libssl.so.3 < SSL_CTX_new@libssl.so.3"},
    {"openssl-init", "heap-retained", "Handler",
     "CRYPTO_malloc@libcrypto.so.3 < CRYPTO_THREAD_run_once@libcrypto.so.3", "Handler",
     "Connect@libshop.so < CRYPTO_THREAD_run_once@libcrypto.so.3"},
    {"openssl-methods", "heap-retained", "Handler",
     "CRYPTO_zalloc@libcrypto.so.3 < @libcrypto.so.3 < EVP_MD_fetch@libcrypto.so.3 < "
     "EVP_DigestInit_ex@libcrypto.so.3",
     "Handler", "CRYPTO_zalloc@libcrypto.so.3 < EVP_MD_CTX_new@libcrypto.so.3"},
    {"openssl-errors", "heap-retained", "Handler",
     "CRYPTO_zalloc@libcrypto.so.3 < @libcrypto.so.3 < ERR_new@libcrypto.so.3 < SSL_read@libssl.so.3",
     "Handler",
     "CRYPTO_realloc@libcrypto.so.3 < BUF_MEM_grow@libcrypto.so.3 < ERR_print_errors@libcrypto.so.3"},
    {"curl-init", "heap-retained", "Handler", "@libcurl.so.4 < curl_global_init@libcurl.so.4", "Handler",
     "@libcurl.so.4 < curl_easy_init@libcurl.so.4"},
    {"curl-resolver-thread", "thread-left-running", "bootstrap",
     "@libcurl.so.4 < curl_multi_perform@libcurl.so.4", "bootstrap",
     "OnProgress@bootstrap < @libcurl.so.4 < curl_multi_perform@libcurl.so.4"},
    {"glibc-time-zone", "heap-retained", "Handler", "@libc.so.6 < localtime@libc.so.6", "Handler",
     "strdup@libc.so.6 < FormatTime@libshop.so"},
    {"glibc-resolver", "heap-retained", "Handler",
     "@libc.so.6 < __resolv_context_get@libc.so.6 < @libc.so.6 < getaddrinfo@libc.so.6", "Handler",
     "@libc.so.6 < getaddrinfo@libc.so.6"},
    {"glibc-name-service", "heap-retained", "Handler", "@libc-2.26.so < getpwuid@libc-2.26.so", "Handler",
     "@libc.so.6 < getline@libc.so.6"},
    {"glibc-character-sets", "heap-retained", "Handler",
     "@libc.so.6 < __gconv_find_shlib@libc.so.6 < iconv_open@libc.so.6", "Handler",
     "@libc.so.6 < __gconv_open@libc.so.6 < iconv_open@libc.so.6"},
    {"glibc-locale", "heap-retained", "Handler",
     "@libc.so.6 < _nl_load_locale_from_archive@libc.so.6 < newlocale@libc.so.6", "Handler",
     "newlocale@libc.so.6"},
    {"glibc-stream-buffers", "heap-retained", "Handler",
     "_IO_file_doallocate@libc.so.6 < @libc.so.6 < puts@libc.so.6", "Handler", "fopen@libc.so.6"},
    {"glibc-thread-control", "heap-retained", "Handler",
     "calloc@ld-linux-x86-64.so.2 < _dl_allocate_tls@ld-linux-x86-64.so.2 < pthread_create@libc.so.6",
     "Handler", "std::thread::_State@libstdc++.so.6 < Start@libshop.so"},
    {"glibc-loader", "heap-retained", "Handler", "@ld-linux-x86-64.so.2 < dlopen@libc.so.6", "Handler",
     "_GLOBAL__sub_I_plugin@libplugin.so < @ld-linux-x86-64.so.2 < dlopen@libc.so.6"},
};

std::string NameOf(const KnownSurvivor* known) {
  return known == nullptr ? "" : std::string(known->name);
}

class KnownSurvivorsTable : public testing::TestWithParam<KnownSurvivorsCase> {};

TEST_P(KnownSurvivorsTable, IsToldFromWhatLooksLikeIt) {
  const KnownSurvivorsCase& known = GetParam();
  EXPECT_EQ(
      NameOf(Explain(known.rule, Severity::kInfo, known.subject, Stack(std::string(known.where) + kHandler))),
      known.name);
  EXPECT_EQ(NameOf(Explain(known.rule, Severity::kInfo, known.other_subject,
                           Stack(std::string(known.other_where) + kHandler))),
            "");
}

TEST_P(KnownSurvivorsTable, ExplainsItsOwnRuleOnly) {
  const KnownSurvivorsCase& known = GetParam();
  const Frames where = Stack(std::string(known.where) + kHandler);
  for (const std::string_view rule :
       {kHeapGrowth, kMappingGrowth, kDescriptorLeak, kConnectionLeak, kTmpGrowth, kPostResponseActivity,
        kLimitApproaching, std::string_view("payload-retained"), std::string_view("credential-retained")}) {
    EXPECT_EQ(NameOf(Explain(rule, Severity::kInfo, known.subject, where)), "") << rule;
  }
}

TEST_P(KnownSurvivorsTable, NeverExplainsWhatIsCritical) {
  const KnownSurvivorsCase& known = GetParam();
  const Frames where = Stack(std::string(known.where) + kHandler);
  EXPECT_EQ(Explain(known.rule, Severity::kCritical, known.subject, where), nullptr);
  const bool repeats = FindKnownSurvivor(known.name)->most == Severity::kWarning;
  EXPECT_EQ(Explain(known.rule, Severity::kWarning, known.subject, where) != nullptr, repeats);
}

INSTANTIATE_TEST_SUITE_P(All, KnownSurvivorsTable, testing::ValuesIn(kCases), [](const auto& test) {
  std::string name = test.param.name;
  for (char& c : name)
    if (c == '-') c = '_';
  return name + "_" + std::to_string(test.index);
});

TEST(KnownSurvivors, EachHasACaseAndAText) {
  std::set<std::string_view> tested;
  for (const KnownSurvivorsCase& known : kCases) tested.insert(known.name);
  std::set<std::string_view> names;
  for (const KnownSurvivor& known : KnownSurvivors()) {
    EXPECT_TRUE(names.insert(known.name).second) << known.name;
    EXPECT_TRUE(tested.contains(known.name)) << known.name;
    EXPECT_FALSE(known.summary.empty()) << known.name;
    EXPECT_GT(known.why.size(), 60u) << known.name;
    EXPECT_EQ(FindKnownSurvivor(known.name), &known);
    for (const KnownMark& mark : known.marks) {
      EXPECT_FALSE(mark.subject.empty() && mark.function.empty() && mark.module.empty()) << known.name;
    }
  }
  EXPECT_EQ(names.size(), tested.size());
  EXPECT_EQ(FindKnownSurvivor("openssl"), nullptr);
}

// A growing amount of anything is told, whoever's it is; what may repeat is listed here on purpose.
TEST(KnownSurvivors, ExplainNoGrowth) {
  std::set<std::string_view> repeat;
  for (const KnownSurvivor& known : KnownSurvivors()) {
    if (known.most != Severity::kInfo) repeat.insert(known.name);
    for (const KnownMark& mark : known.marks) {
      for (const std::string_view rule :
           {kHeapGrowth, kMappingGrowth, kDescriptorLeak, kConnectionLeak, kTmpGrowth, kLimitApproaching})
        EXPECT_FALSE(GlobMatchesWhole(mark.rule, rule)) << known.name;
    }
  }
  EXPECT_EQ(repeat,
            (std::set<std::string_view>{"aws-trace-id", "node-signal-watch", "python-re-cache",
                                        "python-strptime-cache", "java-compiler-threads", "java-gc-threads",
                                        "java-process-reaper", "dotnet-runtime-threads"}));
}

// A role that was assumed for one request, and left in the environment for the next.
TEST(KnownSurvivors, ExplainNoCredentials) {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
    EXPECT_EQ(Explain(kEnvironmentChanged, Severity::kInfo, name, {}), nullptr);
}

void NameStack(SimulatedProcess& process, std::uint32_t stack, std::string_view text) {
  process.names[stack] = Stack(text);
}

TEST(KnownSurvivors, AreCountedApart) {
  SimulatedProcess process;
  NameStack(process, 9, std::string("@libc.so.6 < localtime@libc.so.6") + kHandler);
  process.EndWindow();
  process.Allocate(9, 1, 2000);
  EXPECT_THAT(process.EndWindow(), IsEmpty());
  EXPECT_EQ(process.judge.Known(), (SetAside{{"glibc-time-zone", 1}}));
  EXPECT_THAT(process.judge.Suppressed(), IsEmpty());
  process.EndWindow();
  EXPECT_THAT(process.judge.Known(), IsEmpty()) << "of the last window only";
}

// The same function leaves a block of its own, smaller than what the library keeps.
TEST(KnownSurvivors, HideNothingOfTheirCaller) {
  SimulatedProcess process;
  NameStack(process, 9, std::string("@libc.so.6 < localtime@libc.so.6") + kHandler);
  NameStack(process, 10, "Handler@bootstrap < main@bootstrap");
  process.EndWindow();
  process.Allocate(9, 1, 2000);
  process.Allocate(10, 1, 16);
  const std::vector<Finding> findings = process.EndWindow();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].subject, "Handler");
  EXPECT_EQ(findings[0].bytes, 16);
  EXPECT_EQ(process.judge.Known(), (SetAside{{"glibc-time-zone", 1}}));
}

// SSL_CTX_new without SSL_CTX_free, in every invocation: the first makes OpenSSL's tables too.
TEST(KnownSurvivors, LetALeakThroughTheSameLibraryBeSeen) {
  SimulatedProcess process({.least = Severity::kWarning});
  NameStack(process, 9,
            std::string("CRYPTO_zalloc@libcrypto.so.3 < @libc.so.6 < CRYPTO_THREAD_run_once@libcrypto.so.3 < "
                        "OPENSSL_init_crypto@libcrypto.so.3 < SSL_CTX_new@libssl.so.3") +
                kHandler);
  NameStack(process, 10, std::string("CRYPTO_zalloc@libcrypto.so.3 < SSL_CTX_new_ex@libssl.so.3") + kHandler);
  EXPECT_EQ(process.FirstFinding(20,
                                 [&](WindowNumber w) {
                                   if (w == 2) process.Allocate(9, 100, 100000);
                                   process.Allocate(10, 1, 1000);
                                 }),
            5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].rule, "heap-growth");
  EXPECT_EQ(process.last[0].count, 5);
}

TEST(KnownSurvivors, LeaveAUsersOwnLineItsCount) {
  SimulatedProcess process({}, Suppressions::Parse("heap-retained:localtime\n", {}));
  NameStack(process, 9, std::string("@libc.so.6 < localtime@libc.so.6") + kHandler);
  process.EndWindow();
  process.Allocate(9, 1, 2000);
  EXPECT_THAT(process.EndWindow(), IsEmpty());
  EXPECT_EQ(process.judge.Suppressed(), (SetAside{{"heap-retained:localtime", 1}}));
  EXPECT_THAT(process.judge.Known(), IsEmpty());
}

}  // namespace
}  // namespace cleanslate
