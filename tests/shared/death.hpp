// SPDX-License-Identifier: BSL-1.0
/// Dying at a step.

#pragma once

#include <array>
#include <csignal>

#include <unistd.h>

#include "shared/steps.hpp"

inline coir::detail::step fatal_step;

/// The process that calls this ends when it next comes to this step.
inline void die_at(coir::detail::step at) {
  fatal_step = at;
  coir::detail::step_hook.store([](coir::detail::step reached) {
    if (reached == fatal_step) ::kill(::getpid(), SIGKILL);
  });
}

inline constexpr std::array steps_of_primitives{
    static_cast<int>(coir::detail::step::place_taken), static_cast<int>(coir::detail::step::locked),
    static_cast<int>(coir::detail::step::intended),    static_cast<int>(coir::detail::step::done),
    static_cast<int>(coir::detail::step::freed),       static_cast<int>(coir::detail::step::queued),
    static_cast<int>(coir::detail::step::granted)};
