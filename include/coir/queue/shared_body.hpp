// SPDX-License-Identifier: BSL-1.0
/// A queue in memory that processes share, whatever its items are; and how a T is one of them.

#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include <coir/model/packing.hpp>
#include <coir/queue/queue_core.hpp>
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

/// Items that are bytes.
template <class T>
concept copied_as_bytes = std::is_trivially_copyable_v<T> && packing_of<T>()
!= packing::reference;

/// Items that can go from one process to another.
template <class T>
concept shareable = copied_as_bytes<T> || portable<T>;

/// How items of type T get into a shared queue, and out of it into memory for a T.
template <class T, bool AsBytes = copied_as_bytes<T>>
struct shared_item {
  static constexpr item_shape shape(std::size_t most_bytes) noexcept { return {most_bytes, true}; }
  static item_source from(T const& item) noexcept {
    return {&item, [](output_archive& out, void const* what) {
              save<T>(out, *static_cast<T const*>(what));
            }};
  }
  static item_sink into(void* room) noexcept {
    return {room, [](input_archive& in, void* at) { ::new (at) T(load<T>(in)); }};
  }
};
template <class T>
struct shared_item<T, true> {
  static constexpr item_shape shape(std::size_t) noexcept { return {sizeof(T), false}; }
  static item_source from(T const& item) noexcept { return {&item}; }
  static item_sink into(void* room) noexcept { return {room}; }
};

/// As many bytes as a packed item takes at most, if nobody says otherwise.
inline constexpr std::size_t usual_item_bytes = 64 * 1024;

}  // namespace coir::detail
