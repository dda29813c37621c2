// SPDX-License-Identifier: BSL-1.0
/// From a task to a handle, and from a handle to the run.

#include <coir/bridge/loop_handle.hpp>

#include <utility>

#include <coir/base/check.hpp>
#include <coir/task/spawn.hpp>

#include "bridge/door.hpp"
#include "model/runtime.hpp"

namespace coir {
namespace detail {
namespace {

/// What the task does that makes a run's posted calls. Its last act, also when it never began, is to
/// make those that are left.
class server {
 public:
  explicit server(std::shared_ptr<door> way) noexcept
      : door_(std::move(way)), maker_(current_task()) {}
  server(server&&) = default;
  ~server() {
    if (door_ == nullptr) return;
    // Its maker destroys it when there can be no task for it: then another may be made yet.
    if (current_task() != maker_ || door_->posts.is_served()) door_->posts.close();
  }
  void operator()() { door_->posts.serve(); }

 private:
  std::shared_ptr<door> door_;
  task_core const* maker_;  // only compared
};

}  // namespace

posted_call::posted_call() : locals(current_task_or_thread().locals) {}

void post_call(door& way, std::unique_ptr<posted_call> call) {
  way.posts.post(std::move(call));
  if (way.kind == model::serial) way.call();
}

birth birth_behind(door& way) noexcept { return birth_in(way.kind, way.observed); }

void prepare_submitted(task_record& fresh) noexcept { fresh.id = next_task_id(); }

void launch_submitted(task_record& fresh) noexcept {
  try {
    launch(fresh, {.where = {}}, nullptr, nullptr);
  } catch (...) {
    runtime::refuse(fresh, std::current_exception());
  }
}

void refuse_submitted(task_record& fresh) noexcept {
  runtime::refuse(fresh, std::make_exception_ptr(
                             loop_closed("coir: the run ended before this call could begin")));
}

}  // namespace detail

loop_handle::loop_handle(std::shared_ptr<detail::door> way) noexcept : door_(std::move(way)) {
  door_->expect();
}

loop_handle::loop_handle(loop_handle const& other) noexcept : door_(other.door_) {
  if (door_ != nullptr) door_->expect();
}

loop_handle::~loop_handle() {
  if (door_ != nullptr) door_->expect_less();
}

detail::door& loop_handle::way() const {
  if (door_ == nullptr) detail::misuse("coir: this loop_handle was moved from");
  return *door_;
}

loop_handle loop_handle::current() {
  if (detail::current_task() == nullptr)
    detail::misuse(
        "coir: loop_handle::current() outside of a task; call it inside coir::run(), and give the "
        "handle to the thread that needs it");
  loop_handle own(detail::door::here());
  detail::door& way = *own.door_;
  if (way.kind != model::serial && way.posts.open()) {
    try {
      spawn({.name = "loop_handle", .where = {}}, detail::server(own.door_)).detach();
      way.posts.served();
    } catch (...) {
      way.posts.reopen();
      throw;
    }
  }
  return own;
}

}  // namespace coir
