// SPDX-License-Identifier: BSL-1.0
/// The other processes with which this one shares something: hearing from them, and of their ends.

#pragma once

#include <atomic>
#include <cstdint>

#include "shared/identity.hpp"

namespace coir::detail {

class segment;

/// What the process is to those it shares with: its bell, which the others ring when they have changed
/// what one of its fibers waits for, and its watch over their lives.
///
/// The bell is a socket with a name: so whoever finds the name in shared memory can ring it, and no
/// descriptor need be handed to everybody. What is heard is heard on the hub's thread.
/// Thread: any.
class neighbours {
 public:
  /// Counts the copies that fork() has made of the process, on the way to this one.
  static std::atomic<unsigned> generation;

  /// To be called before anything is shared: copies that fork() makes from now on know that they are.
  static void prepare();

  /// The process takes part in the segment from now on.
  static void join(segment& in);
  /// And from now on not any more.
  static void leave(segment& in) noexcept;

  /// Rings the bell of this name.
  ///   Blocks: never.
  static void ring(std::uint64_t bell) noexcept;

 private:
  struct town;
  static town& here();
};

}  // namespace coir::detail
