// SPDX-License-Identifier: BSL-1.0
/// MT19937 as CPython seeds it and draws from it.
///
/// Source: CPython seeds by the array of the number's 32-bit words (init_by_array in Matsumoto's and
/// Nishimura's mt19937ar.c, 2002) and draws below n by taking as many upper bits as n has, again and
/// again until the number is below n (random.py, _randbelow_with_getrandbits).
#include "python_random.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <mutex>
#include <random>

namespace demos {
namespace {

/// The state that init_by_array makes of one word, as a seed sequence: std::mt19937 takes its state
/// from that word for word.
struct seeded_by_array {
  using result_type = std::uint32_t;
  std::uint32_t key;

  template <class Iterator>
  void generate(Iterator first, Iterator) const {
    constexpr std::uint32_t size = std::mt19937::state_size;
    std::array<std::uint32_t, size> state{};
    auto const mixed = [&state](std::uint32_t at) { return state[at - 1] ^ (state[at - 1] >> 30); };

    state[0] = 19650218;
    for (std::uint32_t at = 1; at < size; ++at) state[at] = 1812433253 * mixed(at) + at;

    std::uint32_t at = 1;
    auto const go_on = [&] {
      if (++at < size) return;
      state[0] = state[size - 1];
      at = 1;
    };
    for (std::uint32_t round = 0; round < size; ++round, go_on())
      state[at] = (state[at] ^ (mixed(at) * 1664525)) + key;
    for (std::uint32_t round = 1; round < size; ++round, go_on())
      state[at] = (state[at] ^ (mixed(at) * 1566083941)) - at;
    state[0] = 0x80000000;

    std::ranges::copy(state, first);
  }
};

std::mutex drawing;  // never held across a wait
std::mt19937 numbers;

}  // namespace

void seed_random(std::uint32_t seed) {
  seeded_by_array state{seed};
  std::lock_guard const alone(drawing);
  numbers.seed(state);
}

int random_between(int least, int most) {
  auto const count = static_cast<std::uint32_t>(most - least) + 1;
  int const unused_bits = std::countl_zero(count);
  std::lock_guard const alone(drawing);
  std::uint32_t drawn;
  do drawn = static_cast<std::uint32_t>(numbers()) >> unused_bits;
  while (drawn >= count);
  return least + static_cast<int>(drawn);
}

}  // namespace demos
