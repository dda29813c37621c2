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
  explicit task_state(task_type const& type, birth born, Parts&&... parts)
      : task_result<typename Call::result>(born.kind, type, born.exceptions_at_entry,
                                           born.observed),
        work(std::forward<Parts>(parts)...) {
    this->has_work = true;
  }
  ~task_state() {
    if (this->has_work) std::destroy_at(&work);
  }

  /// The type of a task that gets to another process as `portable` says; null: not at all.
  static constexpr task_type type_for(portable_task const* portable) noexcept {
    return {{&destroy}, &invoke, &drop_work, portable};
  }

  union {
    Call work;
  };

 private:
  static task_state& of(task_record& self) noexcept { return static_cast<task_state&>(self); }
  static void invoke(task_record& self) { of(self).keep(std::move(of(self).work)); }
  static void drop_work(task_record& self) noexcept {
    self.has_work = false;
    std::destroy_at(&of(self).work);
  }
  static void destroy(task_core& self) noexcept { delete &of(static_cast<task_record&>(self)); }
};

/// Of a task that lives where it was made.
template <class Call>
inline constexpr task_type type_of_resident = task_state<Call>::type_for(nullptr);

}  // namespace coir::detail
