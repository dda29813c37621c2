// SPDX-License-Identifier: BSL-1.0
/// A mutex in shared memory: its value is the place of who holds it, plus one.

#pragma once

#include "shared/sync_body.hpp"

namespace coir::detail {

class mutex_body final : public sync_body {
 public:
  mutex_body() { name_hold(); }
  explicit mutex_body(descriptor file) : sync_body(std::move(file)) { name_hold(); }
  ~mutex_body() override;

  bool acquire(time_point deadline, shielding how);
  bool try_acquire();
  void release();
  [[nodiscard]] bool is_locked();
  [[nodiscard]] bool held_by_caller();

 private:
  /// In the list of the task of this process that holds it.
  struct hold : held_lock {
    mutex_body* of = nullptr;
  };

  void name_hold() noexcept;
  [[nodiscard]] place* holder() const noexcept;
  [[nodiscard]] task_core* owner_here() const noexcept;
  [[nodiscard]] bool is_held_by(task_core const& task) const noexcept;
  void keep(task_core& running, own_place& own) noexcept;
  void abandon() noexcept;
  void settle(chosen& woken) noexcept override;
  void forget(place& of) noexcept override;

  hold hold_;
};

}  // namespace coir::detail
