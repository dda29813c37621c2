// SPDX-License-Identifier: BSL-1.0
/// How many descriptors a process has.

#pragma once

#include <memory>

#include <dirent.h>

namespace contract {

/// Those that are open, and the one with which they are counted.
inline int open_descriptors() {
  std::unique_ptr<DIR, int (*)(DIR*)> const all(::opendir("/proc/self/fd"), &::closedir);
  int count = -2;  // . and ..
  while (all != nullptr && ::readdir(all.get()) != nullptr) ++count;
  return count;
}

}  // namespace contract
