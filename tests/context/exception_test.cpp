// SPDX-License-Identifier: BSL-1.0
/// Exceptions live per fiber: a switch inside a handler or during unwinding confuses nobody.

#include <exception>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <coir/coir.hpp>

namespace {

std::string caught_after_yield(std::string const& text) {
  try {
    throw std::runtime_error(text);
  } catch (...) {
    coir::yield();
    try {
      throw;
    } catch (std::runtime_error const& error) {
      return error.what();
    }
  }
}

TEST(ExceptionStateTest, ARethrowAfterAYieldIsTheFibersOwn) {
  coir::run([] {
    auto [a, b, c] =
        coir::gather(coir::call(caught_after_yield, "a"), coir::call(caught_after_yield, "b"),
                     coir::call(caught_after_yield, "c"));
    EXPECT_EQ(a + b + c, "abc");
  });
}

struct yields_when_destroyed {
  int& seen;
  ~yields_when_destroyed() {
    coir::shield([] { coir::yield(); });
    seen = std::uncaught_exceptions();
  }
};

TEST(ExceptionStateTest, UncaughtCountIsTheFibersOwnWhileItUnwinds) {
  coir::run([] {
    int while_unwinding = -1;
    int beside = -1;
    coir::event unwinding;
    auto other = coir::spawn([&] {
      coir::yield();
      beside = std::uncaught_exceptions();
    });
    try {
      yields_when_destroyed const cleanup{while_unwinding};
      throw 1;
    } catch (int) {
    }
    other.join();
    EXPECT_EQ(while_unwinding, 1);
    EXPECT_EQ(beside, 0);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

TEST(ExceptionStateTest, ATaskThatBeginsInsideAHandlerSeesNoException) {
  coir::run([] {
    try {
      throw 1;
    } catch (int) {
      auto fresh = coir::spawn([] { return std::current_exception() == nullptr; });
      EXPECT_TRUE(fresh.get());
      EXPECT_NE(std::current_exception(), nullptr);
    }
  });
}

}  // namespace
