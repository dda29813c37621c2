// SPDX-License-Identifier: BSL-1.0
/// A task's record with a place for its result.

#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/model/task_record.hpp>

namespace coir::detail {

/// The record of a task that returns an `R`.
template <class R>
struct task_result : task_record {
  using task_record::task_record;

  template <class Work>
  void keep(Work&& work) {
    if constexpr (std::is_void_v<R>) {
      std::forward<Work>(work)();
    } else if constexpr (std::is_reference_v<R>) {
      value = &std::forward<Work>(work)();
    } else {
      value.emplace(elided<Work>{work});
    }
  }

  std::add_lvalue_reference_t<R const> peek() {
    if constexpr (std::is_void_v<R>) {
      return;
    } else {
      if (!value)
        misuse(
            "coir: the task's result was moved out before; call get() on the handle, not on "
            "std::move(handle)");
      return *value;
    }
  }

  R take() {
    if constexpr (std::is_void_v<R>) {
      return;
    } else if constexpr (std::is_reference_v<R>) {
      return *value;
    } else {
      if (!value) misuse("coir: the task's result was moved out before");
      R out = std::move(*value);
      value.reset();
      return out;
    }
  }

 private:
  /// Lets emplace() construct the result in its place from the call, even when R cannot be moved.
  template <class Work>
  struct elided {
    std::remove_reference_t<Work>& work;
    operator R() { return std::forward<Work>(work)(); }  // NOLINT: implicit on purpose
  };

  struct nothing {};
  using storage = std::conditional_t<
      std::is_void_v<R>, nothing,
      std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*,
                         std::optional<std::conditional_t<std::is_object_v<R>, R, nothing>>>>;
  [[no_unique_address]] storage value{};
};

}  // namespace coir::detail
