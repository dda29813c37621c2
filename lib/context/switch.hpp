// SPDX-License-Identifier: BSL-1.0
/// The switch: one execution stops, another goes on where it had stopped.

#pragma once

#include <cxxabi.h>

#include <boost/context/detail/fcontext.hpp>

#include <coir/context/execution.hpp>

#include "context/sanitizer.hpp"
#include "context/stack.hpp"

namespace coir::detail {

/// The exceptions in flight and being handled, which the C++ runtime keeps per thread. Two fields,
/// laid out by the Itanium C++ ABI (2.2.2). Each execution has its own: without that, a yield in a
/// catch block would let another fiber's `throw;` rethrow the wrong exception.
struct exception_state {
  void* caught = nullptr;
  unsigned int uncaught = 0;
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

/// First thing in an `entry`: lets the execution that was left be resumed, and starts with no
/// exception in flight.
inline void arrive(boost::context::detail::transfer_t from, exception_state& exceptions) noexcept {
  static_cast<execution*>(from.data)->resume_at = from.fctx;
  exceptions = {};
  sanitizer::switch_note{}.after();
}

/// Leaves `from`, which is running, for `to`, which is not. Returns when somebody switches back.
inline void switch_to(execution& from, execution& to, exception_state& exceptions) noexcept {
  exception_state const own = exceptions;
  sanitizer::switch_note note;
  note.before(*to.on, false);
  auto const back = boost::context::detail::jump_fcontext(to.resume_at, &from);
  static_cast<execution*>(back.data)->resume_at = back.fctx;
  note.after();
  exceptions = own;
}

/// Leaves `from` for good.
[[noreturn]] inline void leave_for(execution& from, execution& to) noexcept {
  sanitizer::switch_note note;
  note.before(*to.on, true);
  boost::context::detail::jump_fcontext(to.resume_at, &from);
  __builtin_unreachable();
}

}  // namespace coir::detail
