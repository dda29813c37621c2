// SPDX-License-Identifier: BSL-1.0
/// For tests of programs that use coir. <coir/coir.hpp> leaves it out.

#pragma once

#include <coir/testing/explore.hpp>
#include <coir/testing/interlude.hpp>
#include <coir/testing/wait_all_blocked.hpp>
#include <coir/time/clock.hpp>

namespace coir::testing {

/// The clock is in coir itself, for programs that are to be seen in no time; tests look for it here.
using coir::virtual_clock;

}  // namespace coir::testing
