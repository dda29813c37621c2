// SPDX-License-Identifier: BSL-1.0
/// Generators that are left unfinished.

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "contract/generators.hpp"

namespace contract {
namespace {

class GeneratorCloseOnAny : public everywhere_test {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorCloseOnAny, all_models, model_name);

class GeneratorCloseOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, GeneratorCloseOn, concurrent_models, model_name);

TEST_P(GeneratorCloseOnAny, OneThatIsDroppedIsClosed) {
  everywhere([] {
    std::string seen;
    {
      coir::generator<int> endless([&](auto& yield) {
        try {
          for (int i = 0;; ++i) yield(i);
        } catch (coir::generator_closed const&) {
          seen += "closed";
          coir::sleep_for(1us);  // cleanup may wait
          seen += " and clean";
          throw;
        }
      });
      for (int each : endless)
        if (each == 2) break;
    }
    EXPECT_EQ(seen, "closed and clean");
  });
}

TEST_P(GeneratorCloseOnAny, OneThatNeverBeganDropsItsBodyUnrun) {
  everywhere([] {
    auto const held = std::make_shared<int>(1);
    bool ran = false;
    {
      coir::generator<int> never([held, &ran](auto& yield) {
        ran = true;
        yield(1);
      });
      std::thread([moved = std::move(never)] {}).join();
    }
    EXPECT_FALSE(ran);
    EXPECT_EQ(held.use_count(), 1);
    coir::generator<int> closed([held](auto&) {});
    closed.close();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(closed.next(), std::nullopt);
  });
}

TEST_P(GeneratorCloseOnAny, TheBodyIsDestroyedWhenItEnds) {
  everywhere([] {
    auto const held = std::make_shared<int>(1);
    coir::generator<int> brief([held](auto& yield) { yield(*held); });
    brief.next();
    EXPECT_EQ(held.use_count(), 2);
    brief.next();
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST_P(GeneratorCloseOn, ClosingIsUndisturbedByACancel) {
  in_run([] {
    bool clean = false;
    auto driver = coir::spawn([&] {
      coir::generator<int> careful([&](auto& yield) {
        try {
          yield(1);
        } catch (coir::generator_closed const&) {
          coir::sleep_for(1us);
          clean = true;
          throw;
        }
      });
      careful.next();
      try {
        coir::sleep_for(1h);
      } catch (coir::cancelled const&) {
        // Not while it unwinds: only the shield keeps the cancel out of the cleanup.
      }
    });
    await_parked(driver);
    driver.cancel();
    driver.join();
    EXPECT_TRUE(clean);
  });
}

TEST_P(GeneratorCloseOnAny, ABodyThatYieldsAfterCloseIsClosedAgain) {
  everywhere([] {
    int closed = 0;
    coir::generator<int> stubborn([&](auto& yield) {
      while (closed < 3) {
        try {
          yield(1);
        } catch (coir::generator_closed const&) {
          ++closed;
        }
      }
    });
    stubborn.next();
    stubborn.close();
    EXPECT_EQ(closed, 3);
    EXPECT_EQ(stubborn.next(), std::nullopt);
  });
}

TEST_P(GeneratorCloseOnAny, AnErrorInAnswerToCloseComesOutOfCloseAndOfADropGoesToTheHandler) {
  everywhere([] {
    auto const failing = [](auto& yield) {
      try {
        yield(1);
      } catch (coir::generator_closed const&) {
        throw std::runtime_error("not clean");
      }
    };
    coir::generator<int> closed(failing);
    closed.next();
    EXPECT_THROW(closed.close(), std::runtime_error);

    std::vector<std::string> told;
    auto const before =
        coir::set_unhandled_exception_handler([&](std::string const&, std::exception_ptr error) {
          try {
            std::rethrow_exception(error);
          } catch (std::exception const& e) {
            told.push_back(e.what());
          }
        });
    {
      coir::generator<int> dropped(failing);
      dropped.next();
    }
    coir::set_unhandled_exception_handler(before);
    EXPECT_EQ(told, std::vector<std::string>{"not clean"});
  });
}

}  // namespace
}  // namespace contract
