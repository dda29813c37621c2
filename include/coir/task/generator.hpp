// SPDX-License-Identifier: BSL-1.0
/// generator<T, In>: a function that hands out values one by one, and goes on when the next is wanted.

#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <coir/base/error.hpp>
#include <coir/wait/task_core.hpp>

namespace coir {
namespace detail {

/// A body that stands still in its yields, whatever it yields.
///
/// The body has a stack of its own, and nothing else: while it runs it is the task that drives it, in
/// that task's scopes, and where it waits that task is parked. So every model's parker serves, and the
/// two switches of a step are all that a step costs.
/// Thread: after its start the thread that started it, for compilers keep addresses of thread-locals
/// across a switch. Others are refused.
class COIR_EXPORT generator_core {
 public:
  /// Lets the body run to its next yield: true; or to its end: false.
  ///   Throws: what the body throws; std::logic_error, std::system_error as generator::next().
  bool resume();

  /// The same, but its yield throws `error`. On a body that is not begun or has ended, just throws it.
  bool resume_with(std::exception_ptr error);

  /// Ends the body: its yield throws generator_closed.
  ///   Throws: what the body throws in answer; std::logic_error as next().
  void close();

  /// Closes and frees it, in a shield. What the body throws goes to the unhandled-exception handler.
  void drop() noexcept;

  /// Before a value is sent: the body must have begun, for it is to stand in a yield.
  ///   Throws: std::logic_error.
  void check_begun() const;

  /// Before none is sent to a body that needs one: it must not have begun.
  ///   Throws: std::logic_error.
  void check_fresh() const;

 protected:
  explicit generator_core(std::size_t stack_size) noexcept : stack_size_(stack_size) {}
  virtual ~generator_core() = default;
  generator_core(generator_core const&) = delete;
  generator_core& operator=(generator_core const&) = delete;

  /// By the body: stands still until it is resumed.
  ///   Throws: generator_closed; what it is resumed with; std::logic_error if the body cannot be left
  ///   here.
  void yield();

 private:
  /// Runs the body, and destroys it.
  virtual void run_body() = 0;
  /// Destroys a body that never ran.
  virtual void drop_body() noexcept = 0;

  enum class state : unsigned char {
    fresh,      // the body has not begun
    suspended,  // it stands in a yield
    running,    // it runs, or is parked as its driver, or is about to begin
    ended,      // and the stack has been given back
  };
  enum class errand : unsigned char {
    go_on,  // what the body is resumed for
    fail,   // to throw error_
    close,  // to throw generator_closed, now and at each further yield
  };

  bool may_resume();
  void begin();
  void step(task_core& self);
  void finish();
  void end_unbegun();
  void run_errand();
  [[noreturn]] void refuse_running() const;
  struct entry;

  std::atomic<state> state_{state::fresh};
  errand errand_ = errand::go_on;
  unsigned uncaught_ = 0;        // exceptions in flight in the body, while it does not run
  void* caught_ = nullptr;       // those it handles; likewise
  void* resume_at_ = nullptr;    // the body while it does not run, else the driver
  stack* on_ = nullptr;          // the body's; null before and after
  stack* driver_on_ = nullptr;   // the driver's, as sanitizers know it
  task_core* driver_ = nullptr;  // who runs the body
  scope* innermost_ = nullptr;   // what the driver was in when it last resumed the body
  unsigned closings_ = 0;        // how often generator_closed was thrown
  std::uint16_t open_sets_ = 0;  // likewise
  std::atomic<void const*> thread_{nullptr};  // which one has started the body
  std::size_t const stack_size_;              // as asked for; 0: as a task's
  std::exception_ptr error_;                  // on its way into the body, or out of it
};

template <class T, class In, class F>
class generator_body;

}  // namespace detail

template <class T, class In>
class generator;

/// What a generator's body hands its values out with: called with a value, it stands still until the
/// next one is wanted, and returns what was sent then.
///
/// A body may hand it on by reference to functions that it calls: delegation is a call. It may not be
/// used by another task, nor by another generator's body (std::logic_error).
template <class T, class In = void>
class yielder : private detail::generator_core {
 public:
  /// Hands out `value`.
  ///   Blocks: not the task: whoever drives the generator goes on.
  ///   Throws: generator_closed, if nobody wants anything more; what throw_in() was given;
  ///   std::logic_error if a scope that was opened in the body is still open (a timeout, a
  ///   cancel_scope, a shield, a group, a scoped_set): it would be around code of others.
  In operator()(T value) {
    out_ = std::addressof(value);
    this->yield();
    if constexpr (!std::is_void_v<In>) return static_cast<In&&>(*in_);
  }

