// SPDX-License-Identifier: BSL-1.0
/// For tests on processes: the fork server, and a page that all processes of a test see.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include <sys/mman.h>

#include <gtest/gtest.h>

#include <coir/coir.hpp>
#include <coir/sys/futex.hpp>

#if COIR_TSAN
/// TSan lets a process linger for a second at its end, for reports of threads that it has not.
extern "C" [[gnu::weak, gnu::used]] char const* __tsan_default_options() {
  return "atexit_sleep_ms=0";
}
#endif

namespace contract {

/// What tasks do in their processes, as their test sees it. Zero at the beginning of each test.
class shared_page : public ::testing::Environment {
 public:
  using cell = std::atomic<std::uint32_t>;

  void SetUp() override {
    if (cells() != nullptr) return;  // the tests are repeated: the children have the first page
    void* const at =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cells() = static_cast<cell*>(at);
    coir::prepare_processes();  // while there is one thread; its children see the page
  }

  static cell& at(std::size_t index) noexcept { return cells()[index]; }
  static void clear() noexcept {
    for (std::size_t i = 0; i < 64; ++i) at(i).store(0);
  }

 private:
  static cell*& cells() noexcept {
    static cell* page = nullptr;
    return page;
  }
};

inline auto* const the_page = ::testing::AddGlobalTestEnvironment(new shared_page);

/// The number `index` on the shared page.
inline shared_page::cell& shared(std::size_t index) noexcept { return shared_page::at(index); }

/// Waits until it is at least `least`, and returns it.
inline std::uint32_t await_shared(std::size_t index, std::uint32_t least = 1) {
  for (;;) {
    std::uint32_t const seen = shared(index).load();
    if (seen >= least) return seen;
    coir::yield();
  }
}

/// A test on processes.
class on_processes : public ::testing::Test {
 protected:
  void SetUp() override { shared_page::clear(); }

  template <class F>
  static decltype(auto) in_run(F&& f) {
    return coir::run({.model = coir::model::processes}, std::forward<F>(f));
  }
};

}  // namespace contract
