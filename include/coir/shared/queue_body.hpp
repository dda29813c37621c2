// SPDX-License-Identifier: BSL-1.0
/// What a shared queue is made of, whatever its items are.

#pragma once

#include <cstddef>
#include <memory>

#include <coir/queue/queue_core.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/clock.hpp>

namespace coir::detail {

/// A queue in memory that processes share, of items that are bytes.
/// Thread: any, of any process that has it.
class COIR_EXPORT shared_queue_body {
 public:
  /// Room for `capacity` items of `item_size` bytes each.
  ///   Throws: std::system_error; std::invalid_argument if it cannot be.
  static std::shared_ptr<shared_queue_body> make(std::size_t capacity, std::size_t item_size);
  /// One that another process has packed.
  static std::shared_ptr<shared_queue_body> unpack(input_archive& in, std::size_t item_size);

  shared_queue_body() = default;
  shared_queue_body(shared_queue_body const&) = delete;
  shared_queue_body& operator=(shared_queue_body const&) = delete;
  virtual ~shared_queue_body() = default;

  virtual void pack(output_archive& out) = 0;

  virtual bool put(void const* item, time_point deadline) = 0;
  virtual bool try_put(void const* item) = 0;
  virtual bool get(void* into, time_point deadline) = 0;
  virtual bool try_get(void* into) = 0;
  virtual void task_done() = 0;
  virtual void join() = 0;
  virtual void shut_down(bool immediate) = 0;
  [[nodiscard]] virtual queue_statistics statistics() = 0;
};

}  // namespace coir::detail
