#include "analysis/suspect.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

Frame At(std::string function, std::string module) {
  Frame frame;
  frame.function = std::move(function);
  frame.module = std::move(module);
  return frame;
}

TEST(FindSuspect, PassesOverLibrariesAndTheInterpreter) {
  const Frames frames = {At("malloc", "libc.so.6"), At("grow", "libleak.so"), At("ffi_call", "libffi.so.8"),
                         At("_PyEval_EvalFrameDefault", "python3.11"), At("main", "python3.11")};
  const Suspect suspect = FindSuspect(frames);
  ASSERT_NE(suspect.frame, nullptr);
  EXPECT_EQ(suspect.frame->function, "grow");
  EXPECT_TRUE(suspect.users);
  EXPECT_FALSE(suspect.collected);
}

TEST(FindSuspect, PassesOverTemplatesOfTheStandardLibraryInTheUsersProgram) {
  const Frames frames = {
      At("operator new(unsigned long)", "libstdc++.so.6"),
      At("void std::vector<Order, std::allocator<Order> >::_M_realloc_insert<Order>(Order&&)", "bootstrap"),
      At("std::vector<Order>::push_back(Order const&)", "bootstrap"),
      At("(anonymous namespace)::CountLines(lambda::Invocation const&)", "bootstrap"),
      At("main", "bootstrap")};
  ASSERT_NE(FindSuspect(frames).frame, nullptr);
  EXPECT_EQ(PlainFunction(FindSuspect(frames).frame->function), "(anonymous namespace)::CountLines");
}

TEST(FindSuspect, NamesTheCallerOfAWellKnownLibrary) {
  const Frames frames = {At("CRYPTO_malloc", "libcrypto.so.3"), At("SSL_new", "libssl.so.3"),
                         At("curl_easy_perform", "libcurl.so.4"), At("Fetch", "bootstrap")};
  EXPECT_EQ(FindSuspect(frames).frame->function, "Fetch");
}

TEST(FindSuspect, AUsersExtensionModuleIsTheUsersAndPythonsOwnIsNot) {
  EXPECT_TRUE(FindSuspect({At("Init", "fastjson.cpython-311-x86_64-linux-gnu.so")}).users);
  EXPECT_FALSE(FindSuspect({At("sock_new", "_socket.cpython-311-x86_64-linux-gnu.so")}).users);
  EXPECT_FALSE(FindSuspect({At("next", "runtime_client.cpython-311-x86_64-linux-gnu.so")}).users);
}

TEST(IsUsersModule, ByTheSameList) {
  for (const char* const users :
       {"bootstrap", "libcart.so.1", "fastjson.cpython-311-x86_64-linux-gnu.so", "addon.node"})
    EXPECT_TRUE(IsUsersModule(users)) << users;
  for (const char* const others :
       {"", "[vdso]", "libc.so.6", "libc-2.26.so", "ld-linux-x86-64.so.2", "libstdc++.so.6.0.30",
        "libcleanslate.so", "libjemalloc.so.2", "python3.11", "node", "java", "ruby", "libpython3.11.so.1.0",
        "libcrypto.so.3", "_socket.cpython-311-x86_64-linux-gnu.so", "math.cpython-311-x86_64-linux-gnu.so"})
    EXPECT_FALSE(IsUsersModule(others)) << others;
}

TEST(FindSuspect, SaysWhenACollectorOwnsTheMemory) {
  const Frames node = {At("malloc", "libc.so.6"), At("v8::internal::Heap::Grow()", "node"), Frame(),
                       At("main", "node")};
  EXPECT_TRUE(FindSuspect(node).collected);
  EXPECT_FALSE(FindSuspect(node).users);
  EXPECT_EQ(FindSuspect(node).frame->function, "v8::internal::Heap::Grow()");
  const Frames addon = {At("malloc", "libc.so.6"), At("Leak", "addon.node"), At("v8::Call()", "node")};
  EXPECT_FALSE(FindSuspect(addon).collected);
  EXPECT_TRUE(FindSuspect(addon).users);
  EXPECT_FALSE(FindSuspect({At("malloc", "libc.so.6"), At("list_resize", "libpython3.11.so.1.0")}).collected);
}

TEST(FindSuspect, ARemarkIsNobody) {
  const Frames cut = {At("malloc", "libc.so.6"), At("v8::internal::Allocate()", "node"),
                      At("[the rest of the stack is not known]", "")};
  EXPECT_FALSE(FindSuspect(cut).users);
  EXPECT_TRUE(FindSuspect(cut).collected);
  EXPECT_EQ(FindSuspect(cut).frame->module, "node");
  EXPECT_TRUE(FindSuspect({At("grow", "")}).users);  // a name without a file is still a name
}

TEST(FindSuspect, FallsBackRatherThanNamingNobody) {
  EXPECT_EQ(FindSuspect({}).frame, nullptr);
  EXPECT_EQ(FindSuspect({At("malloc", "libc.so.6"), At("start_thread", "libc.so.6")}).frame->function,
            "malloc");
  EXPECT_EQ(FindSuspect({At("malloc", "libc.so.6"), At("uv__fs_open", "libuv.so.1"), At("main", "node")})
                .frame->function,
            "uv__fs_open");
}

TEST(PlainFunction, DropsWhatDiffersBetweenBuilds) {
  const std::pair<const char*, const char*> kCases[] = {
      {"grow", "grow"},
      {"grow.constprop.0", "grow"},
      {"grow.part.3.isra.1", "grow"},
      {"grow(unsigned long) [clone .cold]", "grow"},
      {"cart::Add(std::vector<int, std::allocator<int> >&)", "cart::Add"},
      {"void cart::Add<int>(int)", "cart::Add"},
      {"std::map<int, std::string> cart::All(int) const", "cart::All"},
      {"Cart::operator()(int) const", "Cart::operator()"},
      {"Cart::operator<<(int)", "Cart::operator<<"},
      {"operator new(unsigned long)", "operator new"},
      {"(anonymous namespace)::Grow(int)", "(anonymous namespace)::Grow"},
      {"Handle(int)::{lambda(int)#2}::operator()(int) const", "Handle::{lambda(int)#2}::operator()"},
      {"cart::Cart<int>::~Cart()", "cart::Cart::~Cart"},
      {"app::cache::insert::h0123456789abcdef", "app::cache::insert"},
      {"main.(*Cart).Add", "main.(*Cart).Add"},
      {"", ""},
      {"[the rest of the stack is not known]", "[the rest of the stack is not known]"},
      {"unbalanced<(", "unbalanced"},
  };
  for (const auto& [function, plain] : kCases) EXPECT_EQ(PlainFunction(function), plain) << function;
}

TEST(PlainModule, DropsVersionsAndPlatforms) {
  const std::pair<const char*, const char*> kCases[] = {
      {"libcart.so.1.2", "libcart"},
      {"/opt/lib/libcart.so", "libcart"},
      {"leak.cpython-311-x86_64-linux-gnu.so", "leak"},
      {"python3.11", "python"},
      {"python3", "python"},
      {"libpython3.11.so.1.0", "libpython"},
      {"libc-2.26.so", "libc"},
      {"ld-2.26.so", "ld"},
      {"app2", "app2"},
      {"bootstrap", "bootstrap"},
      {"", ""},
  };
  for (const auto& [module, plain] : kCases) EXPECT_EQ(PlainModule(module), plain) << module;
}

}  // namespace
}  // namespace cleanslate
