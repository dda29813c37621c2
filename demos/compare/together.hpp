// SPDX-License-Identifier: BSL-1.0
/// For the workloads: the same source on every model, also where tasks are processes and share no memory.
#pragma once

#include <coir/coir.hpp>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace demos::compare {

/// As what a task gets something that all use: by reference, or as a handle of what is shared.
template <class X>
struct used_by_all {
  using type = X&;
};
template <class X>
struct used_by_all<coir::shared<X>> {
  using type = coir::shared<X>;
};
template <class X>
using handle = typename used_by_all<X>::type;

/// What spawn() is to be given for a parameter that is a handle.
template <class X>
std::reference_wrapper<X> handle_of(X& one) {
  return one;
}
template <class X>
coir::shared<X> handle_of(coir::shared<X>& one) {
  return one;
}

/// Whether tasks of this run are processes.
inline bool on_processes() { return coir::current_model() == coir::model::processes; }

/// Tasks whose results are numbers, which are added up. Those that are left end with it.
class adders {
 public:
  /// As coir::spawn(). What `f` brings goes back as its result, for it may be a process.
  template <class... Parts>
  void spawn(Parts&&... parts) {
    tasks_.push_back(coir::spawn(std::forward<Parts>(parts)...));
  }

  /// Waits for all of them.
  ///   Throws: what one of them has thrown.
  std::uint64_t sum() {
    std::uint64_t all = 0;
    for (auto& each : tasks_) all += each.get();
    tasks_.clear();
    return all;
  }

 private:
  std::vector<coir::task<std::uint64_t>> tasks_;
};

}  // namespace demos::compare
