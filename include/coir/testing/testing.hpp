// SPDX-License-Identifier: BSL-1.0
/// For tests of programs that use coir. <coir/coir.hpp> leaves it out.

#pragma once

#include <coir/testing/explore.hpp>
#include <coir/testing/interlude.hpp>
#include <coir/testing/wait_all_blocked.hpp>
