// SPDX-License-Identifier: BSL-1.0
/// The processes model: what is its own.

#include <unistd.h>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

namespace {

using coir::model;

int add(int a, int b) { return a + b; }

template <class F>
auto in_processes(F&& f) {
  return coir::run({.model = model::processes}, std::forward<F>(f));
}

TEST(Processes, TaskReturnsItsResult) {
  EXPECT_EQ(in_processes([] { return coir::spawn(add, 2, 3).get(); }), 5);
}

TEST(Processes, TaskIsAProcessOfItsOwn) {
  in_processes([] {
    auto one = coir::spawn([] { return ::getpid(); });
    auto other = coir::spawn([] { return ::getpid(); });
    EXPECT_NE(one.get(), other.get());
    EXPECT_NE(one.get(), ::getpid());
  });
}

}  // namespace
