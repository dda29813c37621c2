// SPDX-License-Identifier: BSL-1.0
/// What a shared queue is made of, whatever its items are.

#pragma once

#include <cstddef>
#include <memory>

#include <coir/queue/queue_core.hpp>
#include <coir/shared/shared.hpp>
#include <coir/time/clock.hpp>

namespace coir::detail {

/// What is put: so many bytes, or what `pack` makes of it.
struct item_source {
  void const* from;
  void (*pack)(output_archive& out, void const* from) = nullptr;
};

/// Where an item goes that is got: so many bytes, or what `unpack` makes of them. If that throws, the item
/// is back at the head.
struct item_sink {
  void* into;
  void (*unpack)(input_archive& in, void* into) = nullptr;
};

/// How much room an item takes: `bytes`, or when it is packed at most so many.
struct item_shape {
  std::size_t bytes;
  bool packed;
};

/// A queue in memory that processes share, of items that are bytes.
/// Thread: any, of any process that has it.
class COIR_EXPORT shared_queue_body {
 public:
  /// Room for `capacity` items.
  ///   Throws: std::system_error; std::invalid_argument if it cannot be.
  static std::shared_ptr<shared_queue_body> make(std::size_t capacity, item_shape items);
  /// One that another process has packed; of its items only that they are packed or not is looked at.
  static std::shared_ptr<shared_queue_body> unpack(input_archive& in, bool packed);

  shared_queue_body() = default;
  shared_queue_body(shared_queue_body const&) = delete;
  shared_queue_body& operator=(shared_queue_body const&) = delete;
  virtual ~shared_queue_body() = default;

  virtual void pack(output_archive& out) = 0;

  virtual bool put(item_source item, time_point deadline) = 0;
  virtual bool try_put(item_source item) = 0;
  virtual bool get(item_sink into, time_point deadline) = 0;
  virtual bool try_get(item_sink into) = 0;
  virtual void task_done() = 0;
  virtual void join() = 0;
  virtual void shut_down(bool immediate) = 0;
  [[nodiscard]] virtual queue_statistics statistics() = 0;
};

}  // namespace coir::detail
