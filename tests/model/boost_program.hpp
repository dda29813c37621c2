// SPDX-License-Identifier: BSL-1.0
/// A program on Boost.Fiber that has installed coir's scheduling algorithm.

#pragma once

#include <chrono>
#include <exception>
#include <thread>

#include <coir/coir.hpp>
#include <coir/model/boost_fibers.hpp>

#include <boost/fiber/all.hpp>

namespace boost_program {

using namespace std::chrono_literals;

/// Runs `f` on a thread of its own, whose fibers coir's algorithm schedules.
template <class F>
void on_boost_thread(F f) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      boost::fibers::use_scheduling_algorithm<coir::boost_fibers::scheduling_algorithm>();
      f();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

/// Lets every fiber that is ready run, `times` times.
inline void let_others_run(int times = 3) {
  for (int i = 0; i < times; ++i) boost::this_fiber::yield();
}

/// Keeps the thread, and so all its fibers, until `when` has come.
inline void hold_the_thread_until(coir::time_point when) {
  while (std::chrono::steady_clock::now() <= when) {
  }
}

}  // namespace boost_program
