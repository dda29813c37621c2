// SPDX-License-Identifier: BSL-1.0
/// The run's thread, from its scheduler to its end.

#include "model/boost_fibers.hpp"

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>

#include <coir/model/boost_fibers.hpp>
#include <coir/sys/futex.hpp>

#include "context/overflow.hpp"
#include "model/boost_fibers_loop.hpp"
#include "model/stack_overflow.hpp"

namespace coir::detail {

void boost_fibers_runtime::run(task_record& main) {
  catch_overflows(&is_overflow);
  interrupts_.look_elsewhere();
  std::exception_ptr never_began;
  std::atomic<std::uint32_t> over{0};
  std::thread worker([&] {
    try {
      serve(main);
    } catch (...) {
      never_began = std::current_exception();
    }
    over.store(1, std::memory_order_release);
    futex_wake(&over);
  });
  // Meanwhile the caller has the deadlines around the run to serve.
  while (over.load(std::memory_order_acquire) == 0) {
    futex_wait(over, 0, around_.earliest());
    around_.fire_due(std::chrono::steady_clock::now());
  }
  worker.join();
  if (never_began) {
    disown(main);
    std::rethrow_exception(never_began);
  }
}

void boost_fibers_runtime::serve(task_record& main) {
  signal_stack const signals;
  main_ = &main;
  boost::intrusive_ptr<boost_fibers::scheduling_algorithm> const algorithm(
      new boost_fibers::scheduling_algorithm);
  boost::fibers::context::active()->get_scheduler()->set_algo(algorithm);
  loop_ = &algorithm->loop();
  loop_->serve(quiet());
  start(main);
  while (!main.ended.load(std::memory_order_relaxed)) wait();
  ending_ = true;
  shut_down();
  while (live_count() != 0) wait();
}

/// The thread's main context has nothing to do until a task has ended after which it has.
void boost_fibers_runtime::wait() noexcept {
  keeper_ = &loop_->running();
  keeper_->fiber().suspend();
  loop_->arrive();
}

void boost_fibers_runtime::count(run_statistics& into) noexcept { loop_->count(into); }

void boost_fibers_runtime::start(task_record& fresh) { loop_->begin(fresh); }

void boost_fibers_runtime::task_left(std::size_t left) noexcept {
  bool const over = ending_ ? left == 0 : main_->ended.load(std::memory_order_relaxed);
  if (over && keeper_ != nullptr) loop_->make_ready(std::exchange(keeper_, nullptr)->fiber());
}

}  // namespace coir::detail
