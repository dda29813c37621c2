// SPDX-License-Identifier: BSL-1.0
/// Possibilities of a select that give no item: an event, the end of a task, a point in time.

#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include <coir/combine/select_case.hpp>
#include <coir/sync/event.hpp>
#include <coir/task/task.hpp>

namespace coir::detail {

/// An event is set.
class event_case : public queued_case {
 public:
  explicit event_case(event& what) noexcept : queued_case(what.lock_, what.waiters_), what_(what) {}
  bool attempt(wake_chain&) noexcept override { return what_.set_; }

 protected:
  ~event_case() = default;

 private:
  event& what_;
};

/// A task has ended, however.
class COIR_EXPORT end_case : public select_case, private watcher {
 public:
  explicit end_case(any_task const& task) : what_(task.record()) {}
  ///   Throws: std::logic_error if it is the calling task itself.
  void prepare(task_core& self) override;
  bool attempt(wake_chain&) noexcept override { return has_result(what_); }
  bool link_alone(task_core& self) noexcept override;
  bool unlink() noexcept override;

 protected:
  ~end_case() = default;

 private:
  static task_core* note(watcher& self, task_core& ended) noexcept;
  static task_core* who_waits(watcher& self) noexcept;

  task_record& what_;
  task_core* waiting_ = nullptr;  // set while it watches
  bool won_ = false;              // guarded by the watched task's lock
};

/// A point in time has come; one that always has is the default.
class due_case : public select_case {
 public:
  explicit due_case(time_point when) noexcept : select_case(nullptr, when) {}
  bool attempt(wake_chain&) noexcept override { return false; }  // the last to be asked

 protected:
  ~due_case() = default;
};

/// A case, and what is done when it has won.
template <class Case, class Then>
class handled final : public Case {
 public:
  using result = std::invoke_result_t<Then>;

  template <class What>
  handled(What& what, Then then) : Case(what), then_(std::move(then)) {}

  result finish() { return std::invoke(std::move(then_)); }

 private:
  Then then_;
};

}  // namespace coir::detail
