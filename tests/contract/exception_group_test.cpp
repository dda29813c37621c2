// SPDX-License-Identifier: BSL-1.0
/// exception_group: finding members, splitting, and what it says.

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <coir/coir.hpp>

namespace contract {
namespace {

// G2
TEST(ExceptionGroup, SplitsAlsoWhatIsNested) {
  auto const error = [](auto e) { return std::make_exception_ptr(e); };
  coir::exception_group const inner(
      {error(std::out_of_range("a")), error(std::runtime_error("b"))});
  coir::exception_group const all({error(std::out_of_range("c")), error(inner), error(1)});
  EXPECT_STREQ(all.what(),
               "3 failures: c; (2 failures: a; b); an exception that is no std::exception");
  ASSERT_EQ(all.get<std::out_of_range>().size(), 2u);
  EXPECT_STREQ(all.get<std::out_of_range>()[1]->what(), "a");

  auto const [in, out] = all.split<std::out_of_range>();
  ASSERT_TRUE(in);
  ASSERT_TRUE(out);
  EXPECT_STREQ(in->what(), "2 failures: c; (1 failure: a)");
  EXPECT_STREQ(out->what(), "2 failures: (1 failure: b); an exception that is no std::exception");
  auto const [none, everything] = all.split<std::bad_alloc>();
  EXPECT_FALSE(none);
  ASSERT_TRUE(everything);
  EXPECT_STREQ(everything->what(), all.what());
}

// G2: a base class finds the members of nested groups too, and never the groups.
TEST(ExceptionGroup, FindsMembersOfNestedGroupsByTheirBase) {
  auto const as_error = [](char const* text) {
    return std::make_exception_ptr(std::runtime_error(text));
  };
  coir::exception_group const inner({as_error("a"), as_error("b")});
  coir::exception_group const all({std::make_exception_ptr(inner), as_error("c")});
  auto const found = all.get<std::exception>();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_STREQ(found[0]->what(), "a");
  EXPECT_STREQ(found[2]->what(), "c");
}

// G2
TEST(ExceptionGroup, ATreeGivesEachFailureALineWithItsType) {
  auto const error = [](auto e) { return std::make_exception_ptr(e); };
  coir::exception_group const leaf({error(std::out_of_range("no port 4"))});
  coir::exception_group const inner({error(leaf), error(std::runtime_error("two\nlines"))});
  coir::exception_group const all(
      {error(std::logic_error("disk full")), error(inner), error(7),
       error(coir::cancelled(coir::cancel_reason(coir::cancel_cause::requested, "enough")))});
  EXPECT_EQ(all.tree(),
            "4 failures\n"
            "|- std::logic_error: disk full\n"
            "|- 2 failures\n"
            "|  |- 1 failure\n"
            "|  |  `- std::out_of_range: no port 4\n"
            "|  `- std::runtime_error: two\n"
            "|     lines\n"
            "|- int\n"
            "`- cancelled (requested): enough");
  EXPECT_STREQ(all.what(),
               "4 failures: disk full; (2 failures: (1 failure: no port 4); two\nlines); "
               "an exception that is no std::exception; cancelled (requested): enough");
}

}  // namespace
}  // namespace contract
