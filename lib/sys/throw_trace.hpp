// SPDX-License-Identifier: BSL-1.0
/// Where an exception comes from, noted before its frames are gone.

#pragma once

#include <string>

namespace coir::detail {

/// Calls `function(argument)`. If an exception leaves it, the calls that it comes from are noted, for this
/// thread. Only on x86-64; elsewhere a plain call.
///
/// A throw first searches for a handler, with all frames still there, and asks each on its way. The frame
/// of this call has no handler; it only looks on. So nothing is noted of what is caught inside, and what is
/// not costs nothing until it is thrown.
void call_traced(void (*function)(void* argument), void* argument);

/// The calls that the last exception came from that left a call_traced() on this thread, the innermost
/// first, a line each, as describe_return_address() names them. Empty if there was none, or it was taken.
std::string take_throw_trace();

}  // namespace coir::detail
