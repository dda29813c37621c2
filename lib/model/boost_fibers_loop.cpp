// SPDX-License-Identifier: BSL-1.0
/// Turns, sleep, and the life of a task on a fiber of Boost's.

#include "model/boost_fibers_loop.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <typeinfo>

#include <unistd.h>
#include <boost/fiber/fiber.hpp>

#include <coir/base/check.hpp>
#include <coir/base/relax.hpp>

#include "model/runtime.hpp"
#include "wait/ready_queue.hpp"

namespace coir::detail {
namespace {

using boost::fibers::context;

constinit thread_local boost_loop* this_loop = nullptr;

}  // namespace

boost_loop::boost_loop()
    : exceptions_(exceptions_of_this_thread()),
      main_(&seat_for(*context::active())),
      running_(main_) {
  if (this_loop != nullptr)
    die("coir::boost_fibers::scheduling_algorithm was installed twice on one thread");
  sanitizer::describe_thread_stack(*main_->on);
  outside_.wake_fd = reactor_.bell();
  this_loop = this;
  this_thread.adopt = &adopt_running;
}

boost_loop::~boost_loop() {
  // The thread ends, and its main context runs again.
  exceptions_ = main_->exceptions;
  this_thread.adopt = nullptr;
  this_loop = nullptr;
}

// --- Turns ---

bool boost_loop::is_here() const noexcept { return this_loop == this; }

boost_seat& boost_loop::seat_for(context& fiber) noexcept {
  boost::fibers::fiber_properties* const known = fiber.get_properties();
  if (known == nullptr) {
    auto* const fresh = new boost_seat(*this, fiber);
    fiber.set_properties(fresh);
    return *fresh;
  }
  boost::fibers::fiber_properties& properties = *known;
  if (typeid(properties) != typeid(boost_seat))
    die("a fiber under coir::boost_fibers::scheduling_algorithm has properties of another "
        "algorithm");
  return static_cast<boost_seat&>(properties);
}

void boost_loop::arrive() noexcept {
  if (switching_) {
    switching_ = false;
    running_->note.after();
  }
  // A fiber made with launch::dispatch runs at once: Boost asks nobody then.
  context& active = *context::active();
  if (&active != &running_->fiber()) {
    leave(*running_, seat_for(active));
    arrive();
  }
}

void boost_loop::leave(boost_seat& from, boost_seat& to) noexcept {
  from.exceptions = exceptions_;
  exceptions_ = to.exceptions;
  this_thread.current = to.task();
  running_ = &to;
  switching_ = true;
  from.note.before(*to.on);
}

void boost_loop::awakened(context& ready) noexcept {
  arrive();
  (void)seat_for(ready);
  make_ready(ready);
}

context* boost_loop::pick_next() noexcept {
  arrive();
  if (running_->is_dispatcher()) look_around();
  if (ready_.empty()) return nullptr;  // only the dispatcher finds it so: else it is ready itself
  context& next = ready_.front();
  ready_.pop_front();
  leave(*running_, seat_for(next));
  ++turns_;
  return &next;
}

void boost_loop::look_around() noexcept {
  for (task_core* woken = outside_.take(); woken != nullptr;) {
    task_core* const after = woken->next;
    seat_of(*woken).wake(*woken);
    woken = after;
  }
  if (!timers_.empty()) timers_.fire_due(std::chrono::steady_clock::now());
}

// --- Sleep ---

void boost_loop::sleep_until(time_point until) noexcept {
  // Another thread's answer is often less than a microsecond away (S3).
  for (int spins = single_threaded() ? 0 : 32; spins > 0; --spins) {
    if (outside_.any() || noted_.load(std::memory_order_relaxed)) break;
    relax();
  }
  bool const quiet = quiet_ != nullptr && quiet_->anyone() && !outside_.any() &&
                     !noted_.load(std::memory_order_relaxed);
  if (quiet && quiet_->serve(std::chrono::steady_clock::now(), turns_)) return;
  until = std::min(until, timers_.earliest());
  if (quiet) until = std::min(until, quiet_->due());
  if (outside_.fall_asleep()) reactor_.sleep(until);
  // Boost's scheduler looks at its remote queue next: what was put there before this is seen.
  noted_.store(false, std::memory_order_seq_cst);
}

void boost_loop::notify() noexcept {
  if (noted_.exchange(true, std::memory_order_seq_cst)) return;
  std::uint64_t const one = 1;
  (void)!::write(reactor_.bell(), &one, sizeof one);
}

// --- Tasks ---

/// Boost's idea of where stacks come from: the loop's pool, and for this fiber the one it was given.
struct boost_loop::pooled_stack {
  stack_pool* pool;
  stack* taken;

  [[nodiscard]] boost::context::stack_context allocate() const noexcept {
    boost::context::stack_context given;
    given.size = taken->size - taken->stagger;
    given.sp = taken->high() - taken->stagger;
    return given;
  }
  void deallocate(boost::context::stack_context&) const noexcept { pool->give_back(*taken); }
};

/// What a fiber of ours does.
struct boost_loop::life {
  boost_loop* loop;
  task_record* task;

  void operator()() const noexcept {
    loop->arrive();
    boost_seat& own = loop->running();
    runtime::live(*task);
    own.task_ended();
    this_thread.current = nullptr;
  }
};

void boost_loop::begin(task_record& fresh) {
  fresh.timers = &timers_;
  stack& taken = *stacks_.take(fresh.stack_size).on;
  sanitizer::begin_stack(taken);
  std::unique_ptr<boost_seat> own;
  try {
    own = std::make_unique<boost_seat>(*this, fresh, taken);
  } catch (...) {
    stacks_.give_back(taken);
    throw;
  }
  boost::fibers::fiber_properties* const properties = own.release();  // the fiber's, from now on
  boost::fibers::fiber(boost::fibers::launch::post, properties, std::allocator_arg,
                       pooled_stack{&stacks_, &taken}, life{this, &fresh})
      .detach();
}

task_core& boost_loop::adopt_running() { return this_loop->seat_for(*context::active()).adopt(); }

}  // namespace coir::detail
