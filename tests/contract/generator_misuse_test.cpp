// SPDX-License-Identifier: BSL-1.0
/// Generators driven by the wrong one: themselves, two tasks, another thread; and an overflow.

#include <csignal>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "contract/generators.hpp"

namespace contract {
namespace {

class GeneratorMisuseOnAny : public everywhere_test {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorMisuseOnAny, all_models, model_name);

class GeneratorMisuseOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorMisuseOn, concurrent_models, model_name);

TEST_P(GeneratorMisuseOnAny, ABodyThatDrivesItselfIsALogicError) {
  everywhere([] {
    coir::generator<int>* self = nullptr;
    coir::generator<int> circular([&](auto& yield) {
      yield(1);
      self->next();
    });
    self = &circular;
    circular.next();
    EXPECT_NE(misuse_of([&] { circular.next(); }).find("its own generator"), std::string::npos);
  });
}

TEST_P(GeneratorMisuseOn, ASecondTaskThatDrivesARunningBodyIsALogicError) {
  in_run([] {
    coir::event go_on;
    coir::generator<int> waiting([&](auto& yield) {
      go_on.wait();
      yield(1);
    });
    auto driver = coir::spawn([&] {
      auto const value = waiting.next();
      waiting.close();
      return value;
    });
    await_parked(driver);
    EXPECT_NE(misuse_of([&] { waiting.next(); }).find("as another task"), std::string::npos);
    EXPECT_THROW(waiting.close(), std::logic_error);
    go_on.set();
    EXPECT_EQ(driver.get(), 1);
  });
}

TEST_P(GeneratorMisuseOn, AYieldByAnotherTaskIsALogicError) {
  in_run([] {
    coir::generator<std::string> lending([](auto& yield) {
      auto borrower = coir::spawn([&] { return misuse_of([&] { yield("stolen"); }); });
      yield(borrower.get());
    });
    EXPECT_NE(lending.next()->find("other code than its own body"), std::string::npos);
  });
}

TEST_P(GeneratorMisuseOnAny, AYieldByTheBodyOfAnotherGeneratorIsALogicError) {
  everywhere([] {
    coir::generator<std::string> outer([](auto& yield) {
      coir::generator<int> inner([&](auto&) { yield("from inside"); });
      yield(misuse_of([&] { inner.next(); }));
    });
    EXPECT_NE(outer.next()->find("other code than its own body"), std::string::npos);
  });
}

TEST_P(GeneratorMisuseOnAny, AnotherThreadMayNotResumeABegunBody) {
  everywhere([] {
    auto numbers = count_to(3);
    numbers.next();
    std::thread([&] {
      EXPECT_NE(misuse_of([&] { numbers.next(); }).find("another thread"), std::string::npos);
      EXPECT_THROW(numbers.close(), std::logic_error);
    }).join();
    EXPECT_EQ(numbers.next(), 2);
  });
}

TEST(GeneratorOnThreads, OneThatIsDroppedOnAnotherThreadIsToldAndLeftBehind) {
  std::string told;
  auto const before =
      coir::set_unhandled_exception_handler([&](std::string const&, std::exception_ptr error) {
        try {
          std::rethrow_exception(error);
        } catch (std::exception const& e) {
          told = e.what();
        }
      });
  bool closed = false;
  {
    auto numbers = std::make_unique<coir::generator<int>>([&](auto& yield) {
      try {
        yield(1);
      } catch (coir::generator_closed const&) {
        closed = true;
        throw;
      }
    });
    numbers->next();
    std::thread([moved = std::move(numbers)] {}).join();
  }
  coir::set_unhandled_exception_handler(before);
  EXPECT_NE(told.find("another thread"), std::string::npos);
  EXPECT_FALSE(closed);
}

TEST(GeneratorOutsideOfARun, OneMayOutliveTheRunThatBeganItOnTheSameThread) {
  for (coir::model const kind : {coir::model::fibers, coir::model::threads, coir::model::serial}) {
    auto numbers = count_to(3);
    coir::run({.model = kind}, [&] { EXPECT_EQ(numbers.next(), 1); });
    EXPECT_EQ(numbers.next(), 2);
    coir::run({.model = kind}, [&] { EXPECT_EQ(numbers.next(), 3); });
  }
}

TEST(GeneratorOutsideOfARun, ABodyMayRunARun) {
  for (coir::model const kind : {coir::model::fibers, coir::model::threads, coir::model::serial}) {
    coir::generator<int> running([&](auto& yield) {
      yield(coir::run({.model = kind}, [] {
        coir::yield();
        return coir::spawn([] { return 3; }).get();
      }));
    });
    EXPECT_EQ(running.next(), 3);
    EXPECT_EQ(running.next(), std::nullopt);
  }
}

TEST(GeneratorDeathTest, ABodyThatNeverLetsItselfBeClosedEndsTheProcess) {
  EXPECT_DEATH(
      {
        coir::generator<int> immortal([](auto& yield) {
          for (;;) {
            try {
              yield(1);
            } catch (coir::generator_closed const&) {
            }
          }
        });
        immortal.next();
      },
      "goes on after 1000 yields");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) int recurse(int depth) {
  int volatile frame[64] = {depth};
  return recurse(depth + 1) + frame[depth % 64];
}
#pragma GCC diagnostic pop

void overflow() {
  coir::generator<int> digging({.stack_size = 64 * 1024}, [](auto& yield) {
    yield(1);
    yield(recurse(0));
  });
  digging.next();
  digging.next();
}

TEST(GeneratorDeathTest, AnOverflowOfABodyNamesItsDriver) {
  for (coir::model const kind : {coir::model::fibers, coir::model::boost_fibers,
                                 coir::model::threads, coir::model::serial}) {
    if (!coir::is_available(kind) || (COIR_TSAN && kind == coir::model::boost_fibers)) continue;
    EXPECT_EXIT(
        coir::run({.model = kind}, [] { coir::spawn({.name = "digger"}, overflow).join(); }),
        testing::KilledBySignal(SIGSEGV),
        "stack overflow in task digger \\(id [0-9]+, stack size 65536\\)");
  }
  EXPECT_EXIT(overflow(), testing::KilledBySignal(SIGSEGV),
              "stack overflow in task \\(a plain thread's generator\\)");
}

}  // namespace
}  // namespace contract
