// SPDX-License-Identifier: BSL-1.0
/// A task's whole record: with its work, until that is done.

#pragma once

#include <memory>
#include <utility>

#include <coir/model/task_record.hpp>
#include <coir/task/result.hpp>

namespace coir::detail {

/// The whole record: with the work, until it is done.
template <class Call>
struct task_state final : task_result<typename Call::result> {
  template <class... Parts>
  explicit task_state(birth born, Parts&&... parts)
      : task_result<typename Call::result>(born.kind, born.exceptions_at_entry, born.observed),
        work(std::forward<Parts>(parts)...) {
    this->invoke = [](task_record& self) {
      auto& state = static_cast<task_state&>(self);
      state.keep(std::move(state.work));
    };
    this->drop_work = [](task_record& self) noexcept {
      auto& state = static_cast<task_state&>(self);
      state.has_work = false;
      std::destroy_at(&state.work);
    };
    this->destroy = [](task_core& self) noexcept {
      delete static_cast<task_state*>(static_cast<task_record*>(&self));
    };
  }
  ~task_state() {
    if (has_work) std::destroy_at(&work);
  }

  union {
    Call work;
  };
  bool has_work = true;
};

}  // namespace coir::detail
