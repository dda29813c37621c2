// SPDX-License-Identifier: BSL-1.0
/// Work from other threads for which the run has no stack, or no thread: they hear of it.

#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "contract/models.hpp"
#include "contract/witnesses.hpp"

namespace contract {
namespace {

/// While it lives, the process gets hardly any more addresses.
class narrow_address_space {
 public:
  narrow_address_space() {
    ::getrlimit(RLIMIT_AS, &before_);
    rlimit narrow = before_;
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    narrow.rlim_cur = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (32u << 20);
    ::setrlimit(RLIMIT_AS, &narrow);
  }
  ~narrow_address_space() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

class LoopHandleRefusedOn : public on_model {};
INSTANTIATE_TEST_SUITE_P(Models, LoopHandleRefusedOn, concurrent_models, model_name);

TEST_P(LoopHandleRefusedOn, THR_04_TheForeignThreadHearsThatItsTaskCouldNotBegin) {
  if (COIR_ASAN || COIR_TSAN)
    GTEST_SKIP() << "a sanitizer that gets no more addresses ends the program";
  constexpr std::size_t stack_size = 64u << 20;
  bool heard = false;
  coir::run({.model = GetParam(), .stack_size = stack_size}, [&] {
    coir::event go;
    coir::event over;
    std::jthread const foreign([&, loop = coir::loop_handle::current()] {
      narrow_address_space const narrow;
      std::vector<coir::task<>> parked;
      for (int i = 0; i < 100 && !heard; ++i) {
        auto task = loop.submit([&] { go.wait(); });
        while (!task.done() && !coir::detail::is_parked(task.record())) std::this_thread::yield();
        if (task.done()) {
          EXPECT_THROW(task.get(), std::system_error);
          heard = true;
        } else {
          parked.push_back(std::move(task));
        }
      }
      go.set();
      for (auto& each : parked) each.get();
      over.set();
    });
    over.wait();
  });
  EXPECT_TRUE(heard);
}

}  // namespace
}  // namespace contract
