// SPDX-License-Identifier: BSL-1.0
/// Beginning a run, and a task in it.

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include <coir/base/check.hpp>
#include <coir/cancel/suspend.hpp>
#include <coir/cancel/timed_scope.hpp>
#include <coir/model/task_record.hpp>

#include "cancel/first_look.hpp"
#include "model/answer_lane.hpp"
#include "model/boost_fibers.hpp"
#include "model/callbacks.hpp"
#include "model/fibers.hpp"
#include "model/joiner.hpp"
#include "model/processes.hpp"
#include "model/serial.hpp"
#include "model/threads.hpp"
#include "model/watch.hpp"

namespace coir {

char const* to_string(model kind) noexcept {
  switch (kind) {
    case model::serial: return "serial";
    case model::fibers: return "fibers";
    case model::boost_fibers: return "boost_fibers";
    case model::threads: return "threads";
    case model::processes: return "processes";
  }
  return "unknown";
}

bool is_available(model kind) noexcept {
  switch (kind) {
    case model::serial:
    case model::fibers:
    case model::threads:
    case model::processes: return true;
    case model::boost_fibers: return COIR_HAVE_BOOST_FIBERS;
  }
  return false;
}

model current_model() {
  detail::task_core* const self = detail::current_task();
  if (self == nullptr)
    detail::misuse("coir: current_model() outside of a task; call it inside coir::run()");
  return static_cast<detail::task_record*>(self)->run->kind();
}

namespace detail {
namespace {

task_record& current_record(char const* message) {
  task_core* const self = current_task();
  if (self == nullptr) misuse(message);
  return static_cast<task_record&>(*self);
}

void check(run_options const& options) {
  std::string const name = to_string(options.model);
  if (options.model == model::boost_fibers && !is_available(options.model))
    throw std::invalid_argument(
        "coir: this build has no model 'boost_fibers', for it was made without Boost.Fiber; build "
        "with the Meson option boost_fibers=enabled, or use fibers");
  if (options.workers != 1)
    throw std::invalid_argument("coir: run_options::workers is " + std::to_string(options.workers) +
                                "; this version has one worker");
  if (options.clock != nullptr && options.model != model::fibers)
    throw std::invalid_argument("coir: a virtual clock needs the fibers model, and this run's is " +
                                name);
  if (options.seed != 0 && options.model != model::fibers)
    throw std::invalid_argument("coir: run_options::seed is " + std::to_string(options.seed) +
                                ", and needs the fibers model; this run's is " + name);
  if (options.slow_step.count() > 0 && options.model != model::fibers &&
      options.model != model::boost_fibers)
    throw std::invalid_argument(
        "coir: run_options::slow_step needs the fibers or boost_fibers model, where a step keeps "
        "the "
        "others from running; this run's model is " +
        name);
  if (options.when_stuck != when_stuck::wait && options.model != model::fibers)
    throw std::invalid_argument(
        "coir: run_options::when_stuck needs the fibers model, and this run's is " + name);
}

/// True if SIGINT has come, and main has not given the answer.
template <class Runtime>
bool run_on(run_options const& options, task_record& main) {
  Runtime run(options);
  struct closing {
    Runtime& run;
    ~closing() { run.close_world(); }
  } const at_end{run};
  main.stack_size = run.usual_stack_size();
  if (options.handle_sigint && current_task() == nullptr) run.interrupts().begin(main);
  if (main.observed) run.watching()->look_at(main, {});
  run.adopt(main);
  if (main.observed) run.watching()->is_spawned(main);
  run.run(main);
  return run.interrupts().end() && run.interrupts().is_unanswered();
}

constexpr std::uint64_t id_block = 64;
std::atomic<std::uint64_t> id_blocks{0};  // handed out
struct id_range {
  std::uint64_t next = 0;
  std::uint64_t end = 0;
};
constinit thread_local id_range own_ids;

}  // namespace

/// Each thread takes numbers by the block, so that a spawn need not ask all cores for the next one.
std::uint64_t next_task_id() noexcept {
  if (own_ids.next == own_ids.end) {
    own_ids.next = id_blocks.fetch_add(1, std::memory_order_relaxed) * id_block + 1;
    own_ids.end = own_ids.next + id_block;
  }
  return own_ids.next++;
}

void restart_task_ids(std::uint64_t first) noexcept {
  id_blocks.store(first / id_block, std::memory_order_relaxed);
  own_ids = {};
}

namespace {

unsigned exceptions_here() noexcept { return static_cast<unsigned>(std::uncaught_exceptions()); }

}  // namespace

birth birth_in(model kind, bool observed) noexcept {
  switch (kind) {
    case model::serial: return {task_kind::serial, exceptions_here(), observed};
    case model::threads: return {task_kind::thread, 0, observed};
    case model::processes: return {task_kind::process, 0, observed};
    case model::boost_fibers: return {task_kind::boost_fiber, 0, observed};
    default: return {task_kind::fiber, 0, observed};
  }
}

birth birth_of_main(run_options const& options) {
  bool const observed = watch::is_wanted(options);
  if (options.model == model::threads || options.model == model::processes)
    return {task_kind::thread, exceptions_here(), observed};
  return birth_in(options.model, observed);
}

birth birth_from_afar() noexcept { return {task_kind::thread, exceptions_here()}; }

birth birth_elsewhere(char const* what) {
  task_core* const self = current_task();
  if (self == nullptr)
    throw std::logic_error(std::string("coir: ") + what +
                           " outside of a task; call it inside coir::run()");
  runtime const& run = *static_cast<task_record*>(self)->run;
  return birth_in(run.kind(), run.watching() != nullptr);
}

namespace {

/// Makes a task a part of the run, and lets it begin.
[[gnu::always_inline]] inline void enter(runtime& run, task_record& fresh, spawn_site site,
                                         std::size_t stack_size, scope* parent, task_owner* owner) {
  if (fresh.id == 0) fresh.id = next_task_id();
  fresh.stack_size = stack_size != 0 ? stack_size : run.usual_stack_size();
  // A submitted task is known to others already, who look whether it has an owner.
  if (owner != nullptr) fresh.owner = owner;
  if (fresh.observed) [[unlikely]]
    run.watching()->look_at(fresh, site);
  if (parent != nullptr) attach(fresh.root, *parent);
  run.adopt(fresh);
  try {
    if (fresh.observed) [[unlikely]]
      run.watching()->is_spawned(fresh);
    if (run.kind() == model::fibers) [[likely]] {
      static_cast<fibers_runtime&>(run).start(fresh);
    } else {
      run.start(fresh);
    }
  } catch (...) {
    if (fresh.observed) run.watching()->never_began(fresh);
    if (parent != nullptr) detach(fresh.root);
    run.disown(fresh);
    throw;
  }
}

}  // namespace

void launch(task_record& fresh, spawn_options&& options, scope* parent, task_owner* owner) {
  task_record& self = current_record("coir: spawn() outside of a task; call it inside coir::run()");
  if (self.locals) fresh.locals = self.locals;
  if (!options.name.empty()) set_name(fresh, std::move(options.name));
  enter(*self.run, fresh, {options.where, __builtin_return_address(0)}, options.stack_size, parent,
        owner);
}

void launch_in(runtime& run, task_record& fresh, spawn_site site, std::size_t stack_size,
               scope* parent, task_owner* owner) {
  enter(run, fresh, site, stack_size, parent, owner);
}

void run_main(run_options const& options, task_record& main) {
  check(options);
  if (!run_as_task(options, main, next_task_id(), "main")) return;
  main.retrieved.store(true, std::memory_order_release);
  throw interrupted();
}

bool run_as_task(run_options const& options, task_record& main, std::uint64_t id,
                 std::string name) {
  main.id = id;
  set_name(main, std::move(name));
  main.locals = current_task_or_thread().locals;
  task_core const* const outer = current_task();
  if (outer != nullptr) look_first();
  if (outer != nullptr && outer->kind != task_kind::thread)
    misuse(
        "coir: run() inside a task of a fibers, boost_fibers or serial run; just call the "
        "function");
  // A cancel of the caller goes on to the run (G6). The scope has a note of its own: a run in a cleanup
  // during unwinding is as undisturbed as the cleanup itself (C6).
  timed_scope around;
  attach(main.root, around.base());
  switch (options.model) {
    case model::serial: return run_on<serial_runtime>(options, main);
    case model::threads: return run_on<threads_runtime>(options, main);
    case model::processes: return run_on<processes_runtime>(options, main);
#if COIR_HAVE_BOOST_FIBERS
    case model::boost_fibers: return run_on<boost_fibers_runtime>(options, main);
#endif
    default: return run_on<fibers_runtime>(options, main);
  }
}

bool await_end(task_record& target, time_point deadline, bool shielded) {
  task_core& self = shielded ? current_task_or_thread() : checkpoint();
  if (&self == &target && !has_result(target)) misuse("coir: a task cannot join itself");
  target.lock.lock();
  if (has_result(target)) {
    target.lock.unlock();
    return true;
  }
  if (target.kind == task_kind::pooled) {
    target.lock.unlock();
    return await_answer(self, target, deadline, shielded);
  }
  joiner waiting(self);
  target.watchers.push_back(waiting);
  char const* const what = target.kind == task_kind::promise ? "future::wait" : "task::join";
  switch (suspend(self, target.lock, waiting, what, deadline,
                  shielded ? shielding::shielded : shielding::none)) {
    case wake_reason::fulfilled: return true;
    case wake_reason::timed_out: return false;
    case wake_reason::cancelled: break;
  }
  deliver(self);
}

void add_callback(task_record& target, std::function<void()> callback) {
  auto fresh = std::make_unique<done_callback>(done_callback{std::move(callback)});
  {
    std::lock_guard<spin_lock> const held(target.lock);
    if (!target.ended.load(std::memory_order_relaxed))
      return push_callback(target, *fresh.release());
  }
  run_callback(target, fresh->call);
}

}  // namespace detail
}  // namespace coir
