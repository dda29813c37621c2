// SPDX-License-Identifier: BSL-1.0
/// What tests see of tasks: that a cancel came, what failed, what nobody asked for.

#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coir/coir.hpp>

namespace contract {

/// Calls a function when it goes.
template <class F>
struct at_end {
  F f;
  ~at_end() { f(); }
};
template <class F>
at_end(F) -> at_end<F>;

/// Parks until a cancel comes, and counts it.
inline void wait_for_cancel(std::atomic<int>& cancelled) {
  try {
    coir::event().wait();
  } catch (coir::cancelled const&) {
    ++cancelled;
    throw;
  }
}

/// The exception_group that `f` throws.
template <class F>
coir::exception_group failure_of(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (coir::exception_group const& e) {
    return e;
  }
  throw std::runtime_error("nothing failed");
}

inline std::string what_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (std::exception const& e) {
    return e.what();
  } catch (...) {
    return "not a std::exception";
  }
}

/// A range of `make(0)`, `make(1)`, … `make(count - 1)`, each made when it is looked at: nothing of
/// it lies anywhere. (std::views do not compile with clang 14 and libstdc++.)
template <class F>
struct made_range {
  using value = std::invoke_result_t<F&, int>;

  struct iterator {
    using value_type = value;
    using difference_type = std::ptrdiff_t;
    value operator*() const { return (*make)(at); }
    iterator& operator++() {
      ++at;
      return *this;
    }
    void operator++(int) { ++at; }
    friend bool operator==(iterator const& a, std::default_sentinel_t) { return a.at == a.count; }

    F* make;
    int at;
    int count;
  };
  iterator begin() { return {&make, 0, count}; }
  static std::default_sentinel_t end() { return {}; }

  int count;
  F make;
};
template <class F>
made_range(int, F) -> made_range<F>;

/// 0, 1, … count - 1.
inline auto numbers(int count) {
  return made_range{count, [](int n) { return n; }};
}

/// Collects what nobody asked for.
class unhandled_log {
 public:
  unhandled_log()
      : before_(coir::set_unhandled_exception_handler(
            [this](std::string const& task, std::exception_ptr error) {
              std::scoped_lock const held(lock_);
              entries_.push_back(task + ": " + what_of(error));
            })) {}
  ~unhandled_log() { coir::set_unhandled_exception_handler(before_); }
  [[nodiscard]] std::vector<std::string> entries() const {
    std::scoped_lock const held(lock_);
    return entries_;
  }

 private:
  mutable std::mutex lock_;
  std::vector<std::string> entries_;
  coir::unhandled_exception_handler before_;
};

/// Collects warnings.
class warning_log {
 public:
  warning_log()
      : before_(coir::set_warning_handler([this](std::string const& warning) {
          std::scoped_lock const held(lock_);
          entries_.push_back(warning);
        })) {}
  ~warning_log() { coir::set_warning_handler(before_); }
  [[nodiscard]] std::vector<std::string> entries() const {
    std::scoped_lock const held(lock_);
    return entries_;
  }

 private:
  mutable std::mutex lock_;
  std::vector<std::string> entries_;
  coir::warning_handler before_;
};

}  // namespace contract
