// SPDX-License-Identifier: BSL-1.0
/// Python's random numbers, so that a demo draws what its tutorial drew.
#pragma once

#include <cstdint>

namespace demos {

/// Begins the sequence of `random.seed(seed)`.
void seed_random(std::uint32_t seed);

/// `random.randint(least, most)`: both may come out.
///   Thread: any.
int random_between(int least, int most);

}  // namespace demos
