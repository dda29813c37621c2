// SPDX-License-Identifier: BSL-1.0
/// A get and a put as possibilities of a select.

#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include <coir/base/error.hpp>
#include <coir/combine/select_case.hpp>
#include <coir/queue/basic_queue.hpp>

namespace coir::detail {

/// Opens a queue's handle to select().
struct select_access {
  template <class T, class Store>
  static queue_state<Store>& state(basic_queue<T, Store> const& handle) {
    if (handle.shared_->elsewhere != nullptr) [[unlikely]]
      refuse_select();
    return *handle.shared_;
  }
};

/// What is called when a queue is shut down and nothing else was said.
struct refuse {
  template <class... Place>
  [[noreturn]] void operator()(Place...) const {
    throw queue_shut_down();
  }
};

/// Calls `then` in the place of a handler whose result is an R.
template <class R, class Then, class... Place>
R instead(Then& then, Place... place) {
  if constexpr (std::is_same_v<Then, refuse>) {
    then();
  } else {
    return static_cast<R>(then(place...));
  }
}

/// Takes the first item of a queue.
template <class State, class Then, class Ended>
class get_case final : public queued_case {
  using cell = typename State::cell;
  using item = typename State::value_type;

 public:
  using result = std::invoke_result_t<Then, item>;

  get_case(State& from, Then then, Ended ended)
      : queued_case(from.lock, from.getters),
        from_(from),
        then_(std::move(then)),
        ended_(std::move(ended)) {}
  ~get_case() {
    if (taken_ != nullptr) from_.put_back(*taken_);  // an exception came before it was dealt with
  }

  [[nodiscard]] bool is_decided() const noexcept override {
    return from_.size == 0 || from_.items.is_settled();
  }

  bool attempt(wake_chain& woken) noexcept override {
    task_core* claimed = nullptr;
    taken_ = from_.take(claimed);
    woken.add(claimed);
    return taken_ != nullptr || from_.shut_down;
  }

  bool attempt_alone() override {
    wake_chain woken;
    from_.lock.lock();
    from_.items.settle(from_.lock);
    bool const won = attempt(woken);
    from_.lock.unlock();
    woken.wake_all();
    return won;
  }

  /// Whether it has won because the queue is shut down.
  [[nodiscard]] bool is_refused() const noexcept { return taken_ == nullptr; }

  /// For the winner.
  ///   Throws: queue_shut_down; what moving the item throws, and then it is back at the head.
  result finish() {
    if (is_refused()) return instead<result>(ended_);
    cell& owned = *std::exchange(taken_, nullptr);
    return std::invoke(std::move(then_), from_.template move_out<item>(owned));
  }

 private:
  void chosen(void* handed) noexcept override { taken_ = static_cast<cell*>(handed); }

  State& from_;
  Then then_;
  Ended ended_;
  cell* taken_ = nullptr;  // ours; null also in a winner that was refused
};

/// Puts an item. `Item` is a T of its own or a T&& of the caller's, who has his value back if it loses.
template <class State, class Item, class Then, class Ended>
class put_case final : public queued_case {
  using cell = typename State::cell;

 public:
  using result = std::invoke_result_t<Then>;

  put_case(State& to, Item item, Then then, Ended ended)
      : queued_case(to.lock, to.putters),
        to_(to),
        item_(std::forward<Item>(item)),
        then_(std::move(then)),
        ended_(std::move(ended)) {}
  ~put_case() {
    if (offered_ != nullptr) to_.destroy(*offered_);
  }

  void prepare(task_core&) override {
    to_.lock.lock();
    offered_ = &to_.fill_and_unlock(item_);
  }

  bool attempt(wake_chain& woken) noexcept override {
    if (to_.shut_down) return refused_ = true;
    task_core* claimed = nullptr;
    if (!to_.admit(*offered_, claimed)) return false;
    woken.add(claimed);
    offered_ = nullptr;
    return true;
  }

  void give_back() override {
    if (offered_ != nullptr) to_.take_back(*std::exchange(offered_, nullptr), item_);
  }

  /// For the winner.
  ///   Throws: queue_shut_down.
  result finish() {
    if (refused_) return instead<result>(ended_);
    return std::invoke(std::move(then_));
  }

 private:
  void* offered() noexcept override { return offered_; }
  void chosen(void* left) noexcept override {
    refused_ = left == nullptr;
    if (!refused_) offered_ = nullptr;
  }

  State& to_;
  Item item_;
  Then then_;
  Ended ended_;
  cell* offered_ = nullptr;  // holds the item until it is put
  bool refused_ = false;     // it has won because the queue is shut down
};

}  // namespace coir::detail
