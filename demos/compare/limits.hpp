// SPDX-License-Identifier: BSL-1.0
/// What a machine allows in threads, and what to raise for more.
#pragma once

#include <cstdint>
#include <string>

namespace demos::compare {

/// "raise vm.max_map_count (65,530 now, enough for about 32,765 threads)", naming whatever ends
/// first on this machine, for this user, in this control group.
std::string how_to_get_more_threads(std::uint64_t wanted);

}  // namespace demos::compare
