// SPDX-License-Identifier: BSL-1.0
/// A task, whole: what waits touch, its scopes, its work, and how it ended.

#pragma once

#include <exception>
#include <functional>

#include <coir/cancel/scope.hpp>
#include <coir/model/model.hpp>
#include <coir/wait/task_core.hpp>

namespace coir::detail {

class runtime;
struct portable_task;
struct task_record;

/// What all tasks that make the same call have in common.
struct task_type : core_type {
  void (*invoke)(task_record& self);              // runs the work, keeps its result
  void (*drop_work)(task_record& self) noexcept;  // destroys the work and its arguments
  portable_task const* portable = nullptr;        // processes: how it gets to another one
};

/// Who is answerable for a task besides its handle: a group.
class task_owner {
 public:
  /// Called by the thread that ends `child`, as the last thing that touches this owner.
  virtual void child_ended(task_record& child) noexcept = 0;

 protected:
  ~task_owner() = default;
};

/// How a task ended.
enum class outcome : unsigned char {
  pending,    // it has not
  finished,   // it returned
  failed,     // it threw
  cancelled,  // it let `cancelled` out, or never began
};

/// Something to be called when a task has ended.
struct done_callback {
  std::function<void()> call;
  done_callback* next = nullptr;
};

/// Membership in a run's list of live tasks.
struct live_hook : list_hook {};

/// One task of any model. Shared by its handles, its run until it has ended, and whoever is at it.
struct COIR_EXPORT task_record : task_core, live_hook {
  task_record(task_kind kind_, task_type const& type_, unsigned exceptions_at_entry,
              bool observed_ = false) noexcept
      : task_core(kind_, type_, observed_), root(*this, exceptions_at_entry) {
    innermost = &root;
    noted = exceptions_at_entry;
  }
  task_record(task_record const&) = delete;
  /// Tells the unhandled-exception handler, if nobody has asked for the exception (G3).
  ~task_record();

  [[nodiscard]] task_type const& type() const noexcept {
    return static_cast<task_type const&>(task_core::type);
  }

  scope root;
  runtime* run = nullptr;       // its run; gone once the task has ended
  task_owner* owner = nullptr;  // a group; null: its handle, or, once detached, its run
  std::size_t stack_size = 0;
  std::exception_ptr error;            // of failed and cancelled ones; written before `ended`
  done_callback* on_done = nullptr;    // the one added last, which knows the first; guarded by lock
  outcome how = outcome::pending;      // written before `ended`
  std::atomic<bool> retrieved{false};  // somebody has been handed `error`
  bool has_work = false;               // which is still to be destroyed; the task's own

  // Memory from the pool of records.
  static void* operator new(std::size_t size);
  static void operator delete(void* gone, std::size_t size) noexcept;
};

/// Whether its result can be had. To its callbacks it can, which ask for it before it has ended:
/// a promise's and a pool's then to all, a task's to the task itself, which runs them.
inline bool has_result(task_record const& record) noexcept {
  return record.ended.load(std::memory_order_acquire) ||
         ((record.kind == task_kind::promise || record.kind == task_kind::pooled) &&
          record.word.load(std::memory_order_acquire) == word::running) ||
         (current_task() == &record && record.how != outcome::pending);
}

/// One reference to a task.
template <class Record>
class record_ref {
 public:
  record_ref() = default;
  /// Takes over a reference that the caller holds.
  explicit record_ref(Record* owned) noexcept : record_(owned) {}
  record_ref(record_ref&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  record_ref& operator=(record_ref&& other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~record_ref() {
    if (record_ != nullptr) record_->drop_ref();
  }

  /// Hands the reference over to the caller.
  [[nodiscard]] Record* release() noexcept { return std::exchange(record_, nullptr); }
  [[nodiscard]] Record* get() const noexcept { return record_; }
  Record& operator*() const noexcept { return *record_; }
  Record* operator->() const noexcept { return record_; }
  explicit operator bool() const noexcept { return record_ != nullptr; }

 private:
  Record* record_ = nullptr;
};

/// What a new task of the calling task's run is, how many exceptions its creator has in flight, and
/// whether its run looks on.
///   Throws: std::logic_error outside of a run; `what` names the caller.
struct birth {
  task_kind kind;
  unsigned exceptions_at_entry;
  bool observed = false;
};
COIR_EXPORT COIR_COLD birth birth_elsewhere(char const* what);
inline birth birth_here(char const* what) {
  task_core const* const self = current_task();
  // A fiber's are fibers of the same run.
  if (self != nullptr && self->kind == task_kind::fiber)
    return {task_kind::fiber, 0, self->observed};
  return birth_elsewhere(what);
}
/// The same of a run's main task, which on some models runs on the caller's own stack.
COIR_EXPORT birth birth_of_main(run_options const& options);
/// The same of a task that another process has packed.
COIR_EXPORT birth birth_from_afar() noexcept;

/// Makes a task of the calling task's run begin, below `parent` if it is a group's.
///   Throws: std::system_error when the model cannot carry one more; the task then never was.
COIR_EXPORT void launch(task_record& fresh, spawn_options&& options, scope* parent,
                        task_owner* owner);

/// Runs `main` as the main task of a new run, to the end of everything in that run.
///   Throws: std::logic_error, std::invalid_argument, std::system_error, before `main` has begun;
///   deadlock. What `main` itself throws is left in its record.
COIR_EXPORT void run_main(run_options const& options, task_record& main);

/// Waits until `target` has ended, or `deadline`: true if it has ended.
///   Throws: cancelled, unless shielded; std::logic_error if it is the calling task itself.
COIR_EXPORT bool await_end(task_record& target, time_point deadline, bool shielded = false);

/// Runs `callback` once `target` has ended: on the thread that ends it, before its waiters go on, in
/// order of registration; at once when it has ended already. What it throws goes to the
/// unhandled-exception handler.
COIR_EXPORT void add_callback(task_record& target, std::function<void()> callback);

}  // namespace coir::detail

namespace coir {

/// Called with a task's name and its exception, exactly once, when a task has failed and nobody is
/// left who could ask for it (G3). By default a line on stderr. If the handler itself throws, the
/// default takes over. Returns the handler so far.
///   Thread: any; the handler may be called on any.
using unhandled_exception_handler =
    std::function<void(std::string const& task, std::exception_ptr)>;
COIR_EXPORT unhandled_exception_handler
set_unhandled_exception_handler(unhandled_exception_handler handler);

}  // namespace coir
