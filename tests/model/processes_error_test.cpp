// SPDX-License-Identifier: BSL-1.0
/// The processes model: what tasks throw comes back.

#include <array>
#include <exception>
#include <filesystem>
#include <fstream>
#include <future>
#include <new>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include <coir/coir.hpp>

#include "contract/processes.hpp"
#include "sys/code_address.hpp"
#include "sys/throw_trace.hpp"

namespace {

namespace my {
struct parse_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct no_exception {};
}  // namespace my

class ProcessesError : public contract::on_processes {
 protected:
  /// That a task which throws so is seen to have thrown this very type, with these words.
  template <class E, class F>
  static void expect(F thrower, std::string const& what) {
    in_run([&] {
      try {
        coir::spawn(thrower).get();
        ADD_FAILURE();
      } catch (std::exception const& e) {
        EXPECT_EQ(typeid(e).name(), std::string(typeid(E).name()));
        EXPECT_EQ(e.what(), what);
      }
    });
  }
};

TEST_F(ProcessesError, StandardOnesComeBackAsTheyWere) {
  expect<std::out_of_range>([] { throw std::out_of_range("7 of 3"); }, "7 of 3");
  expect<std::invalid_argument>([] { throw std::invalid_argument(""); }, "");
  expect<std::bad_alloc>([] { throw std::bad_alloc(); }, std::bad_alloc().what());
  expect<std::bad_optional_access>([] { (void)std::optional<int>().value(); },
                                   std::bad_optional_access().what());
}

TEST_F(ProcessesError, SystemErrorKeepsItsCode) {
  std::system_error const example(ENOENT, std::generic_category(), "no map");
  expect<std::system_error>(
      [] { throw std::system_error(ENOENT, std::generic_category(), "no map"); }, example.what());
  in_run([] {
    try {
      coir::spawn([] { throw std::system_error(EAGAIN, std::system_category()); }).get();
      ADD_FAILURE();
    } catch (std::system_error const& e) {
      EXPECT_EQ(e.code(), std::error_code(EAGAIN, std::system_category()));
      EXPECT_EQ(e.what(), e.code().message());
    }
  });
}

TEST_F(ProcessesError, OthersWithACodeKeepItToo) {
  namespace fs = std::filesystem;
  fs::filesystem_error const example("no map", "/a", "/b",
                                     std::make_error_code(std::errc::io_error));
  expect<fs::filesystem_error>(
      [] {
        throw fs::filesystem_error("no map", "/a", "/b", std::make_error_code(std::errc::io_error));
      },
      example.what());
  expect<std::future_error>([] { throw std::future_error(std::future_errc::no_state); },
                            std::future_error(std::future_errc::no_state).what());
  expect<std::ios_base::failure>([] { throw std::ios_base::failure("no map"); },
                                 std::ios_base::failure("no map").what());
  expect<std::regex_error>([] { throw std::regex_error(std::regex_constants::error_brack); },
                           std::regex_error(std::regex_constants::error_brack).what());
  in_run([] {
    try {
      coir::spawn([] { (void)fs::file_size("/no/such/file"); }).get();
      ADD_FAILURE();
    } catch (fs::filesystem_error const& e) {
      EXPECT_EQ(e.path1(), "/no/such/file");
      EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
    }
    EXPECT_THROW(coir::spawn([] {
                   std::ifstream file;
                   file.exceptions(std::ios::failbit);
                   file.open("/no/such/file");
                 }).get(),
                 std::ios_base::failure);
  });
}

TEST_F(ProcessesError, CodeOfAnUnknownCategoryIsTold) {
  struct weather : std::error_category {
    [[nodiscard]] char const* name() const noexcept override { return "weather"; }
    [[nodiscard]] std::string message(int) const override { return "rain"; }
  };
  in_run([] {
    try {
      coir::spawn([] {
        static weather const outside;
        throw std::system_error(3, outside, "no picnic");
      }).get();
      ADD_FAILURE();
    } catch (coir::remote_error const& e) {
      EXPECT_EQ(e.type_name(), "std::system_error");
      EXPECT_EQ(e.message(), "no picnic: rain (weather 3)");
    }
  });
}

/// What they say, from the outermost to the innermost.
std::string all_of(std::exception const& outer) {
  try {
    std::rethrow_if_nested(outer);
  } catch (std::exception const& inner) {
    return outer.what() + std::string(" < ") + all_of(inner);
  } catch (...) {
    return outer.what() + std::string(" < ?");
  }
  return outer.what();
}

TEST_F(ProcessesError, NestedOnesComeBackWithWhatTheyWereThrownIn) {
  auto const throw_nested = [] {
    try {
      try {
        throw std::system_error(ENOENT, std::generic_category(), "file");
      } catch (std::system_error const&) {
        std::throw_with_nested(my::parse_error("line 3"));
      }
    } catch (my::parse_error const&) {
      std::throw_with_nested(std::out_of_range("map"));
    }
  };
  in_run([&] {
    try {
      coir::spawn(throw_nested).get();
      ADD_FAILURE();
    } catch (std::out_of_range const& e) {
      std::string const all = all_of(e);
      EXPECT_EQ(all.substr(0, 6), "map < ") << all;
      EXPECT_NE(all.find("my::parse_error: line 3 < file: No such file"), std::string::npos) << all;
    }
  });
}

TEST_F(ProcessesError, OneThatSaysNothingIsNoErrorInItself) {
  struct silent : std::exception {
    [[nodiscard]] char const* what() const noexcept override { return nullptr; }
  };
  in_run([] {
    try {
      coir::spawn([] { throw silent(); }).get();
      ADD_FAILURE();
    } catch (coir::remote_error const& e) {
      EXPECT_EQ(e.message(), "");
    }
  });
}

TEST_F(ProcessesError, OurOwnComeBackAsTheyWere) {
  expect<coir::timeout_error>([] { throw coir::timeout_error("too late"); }, "too late");
  expect<coir::queue_shut_down>([] { throw coir::queue_shut_down(); },
                                coir::queue_shut_down().what());
  expect<coir::deadlock>([] { throw coir::deadlock("stuck"); }, "stuck");
}

TEST_F(ProcessesError, OthersAreRemoteErrors) {
  in_run([] {
    try {
      coir::spawn([] { throw my::parse_error("line 3"); }).get();
      ADD_FAILURE();
    } catch (coir::remote_error const& e) {
      EXPECT_NE(e.type_name().find("my::parse_error"), std::string::npos) << e.type_name();
      EXPECT_EQ(e.message(), "line 3");
      EXPECT_EQ(e.what(), e.type_name() + ": line 3");
    }
    try {
      coir::spawn([] { throw my::no_exception(); }).get();
      ADD_FAILURE();
    } catch (coir::remote_error const& e) {
      EXPECT_NE(e.type_name().find("my::no_exception"), std::string::npos) << e.type_name();
      EXPECT_EQ(e.message(), "");
    }
  });
}

#if defined(__x86_64__) && !COIR_ASAN && !COIR_TSAN
[[gnu::noinline]] void throw_it() {
  throw my::parse_error("line 3");
  asm volatile("");
}

[[gnu::noinline]] void call_and_clean_up() {
  struct guard {
    ~guard() { asm volatile(""); }
  } const own;
  throw_it();
  asm volatile("");
}

/// Whether `line` names a place behind the beginning of `function`, and not far behind.
bool is_in(std::string const& line, void (*function)()) {
  auto const offset = [](std::string const& place) {
    return std::stoull(place.substr(place.rfind('+') + 1), nullptr, 16);
  };
  auto const begin = reinterpret_cast<char const*>(function) + 1;
  auto const in_file = offset(coir::detail::describe_return_address(begin));
  return offset(line) > in_file && offset(line) < in_file + 400;
}

TEST_F(ProcessesError, OfWhatIsCaughtInsideNothingIsNoted) {
  auto const call_and_forget = [](void* caught) {
    try {
      throw_it();
    } catch (my::parse_error const&) {
      *static_cast<bool*>(caught) = true;
    }
  };
  bool caught = false;
  EXPECT_THROW(coir::detail::call_traced([](void*) { throw_it(); }, nullptr), my::parse_error);
  coir::detail::call_traced(call_and_forget, &caught);
  EXPECT_TRUE(caught);
  EXPECT_EQ(coir::detail::take_throw_trace(), "");
}

TEST_F(ProcessesError, RemoteErrorsSayWhereTheyComeFrom) {
  in_run([] {
    try {
      coir::spawn(call_and_clean_up).get();
      ADD_FAILURE();
    } catch (coir::remote_error const& e) {
      std::istringstream lines(e.backtrace());
      std::string thrower, caller, task;
      std::getline(lines, thrower);
      std::getline(lines, caller);
      EXPECT_TRUE(is_in(thrower, &throw_it)) << e.backtrace();
      EXPECT_TRUE(is_in(caller, &call_and_clean_up)) << e.backtrace();
      EXPECT_TRUE(std::getline(lines, task)) << e.backtrace();
    }
    coir::process_pool pool({.workers = 1});
    try {
      pool.map([](int) { call_and_clean_up(); }, std::array{1});
      ADD_FAILURE();
    } catch (coir::remote_error const& e) {
      EXPECT_TRUE(is_in(e.backtrace().substr(0, e.backtrace().find('\n')), &throw_it))
          << e.backtrace();
    }
  });
}
#endif

// It passes two processes.
TEST_F(ProcessesError, RemoteErrorIsPassedOn) {
  in_run([] {
    auto task = coir::spawn([] { coir::spawn([] { throw my::parse_error("line 3"); }).get(); });
    EXPECT_THROW(task.get(), coir::remote_error);
    try {
      task.get();
    } catch (coir::remote_error const& e) {
      EXPECT_EQ(e.message(), "line 3");
    }
  });
}

TEST_F(ProcessesError, DeathBelowIsPassedOn) {
  in_run([] {
    try {
      coir::spawn([] { coir::spawn([] { ::_exit(3); }).get(); }).get();
      ADD_FAILURE();
    } catch (coir::worker_died const& e) {
      EXPECT_EQ(e.exit_code(), 3);
    }
  });
}

TEST_F(ProcessesError, GroupOfErrorsKeepsItsMembers) {
  in_run([] {
    try {
      coir::spawn([] {
        coir::group([](coir::task_group& group) {
          group.spawn([] { throw std::out_of_range("7 of 3"); });
        });
      }).get();
      ADD_FAILURE();
    } catch (coir::exception_group const& e) {
      ASSERT_EQ(e.get<std::out_of_range>().size(), 1u);
      EXPECT_STREQ(e.get<std::out_of_range>()[0]->what(), "7 of 3");
    }
  });
}

}  // namespace
