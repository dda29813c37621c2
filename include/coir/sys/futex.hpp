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

/// The same for a word in memory that several processes share.
COIR_EXPORT void shared_futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                                   time_point deadline) noexcept;
COIR_EXPORT void shared_futex_wake(std::atomic<std::uint32_t>* word, int count = 1) noexcept;

/// Whether a thread can sleep on two words at once (Linux 5.16).
bool can_wait_for_either() noexcept;

/// Sleeps while both words hold what is expected: `own`, which only this process knows, and `shared`.
///   Blocks: yes, the thread.
void futex_wait_for_either(std::atomic<std::uint32_t>& own, std::uint32_t expected_own,
                           std::atomic<std::uint32_t>& shared, std::uint32_t expected_shared,
                           time_point deadline) noexcept;

}  // namespace coir::detail
