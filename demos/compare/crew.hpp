// SPDX-License-Identifier: BSL-1.0
/// For the std versions: some std::threads that are joined when their scope is left.
#pragma once

#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

namespace demos::compare {

/// Threads that end with their scope, also when one of them could not be created.
class crew {
 public:
  explicit crew(std::size_t size) { threads_.reserve(size); }
  crew(crew const&) = delete;
  crew& operator=(crew const&) = delete;
  ~crew() { join(); }

  /// Starts a thread.
  ///   Throws: std::system_error if the system has no more threads to give.
  template <class F>
  void spawn(F&& f) {
    threads_.emplace_back(std::forward<F>(f));
  }

  /// Waits until every thread has ended.
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace demos::compare
