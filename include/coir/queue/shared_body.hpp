// SPDX-License-Identifier: BSL-1.0
/// A queue in memory that processes share, whatever its items are; and how a T is one of them.

#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include <coir/model/packing.hpp>
#include <coir/queue/queue_core.hpp>
#include <coir/time/clock.hpp>

namespace coir::detail {

/// What is put: so many bytes, or what `pack` makes of it.
struct item_source {
  void const* from;
  void (*pack)(output_archive& out, void const* from) = nullptr;
};

class shared_queue_body;

/// A packed item that was got, still in the shared memory. It is its taker's for good when this ends; if that
/// is because something throws, it is back at the head (C5). A death before counts as that, too.
class shared_loan {
 public:
  shared_loan() noexcept = default;
  shared_loan(shared_loan const&) = delete;
  shared_loan& operator=(shared_loan const&) = delete;
  inline ~shared_loan();

  /// `of` lends what lies there. `which` is for it to know it again.
  void begin(shared_queue_body& of, std::size_t which, std::span<std::byte const> where) noexcept {
    of_ = &of;
    which_ = which;
    bytes_ = where;
  }
  [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return bytes_; }

 private:
  shared_queue_body* of_ = nullptr;
  std::size_t which_ = 0;
  std::span<std::byte const> bytes_;
  int const exceptions_ = std::uncaught_exceptions();
};

/// Where an item goes that is got: memory for so many bytes, or a loan.
struct item_sink {
  void* into;
  shared_loan* loan = nullptr;
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

  /// The item of a loan is its taker's, or back at the head.
  virtual void end_loan(std::size_t which, bool give_back) noexcept = 0;
};

shared_loan::~shared_loan() {
  if (of_ != nullptr) of_->end_loan(which_, std::uncaught_exceptions() > exceptions_);
}

/// Items that are bytes.
template <class T>
concept copied_as_bytes = std::is_trivially_copyable_v<T> && bytes_suffice<T>();

/// Items that can go from one process to another.
template <class T>
concept shareable = copied_as_bytes<T> || portable<T>;

/// How items of type T get into a shared queue, and out of it: `taken` is where one is got to, and take() makes
/// a T of it, once. So there is no moment in which a T is moved, and may throw, after the queue let go of it.
template <class T, bool AsBytes = copied_as_bytes<T>>
struct shared_item {
  static constexpr item_shape shape(std::size_t most_bytes) noexcept { return {most_bytes, true}; }
  static item_source from(T const& item) noexcept {
    return {&item, [](output_archive& out, void const* what) {
              save<T>(out, *static_cast<T const*>(what));
            }};
  }
  class taken {
   public:
    item_sink into() noexcept { return {nullptr, &item_}; }
    T take() {
      input_archive in(item_.bytes());
      return load<T>(in);
    }

   private:
    shared_loan item_;
  };
};
template <class T>
struct shared_item<T, true> {
  static constexpr item_shape shape(std::size_t) noexcept { return {sizeof(T), false}; }
  static item_source from(T const& item) noexcept { return {&item}; }
  class taken {
   public:
    item_sink into() noexcept { return {bytes_}; }
    T take() noexcept { return std::move(*std::launder(reinterpret_cast<T*>(bytes_))); }

   private:
    alignas(T) std::byte bytes_[sizeof(T)];
  };
};

/// As many bytes as a packed item takes at most, if nobody says otherwise.
inline constexpr std::size_t usual_item_bytes = 64 * 1024;

}  // namespace coir::detail
