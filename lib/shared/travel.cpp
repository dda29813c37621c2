// SPDX-License-Identifier: BSL-1.0
/// Which pieces of memory this process has got or given away.

#include "shared/travel.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>
#include <vector>

#include <pthread.h>

#include "shared/neighbours.hpp"

namespace coir::detail {
namespace {

std::mutex desk;                             // guards what follows
std::vector<std::weak_ptr<segment>> passed;  // what was packed or unpacked here

/// Copies that fork() makes of the process find the desk free.
void prepare() {
  static bool const registered =
      ::pthread_atfork([] { desk.lock(); }, [] { desk.unlock(); }, [] { desk.unlock(); }) == 0;
  (void)registered;
}

/// With the desk locked.
void remember(std::shared_ptr<segment> const& what) {
  std::erase_if(passed, [](auto const& each) { return each.expired(); });
  passed.push_back(what);
}

}  // namespace

void pack(output_archive& out, std::shared_ptr<segment> const& what) {
  int const file = what->memory().file();
  if (file < 0)
    throw std::logic_error(
        "coir: what is shared was made before this process, which has its memory and no descriptor "
        "of "
        "it to pass on; pass it to this task as an argument, too");
  out.attach(file);
  prepare();
  std::lock_guard<std::mutex> const held(desk);
  bool const known = std::any_of(passed.begin(), passed.end(), [&](auto const& each) {
    return !each.owner_before(what) && !what.owner_before(each);
  });
  if (!known) remember(what);
}

std::shared_ptr<segment> stand_for(
    descriptor file, std::function<std::shared_ptr<segment>(descriptor)> const& make) {
  neighbours::prepare();
  prepare();
  // Nothing of this goes while the desk is locked.
  std::shared_ptr<segment> fresh;
  std::vector<std::shared_ptr<segment>> looked_at;
  std::lock_guard<std::mutex> const held(desk);
  looked_at.reserve(passed.size());
  for (auto const& each : passed) {
    looked_at.push_back(each.lock());
    if (looked_at.back() != nullptr && looked_at.back()->memory().is_in(file.get()))
      return looked_at.back();
  }
  fresh = make(std::move(file));
  remember(fresh);
  return fresh;
}

}  // namespace coir::detail