 private:
  friend class generator<T, In>;
  template <class, class, class>
  friend class detail::generator_body;

  using generator_core::generator_core;

  std::remove_reference_t<T>* out_ =
      nullptr;  // lies in the body's frame, while it stands in a yield
  std::remove_reference_t<In>* in_ = nullptr;  // lies in the frame of who resumes the body
};

namespace detail {

template <class T, class In, class F>
class generator_body final : public yielder<T, In> {
 public:
  template <class G>
  generator_body(std::size_t stack_size, G&& body)
      : yielder<T, In>(stack_size), body_(std::in_place, std::forward<G>(body)) {}

 private:
  void run_body() override {
    struct last {
      std::optional<F>& body;
      ~last() { body.reset(); }
    } const at_end{body_};
    (void)(*body_)(static_cast<yielder<T, In>&>(*this));
  }
  void drop_body() noexcept override { body_.reset(); }

  std::optional<F> body_;
};

/// What next() gives: the value in an optional; of references, which no optional can hold, a pointer.
template <class T>
struct next_value {
  using type = std::optional<T>;
};
template <class T>
struct next_value<T&> {
  using type = T*;
};
template <class T>
using next_result = typename next_value<T>::type;

/// What send() takes; never called where nothing can be sent.
template <class In>
using sent_value = std::conditional_t<std::is_void_v<In>, std::nullptr_t, In>;

}  // namespace detail

/// How one generator is made.
struct generator_options {
  std::size_t stack_size = 0;  ///< bytes its body may use; 0: 240 KiB
};

/// A sequence whose values are made as they are wanted, by a body that is an ordinary function:
///
///     coir::generator<int> squares([](auto& yield) {
///       for (int i = 1;; ++i) yield(i * i);
///     });
///     for (int each : squares) …
///
/// The body runs when a value is asked for, on a stack of its own and as the task that asks: what it
/// waits for (a sleep, a queue, a lock), that task waits for, on every model and on plain threads too.
/// A cancel of that task is thrown where the body waits, and comes out of next(). With `In`, yield()
/// returns what send() was given.
///
/// Its exceptions come out of next(), and end it. One that is dropped unfinished is closed: the body's
/// yield throws generator_closed, so that its destructors run; they may wait, undisturbed by cancels.
/// A generator that never began drops its body unrun. A lock that the body takes is its driver's: if it
/// holds one over a yield, the same task is to ask for the next value.
/// Thread: one at a time until the first value, then the thread that has asked for it. On another one
/// next() is refused, and the destructor tells the unhandled-exception handler and leaves the body as
/// it stands, its memory too.
/// Mirrors: Python's generators, and its asynchronous ones (PEP 342, PEP 525); std::generator.
template <class T, class In = void>
class generator {
  static_assert(std::is_object_v<T> || std::is_lvalue_reference_v<T>,
                "a generator hands out values or references");
  static_assert(std::is_object_v<In> || std::is_lvalue_reference_v<In> || std::is_void_v<In>,
                "a generator is sent values, references, or nothing");

 public:
  class iterator;

