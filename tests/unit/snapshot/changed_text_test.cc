#include "snapshot/changed_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kFront = 32;  // zeros around what a test writes

// The texts in `now`, which stands where `before` stood, among zeros.
std::vector<std::string> Texts(std::string before, std::string now, Stretch heap = {}) {
  const std::size_t size = std::max(before.size(), now.size());
  before.resize(size);
  now.resize(size);
  alignas(16) unsigned char image[4096] = {};
  std::memcpy(image + kFront, now.data(), size);
  std::vector<Stretch> changed;
  for (std::size_t i = 0; i < size; ++i) {
    if (before[i] == now[i]) continue;
    if (changed.empty() || changed.back().end < kFront + i) changed.push_back({kFront + i, kFront + i});
    changed.back().end = kFront + i + 1;
  }
  std::vector<Stretch> found;
  FindChangedTexts(image, reinterpret_cast<std::uintptr_t>(image), changed, heap, found);
  std::vector<std::string> texts;
  for (const Stretch& text : found)
    texts.emplace_back(reinterpret_cast<const char*>(image) + text.begin, text.end - text.begin);
  return texts;
}

template <typename Value>
std::string BytesOf(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string WithNul(std::string_view text) {
  return std::string(text) + '\0';
}

TEST(ChangedText, WordsThatPeopleRead) {
  for (const char* const text :
       {"anna", "alice", "customer-4711", "anna@example.com", "10.0.0.7", "Grüße", "李小龍", "Привет",
        R"({"id":7,"user":"anna"})", "GET /orders/17 HTTP/1.1\r\nHost: example.com", "2026-11-23T05:02:11Z",
        "deadbeef", "a b c d e f anna"})
    EXPECT_THAT(Texts("", WithNul(text)), ElementsAre(text));
}

TEST(ChangedText, TheWholeTextWhateverOfItChanged) {
  EXPECT_THAT(Texts(WithNul("customer-4711"), WithNul("customer-4811")), ElementsAre("customer-4811"));
  EXPECT_THAT(Texts(WithNul("alexander"), std::string("anna\0nder\0", 10)), ElementsAre("anna"));
}

TEST(ChangedText, AnAddressOnTheHeapThatHasTheBytesOfAWord) {
  const std::uintptr_t address = 0x55757a6c4b30;  // "0Klzu" and 'U', then two NULs
  const std::string vector = BytesOf(address) + BytesOf(address + 4) + BytesOf(address + 8);
  EXPECT_THAT(Texts("", vector), ElementsAre("0KlzuU", "4KlzuU", "8KlzuU"));
  const Stretch heap = {address & ~std::uintptr_t{0xffffff}, address + 0x21000};
  EXPECT_THAT(Texts("", vector, heap), IsEmpty());
  EXPECT_THAT(Texts("", BytesOf(address ^ 0x21), heap), IsEmpty());  // the first byte is none of a text
  EXPECT_THAT(Texts("", WithNul("0KlzuUser"), heap), ElementsAre("0KlzuUser"));
  EXPECT_THAT(Texts("", WithNul("acme-1"), heap), ElementsAre("acme-1"));
}

TEST(ChangedText, AFieldThatIsFullNeedsNoNul) {
  EXPECT_THAT(Texts("ABCD1234\x01\x02\x03", "WXYZ5678\x01\x02\x03"), ElementsAre("WXYZ5678"));
}

TEST(ChangedText, FieldsOfAStructStandForThemselves) {
  struct Session {
    std::int32_t count;
    char user[16];
    double total;
    char city[16];
  };
  const Session before = {1, "alice", 17.5, "Oslo"};
  const Session now = {2, "robert", 19.99, "Bergen"};
  EXPECT_THAT(Texts(BytesOf(before), BytesOf(now)), ElementsAre("robert", "3@Bergen"))
      << "the end of the number before it looks like a part of it";
  const Session counted = {3, "robert", 21.37, "Bergen"};
  EXPECT_THAT(Texts(BytesOf(now), BytesOf(counted)), IsEmpty()) << "unchanged texts between numbers";
}

TEST(ChangedText, WhatIsNoText) {
  EXPECT_THAT(Texts("", WithNul("abc")), IsEmpty()) << "too short";
  EXPECT_THAT(Texts("", WithNul("........")), IsEmpty());
  EXPECT_THAT(Texts(WithNul("alice"), std::string(6, '\0')), IsEmpty()) << "wiped";
  EXPECT_THAT(Texts("", std::string("\0lice\0", 6)), IsEmpty()) << "cleared by its first byte";
  EXPECT_THAT(Texts("", BytesOf(std::uint64_t{0x00007f3a5c21b010})), IsEmpty()) << "an address";
  EXPECT_THAT(Texts(BytesOf(41), BytesOf(42)), IsEmpty());
  EXPECT_THAT(Texts(BytesOf(3.14159), BytesOf(2.71828)), IsEmpty());
  EXPECT_THAT(Texts("", "\xff\xfe\xfd\xfc" + WithNul("\xc3\x28\xa0\xa1")), IsEmpty());
}

// What `change` does to the bytes of a std::string object.
template <typename Change>
std::size_t TextsInString(std::string value, Change change) {
  struct Place {
    std::uint64_t before[4] = {};
    std::string text;
    std::uint64_t behind[4] = {};
  };
  Place place;
  place.text = std::move(value);
  const std::string old = BytesOf(place);
  change(place.text);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&place);
  std::vector<Stretch> changed;
  for (std::size_t i = 0; i < sizeof place; ++i)
    if (static_cast<unsigned char>(old[i]) != bytes[i]) changed.push_back({i, i + 1});
  std::vector<Stretch> texts;
  const auto address = reinterpret_cast<std::uintptr_t>(&place);
  FindChangedTexts(std::span(bytes, sizeof place), address, changed, {}, texts);
  return texts.size();
}

