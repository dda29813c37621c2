// SPDX-License-Identifier: BSL-1.0
/// Which calls can be made in another process, and how they get there (P1).

#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <coir/model/portable_task.hpp>
#include <coir/task/result.hpp>

namespace coir::detail {

template <class Call>
struct task_state;

/// Whether a value means the same in another process, copied byte by byte.
template <class T>
inline constexpr bool portable_value = std::is_void_v<T> ||
                                       (std::is_trivially_copyable_v<T> && std::is_object_v<T> &&
                                        !std::is_pointer_v<T> && !std::is_member_pointer_v<T>);
/// Whether a function does: one that captures nothing is known by its type or its address.
template <class F>
inline constexpr bool portable_function = (std::is_pointer_v<F> &&
                                           std::is_function_v<std::remove_pointer_t<F>>) ||
                                          (std::is_empty_v<F> && std::is_trivially_copyable_v<F>);

template <class T>
void pack_value(T const& value, std::vector<std::byte>& out) {
  auto const bytes = std::as_bytes(std::span<T const, 1>(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <class T>
T unpack_value(std::span<std::byte const>& in) {
  alignas(T) std::byte room[sizeof(T)];
  std::memcpy(room, in.data(), sizeof(T));
  in = in.subspan(sizeof(T));
  return *std::launder(reinterpret_cast<T*>(room));
}

template <class Call>
struct portable_type {
  static std::string refusal() {
    return "coir: this task cannot run in another process, for it refers to its spawner; spawn a "
           "function and its arguments";
  }
  static constexpr portable_task methods() noexcept { return {&refusal}; }
};

template <class F, class... Args>
struct portable_type<bound_call<F, Args...>> {
  using call = bound_call<F, Args...>;
  using result = typename call::result;
  using state = task_state<call>;

  static void pack(task_record& self, std::vector<std::byte>& out) {
    std::apply([&](auto const&... part) { (pack_value(part, out), ...); },
               static_cast<state&>(self).work->parts());
  }
  static task_record* unpack(std::span<std::byte const> in, unsigned exceptions_at_entry) {
    std::tuple<F, Args...> parts{unpack_value<F>(in), unpack_value<Args>(in)...};
    return std::apply(
        [&](auto&... part) {
          return new state(birth{task_kind::thread, exceptions_at_entry}, std::in_place,
                           std::move(part)...);
        },
        parts);
  }
  static void pack_result(task_record& self, std::vector<std::byte>& out) {
    if constexpr (!std::is_void_v<result>)
      pack_value(static_cast<task_result<result>&>(self).peek(), out);
  }
  static void unpack_result(task_record& self, [[maybe_unused]] std::span<std::byte const> in) {
    static_cast<task_result<result>&>(self).keep([&]() -> result {
      if constexpr (!std::is_void_v<result>) return unpack_value<result>(in);
    });
  }

  static constexpr portable_task methods() noexcept {
    if constexpr (portable_function<F> && (portable_value<Args> && ...) && portable_value<result>)
      return {nullptr, &pack, &unpack, &pack_result, &unpack_result};
    return {&refusal};
  }
  static std::string refusal() { return "coir: not portable"; }
};

/// How the task of a `Call` gets to another process, or why it does not.
template <class Call>
portable_task const* portable_table() noexcept {
  static constexpr portable_task methods = portable_type<Call>::methods();
  return &methods;
}

}  // namespace coir::detail
