// SPDX-License-Identifier: BSL-1.0
/// For programs that can be cut into processes: they run on those and on every other model.

#pragma once

#include "contract/models.hpp"
#include "contract/processes.hpp"

namespace contract {

inline auto const portable_models = available(
    {coir::model::fibers, coir::model::boost_fibers, coir::model::threads, coir::model::processes});

/// A test whose tasks know each other by what they are given, and by a page that processes share.
class portable_on : public on_model {
 protected:
  void SetUp() override { shared_page::clear(); }
};

using shared_numbers = coir::shared<coir::queue<int>>;

/// Waits until so many wait to get from the queue.
inline void await_getters(shared_numbers const& q, std::size_t count) {
  while (q.statistics().waiting_getters != count) coir::yield();
}
/// Waits until so many wait to put into it.
inline void await_putters(shared_numbers const& q, std::size_t count) {
  while (q.statistics().waiting_putters != count) coir::yield();
}

// What tasks do: a function goes to another process, and what captures does not.
inline int get_one(shared_numbers const& q) { return q.get(); }
inline void put_one(shared_numbers const& q, int item) { q.put(item); }

/// Has its cancel and its end counted on the page: begun (0), cancelled (1), ended (2).
struct counted {
  counted() { ++shared(0); }
  ~counted() { ++shared(2); }

  /// Stays until it is cancelled.
  static int stay() {
    counted const here;
    try {
      coir::sleep_for(1h);
    } catch (coir::cancelled const&) {
      ++shared(1);
      throw;
    }
    return 0;
  }
};

}  // namespace contract
