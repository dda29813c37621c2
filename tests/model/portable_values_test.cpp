// SPDX-License-Identifier: BSL-1.0
/// Archives: what is packed comes out as it was, is copied once, and is not read beyond its end.

#include <array>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "model/packer.hpp"
#include "sys/memory_file.hpp"

namespace my {

enum class colour : std::uint8_t { red, green };

struct point {
  double x;
  double y;
  bool operator==(point const&) const = default;
};

/// Has one function for both ways.
struct person {
  std::string name;
  std::vector<point> path;
  std::unique_ptr<int> number;
};
template <class Archive>
void serialize(Archive& archive, person& p) {
  archive(p.name, p.path, p.number);
}

/// Cannot be made from nothing.
class even {
 public:
  explicit even(int half) : half_(half) {}
  [[nodiscard]] int half() const { return half_; }

 private:
  int const half_;
};
void save(coir::output_archive& archive, even const& value) { archive(value.half()); }
even load(coir::input_archive& archive, std::type_identity<even>) {
  int half = 0;
  archive(half);
  return even(half);
}

/// Neither, and has one function for both ways.
struct level {
  explicit level(int height_) : height(height_) {}
  int height;
  std::string name;
};
template <class Archive>
void serialize(Archive& archive, level& value) {
  archive(value.height, value.name);
}
struct tower {
  level top{0};
};
template <class Archive>
void serialize(Archive& archive, tower& value) {
  archive(value.top);
}

// Derived from containers: with nothing more, with more, with itself inside.
struct numbers : std::vector<int> {};
struct named_numbers : std::vector<int> {
  std::string name;
};
struct lists : std::vector<lists> {};
struct folder : std::map<std::string, std::unique_ptr<folder>> {};
/// A list, and not only that.
template <class Number>
struct json {
  using value_type = json;
  using list = std::vector<json>;
  [[nodiscard]] typename list::const_iterator begin() const { return all.begin(); }
  [[nodiscard]] typename list::const_iterator end() const { return all.end(); }
  [[nodiscard]] std::size_t size() const { return all.size(); }
  void push_back(json value) { all.push_back(std::move(value)); }
  list all;
  std::optional<Number> number;
};

/// Can be taken apart like a tuple, but not by get<0>().
class span_of_days {
 public:
  span_of_days(std::string first, std::string last)
      : first_(std::move(first)), last_(std::move(last)) {}
  template <std::size_t Place>
  [[nodiscard]] std::string const& get() const {
    return Place == 0 ? first_ : last_;
  }

 private:
  std::string first_;
  std::string last_;
};
/// Also by that, and made from its parts.
struct entry {
  std::string key;
  std::vector<int> values;
  bool operator==(entry const&) const = default;
};
template <std::size_t Place>
auto const& get(entry const& from) {
  if constexpr (Place == 0) {
    return from.key;
  } else {
    return from.values;
  }
}

struct tree {
  int value = 0;
  std::vector<tree> below;
  bool operator==(tree const&) const = default;
};
template <class Archive>
void serialize(Archive& archive, tree& t) {
  archive(t.value, t.below);
}

struct base {
  virtual ~base() = default;
};
struct holder {
  explicit holder(int& of) : refers_to(of) {}
  int& refers_to;
};

}  // namespace my

template <>
struct std::tuple_size<my::span_of_days> : std::integral_constant<std::size_t, 2> {};
template <std::size_t Place>
struct std::tuple_element<Place, my::span_of_days> {
  using type = std::string;
};
template <>
struct std::tuple_size<my::entry> : std::integral_constant<std::size_t, 2> {};
template <std::size_t Place>
struct std::tuple_element<Place, my::entry> {
  using type = std::conditional_t<Place == 0, std::string const, std::vector<int>>;
};

