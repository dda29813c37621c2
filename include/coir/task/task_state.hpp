// SPDX-License-Identifier: BSL-1.0
/// A task's whole record: with its work, until that is done.

#pragma once

#include <optional>
#include <utility>

#include <coir/task/portable_call.hpp>
#include <coir/task/result.hpp>

namespace coir::detail {

/// The whole record: with the work, until it is done.
template <class Call>
struct task_state final : task_result<typename Call::result> {
  template <class... Parts>
  explicit task_state(birth born, Parts&&... parts)
      : task_result<typename Call::result>(born.kind, born.exceptions_at_entry, born.observed),
        work(std::in_place, std::forward<Parts>(parts)...) {
    this->invoke = [](task_record& self) {
      auto& state = static_cast<task_state&>(self);
      state.keep(std::move(*state.work));
    };
    this->drop_work = [](task_record& self) noexcept {
      static_cast<task_state&>(self).work.reset();
    };
    this->portable = portable_table<Call>();
    this->destroy = [](task_core& self) noexcept {
      delete static_cast<task_state*>(static_cast<task_record*>(&self));
    };
  }

  std::optional<Call> work;
};

}  // namespace coir::detail
