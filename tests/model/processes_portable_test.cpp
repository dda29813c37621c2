// SPDX-License-Identifier: BSL-1.0
/// The processes model: which calls can be made in another process, and what is said of the others.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

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

TEST_F(ProcessesPortable, ArgumentsAreOfTheParametersTypes) {
  EXPECT_EQ(in_run([] { return coir::spawn(half, 5).get(); }), 2.5);
  EXPECT_EQ(in_run([] { return coir::spawn(coir::call(half, 5)).get(); }), 2.5);
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
  says(refusal_of([] { return std::make_unique<int>(1); }), "its result");
  says(refusal_of([]() -> int& {
         static int one;
         return one;
       }),
       "its result");
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
