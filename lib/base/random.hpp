// SPDX-License-Identifier: BSL-1.0
/// Numbers that look random and follow from a seed alone.

#pragma once

#include <cstddef>
#include <cstdint>

namespace coir::detail {

/// A sequence of numbers, the same for the same seed on every machine; those of neighbouring seeds
/// have nothing to do with each other.
///
/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c, public domain). Not <random>: its distributions
/// differ from library to library.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) noexcept : at_(seed) {}

  std::uint64_t next() noexcept {
    at_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = at_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  /// One of 0 … count - 1, for a `count` of less than 2^32.
  std::size_t below(std::size_t count) noexcept {
    return static_cast<std::size_t>(((next() >> 32) * count) >> 32);
  }

 private:
  std::uint64_t at_;
};

}  // namespace coir::detail