  /// Of what `body(yield)` hands out, where `yield` is a yielder<T, In>&.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, generator> &&
           std::invocable<std::decay_t<F>&, yielder<T, In>&>) explicit generator(F&& body)
      : generator(generator_options{}, std::forward<F>(body)) {}
  template <class F>
  requires std::invocable < std::decay_t<F>
  &, yielder<T, In>& > generator(generator_options options, F&& body)
      : core_(new detail::generator_body<T, In, std::decay_t<F>>(options.stack_size,
                                                                 std::forward<F>(body))) {}

  /// The next value, or nullopt once the body has ended; of references a pointer, or null. What the
  /// body's yield() returns then is an `In{}`: choose an optional for `In` if it is to know.
  ///   Blocks: while the body waits. No suspension point of its own.
  ///   Throws: what the body throws, which then has ended; std::logic_error if the body is running:
  ///   it drives itself, or another task drives it; if another thread has begun it; if `In` has no
  ///   default and the body has begun. std::system_error if there is no stack for the body, which
  ///   then has not begun.
  detail::next_result<T> next() { return step() ? taken() : detail::next_result<T>(); }

  /// Gives the body `value`, which its yield() returns, and returns the next value as next().
  ///   Throws: as next(); std::logic_error if the body has not begun, for it stands in no yield.
  detail::next_result<T> send(detail::sent_value<In> value) requires(!std::is_void_v<In>) {
    if (core_ == nullptr) return {};
    core_->check_begun();
    core_->in_ = std::addressof(value);
    return core_->resume() ? taken() : detail::next_result<T>();
  }

  /// Throws `error` from the yield() in which the body stands, and returns the next value as next().
  /// A body that has not begun, or has ended, lets it out at once.
  ///   Throws: as next(); std::logic_error if `error` is null.
  detail::next_result<T> throw_in(std::exception_ptr error) {
    if (core_ == nullptr) return {};
    return core_->resume_with(std::move(error)) ? taken() : detail::next_result<T>();
  }

  /// Ends it now: the body's yield() throws generator_closed. Does nothing once it has ended.
  ///   Throws: what the body throws in answer; std::logic_error as next().
  ///   Mirrors: Python's close() and aclose().
  void close() {
    if (core_ != nullptr) core_->close();
  }

  /// Asks for the next value; the loop goes on from there. A reference to a value is good until the
  /// next one is asked for.
  ///   Throws: as next().
  iterator begin() requires(std::is_void_v<In> || std::default_initializable<In>) {
    iterator first(*this);
    ++first;
    return first;
  }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  /// Lets the body run to its next value: false if there is none.
  bool step() {
    if (core_ == nullptr) return false;
    if constexpr (std::is_void_v<In>) {
      return core_->resume();
    } else if constexpr (std::default_initializable<In>) {
      In nothing{};
      core_->in_ = std::addressof(nothing);
      return core_->resume();
    } else {
      core_->check_fresh();
      return core_->resume();
    }
  }

  detail::next_result<T> taken() {
    if constexpr (std::is_reference_v<T>) {
      return core_->out_;
    } else {
      return detail::next_result<T>(std::move(*core_->out_));
    }
  }

  struct dropping {
    void operator()(yielder<T, In>* core) const noexcept { core->drop(); }
  };
  std::unique_ptr<yielder<T, In>, dropping> core_;  // null: moved from, and so ended
};

/// Where a loop over a generator stands.
template <class T, class In>
class generator<T, In>::iterator {
 public:
  using value_type = std::remove_cvref_t<T>;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  T& operator*() const { return *from_->core_->out_; }
  iterator& operator++() {
    more_ = from_->step();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(iterator const& at, std::default_sentinel_t) { return !at.more_; }

 private:
  friend generator;
  explicit iterator(generator& from) noexcept : from_(&from) {}

  generator* from_;
  bool more_ = false;
};

}  // namespace coir

template <class T, class In>
inline constexpr bool std::ranges::enable_view<coir::generator<T, In>> = true;