TEST(ChangedText, AStringsShortForm) {
  EXPECT_EQ(TextsInString("", [](std::string& text) { text = "alice"; }), 1u);
  EXPECT_EQ(TextsInString("alice", [](std::string& text) { text = "bob-17"; }), 1u);
  EXPECT_EQ(TextsInString("alice", [](std::string& text) { text.clear(); }), 0u);
  EXPECT_EQ(TextsInString("alice",
                          [](std::string& text) {
                            text = "robert";
                            text.clear();
                          }),
            0u)
      << "the letters behind the end belong to nobody";
}

// Each kind of noise fills memory a thousand times: hardly ever may a text be seen in it.
TEST(ChangedText, NoiseIsNoText) {
  std::mt19937_64 random(17);
  const auto texts_in = [](const std::string& now) { return Texts(std::string(now.size(), '\0'), now); };
  std::size_t in_generator = 0;
  std::size_t in_doubles = 0;
  std::size_t in_small_numbers = 0;
  std::size_t in_addresses = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string state;
    std::string doubles;
    std::string small_numbers;
    std::string addresses;
    for (int word = 0; word < 312; ++word) state += BytesOf(random());
    for (int word = 0; word < 64; ++word) {
      doubles += BytesOf(std::uniform_real_distribution<>(0, 1000)(random));
      small_numbers += BytesOf(static_cast<std::int32_t>(random() % 100000));
      addresses += BytesOf(0x555555550000u + random() % 0x10000000u / 16 * 16);
    }
    in_generator += !texts_in(state).empty();
    in_doubles += !texts_in(doubles).empty();
    in_small_numbers += !texts_in(small_numbers).empty();
    in_addresses += !texts_in(addresses).empty();
  }
  EXPECT_LE(in_generator, 2u);
  EXPECT_LE(in_doubles, 5u);
  EXPECT_LE(in_small_numbers, 2u);
  EXPECT_LE(in_addresses, 20u);
}

}  // namespace
}  // namespace cleanslate
