// SPDX-License-Identifier: BSL-1.0
/// Exceptions of a generator's body, and those of its driver.

#include <exception>
#include <optional>
#include <stdexcept>

#include "contract/generators.hpp"

namespace contract {
namespace {

class GeneratorErrorOnAny : public everywhere_test {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorErrorOnAny, all_models, model_name);

TEST_P(GeneratorErrorOnAny, WhatTheBodyThrowsComesOutOfNextAndEndsIt) {
  everywhere([] {
    coir::generator<int> failing([](auto& yield) {
      yield(1);
      throw std::runtime_error("no more");
    });
    EXPECT_EQ(failing.next(), 1);
    EXPECT_THROW(failing.next(), std::runtime_error);
    EXPECT_EQ(failing.next(), std::nullopt);
  });
}

TEST_P(GeneratorErrorOnAny, WhatIsThrownInComesFromItsYield) {
  everywhere([] {
    coir::generator<int> catching([](auto& yield) {
      try {
        yield(1);
      } catch (int n) {
        yield(n);
      }
    });
    catching.next();
    EXPECT_EQ(catching.throw_in(std::make_exception_ptr(5)), 5);
    EXPECT_THROW(catching.throw_in(std::make_exception_ptr(6)), int);
    EXPECT_EQ(catching.next(), std::nullopt);
    EXPECT_THROW(catching.throw_in(std::make_exception_ptr(7)), int);
    EXPECT_THROW(catching.throw_in(nullptr), std::logic_error);

    auto unbegun = count_to(3);
    EXPECT_THROW(unbegun.throw_in(std::make_exception_ptr(8)), int);
    EXPECT_EQ(unbegun.next(), std::nullopt);
  });
}

TEST_P(GeneratorErrorOnAny, BodyAndDriverEachHandleTheirOwnExceptions) {
  everywhere([] {
    coir::generator<int> inside([](auto& yield) {
      try {
        throw 1;
      } catch (...) {
        yield(0);
        coir::yield();
        yield(0);
        try {
          throw;
        } catch (int n) {
          yield(n);
        }
      }
    });
    inside.next();
    try {
      throw 2;
    } catch (...) {
      inside.next();
      EXPECT_EQ(inside.next(), 1);
      try {
        throw;
      } catch (int n) {
        EXPECT_EQ(n, 2);
      }
    }
    EXPECT_EQ(inside.next(), std::nullopt);
  });
}

TEST_P(GeneratorErrorOnAny, EachCountsItsOwnExceptionsInFlight) {
  struct driving {
    coir::generator<int>& from;
    int& before;
    int& after;
    std::optional<int>& seen;
    ~driving() {
      before = std::uncaught_exceptions();
      seen = from.next();
      after = std::uncaught_exceptions();
    }
  };
  everywhere([] {
    struct yielding {
      coir::yielder<int>& yield;
      ~yielding() { yield(1); }
    };
    coir::generator<int> unwinding([](coir::yielder<int>& yield) {
      try {
        yielding const at_end{yield};
        throw 1;
      } catch (int) {
      }
      yield(std::uncaught_exceptions());
    });
    EXPECT_EQ(unwinding.next(), 1);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    int before = 0, after = 0;
    std::optional<int> seen;
    try {
      driving const at_end{unwinding, before, after, seen};
      throw 2;
    } catch (int) {
    }
    EXPECT_EQ(before, 1);
    EXPECT_EQ(after, 1);
    EXPECT_EQ(seen, 1);  // in the body, the driver's and no longer its own
    EXPECT_EQ(unwinding.next(), std::nullopt);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

}  // namespace
}  // namespace contract