namespace {

using namespace std::chrono_literals;

template <class T>
T there_and_back(T const& value) {
  coir::detail::packer out;
  out(value);
  out.finish();
  coir::detail::mapped_file const mapped(out.file(), out.file() ? out.size() : 0);
  coir::input_archive in(out.file() ? coir::detail::byte_view(mapped.bytes()) : out.memory());
  T copy = coir::detail::load<T>(in);
  EXPECT_EQ(in.left(), 0u);
  return copy;
}

template <class T>
void expect_same(T const& value) {
  EXPECT_TRUE(there_and_back(value) == value);
}

TEST(Archive, PlainValuesComeBack) {
  expect_same(7);
  expect_same(2.5);
  expect_same(my::colour::green);
  expect_same(my::point{1, 2});
  expect_same(25ms);
  expect_same(std::chrono::steady_clock::now());
  expect_same(std::array<int, 3>{1, 2, 3});
  expect_same(std::array<std::string, 2>{"one", "two"});
}

TEST(Archive, TextAndSequencesComeBack) {
  expect_same(std::string("hello"));
  expect_same(std::string());
  expect_same(std::u32string(U"héllo"));
  expect_same(std::vector<int>{1, 2, 3});
  expect_same(std::vector<bool>{true, false, true});
  expect_same(std::vector<std::string>{"", "a", std::string(1000, 'x')});
  expect_same(std::deque<int>{1, 2});
  expect_same(std::list<std::string>{"a", "b"});
  expect_same(std::filesystem::path("/a/b c"));
  expect_same(my::numbers{{1, 2}});
  expect_same(std::vector<std::vector<my::point>>{{}, {{1, 2}, {3, 4}}});
}

TEST(Archive, KeyedOnesComeBack) {
  expect_same(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  expect_same(std::multimap<int, int>{{1, 1}, {1, 2}, {0, 3}});
  expect_same(std::set<std::string>{"b", "a"});
  expect_same(std::multiset<int>{1, 1, 2});
  expect_same(std::unordered_map<int, std::string>{{1, "one"}, {2, "two"}});
  expect_same(std::unordered_set<std::string>{"x", "y", "z"});
}

TEST(Archive, CompoundsComeBack) {
  expect_same(std::pair<int, std::string>{1, "one"});
  expect_same(std::tuple<>());
  expect_same(std::tuple<int, std::string, std::optional<int>>{1, "one", std::nullopt});
  expect_same(std::optional<std::string>("there"));
  expect_same(std::optional<std::string>());
  using either = std::variant<std::monostate, int, std::string>;
  expect_same(either());
  expect_same(either(7));
  expect_same(either("text"));
  EXPECT_EQ(*there_and_back(std::make_unique<std::string>("mine")), "mine");
  EXPECT_EQ(there_and_back(std::unique_ptr<int>()), nullptr);
}

TEST(Archive, UsersFunctionsAreUsed) {
  my::person const one{"Ada", {{1, 2}, {3, 4}}, std::make_unique<int>(7)};
  my::person const other = there_and_back(one);
  EXPECT_EQ(other.name, "Ada");
  EXPECT_EQ(other.path, one.path);
  EXPECT_EQ(*other.number, 7);
  EXPECT_EQ(there_and_back(my::even(4)).half(), 4);
  expect_same(my::tree{1, {{2, {}}, {3, {{4, {}}}}}});
  EXPECT_EQ(there_and_back(std::vector<my::even>{my::even(1), my::even(2)})[1].half(), 2);
  std::array<my::even, 2> const two{my::even(1), my::even(2)};
  EXPECT_EQ(there_and_back(two)[1].half(), 2);
}

// P1: what is in itself is looked into once; a call that has such an argument can be compiled
TEST(Archive, ClassesThatAreInThemselvesComeBack) {
  my::folder all;
  all["a"] = std::make_unique<my::folder>();
  (*all["a"])["b"] = nullptr;
  my::folder const copy = there_and_back(all);
  EXPECT_EQ(copy.at("a")->at("b"), nullptr);
  static_assert(!coir::portable<my::lists>);
  static_assert(!coir::portable<my::json<int>>);
}

TEST(Archive, WhatIsATupleByItsFunctionsComesBack) {
  expect_same(my::entry{"a", {1, 2}});
  static_assert(!coir::portable<my::span_of_days>);
}

// P1: nothing of a value is left behind
TEST(Archive, WhatHasMoreThanItsContainerIsNotPortable) {
  static_assert(!coir::portable<my::named_numbers>);
  static_assert(!coir::portable<std::vector<my::named_numbers>>);
}

TEST(Archive, WhatCannotBeMadeFirstIsUnpackedIntoOneThatIsThere) {
  static_assert(!coir::portable<my::level>);
  static_assert(coir::portable<my::tower>);
  my::tower tower;
  tower.top = my::level(7);
  EXPECT_EQ(there_and_back(tower).top.height, 7);
}

// P1: what means nothing elsewhere is found, wherever it hides
TEST(Archive, WhatRefersIsNotPortable) {
  int local = 0;
  auto captures = [&local] { return local; };
  static_assert(!coir::portable<decltype(captures)>);
  static_assert(!coir::portable<int*>);
  static_assert(!coir::portable<int&>);
  static_assert(!coir::portable<std::array<char const*, 3>>);
  static_assert(!coir::portable<std::vector<int*>>);
  static_assert(!coir::portable<std::optional<std::string_view>>);
  static_assert(!coir::portable<std::variant<int, int*>>);
  static_assert(!coir::portable<std::pair<int, std::span<int>>>);
  static_assert(!coir::portable<std::map<int, std::reference_wrapper<int>>>);
  static_assert(!coir::portable<int my::point::*>);
  static_assert(!coir::portable<my::holder>);
  static_assert(!coir::portable<std::shared_ptr<int>>);
  static_assert(!coir::portable<std::function<void()>>);
  static_assert(!coir::portable<std::unique_ptr<my::base>>);
  static_assert(!coir::portable<coir::task<int>>);
  static_assert(coir::portable<std::unique_ptr<my::tree>>);
  static_assert(coir::portable<void>);
}

TEST(Archive, NumbersThatLieTogetherAreUsedWhereTheyLie) {
  for (std::size_t before = 0; before < 9; ++before) {
    coir::detail::packer out;
    std::string const odd(before, '.');
    std::vector<double> const numbers{1, 2, 3};
    out(odd, numbers);
    coir::input_archive in(out.memory());
    std::string odd_again;
    std::vector<double> again;
    in(odd_again, again);
    EXPECT_EQ(again, numbers);
  }
}

// Big buffers are written once on their way into a file, and not at all before.
TEST(Archive, BigOnesAreCopiedOnce) {
  constexpr std::size_t size = 16 * 1024 * 1024;
  coir::detail::packer out;
  std::vector<std::byte> const big(size, std::byte{7});
  out(std::string("small"), big, std::string("small"));
  out.finish();
  ASSERT_TRUE(out.file());
  EXPECT_LT(out.copied(), size + 1000);
  coir::detail::mapped_file const mapped(out.file(), out.size());
  coir::input_archive in(mapped.bytes());
  std::string before, after;
  std::vector<std::byte> copy;
  in(before, copy, after);
  EXPECT_EQ(before + after, "smallsmall");
  EXPECT_EQ(copy, big);
}

TEST(Archive, ManySmallOnesGrowIntoAFile) {
  coir::detail::packer out;
  for (int i = 0; i < 100'000; ++i) out(i, std::string("x"));
  out.finish();
  ASSERT_TRUE(out.file());
  coir::detail::mapped_file const mapped(out.file(), out.size());
  coir::input_archive in(mapped.bytes());
  for (int i = 0; i < 100'000; ++i) {
    int number = -1;
    std::string text;
    in(number, text);
    ASSERT_EQ(number, i);
    ASSERT_EQ(text, "x");
  }
  EXPECT_EQ(in.left(), 0u);
}

TEST(Archive, LengthsAreChecked) {
  coir::detail::packer out;
  out(std::uint64_t{1} << 61, 'x');
  for (int what = 0; what < 3; ++what) {
    coir::input_archive in(out.memory());
    try {
      if (what == 0) (void)coir::detail::load<std::string>(in);
      if (what == 1) (void)coir::detail::load<std::vector<double>>(in);
      if (what == 2) (void)coir::detail::load<std::vector<std::string>>(in);
      ADD_FAILURE();
    } catch (std::runtime_error const& e) {
      EXPECT_NE(std::string(e.what()).find("ends too soon"), std::string::npos) << e.what();
    }
  }
  coir::input_archive in(out.memory());
  EXPECT_THROW((void)(coir::detail::load<std::variant<int, char>>(in)), std::runtime_error);
}

}  // namespace
