// SPDX-License-Identifier: BSL-1.0
/// For the std versions: a bounded queue on std::mutex and two std::condition_variables.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace demos::compare {

/// First in, first out, at most `capacity` items; what one would write by hand.
///
/// Each side has its own condition and is told after the lock is free, so that nobody wakes only
/// to find the door shut, and no thread is woken that cannot go on.
template <class T>
class std_queue {
 public:
  explicit std_queue(std::size_t capacity) : capacity_(capacity) {}

  /// Adds an item, waiting for room; false, and nothing added, once the queue is closed.
  bool put(T item) {
    {
      std::unique_lock lock(mutex_);
      has_room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    has_items_.notify_one();
    return true;
  }

  /// Takes the oldest item, waiting for one; nothing once the queue is closed and empty.
  std::optional<T> get() {
    std::optional<T> item;
    {
      std::unique_lock lock(mutex_);
      has_items_.wait(lock, [&] { return closed_ || !items_.empty(); });
      if (items_.empty()) return std::nullopt;
      item = std::move(items_.front());
      items_.pop_front();
    }
    has_room_.notify_one();
    return item;
  }

  /// Lets what is queued be taken and wakes everybody who waits.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    has_items_.notify_all();
    has_room_.notify_all();
  }

 private:
  std::size_t const capacity_;
  std::mutex mutex_;                   // guards items_ and closed_
  std::condition_variable has_items_;  // or closed
  std::condition_variable has_room_;   // or closed
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace demos::compare
