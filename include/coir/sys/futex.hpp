// SPDX-License-Identifier: BSL-1.0
/// Sleeping on a word, and waking who sleeps there.

#pragma once

#include <atomic>
#include <cstdint>

#include <coir/time/clock.hpp>

namespace coir::detail {

/// Sleeps while `word` holds `expected`, at most until `deadline`. May also return for no reason:
/// the caller looks again.
///   Blocks: yes, the thread.
COIR_EXPORT void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                            time_point deadline) noexcept;

/// Wakes up to `count` threads that sleep on `word`. Reads nothing there: the address may even be
/// gone, and then at worst somebody looks at a word once more than needed.
COIR_EXPORT void futex_wake(std::atomic<std::uint32_t>* word, int count = 1) noexcept;

}  // namespace coir::detail
