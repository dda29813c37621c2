// SPDX-License-Identifier: BSL-1.0
/// The processes model: which calls can be made in another process, and what is said of the others.

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "contract/processes.hpp"

namespace {

using contract::shared;

class ProcessesPortable : public contract::on_processes {
 protected:
  /// What spawning the call says.
  template <class... Call>
  static std::string refusal_of(Call&&... call) {
    std::string said;
    in_run([&] {
      try {
        auto const task = coir::spawn(std::forward<Call>(call)...);
        ADD_FAILURE() << "it was spawned";
      } catch (std::invalid_argument const& e) {
        said = e.what();
      }
    });
    return said;
  }
};

bool says(std::string const& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return true;
  ADD_FAILURE() << text;
  return false;
}

int twice(int n) { return 2 * n; }
double half(double n) { return n / 2; }

struct doubler {
  int operator()(int n) const { return 2 * n; }
};

TEST_F(ProcessesPortable, FunctionsAndStatelessObjectsAreCarried) {
  in_run([] {
    EXPECT_EQ(coir::spawn(twice, 4).get(), 8);
    EXPECT_EQ(coir::spawn(&twice, 4).get(), 8);
    EXPECT_EQ(coir::spawn(doubler{}, 4).get(), 8);
    EXPECT_EQ(coir::spawn([](int n) { return n; }, 4).get(), 4);
    EXPECT_EQ(coir::spawn([](auto n) { return n; }, 4).get(), 4);
    EXPECT_EQ(coir::spawn(coir::call(twice, 4)).get(), 8);
  });
}

struct counter {
  int count = 0;
  [[nodiscard]] int plus(int n) const { return count + n; }
  [[nodiscard]] std::string after(std::string const& word) { return word + std::to_string(count); }
};

TEST_F(ProcessesPortable, MemberFunctionsAreCarriedWithTheirObject) {
  in_run([] {
    EXPECT_EQ(coir::spawn(&counter::plus, counter{4}, 3).get(), 7);
    EXPECT_EQ(coir::spawn(&counter::after, counter{4}, "no. ").get(), "no. 4");
    EXPECT_EQ(coir::spawn(&counter::plus, std::make_unique<counter>(), 3).get(), 3);
  });
  counter here;
  says(refusal_of(&counter::plus, &here, 3), "argument 1 is of type");
}

TEST_F(ProcessesPortable, ArgumentsAreOfTheParametersTypes) {
  EXPECT_EQ(in_run([] { return coir::spawn(half, 5).get(); }), 2.5);
  EXPECT_EQ(in_run([] { return coir::spawn(coir::call(half, 5)).get(); }), 2.5);
}

// P1: a literal becomes the string it is taken as
TEST_F(ProcessesPortable, StringsAndContainersAreCarried) {
  in_run([] {
    EXPECT_EQ(coir::spawn([](std::string const& text) { return text + "!"; }, "hello").get(),
              "hello!");
    EXPECT_EQ(
        coir::spawn([](std::string_view text) { return text.size(); }, std::string("four")).get(),
        4u);
    auto task = coir::spawn(
        [](std::map<std::string, std::vector<int>> m) {
          m["b"].push_back(3);
          return m;
        },
        std::map<std::string, std::vector<int>>{{"a", {1, 2}}});
    EXPECT_EQ(task.get().at("a").size(), 2u);
    EXPECT_EQ(task.get().at("b").front(), 3);
  });
}

struct shape {
  virtual ~shape() = default;
  virtual int corners() const = 0;
};
struct square final : shape {
  explicit square(int size_) : size(size_) {}
  int corners() const override { return size; }
  int size;
};
void save(coir::output_archive& out, square const& s) { out(s.size); }
square load(coir::input_archive& in, std::type_identity<square>) {
  int size = 0;
  in(size);
  return square(size);
}

TEST_F(ProcessesPortable, WhatAReferenceIsBoundToKeepsItsType) {
  EXPECT_EQ(in_run([] {
              return coir::spawn([](shape const& s) { return s.corners(); }, square(4)).get();
            }),
            4);
}

/// Whose function throws.
struct reluctant {};
template <class Archive>
void serialize(Archive&, reluctant&) {
  throw std::range_error("not today");
}
struct unpackable {
  int n = 0;
};
template <class Archive>
void serialize(Archive& archive, unpackable& u) {
  archive(u.n);
  if constexpr (std::is_same_v<Archive, coir::input_archive>) throw std::range_error("not here");
}

// PPX-03, MPX-11
TEST_F(ProcessesPortable, PPX_03_WhatCannotBePackedFailsItsOwnTaskOnly) {
  in_run([] {
    auto other = coir::spawn([] { return 7; });
    EXPECT_THROW((void)coir::spawn([](reluctant) {}, reluctant()), std::range_error);
    EXPECT_THROW(coir::spawn([] { return reluctant(); }).get(), std::range_error);
    EXPECT_THROW(coir::spawn([](unpackable) {}, unpackable()).get(), std::range_error);
    EXPECT_THROW(coir::spawn([] { return unpackable(); }).get(), std::range_error);
    EXPECT_EQ(other.get(), 7);
  });
}

/// Ends the process in which it is unpacked, or packed.
template <bool Packed>
struct fatal {};
template <class Archive, bool Packed>
void serialize(Archive&, fatal<Packed>&) {
  if (std::is_same_v<Archive, coir::output_archive> == Packed) ::_exit(3);
}

TEST_F(ProcessesPortable, PPX_02_AProcessThatDiesWhilePackingOrUnpackingFailsItsTask) {
  in_run([] {
    EXPECT_THROW(coir::spawn([](fatal<false>) {}, fatal<false>()).get(), coir::worker_died);
    EXPECT_THROW((void)coir::spawn([] { return fatal<true>(); }).get(), coir::worker_died);
  });
}

TEST_F(ProcessesPortable, FunctionPointersAreNoArguments) {
  says(refusal_of([](int (*f)(int)) { return f(1); }, &twice), "argument 1");
}

TEST_F(ProcessesPortable, CaptureIsRefusedWithTheReason) {
  int local = 0;
  std::string const said = refusal_of([&] { return local; });
  says(said, "its function");
  says(said, "lambda");
  says(said, "pass what it needs as arguments");
}

TEST_F(ProcessesPortable, PointerIsRefusedWithItsPlace) {
  int local = 0;
  std::string const said = refusal_of([](int, int* p) { return *p; }, 1, &local);
  says(said, "argument 2");
  says(said, "int*");
}

TEST_F(ProcessesPortable, PartThatCannotBeCarriedIsNamed) {
  std::string const said =
      refusal_of([](std::vector<int*> const& all) { return all.size(); }, std::vector<int*>());
  says(said, "argument 1 is of type std::vector<int*");
  says(said, "in which int* refers to memory");
}

TEST_F(ProcessesPortable, LambdaThatCapturesIsNoArgument) {
  int local = 0;
  says(refusal_of([](auto const& f) { return f(); }, [&local] { return local; }), "argument 1");
}

TEST_F(ProcessesPortable, ReferenceAndViewAreRefused) {
  int local = 0;
  says(refusal_of([](std::reference_wrapper<int> r) { return r.get(); }, std::ref(local)),
       "argument 1");
  says(refusal_of([](std::string_view text) { return text.size(); }, std::string_view("x")),
       "argument 1");
}

TEST_F(ProcessesPortable, LocalQueueIsRefused) {
  coir::queue<int> const local;
  std::string const said = refusal_of([](coir::queue<int> q) { return q.size(); }, local);
  says(said, "argument 1");
  says(said, "queue");
}

TEST_F(ProcessesPortable, ResultThatCannotComeBackIsRefused) {
  says(refusal_of([] { return std::make_shared<int>(1); }), "its result");
  says(refusal_of([]() -> int& {
         static int one;
         return one;
       }),
       "its result is a reference to int");
}

// P1: nothing has begun
TEST_F(ProcessesPortable, RefusedTaskNeverWas) {
  in_run([] {
    coir::task_group group;
    int local = 0;
    EXPECT_THROW(group.spawn([&local] { shared(0) += 1 + static_cast<unsigned>(local); }),
                 std::invalid_argument);
    group.join();
    EXPECT_EQ(coir::statistics().alive, 1u);
  });
  EXPECT_EQ(shared(0), 0u);
}

}  // namespace
