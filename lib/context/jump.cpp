// SPDX-License-Identifier: BSL-1.0
/// Which jump it is.

#include <coir/context/jump.hpp>

#include <boost/context/detail/fcontext.hpp>

namespace coir::detail {

// Boost's transfer_t has the same two fields as `jumped`.
jumped (*const jump_fcontext)(void* to, void* data) = reinterpret_cast<jumped (*)(void*, void*)>(
    reinterpret_cast<void (*)()>(&boost::context::detail::jump_fcontext));

}  // namespace coir::detail
