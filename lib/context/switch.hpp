// SPDX-License-Identifier: BSL-1.0
/// The switch: one execution stops, another goes on where it had stopped.

#pragma once

#include <utility>

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>

#include <coir/context/jump.hpp>

#include "context/sanitizer.hpp"
#include "context/stack.hpp"

namespace coir::detail {

/// The exceptions in flight and being handled, which the C++ runtime keeps per thread. Two fields,
/// laid out by the Itanium C++ ABI (2.2.2). Each execution has its own: without that, a yield in a
/// catch block would let another fiber's `throw;` rethrow the wrong exception.
struct exception_state {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  [[nodiscard]] bool any() const noexcept { return caught != nullptr || uncaught != 0; }
};

/// The calling thread's exception state. Fibers never leave their thread, so a worker asks once.
inline exception_state& exceptions_of_this_thread() noexcept {
  return *reinterpret_cast<exception_state*>(__cxxabiv1::__cxa_get_globals());
}

/// Makes `fresh` ready to run `entry` on `on` at the first switch to it. `entry` never returns; it
/// calls arrive() first.
inline void prepare(execution& fresh, stack& on,
                    void (*entry)(boost::context::detail::transfer_t)) {
  sanitizer::begin_stack(on);
  fresh.on = &on;
  fresh.resume_at =
      boost::context::detail::make_fcontext(on.high() - on.stagger, on.size - on.stagger, entry);
}

/// First thing in an `entry`: lets the execution that was left be resumed.
inline void arrive(boost::context::detail::transfer_t from) noexcept {
  static_cast<execution*>(from.data)->resume_at = from.fctx;
  sanitizer::switch_note::after_rest();
}

/// Leaves `from`, which is running, for `to`, which is not. Returns when somebody switches back. Who leaves
/// takes its exceptions along and leaves none, so whoever goes on or begins finds none but its own.
inline void switch_to(execution& from, execution& to, exception_state& exceptions) noexcept {
  exception_state const own = std::exchange(exceptions, {});
  sanitizer::switch_note note;
  note.before(*to.on);
  jump_between(from, to);
  note.after();
  exceptions = own;
}

/// Leaves a stack on which no task runs any more for `to`. Returns when somebody lets the next task begin
/// there, by a switch to where `host` then says.
inline void rest(execution& host, execution& to) noexcept {
  sanitizer::switch_note::before_rest(*to.on);
  jump_between(host, to);
  sanitizer::switch_note::after_rest();
}

}  // namespace coir::detail
