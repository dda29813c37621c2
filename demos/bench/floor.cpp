// SPDX-License-Identifier: BSL-1.0
/// Two contexts that do nothing but jump to each other.
#include "floor.hpp"

#include <algorithm>
#include <boost/context/detail/fcontext.hpp>
#include <chrono>
#include <limits>
#include <memory>

namespace demos::bench {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

void echo(transfer_t from) {
  for (;;) from = jump_fcontext(from.fctx, nullptr);
}

}  // namespace

double floor_ns() {
  constexpr std::size_t stack_size = 16 * 1024;
  constexpr int series = 5, jumps = 10'000;
  static auto const stack = std::make_unique<char[]>(stack_size);
  auto other = make_fcontext(stack.get() + stack_size, stack_size, echo);
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < series; ++i) {
    auto const begin = std::chrono::steady_clock::now();
    for (int jump = 0; jump < jumps; ++jump) other = jump_fcontext(other, nullptr).fctx;
    std::chrono::duration<double, std::nano> const took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / (2 * jumps));  // there and back
  }
  return best;
}

}  // namespace demos::bench
